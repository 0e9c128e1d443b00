"""How far back terms look: what lies farther has no bearing, so that correcting it restates nothing."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slaservice.rules.assessment import Case, assess
from slaservice.rules.documents import parse_case, parse_terms, result_json
from tests.rules.samples import case, outage, terms

RIGHT = {"below": "99.5", "n": 1, "m": 3}
FAILURES = {
    "type": "brackets",
    "quantity": "failures",
    "window": 6,
    "ranges": [{"from": "2", "from_closed": True, "to": None, "to_closed": False, "credit": "10"}],
}


@pytest.mark.parametrize(
    ("changes", "periods"),
    [
        ({}, 0),
        ({"credit__gate": {"kind": "consecutive_failures", "count": 3}}, 2),
        ({"credit__gate": {"kind": "consecutive_failures", "count": 1}}, 0),
        ({"credit__rules": [FAILURES]}, 5),
        ({"credit__rules": []}, 0),
        ({"terminate": [RIGHT]}, 3),
        ({"terminate": [RIGHT, {**RIGHT, "m": 12, "n": 3}]}, 12),
        ({"credit__rules": [FAILURES], "terminate": [RIGHT]}, 5),
    ],
)
def test_terms_look_as_far_back_as_their_gate_rules_and_rights_say(
    changes: dict[str, Any], periods: int
) -> None:
    assert parse_terms(terms(**changes)).looks_back == periods


@given(
    st.lists(st.sampled_from(["100", "99.6", "99"]), max_size=12),
    st.integers(1, 4),
    st.integers(1, 6),
    st.integers(1, 6),
    st.booleans(),
    st.booleans(),
)
def test_what_lies_farther_back_has_no_bearing(
    uptimes: list[str], count: int, window: int, of: int, consecutive: bool, promised: bool
) -> None:
    document = terms(
        credit__gate={"kind": "consecutive_failures", "count": count},
        credit__rules=[{**FAILURES, "window": window}],
        terminate=[{"below": "99.5", "n": min(2, of), "m": of, "consecutive": consecutive}],
    )
    down = [outage("10 10:00", "10 20:00", id="W")] if promised else []
    history = {"history": [uptime == "100" for uptime in uptimes], "uptime_history": uptimes}
    nothing = {} if promised else {"service_end": "2026-04-01T00:00:00Z"}
    whole = parse_case(case(*down, terms=document, **history, **nothing))
    back = whole.terms.looks_back
    kept: dict[str, Any] = {name: getattr(whole.evidence, name)[-back:] if back else () for name in history}
    cut = Case(whole.terms, replace(whole.evidence, **kept))
    assert result_json(assess(cut)) == result_json(assess(whole))

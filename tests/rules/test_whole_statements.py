"""A statement's document must state all that `check` compares: what says nothing is not "as expected"."""

import json
from pathlib import Path
from typing import Any

import pytest

from slaservice.rules.__main__ import main
from slaservice.rules.agreement import settle
from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_agreement, parse_case, result_json, total_json
from tests.rules.samples import Json, case, changed, outage
from tests.rules.test_restatement import a_restatement


def a_statement(**changes: Any) -> Json:
    """Of two commitments, of which one was missed."""
    cases: list[Json] = [
        {**case(outage("10 10:00", "10 10:43:13", id="W")), "id": "api"},
        {**case(), "id": "web"},
    ]
    assessed = {one["id"]: assess(parse_case(one)) for one in cases}
    for one in cases:
        one["expected"] = result_json(assessed[one["id"]])
    document = {
        "identity": {"number": "SLA-2026-00001", "supersedes": None},
        "agreement": {},
        "cases": cases,
        "total": total_json(settle(parse_agreement({}), assessed)),
    }
    return changed(document, changes)


def checked(document: Json, tmp_path: Path) -> int:
    file = tmp_path / "statement.json"
    file.write_text(json.dumps(document))
    return main(["check", str(file)])


def test_a_statement_that_states_all_is_as_expected(tmp_path: Path) -> None:
    assert checked(a_statement(), tmp_path) == 0


MISSING: list[tuple[Json, list[str]]] = [
    ({"cases": []}, ["cases: expected at least one, found none"]),
    ({"cases.0.expected.credit_amount": ...}, ['api.credit_amount: expected nothing, found "100.00"']),
    ({"cases.0.expected.claim.by": ...}, ['api.claim.by: expected nothing, found "automatic"']),
    ({"total": ...}, ['total.currency: expected nothing, found "USD"', "total.counted: expected nothing"]),
    ({"total": {}}, ['total.credit_amount: expected nothing, found "100.00"']),
    ({"total": None}, ["total: expected null, found {"]),
    ({"total.credit_amount": ...}, ['total.credit_amount: expected nothing, found "100.00"']),
    ({"identity.supersedes": "SLA-1"}, ['difference: expected nothing, found that it supersedes "SLA-1"']),
    ({"cases.1.id": "api"}, ['cases: expected one "api", found 2']),
    ({"cases.0.id": "cases[1]", "cases.1.id": ...}, ['cases: expected one "cases[1]", found 2']),
    ({"cases": 3}, ["cases: expected at least one, found none"]),
]


@pytest.mark.parametrize(("changes", "said"), MISSING)
def test_what_a_statement_leaves_out_is_a_difference(
    changes: Json, said: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checked(a_statement(**changes), tmp_path) == 1
    shown = capsys.readouterr().out
    assert all(line in shown for line in said), shown


@pytest.mark.parametrize("nothing", [{}, None, ...])
def test_a_statement_without_results_has_every_field_named(
    nothing: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = a_statement()
    fields = document["cases"][1]["expected"]
    assert checked(changed(document, {"cases.1.expected": nothing}), tmp_path) == 1
    *lines, _ = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"web.{field}" for field in fields]


def test_a_restatement_states_its_whole_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = a_restatement(identity={"supersedes": "SLA-2026-00001"})
    assert checked(whole, tmp_path) == 0
    assert checked(changed(whole, {"difference.to_grant": ...}), tmp_path) == 1
    assert 'difference.to_grant: expected nothing, found "100.00"' in capsys.readouterr().out


# on a terminal

HOSTILE = "\x1b[2J\u202eours\n1 cases:\r 1 as expected"
SHOWN = r"\x1b[2J\u202eours\n1 cases:\r 1 as expected"


def is_harmless(text: str) -> bool:
    return all(line.isprintable() and len(line) <= 400 for line in text.split("\n"))


def test_nothing_that_a_document_says_reaches_the_terminal_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = a_statement(**{"cases.0.id": HOSTILE, "cases.0.expected.credit_amount": HOSTILE})
    long = a_statement(**{"cases.0.id": "x" * 5_000, "cases.0.expected.credit_amount": "y" * 5_000})
    refused = a_statement(**{"cases.0.id": HOSTILE, f"cases.0.terms.{HOSTILE}": "\ud800"})
    for document in (wrong, long, refused, a_statement(**{"cases.0.expected.claim": {HOSTILE: 1}})):
        assert checked(document, tmp_path) == 1
        shown = capsys.readouterr().out
        assert is_harmless(shown)
        assert SHOWN in shown or document is long


def test_refusals_and_explanations_are_as_harmless(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "case.json"
    hostile = {**case(outage("10 10:00", "10 10:43:13", id=HOSTILE)), "id": HOSTILE}
    file.write_text(json.dumps(hostile))
    assert main(["explain", str(file)]) == 0
    shown = capsys.readouterr().out
    assert is_harmless(shown) and shown.count(SHOWN) == 2
    file.write_text(json.dumps(changed(hostile, {f"terms.{HOSTILE}": 1})))
    assert main(["assess", str(file)]) == 2
    assert is_harmless(shown := capsys.readouterr().err) and SHOWN in shown

"""Worked cases: the arithmetic is in each case's `hand`, the engine must come to it, and for ours the oracle too.

`cases_public.json` came with the terms; `cases_own.json` is ours, for what those do not reach.
"""

from typing import Any

import pytest

from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json
from tests import oracles
from tests.rules.test_oracle_on_public_cases import PUBLIC, cases_of

Json = dict[str, Any]
OWN = cases_of("cases_own.json")


@pytest.mark.parametrize("case", PUBLIC + OWN, ids=[case["id"] for case in PUBLIC + OWN])
def test_the_engine_comes_to_what_was_worked_out_by_hand(case: Json) -> None:
    result = result_json(assess(parse_case({"terms": case["terms"], "input": case["input"]})))
    assert {name: result.get(name) for name in case["expected"]} == case["expected"]


@pytest.mark.parametrize("case", OWN, ids=[case["id"] for case in OWN])
def test_the_oracle_comes_to_it_too(case: Json) -> None:
    counted = oracles.assess(case)
    assert {name: counted.get(name) for name in case["expected"]} == case["expected"]


def test_our_cases_are_at_least_as_many_as_the_public_ones_and_none_is_there_twice() -> None:
    ids = [case["id"] for case in PUBLIC + OWN]
    assert len(ids) == len(set(ids))
    assert len(OWN) >= len(PUBLIC)
    assert all(case["hand"] and case["title"] for case in OWN)

"""The oracle is believed only because it gets every worked case right that somebody else computed by hand."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import oracles

Json = dict[str, Any]


def cases_of(name: str) -> list[Json]:
    cases: list[Json] = json.loads((Path(__file__).parent / name).read_text())["cases"]
    return cases


PUBLIC = cases_of("cases_public.json")


@pytest.mark.parametrize("case", PUBLIC, ids=[case["id"] for case in PUBLIC])
def test_the_oracle_counts_what_was_worked_out_by_hand(case: Json) -> None:
    counted = oracles.assess(case)
    assert {name: counted.get(name) for name in case["expected"]} == case["expected"]


def test_all_the_public_cases_are_here() -> None:
    assert len(PUBLIC) == len({case["id"] for case in PUBLIC}) == 54

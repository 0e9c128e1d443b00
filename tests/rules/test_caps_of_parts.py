"""A cap for a period holds over all parts of a period that versions split, and a document alone says so."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from slaservice.rules.__main__ import main
from slaservice.rules.agreement import settle
from slaservice.rules.assessment import Assessment, assess
from slaservice.rules.caps import period_caps, rooms, taken_by_parts
from slaservice.rules.documents import (
    agreement_json,
    case_json,
    parse_agreement,
    parse_case,
    parse_terms,
    result_json,
    total_json,
)
from slaservice.rules.exact import fixed
from tests.rules.samples import Json, case, changed, outage, terms

FIRST = {
    "kind": "explicit",
    "start": "2026-04-01T00:00:00Z",
    "end": "2026-04-16T00:00:00Z",
    "timezone": "UTC",
}
LAST = {**FIRST, "start": "2026-04-16T00:00:00Z", "end": "2026-05-01T00:00:00Z"}
DOWN = (outage("05 12:00", "05 22:00"), outage("20 12:00", "20 22:00"))
"""Ten hours in each part, which owe 25 % of its 500.00: 125.00."""

NOTHING: dict[str, list[Any]] = {"contract": [], "contract_year": []}


def a_part(period: Json, cap: Json | None, *, before: Fraction | None = None, **more: Any) -> Assessment:
    return assess(
        parse_case(
            case(
                *DOWN,
                terms=terms(cap=cap, **more.pop("terms", {})),
                period=period,
                fee="500.00",
                previously_credited=str(before or 0),
                **more,
            )
        )
    )


def a_split_month(cap: Json, then: Json | None = None, **more: Any) -> tuple[Assessment, Assessment]:
    """Both parts of April, the last with what the first takes of its cap, as the close gathers them."""
    first = a_part(FIRST, cap, **more)
    second = terms(cap=then or cap, **more.get("terms", {}))
    before = max(Fraction(0), taken_by_parts(parse_terms(second), [first]))
    carried = {"carried_forward": str(first.credit.carried)}
    return first, a_part(LAST, then or cap, before=before, **{**more, **carried})


def amounts(*parts: Assessment) -> list[str]:
    return [fixed(part.credit.amount, 2) for part in parts]


@pytest.mark.parametrize(
    ("cap", "owed"),
    [
        ({"kind": "amount", "value": "400"}, ["125.00", "125.00"]),
        ({"kind": "amount", "value": "200"}, ["125.00", "75.00"]),
        ({"kind": "amount", "value": "100"}, ["100.00", "0.00"]),
        ({"kind": "days", "value": "3"}, ["100.00", "0.00"]),  # 33.33 for each day of the month
        ({"kind": "percent_of_base", "value": "20"}, ["100.00", "100.00"]),  # of 500.00 each
    ],
)
def test_an_amount_for_the_period_is_one_amount_and_a_percentage_is_of_each_parts_base(
    cap: Json, owed: list[str]
) -> None:
    assert amounts(*a_split_month(cap)) == owed


def test_days_that_are_thirtieths_of_the_base_are_each_parts_own() -> None:
    """A thirtieth of a part's 500.00 is half of a day: three of them for each part."""
    cap = {"kind": "days", "value": "3"}
    assert amounts(*a_split_month(cap, terms={"credit__day_value": "base/30"})) == ["50.00", "50.00"]


@pytest.mark.parametrize(
    ("cap", "then", "owed"),
    [("50", "100", ["50.00", "50.00"]), ("100", "50", ["100.00", "0.00"])],
)
def test_where_the_amendment_changes_the_amount_the_part_knows_what_the_other_took(
    cap: str, then: str, owed: list[str]
) -> None:
    parts = a_split_month({"kind": "amount", "value": cap}, {"kind": "amount", "value": then})
    assert amounts(*parts) == owed


def test_what_the_first_part_carries_into_the_last_counts_where_it_was_earned() -> None:
    """40.00 came from March, beside the cap; 125.00 of the first part is carried on, so that the last may add 25.00."""
    carry = {"minimum_issue": {"op": ">=", "amount": "180", "below": "carry"}}
    parts = a_split_month({"kind": "amount", "value": "150"}, terms=carry, carried_forward="40")
    assert amounts(*parts) == ["0.00", "190.00"]


# as a document


def a_document(cap: Json, **more: Any) -> Json:
    read = dict(zip(("A (version 1)", "A (version 2)"), a_split_month(cap, **more), strict=True))
    agreement = parse_agreement({})
    return {
        "agreement": agreement_json(agreement),
        "cases": [
            {"id": name, "title": "A", **case_json(one.case), "expected": result_json(one)}
            for name, one in read.items()
        ],
        "total": total_json(settle(agreement, read)),
    }


def check(document: Json, path: Path) -> int:
    path.write_text(json.dumps(document))
    return main(["check", str(path)])


def test_check_recomputes_what_the_first_part_took(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = a_document({"kind": "amount", "value": "200"})
    assert check(document, tmp_path / "right") == 0
    generous = a_part(LAST, {"kind": "amount", "value": "200"})
    forged = changed(
        document,
        {
            "cases.1.input.previously_credited": "0",
            "cases.1.expected": result_json(generous),
            "total.credit_amount": "250.00",
            "total.before_cap": "250.00",
        },
    )
    capsys.readouterr()
    assert check(forged, tmp_path / "forged") == 1
    assert capsys.readouterr().out.splitlines() == [
        'A (version 2).input.previously_credited: expected "0", found "125"',
        "2 cases: 2 as expected, 0 different, 0 refused; 1 differences",
    ]


def test_another_commitment_and_a_cap_over_a_year_are_not_the_periods_to_say() -> None:
    amount = {"kind": "amount", "value": "200"}
    first, last = a_part(FIRST, amount), a_part(LAST, amount)
    assert period_caps([("A", first), ("B", last), ("A", last)]) == [0, 0, 125]
    year = a_part(LAST, {**amount, "per": "contract_year"})
    assert period_caps([("A", first), ("A", year), ("B", a_part(LAST, None))]) == [0, None, None]


@pytest.mark.parametrize(
    ("cap", "most"),
    [
        ({"kind": "amount", "value": "200"}, "200.00"),
        ({"kind": "days", "value": "6"}, "200.00"),
        ({"kind": "percent_of_base", "value": "20"}, "200.00"),
    ],
)
def test_finance_may_grant_for_both_parts_what_the_period_is_capped_at(cap: Json, most: str) -> None:
    (room,) = rooms(a_document(cap), already=Fraction(0), granted=NOTHING)
    assert (room.cap, room.window, str(room.most)) == ("A", "period", most)


def test_what_comes_from_the_month_before_is_granted_beside_the_amount_and_once() -> None:
    carry = {"minimum_issue": {"op": ">=", "amount": "180", "below": "carry"}}
    document = a_document({"kind": "amount", "value": "150"}, terms=carry, carried_forward="40")
    (room,) = rooms(document, already=Fraction(0), granted=NOTHING)
    assert (str(room.most), document["total"]["credit_amount"]) == ("190.00", "190.00")

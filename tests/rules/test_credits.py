"""From a verdict to money: gate, rules side by side, base, caps for each run and over all, minimum issue."""

from typing import Any

import pytest

from slaservice.rules.assessment import assess
from slaservice.rules.documents import parse_case, result_json
from tests.rules.samples import Json, at, case, outage, terms

TWO_RUNS = (outage("10 10:00", "10 12:00"), outage("20 10:00", "20 10:30"))
"""7,200 s and 1,800 s: 9,000 s of 2,592,000."""

FLAT: Json = {
    "type": "brackets",
    "quantity": "uptime_percent",
    "ranges": [{"from": None, "from_closed": True, "to": "99.9", "to_closed": False, "credit": "30"}],
}


def metered(**values: Any) -> Json:
    """One percent for each lost 100 s, unless said otherwise."""
    rule = {"type": "metered", "quantity": "lost_seconds", "step": "100", "round": "exact", "rate": "1"}
    return {**rule, **values}


def result(*outages: Json, credit: Json, input: Json | None = None, **changes: Any) -> Json:
    document = case(*outages, terms=terms(credit=credit, **changes), **(input or {}))
    return result_json(assess(parse_case(document)))


def amount(*outages: Json, **values: Any) -> str:
    """The credit of a fee of 1000.00, as written."""
    return str(result(*outages, **values)["credit_amount"])


PER_RUN = {"kind": "amount", "value": "300", "per": "run"}


@pytest.mark.parametrize(
    ("credit", "expected"),
    [
        ({"rules": [metered(per="run")]}, "480.00"),  # 720 and 180: 300 + 180
        ({"rules": [metered(per="run"), FLAT]}, "480.00"),  # 480 against 30 % of 1000
        ({"rules": [metered(per="run"), FLAT], "combine": "sum"}, "780.00"),
        (
            {"rules": [metered(per="run"), metered(rate="10")]},
            "9000.00",
        ),  # what is not per run has no cap per run
        ({"rules": [metered(per="run", rate="1/100")]}, "9.00"),
        (
            {"rules": [metered(per="run", rate="1/10")], "unit": "days", "day_value": "base/30"},
            "300.00",  # 7.2 and 1.8 days at 33.33..: 240 and 60
        ),
        ({"rules": [metered(per="run", rate="1/10"), FLAT], "unit": "days"}, "1000.00"),  # 30 days of 30
    ],
)
def test_a_cap_for_each_run_holds_each_runs_money(credit: Json, expected: str) -> None:
    assert amount(*TWO_RUNS, credit=credit, cap=PER_RUN) == expected


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        ({"kind": "percent_of_base", "value": "20", "per": "run"}, "380.00"),  # 200 + 180
        ({"kind": "days", "value": "3", "per": "run"}, "200.00"),  # 100 + 100
    ],
)
def test_a_cap_for_each_run_is_an_amount_a_share_or_days(cap: Json, expected: str) -> None:
    credit = {"rules": [metered(per="run")], "day_value": "base/30"}
    if cap["kind"] == "days":
        credit |= {"unit": "percent"}
    assert amount(*TWO_RUNS, credit=credit, cap=cap) == expected


def test_a_closed_gate_owes_nothing_also_where_runs_are_capped() -> None:
    assert amount(credit={"rules": [metered(per="run")]}, cap=PER_RUN) == "0.00"


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], "0.00"),
        ([True], "0.00"),
        ([False], "0.00"),
        ([False, False], "300.00"),
        ([True, False, False], "300.00"),
        ([False, False, True], "0.00"),
        ([False, True, False], "0.00"),
    ],
)
def test_a_gate_of_three_in_a_row_opens_with_the_third(history: list[bool], expected: str) -> None:
    credit = {"rules": [FLAT], "gate": {"kind": "consecutive_failures", "count": 3}}
    assert amount(*TWO_RUNS, credit=credit, input={"history": history}) == expected


@pytest.mark.parametrize(
    ("prorate", "start", "end", "expected"),
    [
        ("none", "16 00:00", None, "300.00"),
        ("lived_seconds", "16 00:00", None, "150.00"),
        ("lived_seconds", "16 12:00", None, "145.00"),
        ("lived_days", "16 12:00", None, "150.00"),  # the 16th counts whole
        ("lived_days", "16 00:00", "26 00:00", "100.00"),
    ],
)
def test_the_base_is_the_part_of_the_period_in_term(
    prorate: str, start: str, end: str | None, expected: str
) -> None:
    span = {"service_start": at(start)} | ({"service_end": at(end)} if end else {})
    found = amount(
        TWO_RUNS[0],
        outage("20 10:00", "20 12:00"),
        credit={"rules": [FLAT]},
        base={"prorate": prorate},
        input=span,
    )
    assert found == expected


@pytest.mark.parametrize("prorate", ["lived_seconds", "lived_days"])
def test_a_term_without_length_has_no_base(prorate: str) -> None:
    span = {"service_start": at("16 12:00"), "service_end": at("16 12:00")}
    credit = {"rules": [FLAT], "gate": {"kind": "always"}}
    assert result(credit=credit, base={"prorate": prorate}, input=span)["base_exact"] == "0"


@pytest.mark.parametrize(
    ("quantity", "more", "expected"),
    [
        ("lost_seconds", {}, "9000"),
        ("lost_seconds_beyond_allowance", {}, "6408"),  # 0.1 % of the month are 2,592 s
        ("points_below", {"reference": "99.95"}, "107/360"),  # 100 / 288 - 0.05
        ("runs", {}, "2"),
        ("days_touched", {}, "2"),
        ("failures", {"window": 3}, "1"),
    ],
)
def test_what_a_rule_can_measure(quantity: str, more: Json, expected: str) -> None:
    rule = metered(quantity=quantity, step="1", **more)
    (reason,) = result(*TWO_RUNS, credit={"rules": [rule]})["reasons"]["rules"]
    assert reason["value"] == expected


def test_the_failures_of_a_window_of_one_are_this_periods() -> None:
    rule = metered(quantity="failures", step="1", window=1)
    for outages, failures in ((TWO_RUNS, "1"), ((), "0")):
        credit = {"rules": [rule], "gate": {"kind": "always"}}
        (reason,) = result(*outages, credit=credit, input={"history": [False, False]})["reasons"]["rules"]
        assert reason["value"] == failures


def test_a_run_is_all_that_was_lost_without_a_break() -> None:
    outages = (
        outage("08 10:00", "08 10:10"), outage("09 10:00", "09 10:16:40"),
        outage("10 10:00", "10 11:00"), outage("10 11:00", "10 12:00", "partial"),
    )  # fmt: skip
    # 600 s, 1,000 s, and 3,600 s with 3/10 of another 3,600 s: each in started steps of 500 s.
    credit = {"rules": [metered(per="run", step="500", round="ceil")]}
    (reason,) = result(*outages, credit=credit)["reasons"]["rules"]
    assert reason["steps"] == str(2 + 2 + 10)


def test_every_rule_says_what_it_saw_and_what_it_gave() -> None:
    found = result(*TWO_RUNS, credit={"rules": [FLAT, metered(step="450", rate="1/2")], "combine": "sum"})
    assert found["reasons"]["rules"] == [
        {
            "rule": 0,
            "type": "brackets",
            "quantity": "uptime_percent",
            "value": "7175/72",
            "hit": 0,
            "steps": None,
            "credit": "30",
        },
        {
            "rule": 1,
            "type": "metered",
            "quantity": "lost_seconds",
            "value": "9000",
            "hit": None,
            "steps": "20",
            "credit": "10",
        },
    ]


@pytest.mark.parametrize(("round_", "expected"), [("exact", "45/2"), ("floor", "22"), ("ceil", "23")])
def test_steps_are_rounded_as_the_rule_says(round_: str, expected: str) -> None:
    (reason,) = result(*TWO_RUNS, credit={"rules": [metered(step="400", round=round_)]})["reasons"]["rules"]
    assert reason["steps"] == expected


@pytest.mark.parametrize(("step", "steps"), [("period", "1/288"), ("eligible", "1/144")])
def test_a_step_may_be_the_period_or_what_was_promised_of_it(step: str, steps: str) -> None:
    half = {"service_start": at("01 00:00"), "service_end": at("16 00:00")}
    first, _ = TWO_RUNS
    document = result(
        first, outage("11 10:00", "11 10:30"), credit={"rules": [metered(step=step)]}, input=half
    )
    assert document["reasons"]["rules"][0]["steps"] == steps


@pytest.mark.parametrize(
    ("minimum", "carried", "issued", "kept"),
    [
        ({"op": ">", "amount": "300", "below": "forfeit"}, "0", "0.00", "0"),
        ({"op": ">", "amount": "300", "below": "carry"}, "0", "0.00", "300"),
        ({"op": ">=", "amount": "300", "below": "carry"}, "0", "300.00", "0"),
        ({"op": ">", "amount": "300", "below": "carry"}, "0.01", "300.01", "0"),
    ],
)
def test_below_the_minimum_a_credit_is_forfeited_or_carried(
    minimum: Json, carried: str, issued: str, kept: str
) -> None:
    found = result(
        *TWO_RUNS, credit={"rules": [FLAT]}, minimum_issue=minimum, input={"carried_forward": carried}
    )
    assert (found["credit_amount"], found["carried"]) == (issued, kept)


def test_what_was_credited_before_counts_against_the_cap_and_never_below_nothing() -> None:
    cap = {"kind": "amount", "value": "250", "per": "contract_year"}
    for earlier, expected in (("0", "250.00"), ("100", "150.00"), ("250", "0.00"), ("400", "0.00")):
        found = result(*TWO_RUNS, credit={"rules": [FLAT]}, cap=cap, input={"previously_credited": earlier})
        assert (found["credit_amount"], found["capped"]) == (expected, True)

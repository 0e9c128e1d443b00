"""By when to report and to claim, and when the customer may leave: what hangs off a result."""

from datetime import date, datetime
from fractions import Fraction
from typing import Any

import pytest

from slaservice.rules.assessment import assess
from slaservice.rules.claims import Anchors, exit_rights, too_late, too_late_once_issued
from slaservice.rules.documents import parse_case, parse_terms, result_json
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import instant
from slaservice.rules.periods import zone_named
from slaservice.rules.terms import Deadline, Terminate
from tests.rules.samples import case, outage, terms

BERLIN = zone_named("Europe/Berlin")


def at(text: str) -> int:
    return instant(datetime.fromisoformat(text))


ANCHORS = Anchors(
    incident_start=at("2026-04-28T17:34:00+00:00"),
    incident_end=at("2026-04-28T18:52:00+00:00"),
    awareness=at("2026-04-27T22:30:00+00:00"),
    period_end=at("2026-04-30T22:00:00+00:00"),
)


@pytest.mark.parametrize(
    ("n", "unit", "anchor", "expected"),
    [
        (24, "hours", "incident_start", "2026-04-29T17:34:00Z"),
        (72, "hours", "incident_end", "2026-05-01T18:52:00Z"),
        (30, "days", "period_end", "2026-05-30T22:00:00Z"),  # to the end of 30 May in Berlin
        (15, "days", "incident_end", "2026-05-13T22:00:00Z"),
        (3, "business_days", "period_end", "2026-05-05T22:00:00Z"),  # Friday, Monday, Tuesday
        (5, "business_days", "incident_start", "2026-05-05T22:00:00Z"),
        (1, "months", "period_end", "2026-05-30T22:00:00Z"),
        (2, "billing_cycles", "incident_end", "2026-06-30T22:00:00Z"),  # the end of June
        (1, "billing_cycles", "period_end", "2026-05-31T22:00:00Z"),
        (1, "days", "awareness", "2026-04-29T22:00:00Z"),  # learnt on the 28th in Berlin
    ],
)
def test_a_deadline_is_the_end_of_the_last_local_day(n: int, unit: Any, anchor: Any, expected: str) -> None:
    due = too_late(Deadline(n=n, unit=unit, anchor=anchor), ANCHORS, BERLIN)
    assert due is not None
    assert instant_text(due) == expected


def test_a_day_begins_with_its_first_instant_and_a_period_ends_with_its_last_day() -> None:
    midnight = at("2026-04-28T22:00:00+00:00")  # the 29th has just begun in Berlin
    from_start, from_end = (
        Deadline(n=1, unit="days", anchor=anchor) for anchor in ("incident_start", "period_end")
    )
    anchors = Anchors(incident_start=midnight, incident_end=None, awareness=None, period_end=midnight)
    assert too_late(from_start, anchors, BERLIN) == at("2026-04-30T22:00:00+00:00")
    assert too_late(from_end, anchors, BERLIN) == at("2026-04-29T22:00:00+00:00")
    anchors = Anchors(incident_start=None, incident_end=None, awareness=None, period_end=midnight + 1)
    assert too_late(from_end, anchors, BERLIN) == at("2026-04-30T22:00:00+00:00")


def test_a_holiday_is_no_business_day() -> None:
    deadline = Deadline(n=3, unit="business_days", anchor="period_end")
    due = too_late(deadline, ANCHORS, BERLIN, frozenset({date(2026, 5, 1)}))
    assert due is not None
    assert instant_text(due) == "2026-05-06T22:00:00Z"


@pytest.mark.parametrize(
    ("anchors", "anchor"),
    [
        (Anchors(incident_start=0, incident_end=1, awareness=None, period_end=1), "awareness"),
        (Anchors(incident_start=0, incident_end=None, awareness=None, period_end=1), "incident_end"),
    ],
)
def test_what_is_not_known_yet_has_no_deadline(anchors: Anchors, anchor: Any) -> None:
    assert too_late(Deadline(n=1, unit="days", anchor=anchor), anchors, BERLIN) is None


def test_the_deadlines_of_the_outages_that_counted_stand_in_the_result() -> None:
    claim = {
        "by": "customer", "notice": {"n": 24, "unit": "hours", "anchor": "incident_start"},
        "deadline": {"n": 30, "unit": "days", "anchor": "period_end"},
    }  # fmt: skip
    document = case(
        outage("10 10:00", "10 11:00", id="W"), outage("11 10:00", "11 11:00", "degraded", id="weightless"),
        terms=terms(claim=claim),
    )  # fmt: skip
    assert result_json(assess(parse_case(document)))["claim"] == {
        "by": "customer",
        "claim_before": "2026-05-31T00:00:00Z",
        "incidents": [
            {"window": "W", "notice_before": "2026-04-11T10:00:00Z", "claim_before": "2026-05-31T00:00:00Z"}
        ],
    }


def test_a_deadline_counts_from_when_the_customer_learnt_of_it_where_that_is_known() -> None:
    claim = {"by": "customer", "deadline": {"n": 30, "unit": "days", "anchor": "awareness"}}
    document = case(
        outage("10 10:00", "10 11:00", id="told", aware_at="2026-04-12T08:00:00Z"),
        outage("11 10:00", "11 11:00", id="untold"),
        terms=terms(claim=claim),
    )
    found = result_json(assess(parse_case(document)))["claim"]
    assert {one["window"]: one["claim_before"] for one in found["incidents"]} == {
        "told": "2026-05-13T00:00:00Z",
        "untold": None,
    }
    assert found["claim_before"] is None


def test_business_days_leave_out_the_days_that_the_service_hours_close() -> None:
    hours = {
        "timezone": "UTC",
        "weekly": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
        "exceptions": {"2026-05-01": [], "2026-05-04": [["10:00", "12:00"]]},
    }
    claim = {
        "by": "customer",
        "notice": {"n": 3, "unit": "business_days", "anchor": "incident_end"},
        "deadline": {"n": 1, "unit": "business_days", "anchor": "period_end"},
    }
    document = case(outage("28 10:00", "29 11:00", id="W"), terms=terms(claim=claim, service_hours=hours))
    found = result_json(assess(parse_case(document)))["claim"]
    # From Wednesday 29 April: Thursday; Friday 1 May is closed; Monday the 4th, open for two hours; Tuesday.
    assert found["incidents"][0]["notice_before"] == "2026-05-06T00:00:00Z"
    # From Thursday, the period's last day: Monday.
    assert found["claim_before"] == "2026-05-05T00:00:00Z"


@pytest.mark.parametrize(
    ("until", "issued", "expected"),
    [
        # To the end of the thirtieth day after the day of issue, in Berlin.
        ("2026-05-30T22:00:00+00:00", "2026-05-06T09:00:00+00:00", "2026-06-05T22:00:00Z"),
        ("2026-05-30T22:00:00+00:00", "2026-05-06T22:00:00+00:00", "2026-06-06T22:00:00Z"),
        ("2026-06-05T22:00:00+00:00", "2026-05-06T09:00:00+00:00", "2026-06-05T22:00:00Z"),
        ("2026-06-05T22:00:01+00:00", "2026-05-06T09:00:00+00:00", "2026-06-05T22:00:01Z"),
        # Over the change of the clocks.
        ("2026-10-01T00:00:00+00:00", "2026-10-10T09:00:00+00:00", "2026-11-09T23:00:00Z"),
    ],
)
def test_whoever_claims_has_thirty_days_from_the_issue(until: str, issued: str, expected: str) -> None:
    assert instant_text(too_late_once_issued(at(until), at(issued), BERLIN)) == expected


def right(**values: Any) -> Terminate:
    return parse_terms(terms(terminate=[{"below": "98.5", **values}])).terminate[0]


@pytest.mark.parametrize(
    ("values", "uptimes", "held", "misses", "one_more"),
    [
        ({}, ["98.4"], True, 1, False),
        ({}, ["98.5"], False, 0, True),  # exactly is not below
        ({"n": 2, "m": 3}, ["98", "99", "98"], True, 2, False),
        ({"n": 2, "m": 3}, ["98", "99", "99"], False, 1, False),  # the old miss falls out of the window
        ({"n": 2, "m": 3}, ["99", "98", "99"], False, 1, True),
        ({"n": 2, "m": 3, "consecutive": True}, ["98", "99", "98"], False, 2, True),
        ({"n": 2, "m": 2, "consecutive": True}, ["99", "98"], False, 1, True),
        ({"n": 2, "m": 2, "consecutive": True}, ["98", "98"], True, 2, False),
        ({"n": 3, "m": 6}, ["98"], False, 1, False),
        ({"n": 1, "m": 2}, [], False, 0, True),
    ],
)
def test_a_right_to_leave_is_held_after_so_many_misses(
    values: dict[str, Any], uptimes: list[str], held: bool, misses: int, one_more: bool
) -> None:
    (found,) = exit_rights([right(**values)], [Fraction(uptime) for uptime in uptimes])
    assert (found.held, found.misses, found.one_more_miss) == (held, misses, one_more)


def test_the_history_of_uptimes_and_this_period_decide_on_the_right_to_leave() -> None:
    document = case(
        outage("10 00:00", "11 00:00"), terms=terms(terminate=[{"below": "98.5", "n": 2, "m": 2, "consecutive": True}]),
        uptime_history=["99.9", "98.4"],
    )  # fmt: skip
    found = result_json(assess(parse_case(document)))["terminate"]
    assert found == [{"right": 0, "held": True, "misses": 2, "one_more_miss": False}]

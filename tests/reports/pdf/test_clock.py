"""Times as the contract reads them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from reports.pdf.clock import Clock
from slaservice.rules.intervals import instant
from slaservice.rules.periods import calendar_period


def clock(first: date, months: int = 1, zone: str = "Europe/Berlin") -> Clock:
    period = calendar_period(first, months, zone)
    return Clock(ZoneInfo(zone), period.start, period.end)


def at(text: str) -> int:
    return instant(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("first", "months", "label"),
    [
        (date(2026, 4, 1), 1, "1–30 April 2026"),
        (date(2026, 4, 1), 3, "1 April – 30 June 2026"),
        (date(2025, 11, 1), 3, "1 November 2025 – 31 January 2026"),
        (date(2026, 1, 15), 1, "15 January – 14 February 2026"),
    ],
)
def test_a_period_is_named_by_its_first_and_last_day(first: date, months: int, label: str) -> None:
    assert clock(first, months).label() == label


def test_a_range_that_does_not_run_from_midnight_is_named_with_its_times() -> None:
    part = Clock(ZoneInfo("UTC"), at("2026-04-01T00:00:00Z"), at("2026-04-15T12:00:00Z"))
    assert part.label() == "1 April 2026 00:00:00 – 15 April 2026 12:00:00"


def test_times_are_those_of_the_contracts_zone() -> None:
    april = clock(date(2026, 4, 1))
    start, end = at("2026-04-28T17:34:00Z"), at("2026-04-28T18:52:00Z")
    assert april.span(start, end) == "28 Apr 19:34:00 – 20:52:00"
    assert april.span(start, at("2026-04-28T22:10:00.250Z")) == "28 Apr 19:34:00 – 29 Apr 00:10:00.25"
    assert april.span(start, None) == "28 Apr 19:34:00 – open"


def test_where_the_clock_is_set_each_time_carries_its_offset() -> None:
    october = clock(date(2026, 10, 1))
    assert october.at(at("2026-10-25T00:30:00Z")) == "25 Oct 02:30:00 (+02)"
    assert october.at(at("2026-10-25T01:30:00Z")) == "25 Oct 02:30:00 (+01)"
    assert (
        october.span(at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z"))
        == "25 Oct 02:30:00 (+02) – 02:30:00 (+01)"
    )
    half = clock(date(2026, 4, 1), zone="Australia/Lord_Howe")
    assert half.at(at("2026-04-20T00:00:00Z")) == "20 Apr 10:30:00 (+10:30)"


def test_a_time_of_another_year_says_so() -> None:
    assert clock(date(2026, 1, 1)).at(at("2025-12-20T11:00:00Z")) == "20 Dec 2025 12:00:00"


def test_the_days_of_a_period_are_local_and_cover_it_exactly() -> None:
    days = clock(date(2026, 3, 1)).days()
    assert len(days) == 31
    lengths = {day: (end - start) // 3_600_000_000 for day, start, end in days}
    assert lengths[date(2026, 3, 29)] == 23
    assert sum(lengths.values()) == 743


def test_the_first_and_last_day_are_cut_by_the_period() -> None:
    part = Clock(ZoneInfo("UTC"), at("2026-04-01T18:00:00Z"), at("2026-04-03T06:00:00Z"))
    assert [(end - start) // 3_600_000_000 for _, start, end in part.days()] == [6, 24, 6]


def test_an_issue_is_stamped_in_the_contracts_zone() -> None:
    assert clock(date(2026, 4, 1)).stamp(datetime(2026, 5, 5, 7, 30, tzinfo=UTC)) == "5 May 2026, 09:30"

"""Months, quarters and anniversaries in a contract's zone, right across changes of the clock; service hours."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from slaservice.rules.evidence import ExplicitPeriod
from slaservice.rules.intervals import SECOND, Interval, instant
from slaservice.rules.periods import (
    WEEKDAYS,
    Weekday,
    add_months,
    calendar_period,
    contract_year_start,
    local_midnight,
    period_ending_in,
    service_time,
    zone_named,
)

HOUR = 3600 * SECOND


def at(text: str) -> int:
    return instant(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("zone", "first", "months", "minutes"),
    [
        ("Europe/Berlin", date(2026, 3, 1), 1, 44_580),  # clocks forward: an hour short
        ("Europe/Berlin", date(2026, 10, 1), 1, 44_700),
        ("America/New_York", date(2026, 3, 1), 1, 44_580),
        ("America/New_York", date(2026, 11, 1), 1, 43_260),
        ("Australia/Lord_Howe", date(2026, 4, 1), 1, 43_230),  # half an hour
        ("Australia/Lord_Howe", date(2026, 10, 1), 1, 44_610),
        ("Asia/Kolkata", date(2026, 3, 1), 1, 44_640),  # no change of the clock at all
        ("UTC", date(2028, 2, 1), 1, 41_760),  # leap February
        ("Europe/Berlin", date(2026, 1, 1), 3, 129_540),
        ("UTC", date(2026, 1, 1), 12, 525_600),
        ("UTC", date(2025, 6, 15), 12, 525_600),  # an anniversary
        ("Pacific/Apia", date(2011, 12, 1), 1, 43_200),  # 30 December 2011 never was
        ("Africa/Casablanca", date(2026, 3, 1), 1, 44_580),  # back in February, forward again in March
    ],
)
def test_a_period_is_as_long_as_the_clocks_of_its_zone_say(
    zone: str, first: date, months: int, minutes: int
) -> None:
    period = calendar_period(first, months, zone)
    assert Fraction(period.end - period.start, 60 * SECOND) == minutes


def test_a_day_begins_when_the_clocks_jump_where_its_midnight_is_skipped() -> None:
    assert local_midnight(date(2026, 4, 24), zone_named("Africa/Cairo")) == at("2026-04-23T22:00:00+00:00")
    assert type(local_midnight(date(2026, 4, 24), zone_named("Africa/Cairo"))) is int
    assert local_midnight(date(1919, 3, 31), zone_named("America/Toronto")) == at("1919-03-31T04:30:00+00:00")


def test_a_day_begins_once_where_its_midnight_comes_twice() -> None:
    havana = zone_named("America/Havana")
    first, nxt = local_midnight(date(2024, 11, 3), havana), local_midnight(date(2024, 11, 4), havana)
    assert first == at("2024-11-03T04:00:00+00:00")
    assert nxt - first == 25 * HOUR


def test_months_are_counted_from_the_first_day_and_clipped_at_the_months_end() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 1, 31), 3) == date(2026, 4, 30)
    assert add_months(date(2026, 3, 1), -3) == date(2025, 12, 1)


@pytest.mark.parametrize(
    ("month", "months", "first_month", "first"),
    [
        (4, 1, 1, date(2026, 4, 1)),
        (6, 3, 1, date(2026, 4, 1)),
        (5, 3, 1, None),
        (4, 3, 2, date(2026, 2, 1)),  # quarters from February
        (1, 3, 2, date(2025, 11, 1)),
        (12, 12, 1, date(2026, 1, 1)),
        (6, 12, 7, date(2025, 7, 1)),
    ],
)
def test_periods_are_laid_end_to_end_from_their_first_month(
    month: int, months: int, first_month: int, first: date | None
) -> None:
    assert period_ending_in(2026, month, months=months, first_month=first_month) == first


def test_local_days_touched_are_counted_in_the_zone() -> None:
    april = calendar_period(date(2026, 4, 1), 1, "America/New_York")
    assert april.days() == 30
    assert april.days(Interval(at("2026-04-10T03:30:00+00:00"), at("2026-04-10T04:30:00+00:00"))) == 2
    assert april.days(Interval(at("2026-04-10T03:30:00+00:00"), at("2026-04-10T04:00:00+00:00"))) == 1
    assert april.days(Interval(at("2026-04-10T03:30:00+00:00"), at("2026-04-10T04:00:00.000001+00:00"))) == 2


@pytest.mark.parametrize(
    ("zone", "start", "end"),
    [
        (
            "Europe/Berlin",
            "2026-04-30T22:30:00+00:00",
            "2026-04-30T23:30:00+00:00",
        ),  # 1 May there, April in UTC
        ("America/New_York", "2026-05-01T01:00:00+00:00", "2026-05-01T02:00:00+00:00"),  # 30 April there
        (
            "Africa/Cairo",
            "2026-04-23T00:00:00+00:00",
            "2026-04-25T00:00:00+00:00",
        ),  # clocks jump at a midnight
        ("Africa/Cairo", "2026-10-29T00:00:00+00:00", "2026-10-31T00:00:00+00:00"),
        ("Australia/Lord_Howe", "2026-04-04T00:00:00+00:00", "2026-04-06T00:00:00+00:00"),
    ],
)
def test_hours_round_the_clock_are_the_whole_span(zone: str, start: str, end: str) -> None:
    always: dict[Weekday, list[tuple[int, int]]] = {day: [(0, 86_400)] for day in WEEKDAYS}
    span = Interval(at(start), at(end))
    assert list(service_time(zone_named(zone), always, {}, span)) == [span]


def test_service_hours_follow_the_wall_clock_across_a_change_of_the_clock() -> None:
    berlin = zone_named("Europe/Berlin")
    week: dict[Weekday, list[tuple[int, int]]] = {
        "sat": [(8 * 3600, 18 * 3600)],
        "sun": [(8 * 3600, 18 * 3600)],
    }
    span = Interval(at("2026-03-28T00:00:00+00:00"), at("2026-03-30T00:00:00+00:00"))
    assert [(p.start, p.end) for p in service_time(berlin, week, {}, span)] == [
        (at("2026-03-28T07:00:00+00:00"), at("2026-03-28T17:00:00+00:00")),
        (at("2026-03-29T06:00:00+00:00"), at("2026-03-29T16:00:00+00:00")),
    ]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 0), ("2026-10-25", 2), ("2026-06-07", 1)])
def test_an_hour_that_is_skipped_is_nobodys_and_one_that_comes_twice_counts_twice(
    day: str, hours: int
) -> None:
    berlin = zone_named("Europe/Berlin")
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    span = Interval(instant(start) - 3 * HOUR, instant(start) + 27 * HOUR)
    assert service_time(berlin, {"sun": [(2 * 3600, 3 * 3600)]}, {}, span).length == hours * HOUR


def test_an_exception_replaces_the_hours_of_its_day() -> None:
    span = Interval(at("2026-12-24T00:00:00+00:00"), at("2026-12-27T00:00:00+00:00"))
    every: dict[Weekday, list[tuple[int, int]]] = {day: [(0, 86_400)] for day in WEEKDAYS}
    exceptions = {date(2026, 12, 25): [], date(2026, 12, 26): [(0, 3600)]}
    assert service_time(zone_named("UTC"), every, exceptions, span).length == 25 * HOUR


def test_a_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="Mars/Olympus"):
        zone_named("Mars/Olympus")
    with pytest.raises(ValueError, match="IANA"):
        zone_named("../../etc/passwd")


@pytest.mark.parametrize(("start", "end", "good"), [(0, 1, True), (0, 0, False), (1, 0, False)])
def test_a_range_ends_after_it_starts(start: int, end: int, good: bool) -> None:
    written = ExplicitPeriod(kind="explicit", start=start, end=end)
    if good:
        assert written.resolve().interval == Interval(start, end)
        return
    with pytest.raises(ValueError) as refused:
        written.resolve()
    assert str(refused.value) == "must end after it starts"


@pytest.mark.parametrize(
    ("signed", "on", "start"),
    [
        # The month in which a contract begins lies in its first year, whatever the day.
        ("2026-04-15", "2026-04-01", "2026-04-15"),
        ("2026-04-15", "2025-12-01", "2026-04-15"),
        ("2026-04-15", "2027-04-01", "2026-04-15"),
        ("2026-04-15", "2027-04-14", "2026-04-15"),
        ("2026-04-15", "2027-04-15", "2027-04-15"),
        ("2026-04-15", "2027-05-01", "2027-04-15"),
        ("2028-02-29", "2028-02-01", "2028-02-29"),
        ("2028-02-29", "2029-02-27", "2028-02-29"),
        ("2028-02-29", "2029-02-28", "2029-02-28"),
        ("2028-02-29", "2032-02-28", "2031-02-28"),
        ("2028-02-29", "2032-03-01", "2032-02-29"),
        ("2028-12-31", "2028-12-01", "2028-12-31"),
        ("2028-12-31", "2030-01-01", "2029-12-31"),
    ],
)
def test_the_year_of_a_contract_runs_from_its_anniversary(signed: str, on: str, start: str) -> None:
    assert contract_year_start(*map(date.fromisoformat, (signed, on))) == date.fromisoformat(start)

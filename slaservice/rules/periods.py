"""Periods of a contract as instants: months, quarters, years, anniversaries and ranges in an IANA zone; service hours.

Local time is used for two things only, to cut a period (and its service hours) out of the calendar and to print. Everything
between is instants, so a March in Berlin has 30 days and 23 hours without anybody thinking of it.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from typing import Literal
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]

from slaservice.rules.intervals import SECOND, Interval, IntervalSet, instant, moment

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

TZDATA_VERSION: str = tzdata.IANA_VERSION
"""The version of the zones' rules, e.g. 2026b."""

_ONE_DAY = timedelta(days=1)
_ZONE_NAMES = frozenset(resources.files("tzdata").joinpath("zones").read_text().split())


@cache
def zone_named(name: str) -> ZoneInfo:
    """An IANA zone by the rules of the pinned tzdata package, whatever the machine has of its own. ValueError if unknown."""
    if name not in _ZONE_NAMES:
        raise ValueError(f"{name!r} is not an IANA time zone")
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


@lru_cache(maxsize=4096)
def local_midnight(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local day: the later clock reading where midnight is skipped, the first where it comes twice."""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone)
    first, second = instant(wall), instant(wall.replace(fold=1))
    return first if first <= second else _jump(second, first, zone)


def _offset(at: int, zone: ZoneInfo) -> int:
    """Seconds east of UTC at an instant."""
    offset = moment(at).astimezone(zone).utcoffset()
    assert offset is not None
    return offset // timedelta(seconds=1)


def _jump(before: int, after: int, zone: ZoneInfo) -> int:
    """The instant in (before, after] at which the zone's offset becomes what it is at `after`. Whole seconds."""
    target = _offset(after, zone)
    low, high = before // SECOND, after // SECOND
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle * SECOND, zone) == target:
            high = middle
        else:
            low = middle
    return high * SECOND


def add_months(first: date, months: int) -> date:
    """The same day `months` later, or the month's last day where it has no such day."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


def contract_year_start(signed: date, on: date) -> date:
    """The last anniversary of a contract's first day that is not after a day; the first day itself before any."""
    years = on.year - signed.year
    if add_months(signed, 12 * years) > on:
        years -= 1
    return add_months(signed, 12 * max(years, 0))


@dataclass(frozen=True, slots=True)
class Period:
    """What a statement speaks of: `[start, end)` in instants, the zone in which its days are counted."""

    start: int
    end: int
    timezone: str = "UTC"

    @property
    def interval(self) -> Interval:
        return Interval(self.start, self.end)

    @property
    def zone(self) -> ZoneInfo:
        return zone_named(self.timezone)

    def days(self, part: Interval | None = None) -> int:
        """How many local days the period, or a part of it, touches."""
        return len(local_days(part or self.interval, self.zone))

    def settled(self, days: int) -> int:
        """When as many local days have gone by since the end; an end at a midnight counts whole days from it."""
        return (
            local_midnight(local_date(self.end, self.zone) + days * _ONE_DAY, self.zone) if days else self.end
        )


def local_days(span: Interval, zone: ZoneInfo) -> list[date]:
    """The local days that a span touches; a day that a zone skipped altogether is none."""
    day, last = local_date(span.start, zone), local_date(span.end - 1, zone)
    touched = []
    while day <= last:
        following = day + _ONE_DAY
        if local_midnight(day, zone) < local_midnight(following, zone):
            touched.append(day)
        day = following
    return touched


def local_date(at: int, zone: ZoneInfo) -> date:
    """The local date of an instant."""
    return moment(at).astimezone(zone).date()


@lru_cache(maxsize=1024)
def calendar_period(first: date, months: int, timezone: str) -> Period:
    """`months` months from local midnight of `first`: a month, a quarter, a year, or an anniversary."""
    zone = zone_named(timezone)
    return Period(local_midnight(first, zone), local_midnight(add_months(first, months), zone), timezone)


def period_ending_in(year: int, month: int, *, months: int, first_month: int) -> date | None:
    """The first day of the period of `months` months whose last month is this one; None where no period ends.

    Periods are laid end to end from `first_month`: quarters from February end in April, July, October and January.
    """
    if (month - first_month + 1) % months:
        return None
    return add_months(date(year, month, 1), 1 - months)


def service_time(
    zone: ZoneInfo,
    weekly: Mapping[Weekday, Sequence[tuple[int, int]]],
    exceptions: Mapping[date, Sequence[tuple[int, int]]],
    span: Interval,
) -> IntervalSet:
    """The instants of a span whose local wall clock stands within the day's openings (seconds of the day).

    An exception replaces its day's hours; a weekday without an entry is closed. Where the clock is set back, the hour that
    comes twice counts twice; where it is set forward, the skipped hour is nobody's.
    """
    open_parts: list[tuple[int, int]] = []
    day, last = local_date(span.start, zone), local_date(span.end - 1, zone)
    while day <= last:
        openings = exceptions.get(day, weekly.get(WEEKDAYS[day.weekday()], ()))
        if openings:
            open_parts.extend(_openings(day, zone, openings))
        day += _ONE_DAY
    return IntervalSet.of(open_parts) & IntervalSet((span,))


def _openings(day: date, zone: ZoneInfo, openings: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    wall_midnight = instant(datetime(day.year, day.month, day.day, tzinfo=UTC))
    for start, end, offset in _stretches(day, zone):
        midnight = wall_midnight - offset * SECOND
        for opens, closes in openings:
            yield max(start, midnight + opens * SECOND), min(end, midnight + closes * SECOND)


def _stretches(day: date, zone: ZoneInfo) -> Iterator[tuple[int, int, int]]:
    """The parts of a local day with one offset each: (start, end, seconds east of UTC)."""
    start, end = local_midnight(day, zone), local_midnight(day + _ONE_DAY, zone)
    while start < end:
        offset = _offset(start, zone)
        stop = end if _offset(end - SECOND, zone) == offset else _jump(start, end - SECOND, zone)
        yield start, stop, offset
        start = stop

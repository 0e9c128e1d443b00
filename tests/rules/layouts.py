"""Random periods to count over, and windows on their ticks.

The list of instructive dates stands here, once, for every property of the rules.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.rules.ticks import Json, zone_of

# One list of instructive dates: (zone, a local time at which something happens there).
INSTRUCTIVE = (
    ("UTC", "2026-04-15T00:00"),
    ("Europe/Berlin", "2026-03-29T02:00"),  # clocks forward
    ("Europe/Berlin", "2026-10-25T03:00"),  # clocks back
    ("America/New_York", "2026-03-08T02:00"),
    ("America/New_York", "2026-11-01T02:00"),
    ("Australia/Lord_Howe", "2026-04-05T02:00"),  # back by half an hour
    ("Australia/Lord_Howe", "2026-10-04T02:00"),
    ("Africa/Casablanca", "2026-02-15T03:00"),  # back for Ramadan
    ("Africa/Casablanca", "2026-03-22T02:00"),
    ("America/Santiago", "2026-09-06T00:00"),  # midnight does not exist
    ("Asia/Kolkata", "2026-05-01T00:00"),  # half an hour off, no clock change
    ("Pacific/Apia", "2011-12-30T00:00"),  # a day that does not exist
    ("Asia/Kathmandu", "2024-02-29T00:00"),  # leap day, three quarters of an hour off
    ("America/Havana", "2020-11-01T00:00"),  # a month that starts with two midnights
    ("Europe/London", "2026-12-31T23:00"),  # the year's end
)
MONTHS = (
    ("UTC", 2026, 2),
    ("Europe/Berlin", 2026, 3),
    ("America/New_York", 2026, 11),
    ("Australia/Lord_Howe", 2026, 4),
    ("Pacific/Apia", 2011, 12),
    ("Asia/Kolkata", 2024, 2),
    ("America/Havana", 2020, 11),
    ("America/Asuncion", 2017, 10),  # the first midnight does not exist
    ("Africa/Casablanca", 2026, 3),
)


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from(values)


YES_NO = st.booleans()
INSTRUCTIVE_DATE, MONTH = one_of(*INSTRUCTIVE), one_of(*MONTHS)


@dataclass(frozen=True)
class Layout:
    """A period as it is written, where it starts (UTC), its tick in microseconds and its length in ticks."""

    period: Json
    start: datetime
    tick: int
    length: int

    def at(self, ticks: int, *, seconds: int = 0) -> str:
        when = self.start + timedelta(microseconds=self.tick * ticks, seconds=seconds)
        return when.isoformat().replace("+00:00", "Z")

    def whole_seconds(self, ticks: int) -> int:
        return max(1, self.tick * ticks // 1_000_000)

    def round_seconds(self, ticks: int) -> int:
        """Nearly so many ticks, often no whole number of them, yet not so odd that counting takes long."""
        seconds = self.whole_seconds(ticks) * 7 // 8
        return seconds - seconds % min(300, self.whole_seconds(1)) if self.in_whole_seconds else seconds

    @property
    def in_whole_seconds(self) -> bool:
        return self.tick % 20_000_000 == 0


def first_midnight(name: str, year: int, month: int) -> datetime:
    midnight = datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=zone_of(name))
    return midnight.astimezone(UTC)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    kind = draw(one_of(*["hours"] * 17, "month", "quarter", "fine"))
    if kind in ("month", "quarter"):
        name, year, month = draw(MONTH)
        months, tick = (1, timedelta(minutes=30)) if kind == "month" else (3, timedelta(hours=1, minutes=30))
        start, end = (first_midnight(name, year, at) for at in (month, month + months))
        period = {"kind": "calendar", "year": year, "month": month, "months": months, "timezone": name}
        return Layout(period, start, tick // timedelta(microseconds=1), (end - start) // tick)
    name, written = draw(INSTRUCTIVE_DATE)
    anchor = datetime.fromisoformat(written).replace(tzinfo=zone_of(name)).astimezone(UTC)
    ticks = (
        (1, 1_000, 250_000)
        if kind == "fine"
        else (60_000_000, 900_000_000, 3_600_000_000, 300_000_000, 20_000_000)
    )
    tick = draw(one_of(*ticks))
    length = draw(st.integers(1, min(288, 3 * 86_400_000_000 // tick)))
    start = anchor - timedelta(microseconds=tick) * draw(st.integers(0, length))
    blank = Layout({}, start, tick, length)
    zone = {"timezone": name} if draw(YES_NO) else {}
    return Layout(
        {"kind": "explicit", "start": blank.at(0), "end": blank.at(length)} | zone, start, tick, length
    )


@st.composite
def spans(draw: st.DrawFn, layout: Layout) -> tuple[int, int]:
    """Ticks of one window, mostly in the period, sometimes about it; rarely it ends where it starts."""
    margin = 0 if draw(one_of(False, False, True)) else layout.length // 3 + 1
    start = draw(st.integers(-margin, layout.length - 1))
    return start, start + draw(
        one_of(1, 2, 3, 0, layout.length // 3 + 1, layout.length // 9 + 1, layout.length)
    )

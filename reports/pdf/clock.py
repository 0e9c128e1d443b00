"""Times as the contract reads them: in its zone, with days, spans and the period's own name.

Everything arrives as microseconds since the epoch. Where the zone's offset changes within the period, each time carries
its offset, because an hour then comes twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from django.utils.translation import gettext

from slaservice.rules.intervals import moment
from slaservice.rules.language import spoken
from slaservice.rules.periods import local_midnight

Width = Literal["wide", "abbreviated"]


@dataclass(frozen=True, slots=True)
class _Manner:
    """How days and spans of days are written in a language, around Babel's names of months; `first` is the first of a month."""

    first: str
    day: str
    days: str
    span: str


_MANNERS = {
    "en": _Manner(first="1", day="{day} {month}", days="{first}–{last} {month}", span="{first} – {last}"),
    "de": _Manner(first="1", day="{day}. {month}", days="{first}.–{last}. {month}", span="{first} – {last}"),
    "fr": _Manner(
        first="1er", day="{day} {month}", days="{first} au {last} {month}", span="{first} au {last}"
    ),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """The wall clock of a statement: the contract's zone and the period [start, end) in microseconds."""

    zone: ZoneInfo
    start: int
    end: int

    def local(self, at: int) -> datetime:
        """The instant on the contract's wall clock."""
        return moment(at).astimezone(self.zone)

    def days(self) -> list[tuple[date, int, int]]:
        """The local days of the period: (date, start, end), the first and last cut by the period."""
        day, days = self.local(self.start).date(), []
        while (start := local_midnight(day, self.zone)) < self.end:
            following = day + timedelta(days=1)
            days.append((day, max(start, self.start), min(local_midnight(following, self.zone), self.end)))
            day = following
        return days

    def label(self) -> str:
        """'1–30 April 2026'; with times of day where the period does not run from midnight to midnight."""
        first, beyond = self.local(self.start), self.local(self.end)
        if not (_midnight(first) and _midnight(beyond)):
            return _span(f"{_long(first)} {_time(first)}", f"{_long(beyond)} {_time(beyond)}")
        last = self.local(self.end - 1)
        if (first.year, first.month, first.day) == (last.year, last.month, last.day):
            return _long(first)
        if (first.year, first.month) == (last.year, last.month):
            days = _manner().days.format(
                first=_number(first.day), last=_number(last.day), month=_month(last.month, "wide")
            )
            return f"{days} {last.year}"
        return _span(_long(first, year=first.year != last.year), _long(last))

    def at(self, instant: int) -> str:
        """'28 Apr 19:34:00', with the year where it is not the period's and the offset where it changes."""
        return f"{self.day(instant)} {_time(self.local(instant))}{self._offset(instant)}"

    def span(self, start: int, end: int | None) -> str:
        """'28 Apr 19:34:00 – 20:52:00'; 'open' where it has not ended."""
        if end is None:
            return gettext("{start} – open").format(start=self.at(start))
        first, last = self.local(start), self.local(end)
        offset = "" if first.utcoffset() == last.utcoffset() else self._offset(start)
        day = "" if first.date() == last.date() else f"{self.day(end)} "
        return f"{self.day(start)} {_time(first)}{offset} – {day}{_time(last)}{self._offset(end)}"

    def stamp(self, at: datetime) -> str:
        """'5 May 2026, 09:30'."""
        local = at.astimezone(self.zone)
        return f"{_long(local)}, {local:%H:%M}"

    def date(self, at: datetime) -> str:
        """'5 May 2026'."""
        return _long(at.astimezone(self.zone))

    def day(self, instant: int) -> str:
        """'28 Apr', with the year where it is not the period's."""
        local = self.local(instant)
        years = {self.local(self.start).year, self.local(self.end - 1).year}
        year = "" if years == {local.year} else f" {local.year}"
        return _day(local.day, local.month, "abbreviated") + year

    def _offset(self, instant: int) -> str:
        """' (−05)' where the period has more than one offset."""
        if not self.shifts():
            return ""
        text = f"{self.local(instant):%z}".replace("-", "−")
        return f" ({text[:3]}{'' if text[3:5] == '00' else ':' + text[3:5]})"

    def shifts(self) -> bool:
        """Whether the zone's offset changes within the period."""
        return _shifts(self)


@lru_cache(maxsize=256)
def _shifts(clock: Clock) -> bool:
    """Asked for every time that is shown."""
    offsets = {clock.local(start).utcoffset() for _, start, _ in clock.days()}
    return len(offsets | {clock.local(clock.end - 1).utcoffset()}) > 1


def month_name(day: date) -> str:
    """'Apr'."""
    return _month(day.month, "abbreviated")


def short_day(day: date) -> str:
    """'28 Apr'."""
    return _day(day.day, day.month, "abbreviated")


def _manner() -> _Manner:
    return _MANNERS[spoken().code]


def _month(month: int, width: Width) -> str:
    return _names(spoken().code, width)[month]


@cache
def _names(language: str, width: Width) -> Mapping[int, str]:
    return {month: str(name) for month, name in Locale(language).months["format"][width].items()}


def _number(day: int) -> str:
    return _manner().first if day == 1 else str(day)


def _day(day: int, month: int, width: Width) -> str:
    return _manner().day.format(day=_number(day), month=_month(month, width))


def _span(first: str, last: str) -> str:
    return _manner().span.format(first=first, last=last)


def _midnight(local: datetime) -> bool:
    return (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)


def _long(local: datetime, *, year: bool = True) -> str:
    return _day(local.day, local.month, "wide") + (f" {local.year}" if year else "")


def _time(local: datetime) -> str:
    """To the second, or as fine as it is."""
    fine = spoken().decimal + f"{local.microsecond:06}".rstrip("0") if local.microsecond else ""
    return f"{local:%H:%M:%S}{fine}"

"""Windows that people state in the text of an update: found, quoted, and doubted; never turned into downtime by themselves.

"Customers were affected 17:34–18:52 UTC." is a window. Many are not so plain: the zone is missing, two zones disagree, the
times are approximate. Such a window is found too, with what speaks against it, for a person to read; one without doubts may
be offered as a correction, whose reason is the quote.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import pairwise

from slaservice.rules.periods import zone_named

MOST_TEXT = 20_000
"""Characters of a text that are looked at."""

_ZONES: dict[str, tzinfo] = {
    "UTC": UTC,
    "GMT": UTC,
    "PT": zone_named("America/Los_Angeles"),
    "PDT": timezone(timedelta(hours=-7)),
    "PST": timezone(timedelta(hours=-8)),
    "ET": zone_named("America/New_York"),
    "EDT": timezone(timedelta(hours=-4)),
    "EST": timezone(timedelta(hours=-5)),
}
_MONTHS = "January February March April May June July August September October November December".split()

_POINT = re.compile(
    r"\b(?P<hour>\d{1,2}):(?P<minute>\d\d)(?!\d|:)(?:\s?(?P<half>[ap])\.?m\b\.?)?"
    rf"(?:\s(?P<zone>{'|'.join(_ZONES)})\b)?"
    rf"(?:\s(?:on\s)?(?P<month>{'|'.join(_MONTHS)})\s(?P<day>\d{{1,2}})\b)?",
    re.IGNORECASE,
)
_TO = re.compile(
    r"\s*(?:[–—-]|(?:to|and|through|until|till)\b)\s*(?:(?:approximately|about|around|approx\.)\s*)?", re.I
)
_OR = re.compile(r"\s*/\s*")
_SENTENCE = re.compile(r"[^\n]+?(?:(?<=[a-zA-Z0-9)\]])\.(?=\s|$)|$)", re.MULTILINE)
_VAGUE = re.compile(
    r"(?:\b(?:approximately|approx\.?|about|around|roughly)\s*|~\s*)(?=\d{1,2}:\d\d)", re.IGNORECASE
)

NO_ZONE = "no time zone is given"
ZONES_DISAGREE = "the two zones disagree"
SAME_ZONE_TWICE = "both halves carry the same zone"
ZONES_MIXED = "start and end stand in different zones"
VAGUE = "the times are approximate"
NO_WINDOW = "the times make no window"


@dataclass(frozen=True, slots=True)
class Stated:
    """A window found in text: its sentence, [start, end) where the times can be read, and what speaks against it."""

    quote: str
    start: datetime | None
    end: datetime | None
    doubts: tuple[str, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.doubts


@dataclass(frozen=True, slots=True)
class _Range:
    first: re.Match[str]
    last: re.Match[str]

    @property
    def zone(self) -> str:
        return (self.last["zone"] or self.first["zone"] or "").upper()

    @property
    def mixed(self) -> bool:
        return bool(self.first["zone"]) and self.first["zone"].upper() != self.zone


def stated_windows(text: str, *, posted_at: datetime) -> tuple[Stated, ...]:
    """Every window that a text states, in its order. `posted_at` gives the day where the text does not: the latest before it."""
    return tuple(
        found
        for sentence in _SENTENCE.finditer(text[:MOST_TEXT])
        for found in _of_sentence(sentence[0].strip(), posted_at)
    )


def _of_sentence(sentence: str, posted_at: datetime) -> Iterator[Stated]:
    points = list(_POINT.finditer(sentence))
    between = [sentence[a.end() : b.start()] for a, b in pairwise(points)]
    vague = (VAGUE,) if _VAGUE.search(sentence) else ()
    for ranges in _ranges(points, between):
        start, end, doubts = _resolved(ranges, posted_at)
        yield Stated(sentence, start, end, (*doubts, *vague))


def _ranges(points: Sequence[re.Match[str]], between: Sequence[str]) -> Iterator[tuple[_Range, ...]]:
    """Ranges as they are written: "a to b", "a to b / c to d" and "a / c to b / d" in two zones."""
    kinds = "".join("r" if _TO.fullmatch(one) else "/" if _OR.fullmatch(one) else "." for one in between)
    at = 0
    while at < len(kinds):
        four = points[at : at + 4]
        if kinds.startswith("r/r", at):
            yield _Range(four[0], four[1]), _Range(four[2], four[3])
            at += 4
        elif kinds.startswith("/r/", at):
            yield _Range(four[0], four[2]), _Range(four[1], four[3])
            at += 4
        elif kinds[at] == "r":
            yield (_Range(four[0], four[1]),)
            at += 2
        else:
            at += 1


def _resolved(
    ranges: Sequence[_Range], posted_at: datetime
) -> tuple[datetime | None, datetime | None, tuple[str, ...]]:
    """Start and end by the half in UTC if there is one, and the doubts."""
    chosen = next((one for one in ranges if one.zone == "UTC"), ranges[0])
    if not chosen.zone:
        return None, None, (NO_ZONE,)
    try:
        start, end = _span(chosen, posted_at)
        doubts = list(_doubts(ranges, chosen, start, end))
    except ValueError:
        return None, None, (NO_WINDOW,)
    return start, end, tuple(doubts)


def _doubts(ranges: Iterable[_Range], chosen: _Range, start: datetime, end: datetime) -> Iterator[str]:
    others = [one for one in ranges if one is not chosen]
    if any(one.mixed for one in ranges):
        yield ZONES_MIXED
    elif any(one.zone == chosen.zone for one in others):
        yield SAME_ZONE_TWICE
    elif not all(_agrees(one, start, end) for one in others):
        yield ZONES_DISAGREE


def _agrees(other: _Range, start: datetime, end: datetime) -> bool:
    """Whether a half says the same in its zone, perhaps on a twelve-hour clock that does not say which half of the day."""
    if not other.zone:
        return False
    zone = _ZONES[other.zone]
    return all(
        (at.astimezone(zone).hour - _hour(point)) % (24 if point["half"] else 12) == 0
        and at.astimezone(zone).minute == int(point["minute"])
        for point, at in ((other.first, start), (other.last, end))
    )


def _span(found: _Range, posted_at: datetime) -> tuple[datetime, datetime]:
    """The latest one that ended before it was posted, unless the text names its days. ValueError for no time of day."""
    zone = _ZONES[found.zone]
    day = posted_at.astimezone(zone).date()
    end = _at(found.last, _day(found.last, day), zone)
    if found.last["day"] is None and end > posted_at + timedelta(minutes=5):
        end = _at(found.last, day - timedelta(days=1), zone)
    day = end.astimezone(zone).date()
    start = _at(found.first, _day(found.first, day), zone)
    if found.first["day"] is None and start > end:
        start = _at(found.first, day - timedelta(days=1), zone)
    if start >= end:
        raise ValueError("ends before it starts")
    return start.astimezone(UTC), end.astimezone(UTC)


def _day(point: re.Match[str], near: date) -> date:
    """The day that a point names, in the year in which it is nearest; else `near`."""
    if point["day"] is None:
        return near
    month = _MONTHS.index(point["month"].capitalize()) + 1
    years = (near.year - 1, near.year, near.year + 1)
    return min((date(year, month, int(point["day"])) for year in years), key=lambda day: abs(day - near))


def _at(point: re.Match[str], day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, _hour(point), int(point["minute"]), tzinfo=zone)


def _hour(point: re.Match[str]) -> int:
    hour = int(point["hour"])
    if not point["half"]:
        return hour
    return hour % 12 + (12 if point["half"].lower() == "p" else 0)

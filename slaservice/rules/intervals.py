"""Stretches of time as integers: microseconds since the Unix epoch, UTC, half-open `[start, end)`.

Every sum in this package is exact because it is a sum of integers. Datetimes are turned to integers at the door and back
when something is shown; naive datetimes do not get in. Nothing here bounds the year: the calendar does (1 to 9999).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

SECOND = 1_000_000
DAY = 86_400 * SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant(moment: datetime) -> int:
    """Microseconds since the Unix epoch of an aware datetime. ValueError if it is naive."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone names no instant")
    return (moment - _EPOCH) // _MICROSECOND


def moment(instant: int) -> datetime:
    """The instant as an aware datetime in UTC. OverflowError outside the years 1 to 9999."""
    return _EPOCH + instant * _MICROSECOND


class Interval(NamedTuple):
    """One stretch `[start, end)`; `end > start`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Microseconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class IntervalSet:
    """A set of instants: disjoint, touching parts joined, in time order. `|`, `&`, `-` work like those of a set."""

    parts: tuple[Interval, ...] = ()

    @classmethod
    def of(cls, intervals: Iterable[tuple[int, int]]) -> "IntervalSet":
        """The union of any intervals, in any order; empty ones vanish."""
        joined: list[Interval] = []
        for start, end in sorted(intervals, key=itemgetter(0)):
            if end <= start:
                continue
            if joined and start <= joined[-1].end:
                if end > joined[-1].end:
                    joined[-1] = Interval(joined[-1].start, end)
            else:
                joined.append(Interval(start, end))
        return cls(tuple(joined))

    @property
    def length(self) -> int:
        """Microseconds covered."""
        return sum(end - start for start, end in self.parts)

    def __bool__(self) -> bool:
        return bool(self.parts)

    def __iter__(self) -> Iterator[Interval]:
        return iter(self.parts)

    def __or__(self, other: "IntervalSet") -> "IntervalSet":
        if not other.parts:
            return self
        return IntervalSet.of(self.parts + other.parts) if self.parts else other

    def __and__(self, other: "IntervalSet") -> "IntervalSet":
        shared: list[Interval] = []
        mine, theirs = iter(self.parts), iter(other.parts)
        left, right = next(mine, None), next(theirs, None)
        while left and right:
            start, end = max(left.start, right.start), min(left.end, right.end)
            if start < end:
                shared.append(Interval(start, end))
            if left.end <= right.end:
                left = next(mine, None)
            else:
                right = next(theirs, None)
        return IntervalSet(tuple(shared))

    def __sub__(self, other: "IntervalSet") -> "IntervalSet":
        if not other.parts or not self.parts:
            return self
        return self & other.complement(self.parts[0].start, self.parts[-1].end)

    def complement(self, start: int, end: int) -> "IntervalSet":
        """What of `[start, end)` is not in the set."""
        gaps: list[Interval] = []
        for part in self.parts:
            if part.end <= start:
                continue
            if part.start >= end:
                break
            if start < part.start:
                gaps.append(Interval(start, part.start))
            start = part.end
        if start < end:
            gaps.append(Interval(start, end))
        return IntervalSet(tuple(gaps))

    def first(self, length: int) -> "IntervalSet":
        """The earliest `length` microseconds of the set."""
        taken: list[Interval] = []
        for start, end in self.parts:
            if length <= 0:
                break
            taken.append(Interval(start, min(end, start + length)))
            length -= end - start
        return IntervalSet(tuple(taken))


NOTHING = IntervalSet()

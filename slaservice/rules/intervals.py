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
        until = None
        for start, end in sorted(intervals, key=itemgetter(0)):
            if end <= start:
                continue
            if until is None or start > until:
                joined.append(Interval(start, end))
                until = end
            elif end > until:
                joined[-1] = Interval(joined[-1].start, end)
                until = end
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
        if not self.parts or not other.parts:
            return NOTHING
        shared: list[Interval] = []
        mine, theirs = iter(self.parts), iter(other.parts)
        left, right = next(mine, None), next(theirs, None)
        while left and right:
            (start, end), (other_start, other_end) = left, right
            if start < other_end and other_start < end:
                if other_start <= start and end <= other_end:
                    shared.append(left)
                else:
                    shared.append(Interval(max(start, other_start), min(end, other_end)))
            if end <= other_end:
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
        for part_start, part_end in self.parts:
            if part_end <= start:
                continue
            if part_start >= end:
                break
            if start < part_start:
                gaps.append(Interval(start, part_start))
            start = part_end
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

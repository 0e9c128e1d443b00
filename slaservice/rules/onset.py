"""When users began to report trouble, as a series of counts suggests it: evidence beside a window, never downtime by itself.

A series is counts over intervals of one length. An interval stands out when its count exceeds the *baseline* by more than chance:

    count > median + max(5 × MAD, 5)

where the median and the MAD (the median distance from it) are those of the intervals that start in the 24 hours before.
Both are medians, so that an outage of up to half a day does not raise its own bar; the MAD of a quiet series is 0, and there 5
more reports than usual are asked for. The median of an even number of counts lies halfway between the two in the middle.
An interval for which nothing was recorded is unknown, not zero. With fewer than 12 intervals before it there is no baseline, and
nothing stands out.

The onset is the start of the first interval that stands out within the stretch that is looked at. Integers throughout: a
median is kept doubled, a MAD four times.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from slaservice.rules.intervals import DAY

TRAILING = DAY
LEAST_KNOWN = 12
MADS = 5
LEAST_MORE = 5


class Count(NamedTuple):
    """So many `reports` in the interval that starts at an instant (microseconds since the Unix epoch)."""

    start: int
    reports: int


def onset(series: Sequence[Count], *, start: int, end: int) -> int | None:
    """The start of the first interval in [start, end) that stands out. `series` is in time order and reaches back a day more."""
    starts = [one.start for one in series]
    for index in range(bisect_left(starts, start), bisect_left(starts, end)):
        before = series[bisect_left(starts, starts[index] - TRAILING) : index]
        if stands_out(series[index].reports, [one.reports for one in before]):
            return starts[index]
    return None


def stands_out(count: int, before: Sequence[int]) -> bool:
    """Whether a count exceeds what the counts before it make usual."""
    if len(before) < LEAST_KNOWN:
        return False
    median = _doubled_median(before)
    mad = _doubled_median([abs(2 * one - median) for one in before])
    return 4 * count > 2 * median + max(MADS * mad, 4 * LEAST_MORE)


def _doubled_median(counts: Sequence[int]) -> int:
    ordered = sorted(counts)
    return ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]

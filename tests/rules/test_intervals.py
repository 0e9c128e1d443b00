"""Sets of instants: what is covered, what is left, and that integers lose nothing."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slaservice.rules.intervals import NOTHING, Interval, IntervalSet, instant, moment

spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def covered(intervals: list[tuple[int, int]]) -> set[int]:
    return {tick for start, end in intervals for tick in range(start, end)}


def ticks(instants: IntervalSet) -> set[int]:
    return covered([(part.start, part.end) for part in instants])


@given(spans, spans)
def test_sets_of_instants_behave_like_sets_of_ticks(
    left: list[tuple[int, int]], right: list[tuple[int, int]]
) -> None:
    one, two = IntervalSet.of(left), IntervalSet.of(right)
    assert ticks(one | two) == covered(left) | covered(right)
    assert ticks(one & two) == covered(left) & covered(right)
    assert ticks(one - two) == covered(left) - covered(right)
    assert one.length == len(covered(left))


@given(spans)
def test_parts_are_in_order_and_never_touch(intervals: list[tuple[int, int]]) -> None:
    parts = IntervalSet.of(intervals).parts
    assert all(part.start < part.end for part in parts)
    assert all(left.end < right.start for left, right in pairwise(parts))


@given(spans, st.integers(0, 70))
def test_the_first_so_many_are_the_earliest_ones(intervals: list[tuple[int, int]], length: int) -> None:
    instants = IntervalSet.of(intervals)
    assert ticks(instants.first(length)) == set(sorted(ticks(instants))[:length])


def test_what_touches_is_one_and_what_is_empty_is_none() -> None:
    assert IntervalSet.of([(5, 9), (1, 5), (20, 20)]).parts == (Interval(1, 9),)
    assert NOTHING - IntervalSet.of([(0, 9)]) == NOTHING
    assert IntervalSet.of([(2, 3)]).complement(0, 5).parts == (Interval(0, 2), Interval(3, 5))


def test_an_instant_is_exact_to_the_microsecond_and_the_same_in_every_zone() -> None:
    at = datetime(2026, 4, 28, 17, 41, 55, 480001, tzinfo=UTC)
    assert moment(instant(at)) == at
    assert instant(at.astimezone(timezone(timedelta(hours=5, minutes=45)))) == instant(at)
    assert instant(datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)) == -1


def test_a_time_without_a_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="zone"):
        instant(datetime(2026, 4, 1))  # noqa: DTZ001 - the point of the test


def test_the_first_of_a_set_is_cut_where_the_length_is_used_up() -> None:
    assert IntervalSet.of([(0, 5)]).first(0) == IntervalSet()
    assert IntervalSet.of([(0, 5), (7, 9)]).first(1) == IntervalSet((Interval(0, 1),))
    assert IntervalSet.of([(0, 5), (7, 9)]).first(6) == IntervalSet.of([(0, 5), (7, 8)])

"""When user reports began to stand out: above the trailing median by more than chance, in integers."""

from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slaservice.rules.intervals import SECOND
from slaservice.rules.onset import Count, onset, stands_out

HOUR = 3600 * SECOND


def series(*counts: int, every: int = HOUR, start: int = 0) -> list[Count]:
    return [Count(start + number * every, count) for number, count in enumerate(counts)]


QUIET = [0] * 12


@pytest.mark.parametrize(("count", "expected"), [(5, False), (6, True)])
def test_five_reports_more_than_usual_are_still_chance(count: int, expected: bool) -> None:
    assert stands_out(count, QUIET) is expected


@pytest.mark.parametrize(("count", "expected"), [(150, False), (151, True)])
def test_a_noisy_series_asks_for_five_mads(count: int, expected: bool) -> None:
    """Median 100, distances 10: MAD 10."""
    assert stands_out(count, [90, 110] * 6 + [100]) is expected


@pytest.mark.parametrize(("count", "expected"), [(60, False), (61, True)])
def test_the_median_of_an_even_number_lies_halfway(count: int, expected: bool) -> None:
    """Median 10, all distances 10."""
    assert stands_out(count, [0] * 6 + [20] * 6) is expected


@given(st.lists(st.integers(0, 60), min_size=12, max_size=40), st.integers(0, 200))
def test_it_is_the_documented_inequality(before: list[int], count: int) -> None:
    exact = [Fraction(one) for one in before]
    usual = median(exact)
    mad = median([abs(one - usual) for one in exact])
    assert stands_out(count, before) == (count > usual + max(5 * mad, Fraction(5)))


def test_without_half_a_day_of_counts_nothing_stands_out() -> None:
    assert not stands_out(1000, [0] * 11)
    assert stands_out(1000, [0] * 12)


def test_the_onset_is_the_first_interval_that_stands_out_in_the_stretch() -> None:
    counts = series(*QUIET, 50, 0, 0, 70, 80)
    assert onset(counts, start=13 * HOUR, end=20 * HOUR) == 15 * HOUR
    assert onset(counts, start=0, end=20 * HOUR) == 12 * HOUR
    assert onset(counts, start=0, end=12 * HOUR) is None


def test_only_the_day_before_makes_the_baseline() -> None:
    """After a loud day and a quiet one ten reports stand out; beside both days together they would not."""
    counts = series(*[100] * 24, *[0] * 24, 10)
    assert onset(counts, start=48 * HOUR, end=49 * HOUR) == 48 * HOUR
    assert not stands_out(10, [one.reports for one in counts[:-1]])


def test_an_interval_of_which_nothing_is_known_is_not_a_zero() -> None:
    gap = series(*[20] * 12, start=0) + series(22, start=20 * HOUR)
    assert onset(gap, start=20 * HOUR, end=21 * HOUR) is None
    assert onset(gap[12:], start=20 * HOUR, end=21 * HOUR) is None


def test_half_a_day_of_trouble_does_not_raise_its_own_bar() -> None:
    counts = series(*[3] * 13, *[400] * 11, 400)
    assert stands_out(400, [one.reports for one in counts[:-1]])


@given(st.lists(st.integers(0, 50), min_size=12, max_size=40), st.integers(0, 200), st.integers(0, 100))
def test_the_same_reports_more_everywhere_change_nothing(before: list[int], count: int, more: int) -> None:
    assert stands_out(count, before) == stands_out(count + more, [one + more for one in before])

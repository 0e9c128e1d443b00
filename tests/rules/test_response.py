"""Times of an incident, and how often something fails: each definition, with its edges."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slaservice.rules.intervals import IntervalSet
from slaservice.rules.response import MILESTONES, Posted, Reliability, Response, reliability, response

WINDOW = (100, 160)
TOLD = [
    Posted("investigating", 105),
    Posted("identified", 120),
    Posted("monitoring", 150),
    Posted("resolved", 170),
]
APRIL = IntervalSet.of([(0, 1000)])


def test_the_times_follow_from_updates_and_windows() -> None:
    assert response([WINDOW], TOLD) == Response(100, 105, 120, 160, 170)


def test_the_order_in_which_updates_are_given_says_nothing() -> None:
    assert response([WINDOW], reversed(TOLD)) == response([WINDOW], TOLD)


def test_without_a_confirmed_window_there_was_no_outage_to_respond_to() -> None:
    assert response([], TOLD) is None


def test_the_first_window_begins_it_and_the_last_one_mitigates_it() -> None:
    found = response([(110, 130), (140, 150), (100, 120)], [])
    assert found == Response(100, None, None, 150, None)


def test_it_is_not_mitigated_while_a_window_is_open() -> None:
    found = response([WINDOW, (120, None)], TOLD)
    assert found is not None and found.mitigated is None


def test_a_backdated_update_acknowledges_when_it_was_typed() -> None:
    found = response([WINDOW], [Posted("investigating", 100, 500), Posted("resolved", 160, 510)])
    assert found is not None and (found.acknowledged, found.resolved) == (500, 160)


def test_a_first_word_that_says_resolved_acknowledges_too_and_a_postmortem_does_not() -> None:
    for status, acknowledged in (("resolved", 165), ("postmortem", None)):
        found = response([WINDOW], [Posted(status, 165)])
        assert found is not None and found.acknowledged == acknowledged


def test_what_nobody_identified_is_not_known() -> None:
    found = response([WINDOW], [Posted("investigating", 105), Posted("monitoring", 150)])
    assert found is not None and found.identified is None


@pytest.mark.parametrize(
    ("statuses", "resolved"),
    [
        ("investigating resolved", 1),
        ("resolved resolved", 0),
        ("resolved postmortem", 0),
        ("resolved investigating", None),
        ("resolved monitoring resolved", 2),
        ("resolved an_unknown_word", 0),
        ("investigating", None),
    ],
)
def test_an_incident_is_resolved_once_none_says_that_it_goes_on(statuses: str, resolved: int | None) -> None:
    found = response([WINDOW], [Posted(word, at) for at, word in enumerate(statuses.split())])
    assert found is not None and found.resolved == resolved


def test_what_lies_before_the_beginning_took_no_time() -> None:
    found = response([WINDOW], [Posted("investigating", 90), Posted("resolved", 170)])
    assert found is not None
    assert [found.took(name) for name in MILESTONES] == [0, None, 60, 70]


# MTTR and MTBF.


def test_failures_are_runs_that_begin_in_the_period() -> None:
    """Two windows that overlap, one that touches them, one alone: two failures, 60 and 40 long."""
    found = reliability([(100, 140), (120, 150), (150, 160), (500, 540)], APRIL)
    assert found == Reliability(failures=2, restored=2, repair=100, up=900)
    assert (found.mttr, found.mtbf) == (Fraction(50), Fraction(450))


def test_without_a_failure_there_is_neither() -> None:
    found = reliability([], APRIL)
    assert (found.mttr, found.mtbf, found.up) == (None, None, 1000)


def test_a_failure_is_the_period_s_in_which_it_begins_and_down_time_is_where_it_lies() -> None:
    """Until 10 from before; from 990 until 1200: repaired after 210, of which 10 in the period."""
    found = reliability([(-50, 10), (990, 1200)], APRIL)
    assert found == Reliability(failures=1, restored=1, repair=210, up=980)
    assert reliability([(-50, 10)], APRIL).mtbf is None


@pytest.mark.parametrize(("start", "failures"), [(-1, 0), (0, 1), (999, 1), (1000, 0)])
def test_the_edges_of_the_period_belong_to_one_month_only(start: int, failures: int) -> None:
    assert reliability([(start, start + 5)], APRIL).failures == failures


def test_what_is_still_open_is_a_failure_without_a_length_yet() -> None:
    found = reliability([(100, 140), (900, None)], APRIL)
    assert found == Reliability(failures=2, restored=1, repair=40, up=860)
    assert reliability([(900, None)], APRIL).mttr is None


def test_only_the_time_that_counts_is_the_period() -> None:
    found = reliability([(100, 200), (800, 900)], IntervalSet.of([(150, 600)]))
    assert found == Reliability(failures=0, restored=0, repair=0, up=400)


SPANS = st.lists(
    st.tuples(st.integers(-20, 60), st.one_of(st.none(), st.integers(1, 30))).map(
        lambda one: (one[0], None if one[1] is None else one[0] + one[1])
    ),
    max_size=6,
)


@given(SPANS, st.integers(1, 40))
def test_counted_tick_by_tick_it_is_the_same(windows: list[tuple[int, int | None]], length: int) -> None:
    def down(at: int) -> bool:
        return any(start <= at and (end is None or at < end) for start, end in windows)

    begun = [at for at in range(length) if down(at) and not down(at - 1)]
    lengths = [next((n for n in range(200) if not down(at + n)), None) for at in begun]
    ended = [one for one in lengths if one is not None]
    up = sum(not down(at) for at in range(length))
    assert reliability(windows, IntervalSet.of([(0, length)])) == Reliability(
        len(begun), len(ended), sum(ended), up
    )

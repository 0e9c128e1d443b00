"""One loss for every instant: the highest where windows overlap, the lowest where all must be down; minimum and grid."""

from fractions import Fraction

import pytest

from slaservice.rules.intervals import SECOND, IntervalSet
from slaservice.rules.signal import Piece, clip, highest, long_enough, lowest, mask, on_grid, runs
from slaservice.rules.terms import MinimumRun

HALF = Fraction(1, 2)
WHOLE = Fraction(1)


def piece(start: int, end: int, loss: Fraction = WHOLE, name: str = "a") -> Piece:
    return Piece(start, end, loss, (name,))


def test_where_windows_overlap_the_highest_loss_decides_and_no_piece_is_cut_in_vain() -> None:
    overlapping = [
        piece(0, 10, WHOLE, "a"),
        piece(4, 6, HALF, "b"),
        piece(8, 14, HALF, "c"),
        piece(20, 22, HALF, "d"),
    ]
    assert highest(overlapping) == [
        piece(0, 10, WHOLE, "a"),
        piece(10, 14, HALF, "c"),
        piece(20, 22, HALF, "d"),
    ]


def test_pieces_of_one_window_are_one_and_of_two_windows_are_two() -> None:
    assert highest([piece(0, 5), piece(3, 8), piece(8, 9)]) == [piece(0, 9)]
    assert highest([piece(0, 5, WHOLE, "a"), piece(3, 8, WHOLE, "b")]) == [
        piece(0, 5, WHOLE, "a"),
        piece(5, 8, WHOLE, "b"),
    ]
    # One name and two losses (a window that two grids widened): they stay apart.
    assert highest([piece(0, 5, WHOLE), piece(3, 8, HALF)]) == [piece(0, 5, WHOLE), piece(5, 8, HALF)]
    assert highest([piece(0, 5), piece(2, 3), piece(7, 9)]) == [piece(0, 5), piece(7, 9)]


def test_equal_losses_that_are_different_objects_rank_alike() -> None:
    same = [
        Piece(0, 9, Fraction(1, 3), ("late",)),
        Piece(0, 9, Fraction(2, 6), ("early",)),
        Piece(1, 9, Fraction(1, 4), ("low",)),
    ]
    assert highest(same) == [Piece(0, 9, Fraction(1, 3), ("early",))]


def test_where_all_must_be_down_the_lowest_loss_counts_and_all_are_named() -> None:
    left = [piece(0, 10, WHOLE, "a"), piece(10, 20, HALF, "b"), piece(30, 40, WHOLE, "c")]
    right = [
        piece(5, 10, HALF, "x"),
        piece(10, 15, WHOLE, "y"),
        piece(16, 32, HALF, "z"),
        piece(34, 50, WHOLE, "w"),
    ]
    assert lowest([left, right]) == [
        Piece(5, 10, HALF, ("a", "x")),
        Piece(10, 15, HALF, ("b", "y")),
        Piece(16, 20, HALF, ("b", "z")),
        Piece(30, 32, HALF, ("c", "z")),
        Piece(34, 40, WHOLE, ("c", "w")),
    ]
    assert lowest([left, right, []]) == []
    assert lowest([left]) == left


def test_clip_keeps_what_lies_within_and_mask_what_lies_outside() -> None:
    signal = [piece(0, 10), piece(10, 20, HALF, "b"), piece(30, 40, WHOLE, "c")]
    some = IntervalSet.of([(2, 4), (8, 12), (20, 30), (35, 60)])
    assert clip(signal, some) == [
        piece(2, 4), piece(8, 10), piece(10, 12, HALF, "b"), piece(35, 40, WHOLE, "c"),
    ]  # fmt: skip
    assert mask(signal, some) == [
        piece(0, 2), piece(4, 8), piece(12, 20, HALF, "b"), piece(30, 35, WHOLE, "c"),
    ]  # fmt: skip
    assert mask(signal, IntervalSet()) == signal
    assert clip(signal, IntervalSet.of([(0, 10)])) == [piece(0, 10)]


def test_a_run_ends_where_nothing_is_lost() -> None:
    groups = list(runs([piece(0, 5), piece(5, 9, HALF, "b"), piece(10, 11, WHOLE, "c")]))
    assert [(group[0].start, group[-1].end) for group in groups] == [(0, 9), (10, 11)]
    assert list(runs([])) == []


@pytest.mark.parametrize(
    ("op", "counts", "seconds", "kept", "reason"),
    [
        (">", "whole", 59, True, ""),
        (">", "whole", 60, False, "not more than 60 s"),
        (">=", "whole", 60, True, ""),
        (">=", "whole", 61, False, "not at least 61 s"),
        (">=", "excess", 60, True, "what exceeds 60 s"),
        (">", "excess", 61, False, "not more than 61 s"),
    ],
)
def test_a_minimum_says_what_became_of_each_run(
    op: str, counts: str, seconds: int, kept: bool, reason: str
) -> None:
    rule = MinimumRun(seconds=seconds, op=op, test_on="merged", straddle="whole_run", counts=counts)  # type: ignore[arg-type]
    signal, (verdict,) = long_enough([[piece(0, 60 * SECOND)]], rule)
    assert (verdict.start, verdict.end, verdict.counted, verdict.reason) == (0, 60 * SECOND, kept, reason)
    assert bool(signal) == (kept and counts == "whole")


def test_of_a_run_that_is_long_enough_the_excess_may_be_what_counts() -> None:
    rule = MinimumRun(seconds=60, op=">", test_on="merged", straddle="whole_run", counts="excess")
    signal, _ = long_enough([[piece(0, 40 * SECOND), piece(40 * SECOND, 60 * SECOND + 1, HALF, "b")]], rule)
    assert signal == [piece(60 * SECOND, 60 * SECOND + 1, HALF, "b")]


MINUTE = 60 * SECOND


def test_a_grid_takes_the_highest_loss_of_a_cell_or_the_lowest() -> None:
    signal = [piece(30 * SECOND, 90 * SECOND), piece(90 * SECOND, 3 * MINUTE, HALF, "b")]
    assert on_grid(signal, 60, "any") == [piece(0, 2 * MINUTE), piece(2 * MINUTE, 3 * MINUTE, HALF, "b")]
    assert on_grid(signal, 60, "all") == [piece(MINUTE, 3 * MINUTE, HALF, "b")]
    assert on_grid(signal, 1, "all") == signal
    assert on_grid([], 60, "any") == []

"""Exact numbers: what is read, what is refused, and rounding, which happens in one place."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slaservice.rules.exact import (
    exact_text,
    fixed,
    parse_exact,
    parse_figure,
    ratio_text,
    rounded,
    total,
)
from slaservice.rules.refusal import Refusal

fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=5000)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("99.9", Fraction(999, 10)),
        ("0.30", Fraction(3, 10)),
        ("7/3", Fraction(7, 3)),
        ("-5", Fraction(-5)),
        ("0", 0),
    ],
)
def test_text_is_read_exactly(text: str, value: Fraction) -> None:
    assert parse_exact(text) == value


@pytest.mark.parametrize(
    "wrong",
    [
        99.9,
        5,
        True,
        None,
        "",
        "1e3",
        "NaN",
        "Infinity",
        "1,5",
        " 1",
        "1/0",
        "1/-2",
        "1.5/2",
        "٣",
        "１２",
        ".5",
        "5.",
        "+1",
        "9" * 41,
    ],
)
def test_what_is_no_exact_number_in_text_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_exact(wrong)


@pytest.mark.parametrize(
    ("value", "mode", "expected"),
    [
        ("10.005", "half_up", "10.01"),
        ("0.005", "half_up", "0.01"),
        ("10.005", "half_even", "10.00"),
        ("10.015", "half_even", "10.02"),
        ("10.0049", "half_up", "10.00"),
        ("10.009", "floor", "10.00"),
        ("10.001", "ceil", "10.01"),
        ("-10.005", "half_up", "-10.01"),
        ("-10.005", "half_even", "-10.00"),
        ("-10.001", "floor", "-10.01"),
        ("-10.009", "ceil", "-10.00"),
        ("10.00", "ceil", "10.00"),
        ("10.00", "floor", "10.00"),
    ],
)
def test_rounding_to_cents(value: str, mode: str, expected: str) -> None:
    assert fixed(rounded(parse_exact(value), 2, mode), 2) == expected  # type: ignore[arg-type]


@given(fractions, st.integers(0, 4), st.sampled_from(["half_up", "half_even", "floor", "ceil"]))
def test_rounding_moves_by_less_than_one_step_and_twice_is_once(
    value: Fraction, decimals: int, mode: str
) -> None:
    once = rounded(value, decimals, mode)  # type: ignore[arg-type]
    assert abs(once - value) * 10**decimals < 1
    assert rounded(once, decimals, mode) == once  # type: ignore[arg-type]
    if mode.startswith("half"):
        assert abs(once - value) * 10**decimals <= Fraction(1, 2)


def test_what_is_finer_than_the_places_is_never_shown_as_if_it_were_not() -> None:
    with pytest.raises(ValueError, match="more than 2 decimals"):
        fixed(Fraction(1, 3), 2)
    assert fixed(Fraction(5), 0) == "5"
    assert fixed(Fraction(-1, 20), 2) == "-0.05"


def test_ratios_keep_their_denominator_and_whole_numbers_need_none() -> None:
    assert (exact_text(Fraction(5)), ratio_text(Fraction(5)), exact_text(Fraction(10, 4))) == (
        "5",
        "5/1",
        "5/2",
    )


@given(st.lists(fractions, max_size=40))
def test_the_total_is_the_sum(values: list[Fraction]) -> None:
    assert total(values) == sum(values, Fraction(0))


@pytest.mark.parametrize("write", [exact_text, ratio_text])
def test_a_figure_of_too_many_digits_is_refused_by_name(write: Callable[[Fraction], str]) -> None:
    """Python itself writes no more than 4,300 digits; what is not written must not stop others from being closed."""
    assert write(Fraction(1, 10**4299)).startswith("1/1000")
    with pytest.raises(Refusal, match="count requests over longer intervals") as refused:
        write(Fraction(1, 10**4300))
    assert refused.value.code == "too_many_digits"


@pytest.mark.parametrize("write", [exact_text, ratio_text])
def test_whatever_figure_is_written_is_read_again(write: Callable[[Fraction], str]) -> None:
    """What a person agrees to has 40 digits at most; what was computed from it may have as many as are ever written."""
    longest = Fraction(10**4300 - 1, 10**4299)
    assert parse_figure(write(longest)) == longest
    with pytest.raises(ValueError, match="must be an exact number"):
        parse_exact(write(longest))
    with pytest.raises(ValueError, match="must be an exact number"):
        parse_figure("9" * 4301)


@pytest.mark.parametrize("wrong", [99.9, "1e3", "1/0", "", "NaN"])
def test_a_figure_that_is_no_exact_number_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="must"):
        parse_figure(wrong)

"""Numbers, shares, lengths and lists as people write them."""

from fractions import Fraction

import pytest

from slaservice.rules.words import counted, duration, listed, number, percent


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("99.95", "99.95"),
        ("100", "100"),
        ("0", "0"),
        ("1/8", "0.125"),
        ("1/16", "0.0625"),
        ("1/25", "0.04"),
        (f"1/{10**40}", f"0.{1:040}"),  # as fine as a document may be
        ("1/3", "1/3"),
        ("1/30", "1/30"),
        ("-1/20", "-0.05"),
        ("-12.5", "-12.5"),
        ("-7", "-7"),
    ],
)
def test_a_number_is_a_decimal_where_it_has_one(value: str, shown: str) -> None:
    assert number(Fraction(value)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "1 minute"),
        (61, "1 minute 1 second"),
        (3599, "59 minutes 59 seconds"),
        (3600, "1 hour"),
        (7320, "2 hours 2 minutes"),
        (90_000, "25 hours"),
    ],
)
def test_a_duration_names_its_units_and_leaves_out_those_that_are_nothing(seconds: int, shown: str) -> None:
    assert duration(seconds) == shown


def test_words_for_shares_lists_and_counts() -> None:
    assert percent(Fraction(1, 20)) == "5 %"
    assert percent(Fraction(1, 3)) == "100/3 %"
    assert [listed(list(names)) for names in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
    assert [counted(amount, "day") for amount in (0, 1, Fraction(1, 2), 2)] == [
        "0 days",
        "1 day",
        "0.5 days",
        "2 days",
    ]

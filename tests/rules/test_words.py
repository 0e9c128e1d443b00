"""Numbers, shares, lengths, dates and lists as people write them, in each language."""

from datetime import date
from fractions import Fraction

import pytest

from slaservice.rules.language import speaking
from slaservice.rules.words import (
    amount,
    counted,
    day,
    duration,
    in_percent,
    in_turn,
    listed,
    number,
    percent,
    time_of_day,
)


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
        ("1250000.5", "1250000.5"),  # sentences have no groups in English
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


@pytest.mark.parametrize(
    ("value", "german", "french"),
    [
        ("99.95", "99,95", "99,95"),
        ("1/3", "1/3", "1/3"),
        ("999", "999", "999"),
        ("1000", "1.000", "1\u202f000"),
        ("1250000.0625", "1.250.000,0625", "1\u202f250\u202f000,0625"),
        ("-1234.5", "-1.234,5", "-1\u202f234,5"),
        ("0.5", "0,5", "0,5"),
    ],
)
def test_german_and_french_have_a_comma_and_groups_of_three(value: str, german: str, french: str) -> None:
    with speaking("de"):
        assert number(Fraction(value)) == german
    with speaking("fr"):
        assert number(Fraction(value)) == french


WRITTEN = {
    "en": ["99.9 %", "5 %", "EUR 1250.5", "2026-12-05", "08:05", "24:00", "a; b", "a, b and c"],
    "de": [
        "99,9\u00a0%",
        "5\u00a0%",
        "1.250,5\u00a0EUR",
        "05.12.2026",
        "08:05",
        "24:00",
        "a; b",
        "a, b und c",
    ],
    "fr": [
        "99,9\u00a0%",
        "5\u00a0%",
        "1\u202f250,5\u00a0EUR",
        "05/12/2026",
        "08\u00a0h\u00a005",
        "24\u00a0h\u00a000",
        "a\u202f; b",
        "a, b et c",
    ],
}


@pytest.mark.parametrize("code", WRITTEN)
def test_shares_amounts_days_times_and_lists(code: str) -> None:
    with speaking(code):
        assert WRITTEN[code] == [
            in_percent(Fraction("99.9")),
            percent(Fraction("0.05")),
            amount(Fraction("1250.5"), "EUR"),
            day(date(2026, 12, 5)),
            time_of_day(8 * 3600 + 5 * 60),
            time_of_day(24 * 3600),
            in_turn(["a", "b"]),
            listed(["a", "b", "c"]),
        ]


@pytest.mark.parametrize(
    ("seconds", "german", "french"),
    [
        (0, "0 Sekunden", "0 seconde"),
        (61, "1 Minute 1 Sekunde", "1 minute 1 seconde"),
        (7320, "2 Stunden 2 Minuten", "2 heures 2 minutes"),
        (3_600_000, "1.000 Stunden", "1\u202f000 heures"),
    ],
)
def test_a_duration_in_german_and_french(seconds: int, german: str, french: str) -> None:
    with speaking("de"):
        assert duration(seconds).replace("\u00a0", " ") == german
    with speaking("fr"):
        assert duration(seconds).replace("\u00a0", " ") == french


def test_a_day_of_long_ago_keeps_its_digits() -> None:
    assert day(date(987, 6, 5)) == "0987-06-05"

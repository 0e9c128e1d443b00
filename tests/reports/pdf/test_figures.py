"""How numbers look on paper."""

from fractions import Fraction

import pytest

from reports.pdf import figures


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        ("99.95", 3, "99.950 %"),  # exactly on target
        ("99.9499999999", 3, "99.949 %"),  # a missed target never reads as met
        ("99.9999999", 3, "99.999 %"),  # nothing but 100 reads as 100
        ("100", 3, "100.000 %"),
        ("0", 3, "0.000 %"),
    ],
)
def test_a_percentage_is_rounded_down(value: str, decimals: int, shown: str) -> None:
    assert figures.percent(Fraction(value), decimals) == shown


@pytest.mark.parametrize(("target", "places"), [("99.9", 3), ("99.95", 3), ("99.9995", 4), ("100", 3)])
def test_a_percentage_has_as_many_decimals_as_its_target_and_at_least_three(target: str, places: int) -> None:
    assert figures.places_of(Fraction(target)) == places


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        ("4680", "1 h 18 min 00 s"),
        ("1296", "21 min 36 s"),
        ("59.5", "59.5 s"),
        ("0", "0 s"),
        ("6063.3", "1 h 41 min 04 s"),
        ("2674800", "743 h 00 min 00 s"),
    ],
)
def test_a_duration_is_said_in_words(seconds: str, shown: str) -> None:
    assert figures.words(Fraction(seconds)) == shown


def test_downtime_is_rounded_up_and_what_is_allowed_is_rounded_down() -> None:
    third, more = Fraction(1, 3), Fraction("61.2")
    assert (figures.words(third), figures.words(third, "floor")) == ("0.334 s", "0.333 s")
    assert (figures.words(more), figures.words(more, "floor")) == ("1 min 02 s", "1 min 01 s")
    assert (figures.brief(more), figures.brief(more, "floor")) == ("0:01:02", "0:01:01")


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [("4680", "1:18:00"), ("1227.0369", "0:20:27.0369"), ("1/3", "0:00:00.333…"), ("213840", "59:24:00")],
)
def test_a_duration_in_a_table_is_exact_or_marked(seconds: str, shown: str) -> None:
    assert figures.clock(Fraction(seconds)) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [("2592000", "2,592,000 s"), ("1227.0369", "1,227.0369 s"), ("3682/3", "1,227.333333… s (3682/3)")],
)
def test_seconds_of_the_computation_can_be_recomputed(seconds: str, shown: str) -> None:
    assert figures.seconds(Fraction(seconds)) == shown


@pytest.mark.parametrize(
    ("amount", "currency", "places", "shown"),
    [
        ("1250", "EUR", 2, "EUR 1,250.00"),
        ("1284000", "JPY", 0, "JPY 1,284,000"),
        ("0.8333", "KWD", 3, "KWD 0.8333"),
        ("1/3", "USD", 2, "USD 0.333333…"),
        ("-12.5", "USD", 2, "USD −12.50"),
    ],
)
def test_money_has_its_currencys_decimals(amount: str, currency: str, places: int, shown: str) -> None:
    assert figures.money(Fraction(amount), currency, places) == shown


def test_a_trace_of_a_share_is_not_shown_as_nothing() -> None:
    whole = Fraction(2_592_000)
    assert figures.share(Fraction(7200), whole) == "0.277 %"
    assert figures.share(Fraction(1), whole) == "< 0.001 %"
    assert figures.share(Fraction(0), whole) == "0 %"

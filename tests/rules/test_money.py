"""Money knows its currency, refuses to mix, and is never finer than the currency's minor unit."""

import pytest

from slaservice.rules.money import CURRENCIES, Money, minor_units
from slaservice.rules.refusal import Refusal


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("1250.00", "USD", 125_000), ("2400000", "JPY", 2_400_000), ("1.234", "KWD", 1234), ("0.5", "EUR", 50)],
)
def test_amounts_are_whole_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"), [(125_000, "USD", "1250.00"), (7, "JPY", "7"), (5, "BHD", "0.005")]
)
def test_amounts_are_shown_with_the_currencys_places(minor: int, currency: str, shown: str) -> None:
    assert str(Money(minor, currency)) == shown


@pytest.mark.parametrize(
    ("text", "currency", "code"),
    [
        ("1.005", "USD", "too_fine_an_amount"),
        ("1.5", "JPY", "too_fine_an_amount"),
        ("abc", "EUR", "not_an_amount"),
        ("1", "XXQ", "unknown_currency"),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(text: str, currency: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        Money.parse(text, currency)
    assert refused.value.code == code


def test_currencies_do_not_mix() -> None:
    assert Money(1, "EUR") + Money(2, "EUR") - Money(4, "EUR") == Money(-1, "EUR")
    with pytest.raises(Refusal, match="EUR and USD"):
        Money(1, "EUR") + Money(1, "USD")


def test_every_currency_has_its_decimals_once() -> None:
    assert (minor_units("EUR"), minor_units("JPY"), minor_units("TND")) == (2, 0, 3)
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)

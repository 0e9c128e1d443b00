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
    ("text", "currency", "code", "sentence"),
    [
        ("1.005", "USD", "too_fine_an_amount", "1.005 USD is finer than 2 decimals."),
        ("1.5", "JPY", "too_fine_an_amount", "1.5 JPY is finer than 0 decimals."),
        ("abc", "EUR", "not_an_amount", '\'abc\' must be an exact number, like "99.9" or "1/3".'),
        ("1", "XXQ", "unknown_currency", "'XXQ' is not a currency of ISO 4217."),
    ],
)
def test_what_is_no_amount_of_the_currency_is_refused(
    text: str, currency: str, code: str, sentence: str
) -> None:
    with pytest.raises(Refusal) as refused:
        Money.parse(text, currency)
    assert (refused.value.code, refused.value.sentence) == (code, sentence)


def test_currencies_do_not_mix() -> None:
    assert Money(1, "EUR") + Money(2, "EUR") - Money(4, "EUR") == Money(-1, "EUR")
    for mixed in (Money.__add__, Money.__sub__):
        with pytest.raises(Refusal) as refused:
            mixed(Money(1, "EUR"), Money(1, "USD"))
        assert (refused.value.code, refused.value.sentence) == (
            "mixed_currencies",
            "EUR and USD cannot be added.",
        )


def test_every_currency_has_its_decimals_once() -> None:
    assert (minor_units("EUR"), minor_units("JPY"), minor_units("TND")) == (2, 0, 3)
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)

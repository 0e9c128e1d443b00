"""Money knows its currency, refuses to mix, and what is typed as an amount cannot be taken for another one."""

import pytest

from slaservice.rules.money import CURRENCIES, Money, minor_units
from slaservice.rules.refusal import Refusal


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("1250.00", "USD", 125_000),
        ("1250", "USD", 125_000),
        ("-0.50", "EUR", -50),
        ("2400000", "JPY", 2_400_000),
        ("1.234", "KWD", 1234),
        ("1", "KWD", 1000),
    ],
)
def test_amounts_are_whole_minor_units(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("minor", "currency", "shown"), [(125_000, "USD", "1250.00"), (7, "JPY", "7"), (5, "BHD", "0.005")]
)
def test_amounts_are_shown_with_the_currencys_places(minor: int, currency: str, shown: str) -> None:
    assert str(Money(minor, currency)) == shown


@pytest.mark.parametrize(
    ("text", "currency", "how"),
    [
        (
            "1.250",
            "EUR",
            "1250.00 or 1250",
        ),  # one thousand two hundred and fifty, as half of Europe writes it
        ("1.2500", "KWD", "1250.000 or 1250"),
        ("1.000", "JPY", "1250"),
        ("1.0", "JPY", "1250"),
        ("1.005", "USD", "1250.00 or 1250"),
        ("0.5", "EUR", "1250.00 or 1250"),
        ("1.25", "KWD", "1250.000 or 1250"),
        ("1/2", "EUR", "1250.00 or 1250"),
        ("1250,00", "EUR", "1250.00 or 1250"),
        ("1,250.00", "EUR", "1250.00 or 1250"),
        (" 5", "EUR", "1250.00 or 1250"),
        ("5\n", "EUR", "1250.00 or 1250"),
        ("５", "EUR", "1250.00 or 1250"),
        ("+5", "EUR", "1250.00 or 1250"),
        ("", "EUR", "1250.00 or 1250"),
        ("abc", "EUR", "1250.00 or 1250"),
    ],
)
def test_what_might_be_meant_otherwise_is_no_amount_and_the_refusal_says_how_to_write_it(
    text: str, currency: str, how: str
) -> None:
    with pytest.raises(Refusal) as refused:
        Money.parse(text, currency)
    assert (refused.value.code, refused.value.sentence) == (
        "not_an_amount",
        f"{text!r} is no amount of {currency}: write it like {how}.",
    )


@pytest.mark.parametrize(("text", "shown"), [("9" * 40, "9" * 40 + ".00"), ("9" * 41, None)])
def test_an_amount_has_an_end(text: str, shown: str | None) -> None:
    if shown:
        assert str(Money.parse(text, "EUR")) == shown
        return
    with pytest.raises(Refusal) as refused:
        Money.parse(text, "EUR")
    assert len(refused.value.sentence) < 130


def test_of_a_currency_that_there_is_not_there_is_no_amount() -> None:
    for read in (Money.parse, Money.stated):
        with pytest.raises(Refusal) as refused:
            read("1", "XXQ")
        assert (refused.value.code, refused.value.sentence) == (
            "unknown_currency",
            "'XXQ' is not a currency of ISO 4217.",
        )


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("850", "EUR", 85_000), ("850.5", "EUR", 85_050), ("850.5000", "EUR", 85_050), ("7.0", "JPY", 7)],
)
def test_a_document_states_amounts_with_the_decimals_of_its_terms(
    text: str, currency: str, minor: int
) -> None:
    assert Money.stated(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    ("text", "code", "sentence"),
    [
        ("1.005", "too_fine_an_amount", "1.005 USD is finer than 2 decimals."),
        ("abc", "not_an_amount", '\'abc\' must be an exact number, like "99.9" or "1/3".'),
    ],
)
def test_a_document_states_nothing_finer_than_the_minor_unit(text: str, code: str, sentence: str) -> None:
    with pytest.raises(Refusal) as refused:
        Money.stated(text, "USD")
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

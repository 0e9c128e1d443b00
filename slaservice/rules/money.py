"""Money knows its currency, is exact until the end, and refuses to mix."""

import re
from dataclasses import dataclass
from fractions import Fraction

from slaservice.rules.exact import fixed, parse_exact, placed
from slaservice.rules.refusal import Refusal

_TWO_DECIMALS = """
AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK
DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD
KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP
PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
USD UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""

CURRENCIES: dict[str, int] = {
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
"""ISO 4217 code -> decimals of its minor unit."""

_LIKE = Fraction(1250)
_MOST_SHOWN = 60


def minor_units(currency: str) -> int:
    """Decimals of the currency's minor unit. Refusal for a code that ISO 4217 does not list."""
    try:
        return CURRENCIES[currency]
    except KeyError:
        raise Refusal("unknown_currency", f"{currency!r} is not a currency of ISO 4217.") from None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in whole minor units (cents, yen, fils) of one currency."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """What a person or a file writes as an amount: '1250', or '1250.00' with just the currency's decimals.

        Refusal for anything else, and it says how to write it: in half of Europe '1.250' is more than a thousand.
        """
        decimals = minor_units(currency)
        fraction = rf"(?:\.[0-9]{{{decimals}}})?" if decimals else ""
        if not re.fullmatch(f"-?[0-9]{{1,40}}{fraction}", text):
            like = " or ".join(dict.fromkeys((fixed(_LIKE, decimals), str(_LIKE))))
            shown = repr(text)[:_MOST_SHOWN]
            raise Refusal("not_an_amount", f"{shown} is no amount of {currency}: write it like {like}.")
        return cls.stated(text, currency)

    @classmethod
    def stated(cls, text: str, currency: str) -> "Money":
        """What one of our own documents states, with the decimals of its terms: they may be others than the currency's.

        Refusal when it is no number or finer than the currency's minor unit.
        """
        decimals = minor_units(currency)
        try:
            amount = parse_exact(text)
        except ValueError as problem:
            raise Refusal("not_an_amount", f"{text!r} {problem}.") from None
        scaled = amount * 10**decimals
        if scaled.denominator != 1:
            raise Refusal("too_fine_an_amount", f"{text} {currency} is finer than {decimals} decimals.")
        return cls(scaled.numerator, currency)

    @property
    def exact(self) -> Fraction:
        """In the currency's main unit."""
        return Fraction(self.minor, 10 ** minor_units(self.currency))

    @property
    def grouped(self) -> str:
        """For people: '1,250.00', '−20.21'."""
        whole, point, rest = str(Money(abs(self.minor), self.currency)).partition(".")
        return f"{'−' if self.minor < 0 else ''}{int(whole):,}{point}{rest}"

    @property
    def shown(self) -> str:
        """For people, with its currency: 'EUR 1,250.00'. The one way in which pages write an amount."""
        return f"{self.currency} {self.grouped}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._same(other), self.currency)

    def __str__(self) -> str:
        return placed(self.minor, minor_units(self.currency))

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise Refusal("mixed_currencies", f"{self.currency} and {other.currency} cannot be added.")
        return other.minor

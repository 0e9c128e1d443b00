"""Exact numbers: text to Fraction and back, and the one place that rounds.

Percentages, weights, shares, rates and money travel as text ("99.9", "3/10") and are Fractions in between, so that no
comparison ever sees a binary float or a rounded value.
"""

import re
from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

from slaservice.rules.refusal import Refusal

Rounding = Literal["half_up", "half_even", "floor", "ceil"]

_EXACT = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40}|/[0-9]{1,40})?")
_FIGURE = re.compile(r"-?[0-9]{1,4300}(?:\.[0-9]{1,40}|/[0-9]{1,4300})?")

ZERO = Fraction(0)
ONE = Fraction(1)


def parse_exact(text: object) -> Fraction:
    """'99.9', '-5' or '7/3' as a Fraction; ValueError with the reason for anything else, binary floats above all."""
    return _parsed(text, _EXACT)


def parse_figure(text: object) -> Fraction:
    """The same for what was computed before: as many digits as `exact_text` and `ratio_text` write."""
    return _parsed(text, _FIGURE)


def _parsed(text: object, kind: re.Pattern[str]) -> Fraction:
    if not isinstance(text, str):
        raise ValueError(f'must be a number written as text, like "99.9" or "1/3", not {type(text).__name__}')
    if not kind.fullmatch(text):
        raise ValueError('must be an exact number, like "99.9" or "1/3"')
    if re.search(r"/0+$", text):
        raise ValueError("must not divide by zero")
    return Fraction(text)


def exact_text(value: Fraction) -> str:
    """'5' or '7/3', in lowest terms."""
    try:
        return str(value)
    except ValueError:
        raise _too_long() from None


def ratio_text(value: Fraction) -> str:
    """'5/1' or '7/3': always numerator and denominator, in lowest terms."""
    try:
        return f"{value.numerator}/{value.denominator}"
    except ValueError:
        raise _too_long() from None


def _too_long() -> Refusal:
    """Python writes no number of more than 4,300 digits; shares of thousands of unlike totals come to that."""
    return Refusal(
        "too_many_digits",
        "An exact figure has more than 4,300 digits, because very many request intervals have unlike totals:"
        " count requests over longer intervals.",
    )


def rounded(value: Fraction, decimals: int, mode: Rounding) -> Fraction:
    """The value on a grid of 10**-decimals. `half_up` rounds halves away from zero. Every rounding goes through here."""
    scaled = value * 10**decimals
    below = scaled.numerator // scaled.denominator
    rest = scaled - below
    if mode == "floor":
        whole = below
    elif mode == "ceil":
        whole = below + (rest > 0)
    elif rest != Fraction(1, 2):
        whole = below + (rest > Fraction(1, 2))
    elif mode == "half_even":
        whole = below + below % 2
    else:
        whole = below + (scaled > 0)
    return Fraction(whole, 10**decimals)


def fixed(value: Fraction, decimals: int) -> str:
    """A value that lies on the grid of 10**-decimals, with all its places: '850.00'. ValueError if it does not."""
    scaled = value * 10**decimals
    if scaled.denominator != 1:
        raise ValueError(f"{value} has more than {decimals} decimals")
    return placed(scaled.numerator, decimals)


def placed(units: int, decimals: int) -> str:
    """So many units of 10**-decimals: '850.00' for 85000 and 2."""
    digits = str(abs(units)).rjust(decimals + 1, "0")
    sign = "-" if units < 0 else ""
    return sign + (f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits)


def total(values: Iterable[Fraction]) -> Fraction:
    """The exact sum, by halves, so that thousands of unlike denominators stay affordable."""
    parts = list(values)
    while len(parts) > 1:
        paired = [left + right for left, right in zip(parts[::2], parts[1::2], strict=False)]
        parts = paired + parts[len(paired) * 2 :]
    return parts[0] if parts else ZERO

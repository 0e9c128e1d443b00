"""How numbers look on paper: exact values in, finished text out.

Percentages are rounded down, so that a missed target never reads as met and nothing but 100 reads as 100. Where downtime is
rounded it is rounded up, and what is allowed down; where a figure is meant to be recomputed it is exact.
Signs and their places are those of the language spoken (slaservice/rules/language.py); which digits are shown is the same in all.
English has plain spaces; the style sheet keeps figures on one line.
"""

from fractions import Fraction
from typing import Literal

from django.utils.translation import ngettext

from reports.pdf.language import form_of
from slaservice.rules.exact import fixed, rounded
from slaservice.rules.language import spoken

_MOST_PLACES = 7


def grouped(digits: str) -> str:
    """'2592000.5' -> '2,592,000.5', in German '2.592.000,5'."""
    whole, _, rest = digits.partition(".")
    sign, whole = ("−", whole[1:]) if whole.startswith("-") else ("", whole)
    return f"{sign}{count(int(whole))}{_point(rest)}"


def count(whole: int) -> str:
    """'4,680'."""
    return f"{whole:,}".replace(",", spoken().thousands)


def _point(decimals: str) -> str:
    return spoken().decimal + decimals if decimals else ""


def exact(value: Fraction, places: int = 0) -> str:
    """The decimal value with at least `places` decimals; cut off and marked with '…' where it does not end soon."""
    for decimals in range(places, max(places, _MOST_PLACES) + 1):
        if (value * 10**decimals).denominator == 1:
            return grouped(fixed(value, decimals))
    return grouped(fixed(rounded(value, _MOST_PLACES - 1, "floor"), _MOST_PLACES - 1)) + "…"


def short(value: Fraction, places: int = 3, *, least: int = 0) -> str:
    """For a first impression: cut off after `places` decimals and marked with '…' where there are more."""
    cut = rounded(value, places, "floor")
    return exact(value, least) if cut == value else f"{grouped(fixed(cut, places))}…"


def place(value: Fraction | int, decimals: int) -> str:
    """'27.78': where a mark of a drawing stands, or how long it is; cut to what an eye can tell apart."""
    return fixed(rounded(Fraction(value), decimals, "half_even"), decimals)


def percent(value: Fraction, decimals: int) -> str:
    """'99.819 %', rounded down."""
    whole, _, rest = fixed(rounded(value, decimals, "floor"), decimals).partition(".")
    return of_hundred(whole + _point(rest))


def written(percentage: str) -> str:
    """'99.8194 %': a percentage to the digits with which it is frozen."""
    whole, _, rest = percentage.partition(".")
    return of_hundred(whole + _point(rest))


def of_hundred(figure: str) -> str:
    """A finished figure with its percent sign: '99.819 %'."""
    return f"{figure}{spoken().before_percent}%"


def places_of(value: Fraction, least: int = 3) -> int:
    """Decimals that show a target as it stands in the contract; at least three, so that uptime can be compared with it."""
    return max(least, next((n for n in range(13) if (value * 10**n).denominator == 1), 12))


def share(part: Fraction, whole: Fraction) -> str:
    """'0.277 %' of a whole, '< 0.001 %' for a trace."""
    if not part or not whole:
        return percent(Fraction(0), 0)
    ratio, trace = part / whole * 100, Fraction(1, 1000)
    return percent(ratio, 3) if ratio >= trace else f"< {percent(trace, 3)}"


def used(part: Fraction, whole: Fraction) -> str:
    """'467 %' of an allowance: whole percents, rounded up, for a first impression."""
    return of_hundred(count(int(rounded(part / whole * 100, 0, "ceil"))))


def seconds(value: Fraction) -> str:
    """'4,680 s', exact; with the fraction behind it where the decimals do not end."""
    text = exact(value)
    return f"{text} s ({value.numerator}/{value.denominator})" if text.endswith("…") else f"{text} s"


def words(value: Fraction, mode: Literal["ceil", "floor"] = "ceil") -> str:
    """'1 h 18 min 00 s', '21 min 36 s', '36.5 s': rounded up (downtime) or down (what is allowed).

    Below a minute to the millisecond, from there to the second: the computation has every digit.
    """
    whole, rest = _split(rounded(value, 3 if value < 60 else 0, mode))
    hours, minutes, second = whole // 3600, whole // 60 % 60, whole % 60
    if hours:
        return f"{count(hours)} h {minutes:02} min {second:02} s"
    return f"{minutes} min {second:02} s" if minutes else f"{second}{rest} s"


def brief(value: Fraction, mode: Literal["ceil", "floor"] = "ceil") -> str:
    """'1:18:00' to the second, rounded up (downtime) or down (what is allowed)."""
    return clock(rounded(value, 0, mode))


def clock(value: Fraction) -> str:
    """'1:18:00', '0:20:27.0369': exact; where the decimals do not end, cut off after three and marked with '…'."""
    cut = rounded(value, _MOST_PLACES, "floor")
    cut = cut if cut == value else rounded(value, 3, "floor")
    whole, rest = _split(cut)
    return f"{count(whole // 3600)}:{whole // 60 % 60:02}:{whole % 60:02}{rest}{'' if cut == value else '…'}"


def hours(value: Fraction) -> str:
    """The length of a period: '720 h', '743 h', '12.5 h'."""
    return f"{exact(value / 3600)} h"


def points(value: Fraction, places: int = 0) -> str:
    """'0.131 points', of a percentage."""
    words = ngettext("{points} points", "{points} points", form_of(value))
    return words.format(points=exact(value, places))


def in_currency(figure: str, currency: str) -> str:
    """A finished figure with its currency: 'EUR 8,125.00'.

    The code of ISO 4217, never a sign: the dollars of twenty countries have one sign.
    """
    return spoken().amount.format(currency=currency, figure=figure)


def money(value: Fraction, currency: str, places: int) -> str:
    """'EUR 1,250.00', in German '1.250,00 EUR'; more decimals where there are, marked with '…' where they do not end."""
    return in_currency(exact(value, places), currency)


def _split(value: Fraction) -> tuple[int, str]:
    """Whole seconds, and the decimals with their point, without trailing zeros."""
    whole, _, rest = fixed(value, _MOST_PLACES).partition(".")
    return int(whole), _point(rest.rstrip("0"))

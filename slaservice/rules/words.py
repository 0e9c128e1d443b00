"""Numbers, shares and durations as people write them; exact, never rounded."""

from fractions import Fraction

from slaservice.rules.exact import exact_text


def number(value: Fraction) -> str:
    """A decimal where the value has one, else a fraction: '99.95', '1/3'."""
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    if rest != 1:
        return exact_text(value)
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    whole = str(abs((value * 10**digits).numerator)).rjust(digits + 1, "0")
    return ("-" if value < 0 else "") + (f"{whole[:-digits]}.{whole[-digits:]}" if digits else whole)


def percent(share: Fraction) -> str:
    """A share of 1 in percent."""
    return f"{number(share * 100)} %"


def duration(seconds: int) -> str:
    """'1 hour 30 minutes', '45 seconds'."""
    parts = [
        counted(amount, unit)
        for amount, unit in (
            (seconds // 3600, "hour"),
            (seconds // 60 % 60, "minute"),
            (seconds % 60, "second"),
        )
        if amount
    ]
    return " ".join(parts) or "0 seconds"


def listed(words: list[str]) -> str:
    """'a, b and c'."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def counted(amount: Fraction | int, noun: str) -> str:
    """'1 day', '2 days', '0.5 days'."""
    return f"{number(Fraction(amount))} {noun}{'' if amount == 1 else 's'}"

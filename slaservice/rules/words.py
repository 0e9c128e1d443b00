"""Numbers, shares, durations, dates and lists as people write them in the language spoken; exact, never rounded."""

from datetime import date
from fractions import Fraction

from slaservice.rules.exact import exact_text
from slaservice.rules.language import said, said_of, spoken


def number(value: Fraction) -> str:
    """A decimal where the value has one, else a fraction: '99.95', '1/3'; '1.000,5' in German."""
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    if rest != 1:
        return exact_text(value)
    digits = 0
    while (value * 10**digits).denominator != 1:
        digits += 1
    figures = str(abs((value * 10**digits).numerator)).rjust(digits + 1, "0")
    whole, decimals = (figures[:-digits], figures[-digits:]) if digits else (figures, "")
    language = spoken()
    if language.groups_in_sentences:
        whole = f"{int(whole):,}".replace(",", language.thousands)
    return ("-" if value < 0 else "") + whole + (language.decimal + decimals if digits else "")


def in_percent(value: Fraction) -> str:
    """A percentage: '99.95 %'."""
    return f"{number(value)}{spoken().before_percent}%"


def percent(share: Fraction) -> str:
    """A share of 1 in percent."""
    return in_percent(share * 100)


def amount(value: Fraction, currency: str) -> str:
    """An amount of money, exact: 'EUR 1000', '1.000 EUR'."""
    return spoken().amount.format(figure=number(value), currency=currency)


def day(value: date) -> str:
    """A date in figures: '2026-12-25', '25.12.2026'."""
    return spoken().date.format(year=value.year, month=value.month, day=value.day)


def time_of_day(seconds: int) -> str:
    """Whole minutes since midnight, given in seconds: '08:00', '24:00'."""
    return spoken().time.format(hour=seconds // 3600, minute=seconds // 60 % 60)


def duration(seconds: int) -> str:
    """'1 hour 30 minutes', '45 seconds'."""
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    parts = []
    if hours:
        parts.append(said_of(hours, "{count} hour", "{count} hours", count=number(Fraction(hours))))
    if minutes:
        parts.append(said_of(minutes, "{count} minute", "{count} minutes", count=number(Fraction(minutes))))
    if rest or not parts:
        parts.append(seconds_of_time(Fraction(rest)))
    return " ".join(parts)


def seconds_of_time(value: Fraction) -> str:
    """'1 second', '0.5 seconds', also where it is a minute or longer."""
    return said_of(value, "{count} second", "{count} seconds", count=number(value))


def in_turn(parts: list[str]) -> str:
    """'one; the other; the third': parts that may have commas of their own."""
    return spoken().semicolon.join(parts)


def listed(words: list[str]) -> str:
    """'a, b and c'."""
    if len(words) == 1:
        return words[0]
    return said("{others} and {last}", others=", ".join(words[:-1]), last=words[-1])


def counted(amount: Fraction | int, noun: str) -> str:
    """'1 day', '2 days', '0.5 days': for pages that are English alone; what is translated has messages of its own."""
    return f"{number(Fraction(amount))} {noun}{'' if amount == 1 else 's'}"

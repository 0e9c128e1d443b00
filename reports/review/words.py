"""How the page says money and places: amounts grouped as on paper, marks by percent of a width."""

from fractions import Fraction

from reports.pdf import figures
from slaservice.rules.money import Money


def money(currency: str, minor: int) -> str:
    """'EUR 8,560.00'."""
    return Money(minor, currency).shown


def part_of(part: Fraction | int, whole: Fraction | int) -> str:
    """'27.7778%': where a mark stands, or how wide it is, within a drawing that stretches with the page."""
    return f"{figures.place(Fraction(part) / whole * 100, 4)}%"

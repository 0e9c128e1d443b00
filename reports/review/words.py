"""How the page says money, people and places: amounts grouped as on paper, people by their names, marks by percent of a width."""

from fractions import Fraction

from django.contrib.auth.models import AbstractBaseUser, User

from slaservice.rules.exact import fixed, rounded
from slaservice.rules.money import Money


def money(currency: str, minor: int) -> str:
    """'EUR 8,560.00'."""
    return Money(minor, currency).shown


def name_of(person: AbstractBaseUser | None) -> str:
    """By name where there is one, else by log-in; nobody is the system."""
    if not isinstance(person, User):
        return "the system"
    return person.get_full_name() or person.get_username()


def part_of(part: Fraction | int, whole: Fraction | int) -> str:
    """'27.7778%': where a mark stands, or how wide it is, within a drawing that stretches with the page."""
    return f"{fixed(rounded(Fraction(part) / whole * 100, 4, 'half_even'), 4)}%"

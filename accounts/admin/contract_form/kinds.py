"""How a value of the terms is written in a field, and read back: exactly, whatever a field shows in other units.

What cannot be read at all is a ValueError with the reason. What can be read and is wrong is left to the rules, which refuse it
by its path; so a text that is no number passes through as it is.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from slaservice.rules.exact import parse_exact
from slaservice.rules.words import number

Choices = tuple[tuple[str, str], ...]

UNIT = ".unit"
"""What follows the path of a field in the name of its unit."""

TIME_UNITS: dict[str, Fraction] = {
    "days": Fraction(86_400),
    "hours": Fraction(3600),
    "minutes": Fraction(60),
    "seconds": Fraction(1),
}
"""Seconds of each unit, the longest first."""

_UNIT_CHOICES: Choices = tuple((unit, unit) for unit in reversed(TIME_UNITS))
_STEP_CHOICES: Choices = (
    ("", "of the quantity"),
    *_UNIT_CHOICES,
    ("period", "× the whole period"),
    ("eligible", "× the whole eligible time"),
)

_OPENING = re.compile(r"([0-9]{2}:[0-9]{2})\s*(?:-|–|to)\s*([0-9]{2}:[0-9]{2})")
_CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Kind:
    """`show` turns a value into the field's text and its unit's; `read` turns both back; `widget` is how it looks."""

    show: Callable[[Any], tuple[str, str]]
    read: Callable[[str, str], Any]
    widget: str = "text"
    units: Choices = ()


def scaled(text: str, factor: Fraction) -> str:
    """A number times a factor, exactly; what is no number stays as it was typed."""
    try:
        return number(parse_exact(text) * factor)
    except ValueError:
        return text


def longest_unit(seconds: Iterable[str]) -> str:
    """The longest unit of time in which all these are whole; 'seconds' where none is."""
    values = [parse_exact(text) for text in seconds]
    fitting = (
        unit
        for unit, length in TIME_UNITS.items()
        if all((value / length).denominator == 1 for value in values)
    )
    return next(fitting, "seconds") if any(values) else "seconds"


def _read_whole(text: str, _: str) -> object:
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else _refuse("must be a whole number")


def _refuse(reason: str) -> object:
    raise ValueError(reason)


def _show_share(value: str) -> tuple[str, str]:
    return scaled(value, Fraction(100)), ""


def _show_duration(seconds: int) -> tuple[str, str]:
    unit = longest_unit([str(seconds)])
    return scaled(str(seconds), 1 / TIME_UNITS[unit]), unit


def _read_duration(text: str, unit: str) -> object:
    seconds = scaled(text, TIME_UNITS.get(unit, Fraction(1)))
    return int(seconds) if re.fullmatch(r"[0-9]{1,12}", seconds) else _refuse("must come to whole seconds")


def _read_step(text: str, unit: str) -> object:
    if unit in ("period", "eligible"):
        return unit if text in ("", "1") else _refuse("leave the number out: one step is the whole of it")
    return scaled(text, TIME_UNITS.get(unit, Fraction(1)))


def show_step(value: str, *, of_time: bool) -> tuple[str, str]:
    """A step with its unit: a time in the longest unit that fits, anything else as the quantity has it."""
    if value in ("period", "eligible"):
        return "1", value
    if not of_time:
        return number(Fraction(value)), ""
    unit = longest_unit([value])
    return scaled(value, 1 / TIME_UNITS[unit]), unit


def _show_hours(openings: list[list[str]]) -> tuple[str, str]:
    return ", ".join("-".join(opening) for opening in openings) or _CLOSED, ""


def _read_hours(text: str, _: str = "") -> object:
    if text.lower() == _CLOSED:
        return []
    openings = [_OPENING.fullmatch(part.strip()) for part in text.split(",")]
    if not all(openings):
        raise ValueError('must be hours such as "08:00-18:00", several with commas, or "closed"')
    return [list(opening.groups()) for opening in openings if opening]


def _show_days(days: Mapping[str, Any]) -> tuple[str, str]:
    return "\n".join(f"{day} {_show_hours(openings)[0]}" for day, openings in days.items()), ""


def _read_days(text: str, _: str) -> object:
    days: dict[str, Any] = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        day, _, hours = line.partition(" ")
        if day in days:
            raise ValueError(f"{day} stands twice")
        days[day] = _read_hours(hours.strip() or _CLOSED)
    return days


def _plain(value: Any) -> tuple[str, str]:
    return str(value), ""


def _as_typed(text: str, _: str) -> object:
    return text


def _read_weight(text: str, _: str) -> object:
    return scaled(text.removesuffix("%").strip(), Fraction(1, 100))


TEXT = Kind(_plain, _as_typed)
LONG_TEXT = Kind(_plain, _as_typed, widget="area")
EXACT = Kind(lambda value: (number(Fraction(value)), ""), _as_typed, widget="number")
PERCENT = Kind(EXACT.show, lambda text, _: text.removesuffix("%").strip(), widget="percent")
SHARE = Kind(_show_share, _read_weight, widget="percent")
WHOLE = Kind(_plain, _read_whole, widget="number")
CHOICE = Kind(_plain, _as_typed, widget="choice")
WHOLE_CHOICE = Kind(_plain, _read_whole, widget="choice")
FLAG = Kind(lambda value: ("yes" if value else "no", ""), lambda text, _: text == "yes", widget="choice")
DURATION = Kind(_show_duration, _read_duration, widget="number", units=_UNIT_CHOICES)
STEP = Kind(lambda value: show_step(value, of_time=True), _read_step, widget="number", units=_STEP_CHOICES)
HOURS = Kind(_show_hours, _read_hours)
DAYS = Kind(_show_days, _read_days, widget="area")

"""The kinds of field that documents are made of: how each is read from JSON, what it refuses and why, how it is written back.

Anything that is not of its kind is a ValueError with the reason; `documents` adds the field's path.
"""

import re
from datetime import date
from fractions import Fraction
from functools import partial
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    Strict,
    WithJsonSchema,
)

from slaservice.rules.exact import ONE, ZERO, exact_text, parse_exact, parse_figure
from slaservice.rules.money import CURRENCIES
from slaservice.rules.periods import zone_named

_EXACT_SCHEMA = {"type": "string", "pattern": r"^-?[0-9]{1,40}(\.[0-9]{1,40}|/[0-9]{1,40})?$"}
_FIGURE_SCHEMA = {"type": "string", "pattern": r"^-?[0-9]{1,4300}(\.[0-9]{1,40}|/[0-9]{1,4300})?$"}


def _within(low: Fraction, high: Fraction, value: Fraction) -> Fraction:
    if not low <= value <= high:
        raise ValueError(f"must lie between {low} and {high}")
    return value


def _not_negative(value: Fraction) -> Fraction:
    if value < 0:
        raise ValueError("must not be negative")
    return value


def _positive(value: Fraction) -> Fraction:
    if value <= 0:
        raise ValueError("must be above 0")
    return value


def parse_zone(name: object) -> str:
    """The name of an IANA zone, unchanged; ValueError for anything else."""
    if not isinstance(name, str):
        raise ValueError("must be the name of an IANA time zone")
    zone_named(name)
    return name


def _parse_clock(text: object) -> int:
    if isinstance(text, str) and re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text):
        return int(text[:2]) * 3600 + int(text[3:]) * 60
    raise ValueError('must be a wall clock time like "08:00", at most "24:00"')


def _clock_text(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _parse_day(text: object) -> date:
    if isinstance(text, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return date.fromisoformat(text)
    raise ValueError('must be a date like "2026-12-25"')


def _in_order(openings: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    previous = 0
    for start, end in openings:
        if start < previous or end <= start:
            raise ValueError("openings must be in order, end after they start, and not overlap")
        previous = end
    return openings


def _known_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError(f"{code!r} is not a currency of ISO 4217")
    return code


def _parse_step(value: object) -> object:
    return value if value in ("period", "eligible") else _positive(parse_exact(value))


def _no_flag(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be 1, 60, 300 or 3600")
    return value


def parse_provisional(value: object) -> object:
    return "whole" if value == "full" else value


Exact = Annotated[
    Fraction, BeforeValidator(parse_exact), PlainSerializer(exact_text), WithJsonSchema(_EXACT_SCHEMA)
]
_Figure = Annotated[
    Fraction, BeforeValidator(parse_figure), PlainSerializer(exact_text), WithJsonSchema(_FIGURE_SCHEMA)
]
Share = Annotated[Exact, AfterValidator(partial(_within, ZERO, ONE))]
Percent = Annotated[Exact, AfterValidator(partial(_within, ZERO, Fraction(100)))]
NotNegative = Annotated[Exact, AfterValidator(_not_negative)]
PercentFigure = Annotated[_Figure, AfterValidator(partial(_within, ZERO, Fraction(100)))]
NotNegativeFigure = Annotated[_Figure, AfterValidator(_not_negative)]
Step = Annotated[
    Literal["period", "eligible"] | Fraction,
    PlainValidator(_parse_step),
    PlainSerializer(str),
    WithJsonSchema({"anyOf": [{"enum": ["period", "eligible"]}, _EXACT_SCHEMA]}),
]
Quantum = Annotated[Literal[1, 60, 300, 3600], BeforeValidator(_no_flag)]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=1)]
Seconds = Annotated[int, Strict(), Field(ge=0)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Zone = Annotated[str, BeforeValidator(parse_zone), WithJsonSchema({"type": "string"})]
Clock = Annotated[
    int, BeforeValidator(_parse_clock), PlainSerializer(_clock_text), WithJsonSchema({"type": "string"})
]
Day = Annotated[date, BeforeValidator(_parse_day)]
Openings = Annotated[tuple[tuple[Clock, Clock], ...], AfterValidator(_in_order)]
Currency = Annotated[str, AfterValidator(_known_currency)]
Decimals = Annotated[int, Strict(), Field(ge=0, le=12)]
Above = Literal[">", ">="]


class Part:
    """A part of a document: a field that is not known is refused by name."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid")

"""What the address of a list may carry: each parameter is read by its kind, and any other is refused by name."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rest_framework.request import Request

from slaservice.api.strict_json import is_plain
from slaservice.rules.evidence import parse_instant
from slaservice.rules.intervals import moment
from slaservice.rules.refusal import FieldError, Invalid

Json = dict[str, Any]

_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Parameter:
    """`read` makes a value of the text, or a ValueError whose reason is a sentence about the parameter; `about` and `schema`
    are what is published.
    """

    read: Callable[[str], Any]
    about: str
    schema: Json = field(default_factory=lambda: {"type": "string"})
    required: bool = False


def text(about: str, *, longest: int = 200, example: str = "", required: bool = False) -> Parameter:
    """Any text of 1 to `longest` characters."""

    def read(said: str) -> str:
        if not 1 <= len(said) <= longest:
            raise ValueError(f"must be a text of 1 to {longest} characters")
        return said

    shown: Json = {"type": "string", "minLength": 1, "maxLength": longest}
    return Parameter(read, about, shown | ({"examples": [example]} if example else {}), required)


def one_of(about: str, choices: Collection[str], *, required: bool = False) -> Parameter:
    """One of these words."""

    def read(said: str) -> str:
        if said not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return said

    return Parameter(read, about, {"type": "string", "enum": list(choices)}, required)


def flag(about: str) -> Parameter:
    """true or false."""

    def read(said: str) -> bool:
        if said not in ("true", "false"):
            raise ValueError("must be true or false")
        return said == "true"

    return Parameter(read, about, {"type": "boolean"})


def whole(about: str, *, least: int, most: int) -> Parameter:
    """A whole number within bounds."""

    def read(said: str) -> int:
        if not (said.isascii() and said.isdecimal() and len(said) <= 9 and least <= int(said) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(said)

    return Parameter(read, about, {"type": "integer", "minimum": least, "maximum": most})


def _read_instant(said: str) -> datetime:
    try:
        return moment(parse_instant(said))
    except (ValueError, OverflowError) as wrong:
        hint = " (a + in an address is a space: write %2B)" if " " in said else ""
        raise ValueError(f"{wrong}{hint}") from None


def instant(about: str, *, required: bool = False) -> Parameter:
    """ISO 8601 with an offset, as an aware datetime."""
    shown = {"type": "string", "format": "date-time", "examples": ["2026-04-30T22:00:00Z"]}
    return Parameter(_read_instant, about, shown, required)


def _read_month(said: str) -> str:
    if not _MONTH.fullmatch(said):
        raise ValueError('must be a month from 2000 to 2099, like "2026-04"')
    return said


def month(about: str, *, required: bool = False) -> Parameter:
    """A month of this century, as "2026-04"."""
    shown = {"type": "string", "pattern": f"^{_MONTH.pattern}$", "examples": ["2026-04"]}
    return Parameter(_read_month, about, shown, required)


def read(request: Request, known: Mapping[str, Parameter]) -> Json:
    """The parameters that were given, read. Invalid names each that is not known, given twice or cannot be used."""
    faults, values = [], {}
    for name, said in request.query_params.lists():
        parameter = known.get(name)
        try:
            if parameter is None:
                raise ValueError(
                    f"is not a parameter of this address; it knows: {', '.join(sorted(known)) or 'none'}"
                )
            values[name] = _one(said, parameter)
        except ValueError as wrong:
            faults.append(FieldError(name if parameter else ascii(name)[1:-1], str(wrong)))
    missing = [name for name, one in known.items() if one.required and name not in request.query_params]
    faults += [FieldError(name, "is required") for name in missing]
    if faults:
        raise Invalid(faults, "invalid_request")
    return values


def _one(said: list[str], parameter: Parameter) -> Any:
    if len(said) > 1:
        raise ValueError("is given more than once")
    if not is_plain(said[0]):
        raise ValueError("holds a control character")
    return parameter.read(said[0])

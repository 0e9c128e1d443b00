"""What the API's JSON is made of, said once: a shape is a TypedDict, which the type checker holds against the code that fills
it and from which the published schema is made; what a request may say is a frozen pydantic dataclass, which also reads it.

Names and meanings of fields only ever get more within a version of the API.
"""

import json
from collections.abc import Hashable, Mapping
from datetime import UTC, datetime
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Annotated, Any, TypeVar, cast

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)
from pydantic.dataclasses import dataclass

from slaservice.rules.documents import field_errors
from slaservice.rules.evidence import instant_text, parse_instant
from slaservice.rules.exact import exact_text, fixed
from slaservice.rules.intervals import instant, moment
from slaservice.rules.refusal import FieldError, Invalid

Json = dict[str, Any]
T = TypeVar("T")

REFERENCE = "#/components/schemas/{model}"

Instant = Annotated[
    str,
    Field(
        json_schema_extra={"format": "date-time"},
        description="An instant in UTC.",
        examples=["2026-04-30T22:00:00Z"],
    ),
]
Day = Annotated[str, Field(json_schema_extra={"format": "date"}, examples=["2026-04-30"])]
Amount = Annotated[
    str,
    Field(
        pattern=r"^-?[0-9]+(\.[0-9]+)?$",
        description="Money in units of the currency beside it, with all its decimals.",
        examples=["1250.00"],
    ),
]
Number = Annotated[
    str,
    Field(
        pattern=r"^-?[0-9]+(\.[0-9]+)?$", description="A decimal, exact as written.", examples=["99.722222"]
    ),
]
Exact = Annotated[
    str,
    Field(
        pattern=r"^-?[0-9]+(\.[0-9]+|/[0-9]+)?$",
        description="Exact: a decimal or a fraction.",
        examples=["719/720"],
    ),
]
Currency = Annotated[
    str, Field(pattern=r"^[A-Z]{3}$", description="A currency of ISO 4217.", examples=["EUR"])
]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="A SHA-256 in hexadecimal digits.")]


PublicId = Annotated[
    str,
    Field(
        pattern=r"^[a-z]+_[0-9a-f]{32}$",
        description="An opaque id.",
        examples=["st_3f0c9a41d2b85e7706aa1c4f98e2b3d5"],
    ),
]


class Body:
    """What a request may say, as a frozen dataclass: another field is refused by name, and nothing is converted."""

    __slots__ = ()
    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True)
class Nothing(Body):
    """What is sent where nothing is read."""


def _moment(value: object) -> datetime:
    """ValueError unless it is a text with date, time and offset."""
    if not isinstance(value, str):
        raise ValueError("must be an instant like 2026-04-30T22:00:00Z")
    try:
        return moment(parse_instant(value))
    except OverflowError:
        raise ValueError("is not a time of the calendar") from None


Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(lambda at: instant_text(instant(at))),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-04-30T22:00:00Z"]}),
]
"""An instant in a request's body: ISO 8601 with an offset, read as an aware datetime."""


def exact(value: Fraction | str) -> Exact:
    """As a decimal where it ends, as 99.9; else as a fraction in lowest terms."""
    value = Fraction(value)
    rest, decimals = value.denominator, 0
    while (shared := gcd(rest, 10)) > 1:
        rest, decimals = rest // shared, decimals + 1
    return fixed(value, decimals) if rest == 1 else exact_text(value)


def utc(at: datetime) -> Instant:
    """An instant as answers show it: `instant_text`, many times on a page."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def utc_or_none(at: datetime | None) -> Instant | None:
    return None if at is None else utc(at)


@lru_cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)


def read(shape: type[T], data: object) -> T:
    """What a request's body says. Invalid names each field that is wrong, missing or not known."""
    if not isinstance(data, Mapping):
        raise Invalid([FieldError("$", "must be an object")], "invalid_request")
    try:
        # As JSON: strictly read, Python's values would have to be instances of the dataclass already.
        value: T = _adapter(cast(Hashable, shape)).validate_json(json.dumps(data))
    except ValidationError as problem:
        raise Invalid([*field_errors("", map(dict, problem.errors()))], "invalid_request") from None
    return value


def json_schema(shape: Any, *, reading: bool = False) -> tuple[Json, Json]:
    """The JSON Schema of a shape, and those of the named shapes in it, which it refers to by REFERENCE."""
    schema = _adapter(shape).json_schema(
        ref_template=REFERENCE, mode="validation" if reading else "serialization"
    )
    named = schema.pop("$defs", {})
    return schema, named

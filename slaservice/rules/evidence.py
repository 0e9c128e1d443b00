"""What happened in a period, as the rules see it: outages, maintenance, gaps, request counts, and the money at stake.

These are the values of a case document's `input`; rows of the database are turned into them in one place outside.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainSerializer, Strict, WithJsonSchema

from slaservice.rules.exact import ONE, ZERO
from slaservice.rules.fields import (
    Count,
    Flag,
    Name,
    NotNegative,
    NotNegativeFigure,
    Part,
    PercentFigure,
    Seconds,
    Share,
    Zone,
)
from slaservice.rules.intervals import instant, moment
from slaservice.rules.periods import Period, calendar_period
from slaservice.rules.terms import Category

EVERY_COMPONENT = "*"

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.([0-9]+))?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)


def parse_instant(text: object) -> int:
    """ISO 8601 with an offset, to the microsecond, as microseconds since the epoch; ValueError says what is wrong."""
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None or not isinstance(text, str):
        raise ValueError('must be a time like "2026-04-01T09:30:00Z"')
    if len(match[1] or "") > 6:
        raise ValueError("is finer than a microsecond")
    try:
        return instant(datetime.fromisoformat(text))
    except ValueError:
        if text[-1] != "Z" and text[-6] not in "+-":
            raise ValueError('has no offset: write "Z" or "+02:00" behind it') from None
        raise ValueError("is not a time of the calendar") from None


def instant_text(at: int) -> str:
    """'2026-04-01T09:30:00Z', with six decimals where the microseconds are not zero."""
    return moment(at).isoformat().replace("+00:00", "Z")


Instant = Annotated[
    int,
    BeforeValidator(parse_instant),
    PlainSerializer(instant_text),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Year = Annotated[int, Strict(), Field(ge=1, le=9998)]
Month = Annotated[int, Strict(), Field(ge=1, le=12)]
DayOfMonth = Annotated[int, Strict(), Field(ge=1, le=31)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPeriod(Part):
    """Months from a local midnight: the first of a month, or an anniversary's day."""

    kind: Literal["calendar"]
    year: Year
    month: Month
    day: DayOfMonth = 1
    months: Annotated[int, Strict(), Field(ge=1, le=1200)] = 1
    timezone: Zone = "UTC"

    def resolve(self) -> Period:
        """ValueError where the month has no such day."""
        return calendar_period(date(self.year, self.month, self.day), self.months, self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplicitPeriod(Part):
    """A range between two instants; its zone says where its days are counted."""

    kind: Literal["explicit"]
    start: Instant
    end: Instant
    timezone: Zone = "UTC"

    def resolve(self) -> Period:
        """ValueError where it does not end after it starts."""
        if self.end <= self.start:
            raise ValueError("must end after it starts")
        return Period(self.start, self.end, self.timezone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage(Part):
    """One window in which a component was down to some degree; `end` None is still open.

    `aware_at` is when the customer learnt of it, where that is known: deadlines may count from it.
    """

    component: Name
    start: Instant
    end: Instant | None
    severity: Name
    affected_share: Share = ONE
    aware_at: Instant | None = None
    id: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion(Part):
    """Time that a contract may excuse: maintenance and the other categories; component `*` is every component."""

    component: Name
    start: Instant
    end: Instant
    category: Category = "scheduled_maintenance"
    announced_at: Instant | None = None
    id: Name | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap(Part):
    """Time for which a component was not measured."""

    component: Name
    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInterval(Part):
    """Requests of a component in `[start, start + seconds)`: how many, and how many failed."""

    component: Name
    start: Instant
    seconds: Count
    total: Seconds
    errors: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Part):
    """The `input` of a case. `history` is met or not, `uptime_history` the judged percentages of the same periods, both oldest
    first; money is in the terms' currency.
    """

    period: Annotated[CalendarPeriod | ExplicitPeriod, Field(discriminator="kind")]
    service_start: Instant | None = None
    service_end: Instant | None = None
    as_of: Instant | None = None
    outages: tuple[Outage, ...] = ()
    maintenance: tuple[Exclusion, ...] = ()
    no_data: tuple[Gap, ...] = ()
    requests: tuple[RequestInterval, ...] = ()
    history: tuple[Flag, ...] = ()
    uptime_history: tuple[PercentFigure, ...] = ()
    fee: NotNegative = ZERO
    affected_user_share: Share = ONE
    previously_credited: NotNegative = ZERO
    carried_forward: NotNegativeFigure = ZERO

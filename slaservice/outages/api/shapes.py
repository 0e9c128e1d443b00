"""What the operators' API shows and takes, as published. How an entry is read stands in one table for programs and files
(slaservice/outages/importers/entries.py); a test holds the fields here against it.
"""

from typing import Annotated, NotRequired

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

from slaservice.api.shapes import Day, Instant
from slaservice.outages.models.constraints import STATES
from slaservice.outages.models.maintenance import CATEGORIES
from slaservice.outages.models.windows import BASES, MOST_AFFECTED

AT_ONCE = 1000
"""Intervals of request counts in one request."""

_STRICT = ConfigDict(extra="forbid")

Code = Annotated[str, Field(description="A code of ours.", examples=["api"])]
Slug = Annotated[str, Field(examples=["monitor-7"])]
State = Annotated[str, Field(json_schema_extra={"enum": list(STATES)})]
Basis = Annotated[
    str,
    Field(
        json_schema_extra={"enum": list(BASES)}, description="; ".join(f"{k}: {v}" for k, v in BASES.items())
    ),
]
Category = Annotated[str, Field(json_schema_extra={"enum": list(CATEGORIES)})]
Count = Annotated[int, Field(ge=0, le=MOST_AFFECTED)]


class RecordedComponent(TypedDict):
    """One thing that can be down by itself. `ends_on` is the first day on which we no longer run it."""

    code: Code
    name: str
    starts_on: Day | None
    ends_on: Day | None
    position: int


class RecordedTier(TypedDict):
    """A class of customers that an outage may spare or hit as one."""

    code: Code
    name: str
    position: int


class Deed(TypedDict):
    """What somebody did when; `by` is a user name, null where a program did it by itself."""

    at: Instant
    by: str | None


class Closing(Deed):
    """When it was withdrawn or superseded, and why."""

    reason: str


class RecordedName(TypedDict):
    """What it is called, which revision of it this is, and in which state."""

    id: int
    reference: str
    revision: int
    state: State
    source: str
    external_id: str


class RecordedLife(TypedDict):
    """Who proposed, confirmed and closed it when."""

    supersedes: Annotated[int | None, Field(description="The id of the revision that it corrects.")]
    proposed: Deed
    confirmed: Deed | None
    closed: Closing | None


class RecordedOutage(RecordedName, RecordedLife):
    """One revision of an outage window; `end` null: still open."""

    component: Code
    tiers: list[Code]
    start: Instant
    end: Instant | None
    severity: str
    affected_count: int | None
    affected_of: int | None
    basis: Basis
    incident: Annotated[str | None, Field(description="The published incident, as source:id.")]
    cause: str
    note: str
    evidence_url: str


class RecordedOutageHistory(RecordedOutage):
    """One revision, and every revision of the same outage."""

    revisions: list[RecordedOutage]


class RecordedMaintenance(RecordedName, RecordedLife):
    """One revision of a maintenance; the component * is every component."""

    component: str
    tiers: list[Code]
    category: Category
    start: Instant
    end: Instant
    title: str
    announced_at: Instant | None
    planned_start: Instant | None
    planned_end: Instant | None
    note: str


class RecordedMaintenanceHistory(RecordedMaintenance):
    """One revision, and every revision of the same maintenance."""

    revisions: list[RecordedMaintenance]


class CountsRecorded(TypedDict):
    """How many intervals were new, said what was recorded already, or replaced it."""

    added: int
    unchanged: int
    corrected: int


class _Named(TypedDict):
    source: NotRequired[Annotated[Slug, Field(description="Who says so; together with external_id.")]]
    external_id: NotRequired[Annotated[str, Field(description="The source's own name for it, for good.")]]
    reference: NotRequired[Annotated[str, Field(description="What people call it.")]]


class _OutageDetails(TypedDict):
    basis: NotRequired[Basis]
    end: NotRequired[Instant | None]
    affected_count: NotRequired[Count | None]
    affected_of: NotRequired[Count | None]
    incident: NotRequired[Annotated[str | None, Field(description="The published incident, as source:id.")]]
    cause: NotRequired[str]
    note: NotRequired[Annotated[str, Field(description="Internal.")]]
    evidence_url: NotRequired[Annotated[str, Field(description="A link, https://...")]]


@with_config(_STRICT)
class OutageEntry(_Named, _OutageDetails):
    """An outage as it is proposed. Without `end` it is still open."""

    component: Code
    tiers: list[Code]
    start: Instant
    severity: Annotated[Slug, Field(examples=["major_outage"])]


@with_config(_STRICT)
class OutageCorrection(_OutageDetails):
    """The fields that change, and why."""

    component: NotRequired[Code]
    tiers: NotRequired[list[Code]]
    start: NotRequired[Instant]
    severity: NotRequired[Annotated[Slug, Field(examples=["major_outage"])]]
    reason: Annotated[str, Field(min_length=1)]


class _MaintenanceDetails(TypedDict):
    announced_at: NotRequired[
        Annotated[Instant | None, Field(description="When customers were told; null: never.")]
    ]
    planned_start: NotRequired[Instant | None]
    planned_end: NotRequired[Instant | None]
    note: NotRequired[Annotated[str, Field(description="Internal.")]]


@with_config(_STRICT)
class MaintenanceEntry(_Named, _MaintenanceDetails):
    """A maintenance as it is proposed; the component * is every component."""

    component: Code
    tiers: list[Code]
    category: Category
    start: Instant
    end: Instant
    title: Annotated[str, Field(min_length=1)]


@with_config(_STRICT)
class MaintenanceCorrection(_MaintenanceDetails):
    """The fields that change, and why."""

    component: NotRequired[Code]
    tiers: NotRequired[list[Code]]
    category: NotRequired[Category]
    start: NotRequired[Instant]
    end: NotRequired[Instant]
    title: NotRequired[Annotated[str, Field(min_length=1)]]
    reason: Annotated[str, Field(min_length=1)]


@with_config(_STRICT)
class Confirmation(TypedDict):
    """Why, if there is something to say."""

    reason: NotRequired[str]


@with_config(_STRICT)
class Withdrawal(TypedDict):
    """Why: it stays with what was done."""

    reason: Annotated[str, Field(min_length=1)]


@with_config(_STRICT)
class CountedInterval(TypedDict):
    """`total` requests in `seconds` from `start` on, of which `failed` failed."""

    component: Code
    tier: Code
    start: Instant
    seconds: Annotated[int, Field(ge=1)]
    total: Count
    failed: Count


@with_config(_STRICT)
class RequestCountsEntry(TypedDict):
    """Intervals, all or none; `reason` where what was recorded is corrected."""

    source: Slug
    reason: NotRequired[str]
    rows: Annotated[list[CountedInterval], Field(min_length=1, max_length=AT_ONCE)]

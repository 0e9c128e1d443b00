"""What happened to what a customer was promised: confirmed outages and maintenance, each with every revision of it.

What we say among ourselves stays here: notes, reasons, who did what, which program saw it, what is only proposed, and tiers that
no contract of the customer has.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal

from django.db.models import Q, QuerySet
from django.http import Http404
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.spans import SPAN, within_span
from accounts.api.views import CustomerListView, CustomerView
from accounts.models import Customer
from accounts.queries import (
    maintenance_of,
    maintenance_revisions_of,
    outage_revisions_of,
    outages_of,
)
from slaservice.api import asked
from slaservice.api.asked import Parameter
from slaservice.api.described import describes
from slaservice.api.shapes import Exact, Instant, PublicId, exact, utc, utc_or_none
from slaservice.outages.models import Incident, Maintenance, OutageWindow
from slaservice.outages.queries import posted, span_of
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import instant
from slaservice.rules.response import response

READ: Mapping[str, str] = {"GET": "incidents:read"}

Reference = Annotated[
    str,
    Field(description="What statements and their ledgers call this revision.", examples=["W-5f0c9a41d2b8"]),
]
Revision = Annotated[int, Field(description="A correction is a later revision under the same id.")]
Code = Annotated[str, Field(description="A component's code.", examples=["api"])]
Tiers = Annotated[
    list[str], Field(description="Codes of the customer tiers that it hit, of those that are yours.")
]
KnownFrom = Annotated[Instant, Field(description="Since when this revision counts.")]
KnownUntil = Annotated[
    Instant | None, Field(description="When it was corrected or withdrawn; null: it counts.")
]


class ResponseTimes(TypedDict):
    """The milestones of an incident; null: not yet, or nobody said.

    `began`: the earliest start of its outages that touched you. `acknowledged`: the first update was typed. `mitigated`: the last
    of these outages ended. `resolved`: an update said so for good.
    """

    began: Instant
    acknowledged: Instant | None
    identified: Instant | None
    mitigated: Instant | None
    resolved: Instant | None


class IncidentName(TypedDict):
    """The incident that an outage belongs to."""

    id: PublicId
    title: str
    url: Annotated[str | None, Field(description="Where it was published.")]


class OutageRevision(TypedDict):
    """A component was down, in part or in whole, in [start, end); `end` null: it still is.

    `affected_share` is the share of users that it hit; null: not known, which contracts read as all.
    """

    reference: Reference
    revision: Revision
    component: Code
    tiers: Tiers
    start: Instant
    end: Instant | None
    severity: Annotated[str, Field(examples=["major_outage"])]
    affected_share: Exact | None
    cause: str | None
    known_from: KnownFrom
    known_until: KnownUntil


class OutageSummary(OutageRevision):
    """An outage as it counts now, or counted at the instant asked for."""

    id: PublicId
    incident: IncidentName | None
    response: Annotated[ResponseTimes | None, Field(description="Of its incident; null: it has none.")]


class OutageShown(OutageSummary):
    """An outage with every revision that ever counted, oldest first."""

    revisions: list[OutageRevision]


class MaintenanceRevision(TypedDict):
    """Work in [start, end), or planned for then while it lies ahead; `component` null: on every component.

    `announced_at` null: never. `planned_start` and `planned_end` are what was announced, where that is known.
    """

    reference: Reference
    revision: Revision
    component: Code | None
    tiers: Tiers
    category: Literal["scheduled_maintenance", "emergency_maintenance"]
    title: str
    start: Instant
    end: Instant
    announced_at: Instant | None
    planned_start: Instant | None
    planned_end: Instant | None
    known_from: KnownFrom
    known_until: KnownUntil


class MaintenanceSummary(MaintenanceRevision):
    """A maintenance as it counts now, or counted at the instant asked for."""

    id: PublicId


class MaintenanceShown(MaintenanceSummary):
    """A maintenance with every revision that ever counted, oldest first."""

    revisions: list[MaintenanceRevision]


def response_times(
    incident: Incident, windows: Sequence[OutageWindow], known_at: datetime | None = None
) -> ResponseTimes | None:
    """By these windows of the incident, and its updates as far as they were posted by then. None without a window."""
    until = None if known_at is None else instant(known_at)
    told = [one for one in posted(incident) if until is None or max(one.at, one.typed_at or one.at) <= until]
    times = response([span_of(window.start, window.end) for window in windows], told)
    if times is None:
        return None
    return {
        "began": instant_text(times.began),
        "acknowledged": _text(times.acknowledged),
        "identified": _text(times.identified),
        "mitigated": _text(times.mitigated),
        "resolved": _text(times.resolved),
    }


def _text(at: int | None) -> Instant | None:
    return None if at is None else instant_text(at)


def outage_revision(row: OutageWindow, known_at: datetime | None = None) -> OutageRevision:
    """One revision."""
    share = None if row.affected_of is None else Fraction(row.affected_count or 0, row.affected_of)
    return {
        "reference": row.reference,
        "revision": row.revision,
        "component": row.component.code,
        "tiers": _tiers(row),
        "start": utc(row.start),
        "end": utc_or_none(row.end),
        "severity": row.severity,
        "affected_share": None if share is None else exact(share),
        "cause": row.cause or None,
        "known_from": _known_from(row),
        "known_until": _known_until(row, known_at),
    }


def outage_summary(row: OutageWindow, known_at: datetime | None = None) -> OutageSummary:
    """An outage as lists show it."""
    incident = row.incident
    name: IncidentName | None = None
    times: ResponseTimes | None = None
    if incident is not None:
        name = {"id": incident.public_id, "title": incident.title, "url": incident.public_url or None}
        times = response_times(incident, vars(incident)["touching"], known_at)
    return {
        "id": row.public_id,
        **outage_revision(row, known_at),
        "incident": name,
        "response": times,
    }


def maintenance_revision(row: Maintenance, known_at: datetime | None = None) -> MaintenanceRevision:
    """One revision."""
    return {
        "reference": row.reference,
        "revision": row.revision,
        "component": row.component.code if row.component else None,
        "tiers": _tiers(row),
        "category": row.category,  # type: ignore[typeddict-item]
        "title": row.title,
        "start": utc(row.start),
        "end": utc(row.end),
        "announced_at": utc_or_none(row.announced_at),
        "planned_start": utc_or_none(row.planned_start),
        "planned_end": utc_or_none(row.planned_end),
        "known_from": _known_from(row),
        "known_until": _known_until(row, known_at),
    }


def maintenance_summary(row: Maintenance, known_at: datetime | None = None) -> MaintenanceSummary:
    """A maintenance as lists show it."""
    return {"id": row.public_id, **maintenance_revision(row, known_at)}


def _tiers(row: OutageWindow | Maintenance) -> list[str]:
    return sorted(tier.code for tier in row.tiers.all())


def _known_from(row: OutageWindow | Maintenance) -> Instant:
    assert row.confirmed_at is not None, "confirmed"
    return utc(row.confirmed_at)


def _known_until(row: OutageWindow | Maintenance, known_at: datetime | None) -> Instant | None:
    if row.closed_at is None or (known_at is not None and row.closed_at > known_at):
        return None
    return utc(row.closed_at)


KNOWN_AT: Mapping[str, Parameter] = {
    "known_at": asked.instant("As it was known at this instant, whatever was corrected since."),
}


class _FactList(CustomerListView):
    """The base of both lists: what overlaps a span, as known now or then."""

    scopes: ClassVar[Mapping[str, str]] = READ
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {
        "-start": ("-start", "public_id"),
        "start": ("start", "public_id"),
    }
    filters: ClassVar[Mapping[str, Parameter]] = {
        **SPAN,
        **KNOWN_AT,
        "component": asked.text("The code of a component.", longest=60, example="api"),
        "reference": asked.text("What a statement's ledger calls it, or an earlier revision of it."),
    }

    @property
    def known_at(self) -> datetime | None:
        return self.asked.get("known_at")

    def narrowed(self) -> Q:
        """What the filters leave."""
        wanted = within_span(self.asked)
        if "component" in self.asked:
            wanted &= self.of_component(self.asked["component"])
        if "reference" in self.asked:
            called = self.revisions(self.customer, reference=self.asked["reference"])
            wanted &= Q(public_id__in=called.values("public_id"))
        return wanted

    def of_component(self, code: str) -> Q:
        return Q(component__code=code)

    def revisions(self, customer: Customer, **called: str) -> QuerySet[Any]:
        raise NotImplementedError


class _FactDetail(CustomerView):
    scopes: ClassVar[Mapping[str, str]] = READ
    filters: ClassVar[Mapping[str, Parameter]] = KNOWN_AT


class OutageList(_FactList):
    """/api/v1/outages"""

    filters: ClassVar[Mapping[str, Parameter]] = {
        **_FactList.filters,
        "incident": asked.text("The id of an incident.", longest=40),
    }

    def get_queryset(self) -> QuerySet[OutageWindow]:
        rows = outages_of(self.customer, self.known_at).filter(self.narrowed())
        return rows.filter(incident__public_id=self.asked["incident"]) if "incident" in self.asked else rows

    def revisions(self, customer: Customer, **called: str) -> QuerySet[OutageWindow]:
        return outage_revisions_of(customer, **called)

    @describes("List outages", gives=OutageSummary, many=True)
    def get(self, request: Request) -> Response:
        """Confirmed outages of a component and a customer tier that a contract of yours promised while they lasted."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([outage_summary(row, self.known_at) for row in page or []])


class OutageDetail(_FactDetail):
    """/api/v1/outages/{id}"""

    @describes("Show an outage", gives=OutageShown)
    def get(self, request: Request, public_id: str) -> Response:
        """The outage as it counts, and how it was corrected: what was known, from when to when."""
        known_at = self.asked.get("known_at")
        row = outages_of(self.customer, known_at).filter(public_id=public_id).first()
        if row is None:
            raise Http404
        revisions = _known_by(outage_revisions_of(self.customer, public_id=public_id), known_at)
        shown: OutageShown = {
            **outage_summary(row, known_at),
            "revisions": [outage_revision(one, known_at) for one in revisions],
        }
        return Response(shown)


class MaintenanceList(_FactList):
    """/api/v1/maintenance"""

    def get_queryset(self) -> QuerySet[Maintenance]:
        return maintenance_of(self.customer, self.known_at).filter(self.narrowed())

    def of_component(self, code: str) -> Q:
        return Q(component__code=code) | Q(component__isnull=True)

    def revisions(self, customer: Customer, **called: str) -> QuerySet[Maintenance]:
        return maintenance_revisions_of(customer, **called)

    @describes("List maintenance", gives=MaintenanceSummary, many=True)
    def get(self, request: Request) -> Response:
        """Maintenance, past and to come, of what a contract of yours promises while it lasts.

        Whether it excuses anything is for the contract to say.
        """
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([maintenance_summary(row, self.known_at) for row in page or []])


class MaintenanceDetail(_FactDetail):
    """/api/v1/maintenance/{id}"""

    @describes("Show a maintenance", gives=MaintenanceShown)
    def get(self, request: Request, public_id: str) -> Response:
        """The maintenance as it counts, and how it was corrected: what was known, from when to when."""
        known_at = self.asked.get("known_at")
        row = maintenance_of(self.customer, known_at).filter(public_id=public_id).first()
        if row is None:
            raise Http404
        revisions = _known_by(maintenance_revisions_of(self.customer, public_id=public_id), known_at)
        shown: MaintenanceShown = {
            **maintenance_summary(row, known_at),
            "revisions": [maintenance_revision(one, known_at) for one in revisions],
        }
        return Response(shown)


def _known_by(revisions: QuerySet[Any], known_at: datetime | None) -> QuerySet[Any]:
    return revisions if known_at is None else revisions.filter(confirmed_at__lte=known_at)

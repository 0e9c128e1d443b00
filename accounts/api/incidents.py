"""Incidents by which a customer was touched: what was published about them, how fast they were answered.

Of an update the text is shown where a status page published it; what our people post here by hand shows its status and time.
Root causes and post-mortems are shown by the link under which they are published, never as we note them.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

from django.db.models import Q, QuerySet
from django.http import Http404
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.outages import READ, Code, OutageRevision, ResponseTimes, outage_revision, response_times
from accounts.api.spans import SPAN, within_span
from accounts.api.views import CustomerListView, CustomerView
from accounts.queries import incidents_of
from slaservice.api import asked
from slaservice.api.asked import Parameter
from slaservice.api.described import describes
from slaservice.api.shapes import Instant, PublicId, utc, utc_or_none
from slaservice.outages.models import Incident, IncidentUpdate, OutageWindow


class IncidentSummary(TypedDict):
    """An incident as lists show it. Status and impact are the words of the page that published it."""

    id: PublicId
    title: str
    status: Annotated[str | None, Field(examples=["resolved"])]
    impact: Annotated[str | None, Field(examples=["major"])]
    public_impact: Annotated[str | None, Field(description="What it meant for users, in our words.")]
    components: Annotated[list[Code], Field(description="Those of yours that it hit.")]
    url: Annotated[str | None, Field(description="Where it was published.")]
    postmortem_url: Annotated[str | None, Field(description="Where its post-mortem is published.")]
    response: ResponseTimes


class IncidentNews(TypedDict):
    """One update. `at` is the instant for which it speaks, `posted_at` the one at which it was typed, if known."""

    status: str | None
    at: Instant
    posted_at: Instant | None
    text: Annotated[str | None, Field(description="As published; null: only its status is.")]


class IncidentOutage(OutageRevision):
    """One outage of an incident, as it counts now."""

    id: PublicId


class IncidentShown(IncidentSummary):
    """An incident with its updates and those of its outages that touched you, oldest first."""

    updates: list[IncidentNews]
    outages: list[IncidentOutage]


def summary(incident: Incident) -> IncidentSummary:
    """An incident as lists show it."""
    windows = _touching(incident)
    times = response_times(incident, windows)
    assert times is not None, "touched by a window"
    return {
        "id": incident.public_id,
        "title": incident.title,
        "status": incident.status or None,
        "impact": incident.impact or None,
        "public_impact": incident.public_impact or None,
        "components": sorted({window.component.code for window in windows}),
        "url": incident.public_url or None,
        "postmortem_url": incident.postmortem_url or None,
        "response": times,
    }


def detail(incident: Incident) -> IncidentShown:
    """An incident by itself."""
    outages: list[IncidentOutage] = [
        {"id": window.public_id, **outage_revision(window)} for window in _touching(incident)
    ]
    return {
        **summary(incident),
        "updates": [_update(update) for update in incident.updates.all()],
        "outages": outages,
    }


def _update(update: IncidentUpdate) -> IncidentNews:
    return {
        "status": update.status or None,
        "at": utc(update.displayed_at),
        "posted_at": utc_or_none(update.posted_at),
        "text": None if update.by_hand else update.body or None,
    }


def _touching(incident: Incident) -> Sequence[OutageWindow]:
    """The windows that `incidents_of` loaded with it."""
    windows: list[OutageWindow] = vars(incident)["touching"]
    return windows


class IncidentList(CustomerListView):
    """/api/v1/incidents"""

    scopes: ClassVar[Mapping[str, str]] = READ
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {
        "-began": ("-began", "public_id"),
        "began": ("began", "public_id"),
    }
    filters: ClassVar[Mapping[str, Parameter]] = {
        **SPAN,
        "component": asked.text("The code of a component that it hit.", longest=60, example="api"),
    }

    def get_queryset(self) -> QuerySet[Incident]:
        windows = within_span(self.asked)
        if "component" in self.asked:
            windows &= Q(component__code=self.asked["component"])
        return incidents_of(self.customer, windows)

    @describes("List incidents", gives=IncidentSummary, many=True)
    def get(self, request: Request) -> Response:
        """Incidents with a confirmed outage of a component and a customer tier that a contract of yours promised then."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([summary(incident) for incident in page or []])


class IncidentDetail(CustomerView):
    """/api/v1/incidents/{id}"""

    scopes: ClassVar[Mapping[str, str]] = READ

    @describes("Show an incident", gives=IncidentShown)
    def get(self, request: Request, public_id: str) -> Response:
        """The incident, its updates and its outages."""
        incident = incidents_of(self.customer, Q()).filter(public_id=public_id).first()
        if incident is None:
            raise Http404
        return Response(detail(incident))

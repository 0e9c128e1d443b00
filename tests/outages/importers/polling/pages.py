"""The documents of a page, and the row of its feed after a poll."""

from datetime import timedelta
from typing import Any

from slaservice.outages.importers import polling
from slaservice.outages.models import (
    ComponentStatus,
    FeedComponent,
    Incident,
    IncidentUpdate,
    Maintenance,
    OutageWindow,
    PolledFeed,
)
from tests.factories.outages import NOW, Json, a_feed_incident, an_update
from tests.lying_page import LyingPage

INCIDENTS, PLANNED, SUMMARY = (
    f"/api/v2/{name}.json" for name in ("incidents", "scheduled-maintenances", "summary")
)


def shows(page: LyingPage, *incidents: Json, planned: tuple[Json, ...] = (), **statuses: str) -> None:
    """The three documents of an honest page."""
    page.shows(INCIDENTS, {"page": {"id": "p"}, "incidents": list(incidents)})
    page.shows(PLANNED, {"page": {"id": "p"}, "scheduled_maintenances": list(planned)})
    components = [{"id": key, "name": f"Name of {key}", "status": status} for key, status in statuses.items()]
    page.shows(SUMMARY, {"page": {"id": "p"}, "components": components})


def polled(feed: PolledFeed, *, later: int = 0) -> PolledFeed:
    """The row after a poll, so many minutes later; it must have been due."""
    row = polling.poll(feed=feed.pk, now=NOW + timedelta(minutes=later))
    assert row is not None
    return row


def everything() -> list[Any]:
    models = (Incident, IncidentUpdate, FeedComponent, OutageWindow, Maintenance, ComponentStatus)
    return [list(model.objects.order_by("pk").values()) for model in models]


OPEN = a_feed_incident(
    "old", an_update("investigating", "12:00:00", {"c1": ("operational", "partial_outage")})
)

"""A feed as it is imported in tests, and every row that an import could touch."""

from typing import Any

from slaservice.outages.importers.statuspage import ImportResult, import_feed
from slaservice.outages.models import FeedComponent, Incident, IncidentUpdate, OutageWindow
from tests.factories.outages import NOW, Json, a_feed


def imported(*incidents: Json, **values: Any) -> ImportResult:
    return import_feed(feed=a_feed(*incidents), **{"source": "statuspage", "by": None, "now": NOW, **values})


def everything() -> list[Any]:
    """Every row that an import could touch."""
    models = (Incident, IncidentUpdate, FeedComponent, OutageWindow)
    return [list(model.objects.order_by("pk").values()) for model in models]

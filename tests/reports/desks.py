"""The confirmation desk as tests use it: its pages, what is decided there, and what waits to be."""

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from slaservice.outages.importers import statuspage
from slaservice.outages.models import Maintenance, OutageWindow
from tests.factories.accounts import a_tier
from tests.factories.outages import NOW, a_feed, a_feed_incident, a_mapping, an_incident, an_update
from tests.factories.reports import MONTH, a_proposal, april
from tests.pages import shown

DESK = "/admin/reports/proposedwindow/"

GUARDS = f"{DESK}guards/?month={MONTH}"


def decide(client: Client, verb: str, window: Any, address: str = DESK, **values: Any) -> str:
    return shown(client.post(address, {"verb": verb, "fact": window.pk, **values}, follow=True))


def state_of(window: OutageWindow | Maintenance) -> str:
    window.refresh_from_db()
    return str(window.state)


def imported(text: str = "We are on it.") -> OutageWindow:
    """A proposal from a feed: partial outage from 12:00 to 13:00, resolved at 13:30 with this text."""
    a_tier()
    a_mapping()
    incident = a_feed_incident(
        "inc1",
        an_update("investigating", "12:00:00", {"c1": ("operational", "partial_outage")}),
        an_update("monitoring", "13:00:00", {"c1": ("partial_outage", "operational")}),
        an_update("resolved", "13:30:00", body=text),
    )
    statuspage.import_feed(feed=a_feed(incident), source="statuspage", by=None, now=NOW)
    return OutageWindow.objects.get()


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        shown(client.get(address))
    return len(queries)


def propose(first: int, last: int) -> None:
    for number in range(first, last + 1):
        incident = an_incident(f"i{number}")
        start = april(1 + number % 28, number % 24)
        a_proposal(start, start.replace(minute=30), incident=incident, note=f"note {number}")

"""Endpoints, and events that are owed to them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from accounts.models import SCOPES, Customer
from reports.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from reports.models.webhooks import EVENT_TYPES
from reports.operations.webhooks import create_endpoint
from reports.webhooks import events, sending
from slaservice.history import sealing
from tests.factories.accounts import NOW, a_customer, a_key

SIGNED_UP = NOW - timedelta(days=365)
"""When customers of these tests name their endpoints: before anything happens."""

URL = "https://receiver.example/hooks"

_serial = count(1)


def an_endpoint(customer: Customer | None = None, url: str = URL, **values: Any) -> WebhookEndpoint:
    """It wants everything."""
    customer = customer or a_customer()
    chosen = {
        "events": list(EVENT_TYPES),
        "key": a_key(customer, scopes=list(SCOPES))[0],
        "now": SIGNED_UP,
        **values,
    }
    return create_endpoint(customer=customer, url=url, **chosen)


def a_delivery(endpoint: WebhookEndpoint, *, about: str = "", at: datetime = NOW) -> WebhookDelivery:
    """Something is owed to the endpoint, about an object of its own unless it is said which."""
    number = next(_serial)
    subject = about or f"object {number}"
    event = WebhookEvent.objects.create(
        customer=endpoint.customer,
        type="outage.recorded",
        key=f"event {number}",
        subject=subject,
        data={"number": number, "about": subject},
        occurred_at=at,
        made_at=at,
    )
    return WebhookDelivery.objects.create(event=event, endpoint=endpoint, subject=subject)


def told(endpoint: WebhookEndpoint) -> list[tuple[str, dict[str, Any]]]:
    """Types and data of what the endpoint is owed or was sent, in order."""
    rows = endpoint.deliveries.select_related("event").order_by("event_id")
    return [(row.event.type, row.event.data) for row in rows]


def followed(now: datetime) -> int:
    """What the sweeps do: seal, make events. How many."""
    sealing.seal(now=now)
    return events.follow(now=now)


def send_all(endpoint: WebhookEndpoint, now: datetime) -> tuple[int, int]:
    return sending.send_owed(endpoint=endpoint.pk, clock=lambda: now)


def numbers(posted: Sequence[tuple[dict[str, str], bytes]]) -> list[int]:
    """Of the events that arrived."""
    return [json.loads(body)["data"]["number"] for _, body in posted]

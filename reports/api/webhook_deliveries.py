"""What went, or is to go, to a customer's webhooks: lists, each with what was sent, and the verb that sends it again."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerListView, CustomerView
from accounts.models import ApiKey, Customer
from reports.models import WebhookDelivery
from reports.models.webhooks import EVENT_TYPES, PING, read_scope
from reports.operations import webhooks as operations
from reports.webhooks.queries import deliveries_of
from slaservice.api import asked
from slaservice.api.asked import Parameter
from slaservice.api.described import describes
from slaservice.api.idempotency import once
from slaservice.api.shapes import Instant, PublicId, utc, utc_or_none

MANAGE = "webhooks:manage"

STATES: Mapping[str, Q] = {
    "owed": Q(delivered_at__isnull=True, given_up_at__isnull=True),
    "delivered": Q(delivered_at__isnull=False),
    "failed": Q(given_up_at__isnull=False),
}

REFUSES = {
    "webhook_disabled": "The endpoint is disabled: make it active first.",
    "webhook_deleted": "The endpoint was deleted meanwhile.",
}


class WebhookEventShown(TypedDict):
    """What is told. `id` is the header `webhook-id`, the same with every attempt; `data` is as it is sent.

    `data` is null for a key that may not read what it tells: `statement.*` takes statements:read, `credit.*` credits:read,
    `sla.*` availability:read, `outage.*` incidents:read.
    """

    id: PublicId
    type: Annotated[str, Field(examples=["statement.issued"])]
    timestamp: Instant
    data: dict[str, Any] | None


class WebhookDeliverySummary(TypedDict):
    """One event for one endpoint.

    `owed`: it is sent when its time has come (`next_attempt_at`, null: at once), after what is owed about the same object
    before. `failed`: nobody tries again, unless it is replayed. `status` is the last answer's; null: there was none. `problem`
    says why the last attempt failed.
    """

    id: PublicId
    webhook: PublicId
    event: PublicId
    type: Annotated[str, Field(examples=["statement.issued"])]
    occurred_at: Instant
    state: Literal["owed", "delivered", "failed"]
    attempts: int
    last_attempt_at: Instant | None
    next_attempt_at: Instant | None
    delivered_at: Instant | None
    status: int | None
    problem: str | None


class WebhookDeliveryShown(WebhookDeliverySummary):
    """A delivery with what is sent."""

    payload: WebhookEventShown


def summary(row: WebhookDelivery) -> WebhookDeliverySummary:
    """A delivery as lists show it."""
    return {
        "id": row.public_id,
        "webhook": row.endpoint.public_id,
        "event": row.event.public_id,
        "type": row.event.type,
        "occurred_at": utc(row.event.occurred_at),
        "state": row.state,
        "attempts": row.attempts,
        "last_attempt_at": utc_or_none(row.tried_at),
        "next_attempt_at": utc_or_none(row.not_before),
        "delivered_at": utc_or_none(row.delivered_at),
        "status": row.status,
        "problem": row.problem or None,
    }


def detail(row: WebhookDelivery, key: ApiKey) -> WebhookDeliveryShown:
    """A delivery by itself, as the key may see it."""
    scope = read_scope(row.event.type)
    payload: WebhookEventShown = {
        "id": row.event.public_id,
        "type": row.event.type,
        "timestamp": utc(row.event.occurred_at),
        "data": row.event.data if scope is None or scope in key.scopes else None,
    }
    return {**summary(row), "payload": payload}


def own_delivery(customer: Customer, public_id: str) -> WebhookDelivery:
    """The customer's delivery; 404 for any other, whether it exists or not."""
    row = deliveries_of(customer).filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


class DeliveryList(CustomerListView):
    """/api/v1/webhook-deliveries"""

    scopes: ClassVar[Mapping[str, str]] = {"GET": MANAGE}
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"-id": ("-event_id", "-id")}
    named_by = "public_id"
    filters: ClassVar[Mapping[str, Parameter]] = {
        "webhook": asked.text("Of this endpoint (its id).", longest=40),
        "event": asked.text("Of this event (the header webhook-id).", longest=40),
        "type": asked.one_of("Of this type.", [*EVENT_TYPES, PING]),
        "state": asked.one_of("In this state.", list(STATES)),
        "from": asked.instant("What happened at this instant or later."),
        "until": asked.instant("What happened before this instant."),
    }

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        found = deliveries_of(self.customer).defer("event__data")
        names = {
            "webhook": "endpoint__public_id",
            "event": "event__public_id",
            "type": "event__type",
            "from": "event__occurred_at__gte",
            "until": "event__occurred_at__lt",
        }
        given = {names[name]: value for name, value in self.asked.items() if name in names}
        return found.filter(STATES.get(self.asked.get("state", ""), Q()), **given)

    @describes("List webhook deliveries", gives=WebhookDeliverySummary, many=True)
    def get(self, request: Request) -> Response:
        """What was sent and what is owed to all endpoints, the newest event first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([summary(row) for row in page or []])


class DeliveryDetail(CustomerView):
    """/api/v1/webhook-deliveries/{id}"""

    scopes: ClassVar[Mapping[str, str]] = {"GET": MANAGE}

    @describes("Show a webhook delivery", gives=WebhookDeliveryShown)
    def get(self, request: Request, public_id: str) -> Response:
        """The delivery and what is sent."""
        return Response(detail(own_delivery(self.customer, public_id), self.key))


class DeliveryReplay(CustomerView):
    """/api/v1/webhook-deliveries/{id}/replay"""

    scopes: ClassVar[Mapping[str, str]] = {"POST": MANAGE}

    @describes(
        "Replay a webhook delivery", gives=WebhookDeliveryShown, status=202, once=True, refuses=REFUSES
    )
    @once
    def post(self, request: Request, public_id: str) -> Response:
        """Have the event sent once more, under its own id, whether it arrived or not."""
        row = own_delivery(self.customer, public_id)
        operations.replay(delivery=row, key=self.key, now=timezone.now())
        return Response(detail(own_delivery(self.customer, public_id), self.key), status=202)

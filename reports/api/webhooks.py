"""A customer's webhooks: the addresses that are told what happens, by the Standard Webhooks specification."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerListView, CustomerView
from reports.api.webhook_deliveries import MANAGE, REFUSES, WebhookDeliveryShown, detail, own_delivery
from reports.models import WebhookEndpoint
from reports.models.webhooks import EVENT_TYPES
from reports.operations import webhooks as operations
from reports.operations.webhooks import MOST_ENDPOINTS
from reports.webhooks.queries import endpoints_of
from reports.webhooks.signing import secrets_of
from slaservice.api import shapes
from slaservice.api.described import describes
from slaservice.api.idempotency import once
from slaservice.api.shapes import Body, Instant, Moment, PublicId, utc, utc_or_none

Url = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        json_schema_extra={"format": "uri"},
        description="Where events are posted: https, and no address of an inner network.",
        examples=["https://example.com/webhooks/sla"],
    ),
]
EventType = Annotated[
    str,
    Field(
        json_schema_extra={"enum": list(EVENT_TYPES)},
        description="; ".join(f"`{name}`: {words}" for name, words in EVENT_TYPES.items()),
    ),
]
Events = Annotated[list[EventType], Field(min_length=1, max_length=20, examples=[["statement.issued"]])]
Description = Annotated[str, Field(max_length=200)]


class WebhookShown(TypedDict):
    """An endpoint. `disabled`: nothing is sent there, and `why` says the reason.

    An endpoint is disabled when it answers 410, or has failed for five days without a success; make it active again and
    replay what it missed.
    """

    id: PublicId
    url: Url
    events: Events
    description: str
    state: Literal["active", "disabled"]
    why: str | None
    failing_since: Annotated[Instant | None, Field(description="Since when every attempt failed.")]
    created_at: Instant
    rotated_at: Annotated[Instant | None, Field(description="When its secret was rotated last.")]


class WebhookSecrets(TypedDict):
    """What signs the messages to an endpoint. After a rotation the `previous` secret signs too, until `previous_until`."""

    secret: Annotated[str, Field(pattern=r"^whsec_[A-Za-z0-9+/]{43}=$")]
    previous: str | None
    previous_until: Instant | None


class WebhookReplayed(TypedDict):
    """How many events are owed once more."""

    events: int


@dataclass(frozen=True)
class NewWebhook(Body):
    """An endpoint to be told of these events."""

    url: Url
    events: Events
    description: Description = ""


@dataclass(frozen=True)
class WebhookChange(Body):
    """What is to be otherwise, at least one thing; what is left out stays."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True, json_schema_extra={"minProperties": 1})

    # Nothing is published as a default: a client that sent it would change what it does not mean to.
    url: Url = Field(default_factory=str)
    events: Events = Field(default_factory=list)
    description: Description = Field(default_factory=str)
    state: Literal["active", "disabled"] = Field(default_factory=lambda: "active")


@dataclass(frozen=True)
class WebhookReplayOrder(Body):
    """What is to be sent again: all that happened from `since` on, without what arrived, unless `delivered` is true."""

    since: Moment
    delivered: bool = False


def shown(endpoint: WebhookEndpoint) -> WebhookShown:
    """An endpoint, without its secret."""
    return {
        "id": endpoint.public_id,
        "url": endpoint.url,
        "events": endpoint.events,
        "description": endpoint.description,
        "state": "active" if endpoint.state == "active" else "disabled",
        "why": endpoint.why or None,
        "failing_since": utc_or_none(endpoint.failing_since),
        "created_at": utc(endpoint.created_at),
        "rotated_at": utc_or_none(endpoint.rotated_at),
    }


class _OwnWebhook(CustomerView):
    """The base of what hangs on one endpoint."""

    scopes: ClassVar[Mapping[str, str]] = {"POST": MANAGE}

    def endpoint(self, public_id: str) -> WebhookEndpoint:
        """The customer's endpoint; 404 for any other, whether it exists or not."""
        endpoint = endpoints_of(self.customer).filter(public_id=public_id).first()
        if endpoint is None:
            raise Http404
        return endpoint


class WebhookList(CustomerListView):
    """/api/v1/webhooks"""

    scopes: ClassVar[Mapping[str, str]] = {"GET": MANAGE, "POST": MANAGE}

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        return endpoints_of(self.customer)

    @describes("List webhooks", gives=WebhookShown, many=True)
    def get(self, request: Request) -> Response:
        """The customer's endpoints, the oldest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([shown(endpoint) for endpoint in page or []])

    @describes(
        "Create a webhook",
        gives=WebhookShown,
        status=201,
        takes=NewWebhook,
        once=True,
        refuses={"too_many_webhooks": f"There are {MOST_ENDPOINTS} endpoints already."},
    )
    @once
    def post(self, request: Request) -> Response:
        """From now on the address is told of these events.

        Messages have the form of Standard Webhooks, {"type", "timestamp", "data"}, and are signed with the endpoint's secret,
        which stands at its address `secret`. An answer of 2xx within 15 seconds is a success; anything else is tried again for
        five days. Events about the same object come in order; one may come twice, with the same `webhook-id`.

        The key needs the scope to read what is told: statements:read for `statement.*`, credits:read for `credit.*`,
        availability:read for `sla.*`, incidents:read for `outage.*`.
        """
        new = shapes.read(NewWebhook, request.data)
        endpoint = operations.create_endpoint(
            customer=self.customer,
            url=new.url,
            events=new.events,
            description=new.description,
            key=self.key,
            now=timezone.now(),
        )
        return Response(shown(endpoint), status=201)


class WebhookDetail(_OwnWebhook):
    """/api/v1/webhooks/{id}"""

    scopes: ClassVar[Mapping[str, str]] = {"GET": MANAGE, "PATCH": MANAGE, "DELETE": MANAGE}

    @describes("Show a webhook", gives=WebhookShown)
    def get(self, request: Request, public_id: str) -> Response:
        """The endpoint, without its secret."""
        return Response(shown(self.endpoint(public_id)))

    @describes(
        "Change a webhook",
        gives=WebhookShown,
        takes=WebhookChange,
        once=True,
        refuses={"webhook_deleted": REFUSES["webhook_deleted"]},
    )
    @once
    def patch(self, request: Request, public_id: str) -> Response:
        """Change its address, events, description or state.

        Another address or other events take a key that may read what is told, as when it is created.
        While it is disabled nothing new is owed to it; what was owed before goes out when it is active again.
        """
        endpoint = self.endpoint(public_id)
        change = shapes.read(WebhookChange, request.data)
        changes = {name: getattr(change, name) for name in request.data}
        changed = operations.change_endpoint(
            endpoint=endpoint, changes=changes, key=self.key, now=timezone.now()
        )
        return Response(shown(changed))

    @describes(
        "Delete a webhook",
        gives=None,
        status=204,
        once=True,
        refuses={"webhook_deleted": REFUSES["webhook_deleted"]},
    )
    @once
    def delete(self, request: Request, public_id: str) -> Response:
        """Nothing is sent there any more."""
        operations.delete_endpoint(endpoint=self.endpoint(public_id), key=self.key, now=timezone.now())
        return Response(status=204)


class WebhookSecret(_OwnWebhook):
    """/api/v1/webhooks/{id}/secret"""

    scopes: ClassVar[Mapping[str, str]] = {"GET": MANAGE}

    @describes("Show a webhook's secret", gives=WebhookSecrets)
    def get(self, request: Request, public_id: str) -> Response:
        """The secret by which messages to the endpoint are verified; any library of Standard Webhooks takes it as it is."""
        found = secrets_of(self.endpoint(public_id), timezone.now())
        secrets: WebhookSecrets = {
            "secret": found.current,
            "previous": found.previous,
            "previous_until": utc_or_none(found.previous_until),
        }
        return Response(secrets)


class WebhookRotate(_OwnWebhook):
    """/api/v1/webhooks/{id}/rotate"""

    @describes(
        "Rotate a webhook's secret",
        gives=WebhookShown,
        once=True,
        refuses={"webhook_deleted": REFUSES["webhook_deleted"]},
    )
    @once
    def post(self, request: Request, public_id: str) -> Response:
        """A new secret from now on; for 24 hours messages are signed with both, so that none is refused meanwhile.

        Of two rotations within 24 hours the first secret ends at once.
        """
        endpoint = self.endpoint(public_id)
        return Response(shown(operations.rotate_secret(endpoint=endpoint, key=self.key, now=timezone.now())))


class WebhookTest(_OwnWebhook):
    """/api/v1/webhooks/{id}/test"""

    @describes(
        "Test a webhook",
        gives=WebhookDeliveryShown,
        status=202,
        once=True,
        refuses={**REFUSES, "webhook_test_owed": "The test before is still owed to the endpoint."},
    )
    @once
    def post(self, request: Request, public_id: str) -> Response:
        """Have an event of type `ping` sent to this endpoint. The delivery says what came of it."""
        endpoint = self.endpoint(public_id)
        row = operations.ping(endpoint=endpoint, key=self.key, now=timezone.now())
        return Response(detail(own_delivery(self.customer, row.public_id), self.key), status=202)


class WebhookReplay(_OwnWebhook):
    """/api/v1/webhooks/{id}/replay"""

    @describes(
        "Replay a webhook's events",
        gives=WebhookReplayed,
        status=202,
        takes=WebhookReplayOrder,
        once=True,
        refuses={**REFUSES, "too_many_events": "These are too many events: name a later instant."},
    )
    @once
    def post(self, request: Request, public_id: str) -> Response:
        """Have all events that happened from an instant on sent: what failed, what was missed while the endpoint was disabled,
        and, if asked for, what arrived. Each comes under its own `webhook-id`.
        """
        endpoint = self.endpoint(public_id)
        order = shapes.read(WebhookReplayOrder, request.data)
        events = operations.replay_since(
            endpoint=endpoint, since=order.since, delivered=order.delivered, key=self.key, now=timezone.now()
        )
        replayed: WebhookReplayed = {"events": events}
        return Response(replayed, status=202)

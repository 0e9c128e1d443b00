"""Webhooks: what happened to a customer is told to the addresses that it named.

An event is what is told, once for all time, and its public id is the `webhook-id` of every attempt. A delivery is that one
event for one endpoint; its row is the queue (reports/webhooks/sending.py). No secret is kept: reports/webhooks/signing.py.
"""

from datetime import timedelta
from typing import Literal

from django.db import models
from django.db.models import Q

from accounts.models import Customer
from accounts.models.constraints import no_longer_than, not_blank
from accounts.models.identifiers import opaque

EVENT_TYPES = {
    "statement.issued": "a statement was issued",
    "statement.restated": "a later revision of a statement was issued, which takes its place",
    "credit.approved": "the credit of an issued statement was granted",
    "sla.at_risk": "a running period has used up most of the downtime that a commitment leaves",
    "sla.breached": "a running period misses a commitment, even if nothing fails any more",
    "outage.recorded": "an outage of what is promised was confirmed, corrected or withdrawn",
}
"""What a customer may be told of, in words."""

READ_SCOPES = {
    "statement": "statements:read",
    "credit": "credits:read",
    "sla": "availability:read",
    "outage": "incidents:read",
}
"""By the first word of an event's type: what a key must be allowed to be told of it."""

PING = "ping"
"""The type of an event that a customer asks for, to see that it arrives."""

ACTIVE, DISABLED, DELETED = ENDPOINT_STATES = ("active", "disabled", "deleted")

BACK_OFF = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24, 24, 24)),
)
"""How long a delivery that fails by itself waits, each when the waits before are over; after the last, in five days, none."""

PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 60, 300, 900, 1800, 3600))
"""How long an endpoint that failed so many times in a row is left alone, whatever is owed to it; the last holds for all more."""

LEASE = timedelta(seconds=60)
"""For how long an attempt is one worker's, and its endpoint is sent nothing else; none takes longer than 15 seconds."""

ENDS_AFTER = timedelta(days=5)
"""An endpoint that fails for so long without one success is disabled."""

OWED = Q(delivered_at__isnull=True, given_up_at__isnull=True)
"""Deliveries that are still to be sent."""

OLD_SECRET_SIGNS = timedelta(hours=24)
"""For how long after a rotation the earlier secret signs too."""


def read_scope(kind: str) -> str | None:
    """The scope that events of this type take; None: whoever looks after webhooks may see them."""
    return READ_SCOPES.get(kind.partition(".")[0])


def endpoint_id() -> str:
    return opaque("wh")


def event_id() -> str:
    return opaque("evt")


def webhook_delivery_id() -> str:
    return opaque("wd")


class WebhookEndpoint(models.Model):
    """An address of a customer's and the `events` (types) that it wants. Never deleted: `deleted` is a state.

    `why` says what disabled it. `failing_since`, `failures` and `not_before`: since when and how often in a row it failed, and
    until when it is left alone. `secret_version` counts the rotations of its secret, the last of them at `rotated_at`.
    """

    public_id = models.CharField(max_length=40, unique=True, default=endpoint_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200, blank=True)
    events = models.JSONField()
    state = models.CharField(max_length=8, default=ACTIVE)
    why = models.CharField(max_length=300, blank=True)
    secret_version = models.PositiveIntegerField(default=1)
    rotated_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["customer", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ENDPOINT_STATES), name="webhook_endpoint_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=DISABLED) | ~Q(why=""), name="a_disabled_webhook_endpoint_says_why"
            ),
            models.CheckConstraint(
                condition=Q(secret_version=1, rotated_at__isnull=True)
                | Q(secret_version__gte=2, rotated_at__isnull=False),
                name="webhook_endpoint_rotations_have_a_time",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True)
                | Q(failures__gte=1, failing_since__isnull=False),
                name="exactly_failing_webhook_endpoints_say_since_when",
            ),
            not_blank("url", name="webhook_endpoint_url"),
            no_longer_than(500, "url", name="webhook_endpoint_url"),
            no_longer_than(200, "description", name="webhook_endpoint_description"),
        ]

    def __str__(self) -> str:
        return self.url


class WebhookEvent(models.Model):
    """Something that a customer is told, as it was told: `type`, when it happened, and `data`. Never changed.

    `key` is what makes it the same event, so that it is made once. What has the same `subject` is told in order of `id`.
    """

    public_id = models.CharField(max_length=40, unique=True, default=event_id, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="webhook_events")
    type = models.CharField(max_length=30)
    key = models.CharField(max_length=500)
    subject = models.CharField(max_length=300)
    data = models.JSONField()
    occurred_at = models.DateTimeField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["customer", "key"], name="a_customer_is_told_an_event_once"),
            models.CheckConstraint(
                condition=Q(type__in=[*EVENT_TYPES, PING]), name="webhook_event_type_is_known"
            ),
            not_blank("subject", name="webhook_event_subject"),
        ]
        indexes = [
            # Replay since an instant.
            models.Index(fields=["customer", "occurred_at"], name="webhook_events_of_a_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.public_id}"


class WebhookDelivery(models.Model):
    """One event for one endpoint: owed until `delivered_at`, or `given_up_at` after the last attempt.

    `failing_since`: when it failed first. `not_before`: nobody tries again until then. `leased_until`: until then the attempt
    under way has it to itself. `status` is what the endpoint answered last (null: it gave no answer), `problem` why that was no
    success. `subject` is its event's.
    """

    public_id = models.CharField(max_length=40, unique=True, default=webhook_delivery_id, editable=False)
    event = models.ForeignKey(WebhookEvent, on_delete=models.PROTECT, related_name="deliveries")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries")
    subject = models.CharField(max_length=300)
    attempts = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-event_id", "-id"]
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["event", "endpoint"], name="an_event_is_owed_to_an_endpoint_once"
            ),
            models.CheckConstraint(
                condition=Q(delivered_at__isnull=True) | Q(given_up_at__isnull=True),
                name="what_was_delivered_is_not_given_up",
            ),
            no_longer_than(300, "problem", name="webhook_delivery_problem"),
        ]
        indexes = [
            # What is still owed, and what of one subject comes first.
            models.Index(
                fields=["endpoint", "subject", "event"],
                condition=Q(delivered_at__isnull=True, given_up_at__isnull=True),
                name="webhook_deliveries_owed",
            ),
            # The list of an endpoint's, newest first.
            models.Index(fields=["endpoint", "-event", "-id"], name="webhook_deliveries_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event} to {self.endpoint}"

    @property
    def state(self) -> Literal["owed", "delivered", "failed"]:
        """delivered, failed (nobody tries again) or owed."""
        if self.delivered_at is not None:
            return "delivered"
        return "owed" if self.given_up_at is None else "failed"


class WebhookPosition(models.Model):
    """How far history (seals) and the reckonings of running periods (Exposure ids) were read for events. One row."""

    seal = models.BigIntegerField(default=0)
    exposure = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"seal {self.seal}, exposure {self.exposure}"

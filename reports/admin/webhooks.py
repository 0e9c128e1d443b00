"""Customers' webhooks in the admin: which addresses are told, what arrived there and what not; and the verb that sends again."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import AccountsAdmin
from reports.models import WebhookDelivery, WebhookEndpoint
from reports.models.webhooks import ACTIVE
from reports.operations.webhooks import replay
from slaservice.history.admin import Verb
from slaservice.rules.documents import canonical


def _replay(*, row: WebhookDelivery, reason: str, by: User, now: datetime) -> WebhookDelivery:
    return replay(delivery=row, reason=reason, by=by, now=now)


def _goes_to_an_active_endpoint(row: WebhookDelivery) -> bool:
    return row.endpoint.state == ACTIVE


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(AccountsAdmin):
    """Read-only: customers look after their own by the API. Secrets are on no page."""

    view_action = "webhooks.view"
    list_display = ("url", "customer", "state", "why", "failing_since", "created_at")
    list_filter = ("state", "created_at")
    list_select_related = ("customer",)
    search_fields = ("url", "description", "public_id", "customer__name")
    fields = (
        "url", "customer", "description", "events", "state", "why", "failing_since", "failures", "not_before", "created_at",
        "rotated_at", "public_id",
    )  # fmt: skip
    readonly_fields = fields


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(AccountsAdmin):
    """Read-only but for sending again."""

    view_action = "webhooks.view"
    to_customer = "endpoint__customer"
    list_display = (
        "type",
        "customer",
        "endpoint",
        "standing",
        "attempts",
        "status",
        "problem",
        "tried_at",
        "delivered_at",
    )
    list_filter = ("event__type", "delivered_at", "given_up_at")
    list_select_related = ("event", "endpoint__customer")
    search_fields = ("public_id", "event__public_id", "endpoint__url", "endpoint__customer__name")
    show_full_result_count = False
    fields = (
        "type", "customer", "endpoint", "standing", "attempts", "status", "problem", "tried_at", "not_before", "delivered_at",
        "given_up_at", "told", "webhook_id", "public_id",
    )  # fmt: skip
    readonly_fields = fields
    verbs = (
        Verb(
            name="replay",
            label="Send again",
            action="webhooks.replay",
            run=_replay,
            applies=_goes_to_an_active_endpoint,
            explains="The event goes out within seconds, under its own id, whether it arrived before or not.",
            done="{row} is owed once more.",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related(*self.list_select_related)

    @admin.display(ordering="event__type")
    def type(self, row: WebhookDelivery) -> str:
        return row.event.type

    @admin.display(ordering="endpoint__customer__name")
    def customer(self, row: WebhookDelivery) -> str:
        return row.endpoint.customer.name

    @admin.display(description="state")
    def standing(self, row: WebhookDelivery) -> str:
        return row.state

    @admin.display(description="data")
    def told(self, row: WebhookDelivery) -> str:
        return canonical(row.event.data).decode()

    @admin.display(description="webhook-id")
    def webhook_id(self, row: WebhookDelivery) -> str:
        return row.event.public_id

"""Reading webhooks: a customer's own, what one of our people sees, and what is owed when."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Customer
from accounts.queries import customers_visible_to
from reports.models import WebhookDelivery, WebhookEndpoint
from reports.models.webhooks import ACTIVE, DELETED, OWED


def endpoints_of(customer: Customer) -> QuerySet[WebhookEndpoint]:
    """The customer's endpoints, disabled ones too."""
    return WebhookEndpoint.objects.filter(customer=customer).exclude(state=DELETED)


def deliveries_of(customer: Customer) -> QuerySet[WebhookDelivery]:
    """What went, or is to go, to the customer's endpoints."""
    return WebhookDelivery.objects.filter(endpoint__in=endpoints_of(customer).values("pk")).select_related(
        "event", "endpoint"
    )


def deliveries_visible_to(user: AbstractBaseUser) -> QuerySet[WebhookDelivery]:
    """The same of the customers in a person's care, deleted endpoints too."""
    return WebhookDelivery.objects.filter(endpoint__customer__in=customers_visible_to(user))


def due(now: datetime) -> QuerySet[WebhookDelivery]:
    """What may be sent now, but for the endpoint's own state: no attempt at the same endpoint is under way, so that a slow one
    keeps one worker, and nothing earlier about the same object is still owed to it.
    """
    under_way = WebhookDelivery.objects.filter(OWED, endpoint=OuterRef("endpoint"), leased_until__gt=now)
    earlier = WebhookDelivery.objects.filter(
        OWED, endpoint=OuterRef("endpoint"), subject=OuterRef("subject"), event__lt=OuterRef("event")
    )
    return WebhookDelivery.objects.filter(
        OWED,
        ~Exists(under_way),
        ~Exists(earlier),
        Q(not_before__isnull=True) | Q(not_before__lte=now),
    )


def endpoints_owed(now: datetime) -> list[int]:
    """Ids of the endpoints to which something may be sent now."""
    ready = WebhookEndpoint.objects.filter(
        Q(not_before__isnull=True) | Q(not_before__lte=now),
        Exists(due(now).filter(endpoint=OuterRef("pk"))),
        state=ACTIVE,
    )
    return list(ready.order_by("pk").values_list("pk", flat=True))

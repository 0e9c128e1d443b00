"""What customers do with their webhooks, and our people for them: name endpoints, change them, rotate secrets, send again."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet

from accounts.models import ApiKey, Customer
from accounts.models.identifiers import opaque
from accounts.operations.fields import Faults
from accounts.operations.permission import require_for
from reports.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from reports.models.webhooks import ACTIVE, DELETED, DISABLED, EVENT_TYPES, OWED, PING, read_scope
from slaservice.history import operations as history
from slaservice.network import callable_address
from slaservice.rules.refusal import FieldError, Invalid, Refusal

MOST_ENDPOINTS = 10
"""Of one customer."""

MOST_AT_ONCE = 10_000
"""Events that are sent again at one asking."""


@transaction.atomic
def create_endpoint(
    *,
    customer: Customer,
    url: str,
    events: Collection[str],
    description: str = "",
    key: ApiKey,
    now: datetime,
) -> WebhookEndpoint:
    """From now on the address is told of these events. Invalid names every fault; Refusal when there are too many endpoints, or
    when the key may not read what it would have told.
    """
    _require_own(key, customer)
    fields = _checked({"url": url, "events": events, "description": description})
    _require_scopes(key, fields["events"])
    Customer.objects.select_for_update().get(pk=customer.pk)
    if WebhookEndpoint.objects.filter(customer=customer).exclude(state=DELETED).count() >= MOST_ENDPOINTS:
        raise Refusal("too_many_webhooks", f"There are {MOST_ENDPOINTS} endpoints already: delete one first.")
    endpoint = WebhookEndpoint.objects.create(customer=customer, created_at=now, **fields)
    _record("create", endpoint, key, now, {"after": fields})
    return endpoint


@transaction.atomic
def change_endpoint(
    *, endpoint: WebhookEndpoint, changes: dict[str, Any], key: ApiKey, now: datetime
) -> WebhookEndpoint:
    """Change the `url`, `events`, `description` or `state` (active, disabled).

    At a new address, or active again, it has never failed. For other events or another address the key must be allowed to
    read what is told.
    """
    endpoint = _locked(endpoint, key)
    if not changes:
        raise Invalid([FieldError("$", "names nothing to change")], "invalid_webhook")
    fields = _checked(changes)
    if "url" in fields or "events" in fields:
        _require_scopes(key, fields.get("events", endpoint.events))
    if "url" in fields or fields.get("state") == ACTIVE:
        WebhookDelivery.objects.filter(OWED, endpoint=endpoint).update(not_before=None, failing_since=None)
        fields |= {"failures": 0, "failing_since": None, "not_before": None}
    if fields.get("state") == ACTIVE:
        fields |= {"why": ""}
    elif fields.get("state") == DISABLED and endpoint.state == ACTIVE:
        fields |= {"why": "Its owner disabled it."}
    before = {name: getattr(endpoint, name) for name in changes}
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(**fields)
    _record("change", endpoint, key, now, {"before": before, "after": changes})
    endpoint.refresh_from_db()
    return endpoint


@transaction.atomic
def delete_endpoint(*, endpoint: WebhookEndpoint, key: ApiKey, now: datetime) -> None:
    """Nothing is sent there any more; what was sent stays on record."""
    endpoint = _locked(endpoint, key)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(state=DELETED)
    _record("delete", endpoint, key, now, {"url": endpoint.url})


@transaction.atomic
def rotate_secret(*, endpoint: WebhookEndpoint, key: ApiKey, now: datetime) -> WebhookEndpoint:
    """A new secret; the one before signs too for a day."""
    endpoint = _locked(endpoint, key)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        secret_version=F("secret_version") + 1, rotated_at=now
    )
    endpoint.refresh_from_db()
    _record("rotate", endpoint, key, now, {"version": endpoint.secret_version})
    return endpoint


@transaction.atomic
def ping(*, endpoint: WebhookEndpoint, key: ApiKey, now: datetime) -> WebhookDelivery:
    """An event for this endpoint alone, to see that it arrives; one at a time."""
    endpoint = _locked(endpoint, key)
    _require_active(endpoint)
    if WebhookDelivery.objects.filter(OWED, endpoint=endpoint, event__type=PING).exists():
        raise Refusal("webhook_test_owed", "The test before is still owed to the endpoint.")
    name = opaque(PING)
    event = WebhookEvent.objects.create(
        customer_id=endpoint.customer_id,
        type=PING,
        key=name,
        subject=name,
        data={"webhook": endpoint.public_id},
        occurred_at=now,
        made_at=now,
    )
    return WebhookDelivery.objects.create(event=event, endpoint=endpoint, subject=event.subject)


@transaction.atomic
def replay(
    *,
    delivery: WebhookDelivery,
    now: datetime,
    key: ApiKey | None = None,
    by: User | None = None,
    reason: str = "",
) -> WebhookDelivery:
    """The event is owed once more, under its own id, whether it arrived or not."""
    endpoint = _locked(delivery.endpoint, key, by)
    _require_active(endpoint)
    _owed_again(WebhookDelivery.objects.filter(pk=delivery.pk))
    data = {"delivery": delivery.public_id, "event": delivery.event.public_id}
    _record("replay", endpoint, key, now, data, by=by, reason=reason)
    delivery.refresh_from_db()
    return delivery


@transaction.atomic
def replay_since(
    *, endpoint: WebhookEndpoint, since: datetime, delivered: bool, key: ApiKey, now: datetime
) -> int:
    """All that happened from an instant on and that the endpoint wants is owed: what never was, and what failed; with `delivered`
    what arrived too. How many events.
    """
    endpoint = _locked(endpoint, key)
    _require_active(endpoint)
    wanted = WebhookEvent.objects.filter(
        customer=endpoint.customer_id, type__in=endpoint.events, occurred_at__gte=since
    )
    if wanted.count() > MOST_AT_ONCE:
        raise Refusal(
            "too_many_events", f"These are more than {MOST_AT_ONCE:,} events: name a later instant."
        )
    rows = WebhookDelivery.objects.filter(endpoint=endpoint, event__in=wanted.values("pk"))
    again = rows if delivered else rows.filter(delivered_at__isnull=True)
    count = _owed_again(again)
    missing = wanted.exclude(pk__in=rows.values("event")).order_by("pk")
    made = WebhookDelivery.objects.bulk_create(
        WebhookDelivery(event=event, endpoint=endpoint, subject=event.subject) for event in missing
    )
    _record("replay", endpoint, key, now, {"since": since.isoformat(), "events": count + len(made)})
    return count + len(made)


def _owed_again(rows: QuerySet[WebhookDelivery]) -> int:
    """As if nobody had tried: an attempt that is under way does not say any more what came of it."""
    return rows.update(
        attempts=0,
        failing_since=None,
        not_before=None,
        leased_until=None,
        delivered_at=None,
        given_up_at=None,
        problem="",
    )


def _checked(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they are kept. Invalid names every fault."""
    faults, clean = Faults("invalid_webhook"), dict(fields)
    if "url" in fields:
        clean["url"] = faults.text("url", fields["url"], longest=500)
        if not faults.errors:
            _check_address(clean["url"], faults)
    if "description" in fields:
        clean["description"] = faults.text("description", fields["description"], longest=200, blank=True)
    if "events" in fields:
        clean["events"] = list(_known_events(fields["events"], faults))
    if fields.get("state", ACTIVE) not in (ACTIVE, DISABLED):
        faults.add("state", f"must be {ACTIVE} or {DISABLED}")
    faults.raise_if_any()
    return clean


def _check_address(url: str, faults: Faults) -> None:
    try:
        if callable_address(url).fragment:
            faults.add("url", "must not have a fragment (#)")
    except Refusal as refusal:
        faults.add("url", refusal.sentence)


def _known_events(events: Collection[str], faults: Faults) -> Iterator[str]:
    if not events:
        faults.add("events", f"name at least one of: {', '.join(EVENT_TYPES)}")
    for index, event in enumerate(events):
        if event not in EVENT_TYPES:
            faults.add(f"events[{index}]", f"is not an event; there are: {', '.join(EVENT_TYPES)}")
    yield from (name for name in EVENT_TYPES if name in events)


def _locked(endpoint: WebhookEndpoint, key: ApiKey | None, by: User | None = None) -> WebhookEndpoint:
    """The endpoint, for its owner's key or for one of our people, and for nobody else until the end."""
    if key is not None:
        _require_own(key, endpoint.customer)
    else:
        require_for(by, "webhooks.replay", endpoint.customer)
    found = (
        WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("customer").get(pk=endpoint.pk)
    )
    if found.state == DELETED:
        raise Refusal("webhook_deleted", "The endpoint was deleted.")
    return found


def _require_own(key: ApiKey, customer: Customer) -> None:
    if key.customer_id != customer.pk:
        raise Refusal("not_permitted", "This is no endpoint of the key's customer.")


def _require_scopes(key: ApiKey, events: Collection[str]) -> None:
    """A key chooses no event that tells what the key itself may not read."""
    needed = {scope for scope in map(read_scope, events) if scope is not None}
    missing = ", ".join(sorted(needed - set(key.scopes)))
    if missing:
        raise Refusal("scope_missing", f"To be told of these events this API key needs {missing} too.")


def _require_active(endpoint: WebhookEndpoint) -> None:
    if endpoint.state != ACTIVE:
        raise Refusal("webhook_disabled", f"The endpoint is disabled: {endpoint.why} Make it active first.")


def _record(
    verb: str,
    endpoint: WebhookEndpoint,
    key: ApiKey | None,
    now: datetime,
    data: dict[str, Any],
    *,
    by: User | None = None,
    reason: str = "",
) -> None:
    history.record(
        by=by,
        action=f"webhooks.{verb}",
        obj=endpoint,
        reason=reason,
        on_behalf_of="" if key is None else str(endpoint.customer),
        data={**data, "key": key.prefix if key else None},
        at=now,
    )

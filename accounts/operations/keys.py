"""API keys of customers: issued once, revoked at once; how they are made and found: slaservice/history/keys.py."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from accounts.models import SCOPES, ApiKey, Customer
from accounts.operations.fields import Faults
from accounts.operations.permission import require_for
from accounts.queries import active_keys_of
from slaservice.history import operations as history
from slaservice.history.keys import OF_CUSTOMERS, find_key, new_key
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import instant
from slaservice.rules.refusal import Refusal

LONGEST = timedelta(days=366)
"""No key that a customer makes for itself is good for longer, and none for longer than the key that makes it."""

MOST_OF_ONE_LABEL = 2
"""The old key and the new one, while a program is moved from one to the other."""

MOST_ACTIVE = 20
"""Of a customer, whoever made them."""


@transaction.atomic
def issue_api_key(
    *,
    customer: Customer,
    label: str,
    scopes: Collection[str] = ("statements:read",),
    expires_at: datetime | None = None,
    by: User | None,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown this once and cannot be had again. Invalid names every fault."""
    require_for(by, "keys.manage", customer)
    faults = Faults("invalid_api_key")
    label = _read(label, scopes, expires_at, now, faults)
    faults.raise_if_any()
    key, text = _make(customer, label, scopes, expires_at, now, by)
    history.record(by=by, action="keys.issue", obj=key, data=_said(key), at=now)
    return key, text


@transaction.atomic
def issue_own_key(
    *, caller: ApiKey, label: str, scopes: Sequence[str], expires_at: datetime | None, now: datetime
) -> tuple[ApiKey, str]:
    """A key that a customer makes with one that it has, and its text, which is shown this once.

    It has no scope that the calling key lacks. It ends within LONGEST and no later than the calling key: else one could renew
    itself for ever. Without `expires_at` it ends as late as it may. Refusal `too_many_keys` beyond MOST_OF_ONE_LABEL active
    keys of the label, or MOST_ACTIVE in all. Invalid names every fault.
    """
    faults = Faults("invalid_api_key")
    latest = min(caller.expires_at or now + LONGEST, now + LONGEST)
    expires_at = expires_at or latest
    label = _read(label, scopes, expires_at, now, faults)
    for index, scope in enumerate(scopes):
        if scope in SCOPES and scope not in caller.scopes:
            faults.add(f"scopes[{index}]", "is no scope of the calling key: a key gives no more than it has")
    if expires_at > latest:
        ends = "when the calling key ends" if latest == caller.expires_at else f"{LONGEST.days} days from now"
        faults.add("expires_at", f"must be no later than {instant_text(instant(latest))}, {ends}")
    faults.raise_if_any()
    customer = Customer.objects.select_for_update().get(pk=caller.customer_id)
    _require_room(customer, label, now)
    key, text = _make(customer, label, scopes, expires_at, now, None)
    _record_own("keys.issue", key, caller, _said(key), now)
    return key, text


def _require_room(customer: Customer, label: str, now: datetime) -> None:
    """The caller holds the customer's row, so that of two at once the second sees the first."""
    labels = list(active_keys_of(customer, now).values_list("label", flat=True))
    if labels.count(label) >= MOST_OF_ONE_LABEL:
        raise Refusal(
            "too_many_keys",
            f"{MOST_OF_ONE_LABEL} active keys are labelled {label!r} already: revoke one that is not used any more.",
        )
    if len(labels) >= MOST_ACTIVE:
        raise Refusal("too_many_keys", f"{MOST_ACTIVE} keys are active already: revoke one first.")


def _read(
    label: str, scopes: Collection[str], expires_at: datetime | None, now: datetime, faults: Faults
) -> str:
    """The label, trimmed; what is wrong with any of them goes to the faults."""
    label = faults.text("label", label, longest=120)
    for index, scope in enumerate(scopes):
        if scope not in SCOPES:
            faults.add(f"scopes[{index}]", f"{scope!r} is not a scope; there are: {', '.join(SCOPES)}")
    if not scopes:
        faults.add("scopes", "a key without a scope opens nothing")
    if expires_at is not None and expires_at <= now:
        faults.add("expires_at", "must be later than now")
    return label


def _make(
    customer: Customer,
    label: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    now: datetime,
    by: User | None,
) -> tuple[ApiKey, str]:
    made = new_key(OF_CUSTOMERS)
    key = ApiKey.objects.create(
        customer=customer,
        prefix=made.prefix,
        secret_hash=made.secret_hash,
        label=label,
        scopes=sorted(set(scopes)),
        created_at=now,
        created_by=by,
        expires_at=expires_at,
    )
    return key, made.text


def _said(key: ApiKey) -> dict[str, Any]:
    return {"customer": key.customer.public_id, "prefix": key.prefix, "scopes": key.scopes}


@transaction.atomic
def revoke_api_key(*, key: ApiKey, by: User | None, now: datetime, reason: str = "") -> ApiKey:
    """The key opens nothing from the next request on. Refusal when it was revoked before."""
    require_for(by, "keys.manage", key.customer)
    _revoke(key, now)
    history.record(by=by, action="keys.revoke", obj=key, reason=reason, data={"prefix": key.prefix}, at=now)
    return key


@transaction.atomic
def revoke_own_key(*, key: ApiKey, caller: ApiKey, now: datetime) -> ApiKey:
    """The same by a key of the same customer; it may be the one that is revoked."""
    if key.customer_id != caller.customer_id:
        raise Refusal("not_permitted", "This is no key of the calling key's customer.")
    _revoke(key, now)
    _record_own("keys.revoke", key, caller, {"prefix": key.prefix}, now)
    return key


def _revoke(key: ApiKey, now: datetime) -> None:
    if not ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now):
        raise Refusal("key_already_revoked", f"The key {key} was revoked before.")
    key.revoked_at = now


def _record_own(action: str, key: ApiKey, caller: ApiKey, data: Mapping[str, Any], now: datetime) -> None:
    """History names the customer, and the key that did it."""
    named = {**data, "key": caller.prefix}
    history.record(by=None, action=action, obj=key, data=named, on_behalf_of=str(caller.customer), at=now)


def authenticate_key(text: str, now: datetime) -> ApiKey | None:
    """The key with this text, with its customer, if it is neither revoked nor expired; else None."""
    return find_key(ApiKey, "customer", text, now)

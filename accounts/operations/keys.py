"""API keys of customers: issued once, revoked at once; how they are made and found: slaservice/history/keys.py."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from accounts.models import SCOPES, ApiKey, Customer
from accounts.operations.fields import Faults
from accounts.operations.permission import require_for
from slaservice.history import operations as history
from slaservice.history.keys import OF_CUSTOMERS, find_key, new_key
from slaservice.rules.refusal import Refusal


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
    label = faults.text("label", label, longest=120)
    for index, scope in enumerate(scopes):
        if scope not in SCOPES:
            faults.add(f"scopes[{index}]", f"{scope!r} is not a scope; there are: {', '.join(SCOPES)}")
    if not scopes:
        faults.add("scopes", "a key without a scope opens nothing")
    if expires_at is not None and expires_at <= now:
        faults.add("expires_at", "must be later than now")
    faults.raise_if_any()

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
    data = {"customer": customer.public_id, "prefix": key.prefix, "scopes": key.scopes}
    history.record(by=by, action="keys.issue", obj=key, data=data, at=now)
    return key, made.text


@transaction.atomic
def revoke_api_key(*, key: ApiKey, by: User | None, now: datetime, reason: str = "") -> ApiKey:
    """The key opens nothing from the next request on. Refusal when it was revoked before."""
    require_for(by, "keys.manage", key.customer)
    if not ApiKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now):
        raise Refusal("key_already_revoked", f"The key {key} was revoked before.")
    history.record(by=by, action="keys.revoke", obj=key, reason=reason, data={"prefix": key.prefix}, at=now)
    key.revoked_at = now
    return key


def authenticate_key(text: str, now: datetime) -> ApiKey | None:
    """The key with this text, with its customer, if it is neither revoked nor expired; else None."""
    return find_key(ApiKey.objects.select_related("customer"), text, now)

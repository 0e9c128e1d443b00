"""API keys: issued once, revoked at once, checked in constant time.

What is stored is HMAC-SHA-256 of the whole key under `settings.API_KEY_PEPPER`, which is not in the database: a stolen dump
neither holds a key nor lets one be tried.
"""

import hmac
import re
import secrets
import string
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from accounts.models import SCOPES, ApiKey, Customer
from accounts.operations.fields import Faults
from accounts.operations.permission import require_for
from slaservice.history import operations as history
from slaservice.rules.refusal import Refusal

_KEY = re.compile(r"sla_([0-9A-Za-z]{8})_[0-9A-Za-z_-]{43}")
_LETTERS_AND_DIGITS = string.ascii_letters + string.digits
_NOBODYS_HASH = "0" * 64


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

    prefix = "".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(8))
    text = f"sla_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        customer=customer,
        prefix=prefix,
        secret_hash=_hash(text),
        label=label,
        scopes=sorted(set(scopes)),
        created_at=now,
        created_by=by,
        expires_at=expires_at,
    )
    data = {"customer": customer.public_id, "prefix": prefix, "scopes": key.scopes}
    history.record(by=by, action="keys.issue", obj=key, data=data, at=now)
    return key, text


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
    """The key with this text, with its customer, if it is neither revoked nor expired; else None.

    The same work is done for a key that is unknown, so that its time does not tell which prefixes exist. Writes the hour
    of use, at most once an hour.
    """
    shape = _KEY.fullmatch(text)
    key = ApiKey.objects.select_related("customer").filter(prefix=shape[1] if shape else "").first()
    matches = hmac.compare_digest(_hash(text), key.secret_hash if key else _NOBODYS_HASH)
    if key is None or not matches:
        return None
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        return None
    _note_use(key, now)
    return key


def _hash(text: str) -> str:
    pepper = settings.API_KEY_PEPPER
    return hmac.new(pepper.encode(), text.encode("utf-8", "backslashreplace"), sha256).hexdigest()


def _note_use(key: ApiKey, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    if key.last_used_at is None or key.last_used_at < hour:
        unnoted = Q(last_used_at__isnull=True) | Q(last_used_at__lt=hour)
        ApiKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=hour)

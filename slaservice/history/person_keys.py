"""Keys that act as a person: everybody issues their own, and nobody another's; an administrator may revoke anybody's."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from slaservice.history import operations as history
from slaservice.history.keys import OF_PEOPLE, find_key, new_key
from slaservice.history.models import PersonKey
from slaservice.rules.refusal import FieldError, Invalid, Refusal
from slaservice.rules.workflow import KEY_SCOPES

LONGEST = timedelta(days=366)
"""No key of a person is good for longer: who forgets one is not exposed for good."""


@transaction.atomic
def issue_person_key(
    *, person: User, label: str, scopes: Collection[str], expires_at: datetime, by: User | None, now: datetime
) -> tuple[PersonKey, str]:
    """A new key and its text, which is shown this once and cannot be had again. Invalid names every fault."""
    history.require(by, "keys.own")
    if by is not None and by != person:
        raise Refusal("not_permitted", "A key acts as its person, so everybody issues their own.")
    _check(label, scopes, expires_at, now)
    made = new_key(OF_PEOPLE)
    key = PersonKey.objects.create(
        person=person,
        prefix=made.prefix,
        secret_hash=made.secret_hash,
        label=label.strip(),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=expires_at,
    )
    data = {
        "person": person.pk,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "expires_at": expires_at.isoformat(),
    }
    history.record(by=by, action="keys.issue", obj=key, data=data, at=now)
    return key, made.text


def _check(label: str, scopes: Collection[str], expires_at: datetime, now: datetime) -> None:
    errors = [
        FieldError("scopes", f"{scope!r} is not a scope; there are: {', '.join(KEY_SCOPES)}")
        for scope in scopes
        if scope not in KEY_SCOPES
    ]
    if not scopes:
        errors.append(FieldError("scopes", "a key without a scope opens nothing"))
    if not 0 < len(label.strip()) <= 120 or not label.isprintable():
        errors.append(FieldError("label", "must be a line of 1 to 120 characters"))
    if not now < expires_at <= now + LONGEST:
        errors.append(FieldError("expires_at", f"must be later than now, by at most {LONGEST.days} days"))
    if errors:
        raise Invalid(errors, "invalid_person_key")


@transaction.atomic
def revoke_person_key(*, key: PersonKey, by: User | None, now: datetime, reason: str = "") -> PersonKey:
    """The key opens nothing from the next request on. Refusal when it was revoked before."""
    history.require(by, "keys.own" if by == key.person else "people.manage")
    if not PersonKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=now):
        raise Refusal("key_already_revoked", f"The key {key} was revoked before.")
    history.record(by=by, action="keys.revoke", obj=key, reason=reason, data={"prefix": key.prefix}, at=now)
    key.revoked_at = now
    return key


def authenticate_person_key(text: str, now: datetime) -> PersonKey | None:
    """The key with this text, with its person, if both are good; else None."""
    key = find_key(PersonKey, "person", text, now)
    return key if key is not None and key.person.is_active else None

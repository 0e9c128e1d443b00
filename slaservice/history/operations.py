"""Who may, and who did: the two questions that every operation asks and answers.

An operation calls `require` first and `record` last, both inside its own transaction, so that there is no change without
an entry and no entry without a change. `by` is a person, or None for the system itself (importers, schedules).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import Model

from slaservice import bulk
from slaservice.history.models import Entry
from slaservice.rules import workflow
from slaservice.rules.refusal import Refusal

Person = AbstractBaseUser | AnonymousUser


def roles_of(user: Person | None) -> frozenset[str]:
    """The roles of a person: group names that are roles; a superuser is an administrator besides. One query.

    Nobody has a role who is not logged in or no longer active.
    """
    if not isinstance(user, User) or not user.is_active:
        return frozenset()
    names = user.groups.filter(name__in=workflow.ROLES).values_list("name", flat=True)
    return frozenset(names) | ({workflow.ADMINISTRATOR} if user.is_superuser else set())


def require(by: Person | None, action: str) -> None:
    """Refusal `not_permitted` unless a role of `by` has the action. None, the system, has every one."""
    if by is not None:
        workflow.require(roles_of(by), action)


@dataclass(frozen=True, slots=True)
class Deed:
    """What `record_many` writes of one object: `obj` is a saved row."""

    obj: Model
    reason: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    on_behalf_of: str = ""


def record(
    *,
    by: Person | None,
    action: str,
    obj: Model,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    on_behalf_of: str = "",
    at: datetime,
) -> Entry:
    """Writes that `by` did `action` to the saved row `obj` at `at`. `data` must be JSON.

    `on_behalf_of`: who outside asked for it, where a person acts for a customer; history always shows both names.
    """
    return record_many(by=by, action=action, deeds=[Deed(obj, reason, data or {}, on_behalf_of)], at=at)[0]


def record_many(*, by: Person | None, action: str, deeds: Iterable[Deed], at: datetime) -> list[Entry]:
    """The same for many rows at once."""
    if by is not None and not isinstance(by, User):
        raise Refusal("not_permitted", "Nobody is logged in.")
    entries = [
        Entry(
            at=at,
            actor=by,
            on_behalf_of=deed.on_behalf_of,
            action=action,
            object_type=deed.obj._meta.label_lower,
            object_id=str(deed.obj.pk),
            reason=deed.reason,
            data=dict(deed.data),
        )
        for deed in deeds
    ]
    return bulk.insert(entries)

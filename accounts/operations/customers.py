"""Customers and the people who are theirs."""

from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from accounts.models import Customer, Membership
from accounts.models.customers import SPOKEN, vendor_language
from accounts.operations.fields import Faults
from accounts.operations.permission import require_for
from accounts.queries import sees_every_customer
from slaservice.history import operations as history

CHANGEABLE = ("name", "legal_name", "address", "account_manager", "language", "ended_on")


@transaction.atomic
def create_customer(
    *,
    name: str,
    legal_name: str = "",
    address: str = "",
    account_manager: User | None = None,
    language: str | None = None,
    by: User | None,
    now: datetime,
    reason: str = "",
) -> Customer:
    """A new customer. `legal_name` is what a statement prints; without one, the name. Invalid names every fault.

    Without a `language` it is written to in the vendor's.

    Who would not see it otherwise has it in their own care, if it is given to nobody else.
    """
    history.require(by, "customers.edit")
    if by is not None and account_manager is None and not sees_every_customer(by):
        account_manager = by
    values = _checked(
        name=name,
        legal_name=legal_name or name,
        address=address,
        account_manager=account_manager,
        language=vendor_language() if language is None else language,
    )
    customer = Customer.objects.create(**values)
    data = {"after": _plain(values)}
    history.record(by=by, action="customers.create", obj=customer, reason=reason, data=data, at=now)
    return customer


@transaction.atomic
def change_customer(
    *, customer: Customer, by: User | None, now: datetime, reason: str = "", **changes: Any
) -> Customer:
    """Change any of CHANGEABLE. What is equal already is no change and leaves no history. Invalid names every fault."""
    require_for(by, "customers.edit", customer)
    current = Customer.objects.select_for_update().get(pk=customer.pk)
    values = _checked(**{name: changes.get(name, getattr(current, name)) for name in CHANGEABLE})
    before = {name: getattr(current, name) for name in values if getattr(current, name) != values[name]}
    if not before:
        return current
    after = {name: values[name] for name in before}
    for name, value in after.items():
        setattr(current, name, value)
    current.save(update_fields=list(after))
    history.record(
        by=by,
        action="customers.change",
        obj=current,
        reason=reason,
        at=now,
        data={"before": _plain(before), "after": _plain(after)},
    )
    return current


@transaction.atomic
def add_member(*, customer: Customer, user: User, by: User | None, now: datetime) -> Membership:
    """This person is one of the customer's own. Twice is once."""
    require_for(by, "people.manage", customer)
    membership, added = Membership.objects.get_or_create(customer=customer, user=user)
    if added:
        history.record(by=by, action="members.add", obj=customer, data={"user": user.pk}, at=now)
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: User | None, now: datetime, reason: str = "") -> None:
    """The person no longer sees what is the customer's, from the next request on."""
    require_for(by, "people.manage", membership.customer)
    removed, _ = Membership.objects.filter(pk=membership.pk).delete()
    if removed:
        data = {"user": membership.user_id}
        history.record(
            by=by, action="members.remove", obj=membership.customer, reason=reason, data=data, at=now
        )


def _checked(**values: Any) -> dict[str, Any]:
    faults = Faults("invalid_customer")
    lengths = {"name": 120, "legal_name": 200}
    for field, longest in lengths.items():
        values[field] = faults.text(field, values[field], longest=longest)
    values["address"] = faults.text("address", values["address"], longest=1000, lines=True, blank=True)
    if values["language"] not in SPOKEN:
        faults.add("language", f"is none of the languages that statements speak: {', '.join(SPOKEN)}")
    faults.raise_if_any()
    return values


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values as history keeps them: JSON, people by id."""
    return {name: _as_json(value) for name, value in values.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value.pk if isinstance(value, User) else value

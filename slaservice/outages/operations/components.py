"""What we run and for whom, and what the ids of a feed mean among it."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model

from slaservice.history import operations as history
from slaservice.outages.models import Component, CustomerTier, FeedComponent
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By
from slaservice.rules.refusal import Refusal

_EDIT = "components.edit"


def create_component(
    *,
    code: str,
    name: str,
    by: By,
    now: datetime,
    starts_on: date | None = None,
    ends_on: date | None = None,
    position: int = 0,
) -> Component:
    """A new component; its code is for good. Invalid with every fault; Refusal `already_recorded` if the code is taken."""
    values = {"name": name, "starts_on": starts_on, "ends_on": ends_on, "position": position}
    return _create(Component, code, values, by=by, now=now)


def create_tier(*, code: str, name: str, by: By, now: datetime, position: int = 0) -> CustomerTier:
    """A new customer tier; its code is for good."""
    return _create(CustomerTier, code, {"name": name, "position": position}, by=by, now=now)


def change_component(
    *, component: Component, by: By, now: datetime, reason: str = "", **changes: Any
) -> Component:
    """Another name, position, first or last day (`ends_on`, exclusive). What it is called in documents is its code."""
    return _change(
        component, {"name", "starts_on", "ends_on", "position"}, changes, reason=reason, by=by, now=now
    )


def change_tier(
    *, tier: CustomerTier, by: By, now: datetime, reason: str = "", **changes: Any
) -> CustomerTier:
    """Another name or position."""
    return _change(tier, {"name", "position"}, changes, reason=reason, by=by, now=now)


@transaction.atomic
def map_feed_component(
    *,
    source: str,
    external_id: str,
    component: Component | None,
    by: By,
    now: datetime,
    name: str = "",
    reason: str = "",
) -> FeedComponent:
    """What this id of this feed means; null: a question again. Counts for what is imported from now on."""
    history.require(by, _EDIT)
    faults = Faults()
    faults.text("source", source, longest=60, blank=False)
    faults.text("external_id", external_id, longest=200, blank=False)
    faults.text("name", name, longest=200)
    faults.raise_if_any()
    found, _ = FeedComponent.objects.select_for_update().get_or_create(
        source=source, external_id=external_id, defaults={"name": name}
    )
    before = found.component
    if before != component:
        found.component = component
        found.save(update_fields=["component"])
        data = {
            "before": {"component": before and before.code},
            "after": {"component": component and component.code},
        }
        history.record(by=by, action="components.map", obj=found, reason=reason, data=data, at=now)
    return found


@transaction.atomic
def _create(model: Any, code: str, values: dict[str, Any], *, by: By, now: datetime) -> Any:
    history.require(by, _EDIT)
    _check(values, code=code)
    try:
        with transaction.atomic():
            created = model.objects.create(code=code, **values)
    except IntegrityError as conflict:
        raise Refusal("already_recorded", f"The code {code} is taken.") from conflict
    history.record(
        by=by,
        action="components.create",
        obj=created,
        data={"after": _plain({"code": code, **values})},
        at=now,
    )
    return created


@transaction.atomic
def _change(
    row: Model, allowed: set[str], changes: dict[str, Any], *, reason: str, by: By, now: datetime
) -> Any:
    history.require(by, _EDIT)
    if set(changes) - allowed:
        raise Refusal(
            "field_is_not_known", f"This cannot be changed: {', '.join(sorted(set(changes) - allowed))}."
        )
    current = type(row)._default_manager.select_for_update().get(pk=row.pk)
    before = {
        name: getattr(current, name) for name, value in changes.items() if getattr(current, name) != value
    }
    if not before:
        return current
    after = {name: changes[name] for name in before}
    _check({name: getattr(current, name) for name in allowed} | after)
    for name, value in after.items():
        setattr(current, name, value)
    current.save(update_fields=list(after))
    data = {"before": _plain(before), "after": _plain(after)}
    history.record(by=by, action="components.change", obj=current, reason=reason, data=data, at=now)
    return current


def _check(values: dict[str, Any], *, code: str | None = None) -> None:
    faults = Faults()
    if code is not None:
        faults.slug("code", code, code="code_is_not_a_slug")
    faults.text("name", values["name"], longest=120, blank=False)
    starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
    if starts_on and ends_on and ends_on <= starts_on:
        faults.add("component_ends_before_it_starts", "ends_on", "The last day must come after the first.")
    faults.raise_if_any()


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}

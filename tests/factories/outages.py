"""Components, tiers, outage windows, maintenance and feeds of a status page, made through the operations."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import count
from typing import Any

from django.contrib.auth.models import Group, User

from slaservice.history.models import Entry
from slaservice.history.queries import history_of
from slaservice.outages import operations
from slaservice.outages.models import Component, CustomerTier, Incident, Maintenance, OutageWindow

NOW = datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
"""When things are recorded here: after the quarter in which they happened."""

_serial = count(1)


def april(day: int, hour: int = 0, minute: int = 0, second: int = 0, microsecond: int = 0) -> datetime:
    """An instant of April 2026 in UTC."""
    return datetime(2026, 4, day, hour, minute, second, microsecond, tzinfo=UTC)


NOON, TWO = april(10, 12), april(10, 14)
NIGHT, MORNING = april(20, 2), april(20, 4)


def a_person(*roles: str, **values: Any) -> User:
    """A user of the site with these roles."""
    user = User.objects.create_user(username=f"somebody{next(_serial)}", is_staff=bool(roles), **values)
    for role in roles:
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


def a_component(code: str = "api", **values: Any) -> Component:
    return Component.objects.get_or_create(code=code, defaults={"name": code.upper(), **values})[0]


def a_tier(code: str = "enterprise") -> CustomerTier:
    return CustomerTier.objects.get_or_create(code=code, defaults={"name": code.title()})[0]


def a_proposal(start: datetime = NOON, end: datetime | None = TWO, **values: Any) -> OutageWindow:
    """A major outage of the API for the enterprise tier, from noon to two on 10 April; still to be decided."""
    chosen: dict[str, Any] = {
        "severity": "major_outage",
        "basis": "operator",
        "by": None,
        "now": NOW,
        **values,
    }
    chosen.setdefault("component", a_component())
    chosen["tiers"] = chosen.get("tiers") or [a_tier()]
    return operations.propose_outage(start=start, end=end, **chosen)


def a_window(start: datetime = NOON, end: datetime | None = TWO, **values: Any) -> OutageWindow:
    """The same, confirmed."""
    proposal = a_proposal(start, end, **values)
    return operations.confirm(window=proposal, by=values.get("by"), now=values.get("now", NOW))


def a_planned_maintenance(start: datetime = NIGHT, end: datetime = MORNING, **values: Any) -> Maintenance:
    """Scheduled maintenance of every component for the enterprise tier, announced a week ahead; still to be decided."""
    chosen: dict[str, Any] = {
        "component": None,
        "category": "scheduled_maintenance",
        "title": "New disks",
        "announced_at": april(13, 9),
        "by": None,
        "now": NOW,
        **values,
    }
    chosen["tiers"] = chosen.get("tiers") or [a_tier()]
    return operations.record_maintenance(start=start, end=end, **chosen)


def a_maintenance(start: datetime = NIGHT, end: datetime = MORNING, **values: Any) -> Maintenance:
    """The same, confirmed."""
    planned = a_planned_maintenance(start, end, **values)
    return operations.confirm_maintenance(maintenance=planned, by=None, now=values.get("now", NOW))


def an_incident(external_id: str = "", **values: Any) -> Incident:
    """An incident as if it had been imported."""
    chosen = {"source": "statuspage", "title": "Errors", "started_at": april(10, 12), **values}
    named = external_id or f"incident{next(_serial)}"
    return Incident.objects.create(external_id=named, payload_sha256="0" * 64, **chosen)


def actions_on(obj: Any) -> list[str]:
    """What history says was done to an object, oldest first."""
    return [entry.action for entry in history_of(obj).order_by("pk")]


def last_entry(obj: Any) -> Entry:
    return history_of(obj).order_by("pk").last() or Entry()


# A status page's feed, in the real shape.

Json = dict[str, Any]


def a_feed(*incidents: Json, **parts: Any) -> Json:
    """A whole feed, newest incident first as pages have it."""
    return {
        "page": {"id": "p1", "name": "Page", "time_zone": "Etc/UTC"},
        "incidents": list(incidents),
        **parts,
    }


def a_feed_incident(external_id: str = "inc1", *updates: Json, **values: Any) -> Json:
    """An incident with its updates given oldest first, as people think, and listed newest first, as pages do."""
    first, last = (updates[0], updates[-1]) if updates else ({}, {})
    over = last.get("status") == "resolved"
    return {
        "id": external_id,
        "name": "Elevated errors",
        "status": last.get("status", "resolved"),
        "impact": "major",
        "created_at": first.get("created_at"),
        "started_at": first.get("created_at"),
        "resolved_at": last["display_at"] if over else None,
        "shortlink": f"https://status.example.com/{external_id}",
        "incident_updates": list(reversed(updates)),
        "components": [],
        **values,
    }


def an_update(
    status: str, at: str, changes: Mapping[str, tuple[str, str]] | Iterable[Json] | None = None, **values: Any
) -> Json:
    """An update of 10 April at a time of day; `changes` are component id -> (old status, new status), or as they stand."""
    if isinstance(changes, Mapping):
        changes = [
            {"code": code, "name": f"Name of {code}", "old_status": old, "new_status": new}
            for code, (old, new) in changes.items()
        ]
    moment = at if "T" in at else f"2026-04-10T{at}Z"
    return {
        "id": f"u-{status}-{at}".replace(":", ""),
        "status": status,
        "body": "We are on it.",
        "created_at": moment,
        "display_at": moment,
        "affected_components": None if changes is None else list(changes),
        **values,
    }


def an_outage_in_the_feed(external_id: str = "inc1", code: str = "c1", **values: Any) -> Json:
    """Component c1 in partial outage from 12:00 to 13:00 on 10 April, resolved at 13:30."""
    return a_feed_incident(
        external_id,
        an_update("investigating", "12:00:00", {code: ("operational", "partial_outage")}),
        an_update("monitoring", "13:00:00", {code: ("partial_outage", "operational")}),
        an_update("resolved", "13:30:00", {code: ("operational", "operational")}),
        **values,
    )


def a_mapping(external_id: str = "c1", code: str = "api", source: str = "statuspage") -> None:
    """The feed's component means ours."""
    operations.map_feed_component(
        source=source, external_id=external_id, component=a_component(code), by=None, now=NOW
    )

"""Maintenance: recorded with its announcement, confirmed, corrected and withdrawn by operators."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from slaservice.outages.models import CATEGORIES, Component, CustomerTier, Maintenance, MaintenanceTier
from slaservice.outages.operations import life
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By, Draft, Register
from slaservice.rules.refusal import Refusal


@dataclass(frozen=True, slots=True)
class MaintenanceFacts:
    """What a maintenance says; null `component`: every one; null `announced_at`: never announced.

    The plan is what was announced, the span what was done; null plan: not known.
    """

    component: Component | None
    tiers: tuple[CustomerTier, ...]
    category: str
    start: datetime
    end: datetime
    title: str
    announced_at: datetime | None = None
    note: str = ""
    planned_start: datetime | None = None
    planned_end: datetime | None = None

    def columns(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "tiers"}

    def described(self) -> dict[str, Any]:
        return self.columns() | {
            "component": self.component.code if self.component else None,
            "tiers": [tier.code for tier in self.tiers],
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            **{
                name: _shown(getattr(self, name)) for name in ("announced_at", "planned_start", "planned_end")
            },
        }

    def check(self, faults: Faults, *, now: datetime) -> None:
        known = faults.instant("start", self.start) & faults.instant("end", self.end)
        if known and self.end <= self.start:
            faults.add(
                "maintenance_ends_before_it_starts", "end", "The maintenance must end after it starts."
            )
        self._check_plan(faults)
        if (
            faults.instant("announced_at", self.announced_at)
            and self.announced_at
            and self.announced_at > now
        ):
            faults.add(
                "maintenance_is_announced_in_the_future",
                "announced_at",
                "The announcement must have been made.",
            )
        if not self.tiers:
            faults.add("maintenance_names_no_tier", "tiers", "Name at least one customer tier.")
        if self.category not in CATEGORIES:
            faults.add(
                "category_is_not_known", "category", f"The category must be one of: {', '.join(CATEGORIES)}."
            )
        faults.text("title", self.title, longest=500, blank=False)
        faults.text("note", self.note, longest=4000)

    def _check_plan(self, faults: Faults) -> None:
        start, end = self.planned_start, self.planned_end
        known = faults.instant("planned_start", start) & faults.instant("planned_end", end)
        if (start is None) != (end is None):
            faults.add(
                "maintenance_plan_is_half",
                "planned_end",
                "Give both when it was planned to begin and to end.",
            )
        elif known and start is not None and end is not None and end <= start:
            faults.add(
                "maintenance_plan_ends_before_it_starts", "planned_end", "The plan must end after it starts."
            )


def _shown(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def facts_of(maintenance: Maintenance) -> MaintenanceFacts:
    """What a stored maintenance says."""
    stored = {
        field.name: getattr(maintenance, field.name)
        for field in fields(MaintenanceFacts)
        if field.name != "tiers"
    }
    return MaintenanceFacts(tiers=_in_order(maintenance.tiers.all()), **stored)


def _in_order(tiers: Iterable[CustomerTier]) -> tuple[CustomerTier, ...]:
    return tuple(sorted(set(tiers), key=lambda tier: tier.code))


MAINTENANCE = Register(
    model=Maintenance,
    tier_model=MaintenanceTier,
    owner="maintenance",
    noun="maintenance",
    initial="M",
    area="maintenance",
    permissions=dict.fromkeys(("propose", "confirm", "correct", "withdraw"), "maintenance.record"),
    facts_of=facts_of,
)


def record_maintenance(
    *,
    component: Component | None,
    tiers: Iterable[CustomerTier],
    category: str,
    start: datetime,
    end: datetime,
    title: str,
    by: By,
    now: datetime,
    announced_at: datetime | None = None,
    note: str = "",
    planned_start: datetime | None = None,
    planned_end: datetime | None = None,
    source: str = "",
    external_id: str = "",
    reference: str = "",
) -> Maintenance:
    """A maintenance that counts once confirmed. It may lie ahead. Invalid with every fault."""
    facts = MaintenanceFacts(
        component,
        _in_order(tiers),
        category,
        start,
        end,
        title,
        announced_at,
        note,
        planned_start,
        planned_end,
    )
    return record_maintenances(drafts=[Draft(facts, source, external_id, reference)], by=by, now=now)[0]


def record_maintenances(*, drafts: Sequence[Draft], by: By, now: datetime) -> list[Maintenance]:
    """Many at once, all or none."""
    return life.propose(MAINTENANCE, drafts=drafts, by=by, now=now)


def confirm_maintenance(*, maintenance: Maintenance, by: By, now: datetime, reason: str = "") -> Maintenance:
    """It may excuse downtime from now on, where a contract says so."""
    return life.confirm(MAINTENANCE, row=maintenance, by=by, now=now, reason=reason)


def correct_maintenance(
    *, maintenance: Maintenance, by: By, now: datetime, reason: str, **changes: Any
) -> Maintenance:
    """A new confirmed revision with these fields of MaintenanceFacts changed."""
    unknown = set(changes) - {field.name for field in fields(MaintenanceFacts)}
    if unknown:
        raise Refusal("field_is_not_known", f"A maintenance has no {', '.join(sorted(unknown))}.")
    if "tiers" in changes:
        changes["tiers"] = _in_order(changes["tiers"])
    facts = replace(facts_of(maintenance), **changes)
    return life.correct(MAINTENANCE, row=maintenance, facts=facts, by=by, now=now, reason=reason)


def withdraw_maintenance(*, maintenance: Maintenance, by: By, now: datetime, reason: str) -> Maintenance:
    """It was not done, or excuses nothing, for a reason."""
    return life.withdraw(MAINTENANCE, row=maintenance, by=by, now=now, reason=reason)

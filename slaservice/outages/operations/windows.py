"""Outage windows: proposed by people and importers, confirmed, corrected and withdrawn by operators."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from slaservice.outages.models import BASES, Component, CustomerTier, Incident, OutageWindow, OutageWindowTier
from slaservice.outages.models.windows import MOST_AFFECTED
from slaservice.outages.operations import life
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By, Draft, Register
from slaservice.rules.refusal import Refusal

CLOCKS_MAY_DIFFER_BY = timedelta(minutes=5)
"""An outage is in the past; a source's clock may be ahead of ours by this much."""


@dataclass(frozen=True, slots=True)
class OutageFacts:
    """What a window says; `tiers` in order of code. Null `end`: still open."""

    component: Component
    tiers: tuple[CustomerTier, ...]
    start: datetime
    end: datetime | None
    severity: str
    basis: str
    affected_count: int | None = None
    affected_of: int | None = None
    incident: Incident | None = None
    cause: str = ""
    note: str = ""
    evidence_url: str = ""

    def columns(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "tiers"}

    def described(self) -> dict[str, Any]:
        return self.columns() | {
            "component": self.component.code,
            "tiers": [tier.code for tier in self.tiers],
            "start": self.start.isoformat(),
            "end": self.end.isoformat() if self.end else None,
            "incident": self.incident.external_id if self.incident else None,
        }

    def check(self, faults: Faults, *, now: datetime) -> None:
        self._check_span(faults, now=now)
        self._check_share(faults)
        if not self.tiers:
            faults.add(
                "window_names_no_tier",
                "tiers",
                "Name at least one customer tier: the outage must affect somebody.",
            )
        faults.slug("severity", self.severity, code="severity_is_not_a_slug")
        if self.basis not in BASES:
            faults.add("basis_is_not_known", "basis", f"The basis must be one of: {', '.join(BASES)}.")
        faults.text("cause", self.cause, longest=4000)
        faults.text("note", self.note, longest=4000)
        faults.link("evidence_url", self.evidence_url)

    def _check_span(self, faults: Faults, *, now: datetime) -> None:
        if not (faults.instant("start", self.start) & faults.instant("end", self.end)):
            return
        if self.end is not None and self.end <= self.start:
            faults.add(
                "window_ends_before_it_starts",
                "end",
                f"The outage must end after it starts: it starts at {self.start:%Y-%m-%d %H:%M:%S} "
                f"and ends at {self.end:%Y-%m-%d %H:%M:%S} UTC.",
            )
        if self.start > now + CLOCKS_MAY_DIFFER_BY:
            faults.add("window_starts_in_the_future", "start", "The outage must have started already.")
        elif self.end is not None and self.end > now + CLOCKS_MAY_DIFFER_BY:
            faults.add(
                "window_ends_in_the_future",
                "end",
                "The outage must be over; leave the end out while it goes on.",
            )

    def _check_share(self, faults: Faults) -> None:
        count, of = self.affected_count, self.affected_of
        if count is None and of is None:
            return
        if count is None or of is None or not 0 <= count <= of or not 1 <= of <= MOST_AFFECTED:
            faults.add(
                "affected_share_is_not_a_share",
                "affected_count",
                "Give both how many were affected and of how many, the first not above the second.",
            )


def facts_of(window: OutageWindow) -> OutageFacts:
    """What a stored window says."""
    stored = {
        field.name: getattr(window, field.name) for field in fields(OutageFacts) if field.name != "tiers"
    }
    return OutageFacts(tiers=_in_order(window.tiers.all()), **stored)


def _in_order(tiers: Iterable[CustomerTier]) -> tuple[CustomerTier, ...]:
    return tuple(sorted(set(tiers), key=lambda tier: tier.code))


WINDOWS = Register(
    model=OutageWindow,
    tier_model=OutageWindowTier,
    owner="window",
    noun="outage",
    initial="W",
    area="outages",
    permissions={verb: f"outages.{verb}" for verb in ("propose", "confirm", "correct", "withdraw")},
    facts_of=facts_of,
)


def propose_outage(
    *,
    component: Component,
    tiers: Iterable[CustomerTier],
    start: datetime,
    end: datetime | None = None,
    severity: str,
    basis: str,
    by: By,
    now: datetime,
    affected_count: int | None = None,
    affected_of: int | None = None,
    incident: Incident | None = None,
    cause: str = "",
    note: str = "",
    evidence_url: str = "",
    source: str = "",
    external_id: str = "",
    reference: str = "",
) -> OutageWindow:
    """A window that somebody or something claims; it counts once confirmed.

    Without `source` and `external_id` it is one made by hand, named by `reference` or at random. Invalid with every
    fault; Refusal `already_recorded` if the source's id or the reference is there.
    """
    facts = OutageFacts(
        component,
        _in_order(tiers),
        start,
        end,
        severity,
        basis,
        affected_count,
        affected_of,
        incident,
        cause,
        note,
        evidence_url,
    )
    return propose_outages(drafts=[Draft(facts, source, external_id, reference)], by=by, now=now)[0]


def propose_outages(*, drafts: Sequence[Draft], by: By, now: datetime) -> list[OutageWindow]:
    """Many at once, all or none, in a fixed number of queries."""
    return life.propose(WINDOWS, drafts=drafts, by=by, now=now)


def confirm(*, window: OutageWindow, by: By, now: datetime, reason: str = "") -> OutageWindow:
    """The window counts from now on; a window that it supersedes no longer does."""
    return life.confirm(WINDOWS, row=window, by=by, now=now, reason=reason)


def correct(*, window: OutageWindow, by: By, now: datetime, reason: str, **changes: Any) -> OutageWindow:
    """A new confirmed revision with these fields of OutageFacts changed; the proposed or confirmed `window` is superseded.

    Also how an open window is closed. A changed time or severity rests on the operator's word unless `basis` says what on.
    """
    unknown = set(changes) - {field.name for field in fields(OutageFacts)}
    if unknown:
        raise Refusal("field_is_not_known", f"An outage window has no {', '.join(sorted(unknown))}.")
    before = facts_of(window)
    if "tiers" in changes:
        changes["tiers"] = _in_order(changes["tiers"])
    judged = any(
        getattr(before, name) != changes[name] for name in ("start", "end", "severity") if name in changes
    )
    if judged:
        changes.setdefault("basis", "operator")
        if before.basis == "posted_status":
            changes.setdefault("note", "")  # an importer's note asks what this answers
    return life.correct(WINDOWS, row=window, facts=replace(before, **changes), by=by, now=now, reason=reason)


def withdraw(*, window: OutageWindow, by: By, now: datetime, reason: str) -> OutageWindow:
    """The window does not count, or no longer does, for a reason."""
    return life.withdraw(WINDOWS, row=window, by=by, now=now, reason=reason)

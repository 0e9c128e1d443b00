"""Gaps of the measurement: recorded, confirmed, corrected and withdrawn by operators, so that silence is never read by chance."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from slaservice.outages.models import Component, CustomerTier, MeasurementGap
from slaservice.outages.operations import life
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By, Draft, Register
from slaservice.outages.operations.windows import CLOCKS_MAY_DIFFER_BY
from slaservice.rules.refusal import Refusal


@dataclass(frozen=True, slots=True)
class GapFacts:
    """What a gap says; null `end`: the component is still not measured."""

    component: Component
    start: datetime
    end: datetime | None
    cause: str
    note: str = ""

    @property
    def tiers(self) -> tuple[CustomerTier, ...]:
        """Whoever measures a component measures it for everybody."""
        return ()

    def columns(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def described(self) -> dict[str, Any]:
        return self.columns() | {
            "component": self.component.code,
            "start": self.start.isoformat(),
            "end": self.end.isoformat() if self.end else None,
        }

    def check(self, faults: Faults, *, now: datetime) -> None:
        known = faults.instant("start", self.start) & faults.instant("end", self.end)
        if known and self.end is not None and self.end <= self.start:
            faults.add("gap_ends_before_it_starts", "end", "The gap must end after it starts.")
        if known and max(self.start, self.end or self.start) > now + CLOCKS_MAY_DIFFER_BY:
            faults.add(
                "gap_lies_in_the_future",
                "end" if self.end else "start",
                "The gap must be past; leave the end out while it goes on.",
            )
        faults.text("cause", self.cause, longest=4000, blank=False)
        faults.text("note", self.note, longest=4000)


def facts_of(gap: MeasurementGap) -> GapFacts:
    """What a stored gap says."""
    return GapFacts(**{field.name: getattr(gap, field.name) for field in fields(GapFacts)})


GAPS = Register(
    model=MeasurementGap,
    tier_model=None,
    owner="gap",
    noun="gap of the measurement",
    initial="G",
    area="gaps",
    permissions=dict.fromkeys(("propose", "confirm", "correct", "withdraw"), "measurement.record"),
    facts_of=facts_of,
)


def record_gap(
    *,
    component: Component,
    start: datetime,
    end: datetime | None,
    cause: str,
    by: By,
    now: datetime,
    note: str = "",
    source: str = "",
    external_id: str = "",
    reference: str = "",
) -> MeasurementGap:
    """A gap that counts once confirmed. Invalid with every fault."""
    facts = GapFacts(component, start, end, cause, note)
    return record_gaps(drafts=[Draft(facts, source, external_id, reference)], by=by, now=now)[0]


def record_gaps(*, drafts: Sequence[Draft], by: By, now: datetime) -> list[MeasurementGap]:
    """Many at once, all or none."""
    return life.propose(GAPS, drafts=drafts, by=by, now=now)


def confirm_gap(*, gap: MeasurementGap, by: By, now: datetime, reason: str = "") -> MeasurementGap:
    """Nothing is known of this time from now on: a contract says what that counts as."""
    return life.confirm(GAPS, row=gap, by=by, now=now, reason=reason)


def correct_gap(*, gap: MeasurementGap, by: By, now: datetime, reason: str, **changes: Any) -> MeasurementGap:
    """A new confirmed revision with these fields of GapFacts changed; also how an open gap is closed."""
    unknown = set(changes) - {field.name for field in fields(GapFacts)}
    if unknown:
        raise Refusal("field_is_not_known", f"A gap has no {', '.join(sorted(unknown))}.")
    facts = replace(facts_of(gap), **changes)
    return life.correct(GAPS, row=gap, facts=facts, by=by, now=now, reason=reason)


def withdraw_gap(*, gap: MeasurementGap, by: By, now: datetime, reason: str) -> MeasurementGap:
    """There was a measurement after all, for a reason."""
    return life.withdraw(GAPS, row=gap, by=by, now=now, reason=reason)

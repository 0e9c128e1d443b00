"""What an incident of the feed claims: outage windows from its updates, maintenance from its plan.

A claim has an id of its own, made of the feed's ids alone, so that a later import finds what the earlier one proposed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from slaservice.outages.importers.statuspage.stretches import stretches_of
from slaservice.outages.importers.statuspage.values import FeedIncident
from slaservice.outages.models import Component, CustomerTier, Incident
from slaservice.outages.operations.life import Facts, Register, shortened
from slaservice.outages.operations.maintenance import MAINTENANCE, MaintenanceFacts
from slaservice.outages.operations.windows import CLOCKS_MAY_DIFFER_BY, WINDOWS, OutageFacts


@dataclass(frozen=True)
class Claim:
    """`register` says which kind; `says` are the columns that make it another claim when they change."""

    register: Register = field(compare=False)
    feed_component: str
    external_id: str
    ending: str
    says: dict[str, Any]
    title: str = field(default="", compare=False)
    note: str = field(default="", compare=False)

    def agrees_with(self, row: Any) -> bool:
        """Whether a stored revision says just this."""
        return all(getattr(row, name) == value for name, value in self.says.items())

    def lies_ahead(self, now: datetime) -> bool:
        """Whether an outage is claimed for a time that has not come."""
        latest = now + CLOCKS_MAY_DIFFER_BY
        return self.register is WINDOWS and (self.says["end"] or self.says["start"]) > latest

    def references(self, incident: FeedIncident, component: Component, source: str) -> Iterator[str]:
        """Names for it, the best one first; the next ones for two feeds, or two of its components, that mean the same."""
        yield shortened(f"{incident.external_id}/{component.code}{self.ending}")
        yield shortened(f"{incident.external_id}/{self.feed_component}{self.ending}")
        yield shortened(f"{source}/{incident.external_id}/{self.feed_component}{self.ending}")

    def facts(
        self, *, component: Component, tiers: tuple[CustomerTier, ...], incident: Incident, note: str
    ) -> Facts:
        """What the proposal says: for every tier, because a feed knows none."""
        if self.register is MAINTENANCE:
            return MaintenanceFacts(
                component, tiers, "scheduled_maintenance", title=self.title, note=note, **self.says
            )
        return OutageFacts(
            component,
            tiers,
            basis="posted_status",
            incident=incident,
            note=note,
            evidence_url=incident.public_url,
            **self.says,
        )


def claims_of(incident: FeedIncident) -> dict[str, Claim]:
    """Every claim of an incident by its id."""
    return {claim.external_id: claim for claim in (*_outages(incident), *_maintenance(incident))}


def _outages(incident: FeedIncident) -> Iterator[Claim]:
    for stretch in stretches_of(incident):
        yield Claim(
            WINDOWS,
            stretch.component,
            f"{incident.external_id}/{stretch.component}/{stretch.number}",
            f"/{stretch.number}",
            {"start": stretch.start, "end": stretch.end, "severity": stretch.severity},
            note=stretch.note,
        )


def _maintenance(incident: FeedIncident) -> Iterator[Claim]:
    """Planned spans until the updates tell the real ones; announced when it was typed, which a page cannot date back."""
    if incident.scheduled_for is None:
        return
    begun = incident.first_seen("in_progress") or incident.scheduled_for
    done = incident.first_seen("completed") or incident.scheduled_until
    if done is None or done.ceil <= begun.floor:
        return
    posted = [update.posted_at or update.displayed_at for update in incident.updates]
    announced = min(posted, default=incident.started_at)
    plan = (incident.scheduled_for, incident.scheduled_until)
    says = {"start": begun.floor, "end": done.ceil, "announced_at": announced.ceil if announced else None}
    if plan[1] is not None and plan[1].ceil > plan[0].floor:
        says |= {"planned_start": plan[0].floor, "planned_end": plan[1].ceil}
    for component in incident.listed:
        yield Claim(
            MAINTENANCE,
            component,
            f"{incident.external_id}/{component}",
            "",
            says,
            title=(incident.title or incident.external_id)[:500],
        )

"""What the updates of one incident say about each component: stretches of equal status that is not operational.

Incident by incident, on purpose: a page shows the last writer's word, but what another incident did to a component says
nothing about this outage. Only the updates decide; the incident's list of components, its impact and its word "resolved" do
not. What the feed leaves open is said in a note, as a question for the operator who confirms.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from slaservice.outages.importers.instants import Instant
from slaservice.outages.importers.statuspage.values import FeedIncident

UP = frozenset({"operational", "under_maintenance"})
"""Statuses that are no outage; maintenance is recorded as maintenance."""

NEVER_CLEARED = (
    "No update ever set the component back; the end is when the incident was resolved. Is it right?"
)
RESET_ELSEWHERE = (
    "When this ended, the component read {status} already: it was reset without an update of this incident, "
    "so the outage may have ended earlier. Is the end right?"
)
SET_AFTERWARDS = (
    "The component was set to this after the incident was resolved, and never back. Is it still so?"
)
INHERITED = (
    "The first update found the component at {status} already: it may have come from another incident. "
    "Is this an outage of its own?"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """`component` (the feed's id) had `severity` in [start, end); null end: not cleared yet. Equal where its facts are."""

    component: str
    number: int
    start: datetime
    end: datetime | None
    severity: str
    note: str = field(default="", compare=False)


@dataclass
class _Open:
    """A status since an instant, while its end is not known."""

    status: str
    since: Instant
    notes: list[str] = field(default_factory=list)


def stretches_of(incident: FeedIncident) -> tuple[Stretch, ...]:
    """Every stretch that has a length, component by component in the order in which the updates name them."""
    components = dict.fromkeys(one.component for update in incident.updates for one in update.transitions)
    return tuple(stretch for component in components for stretch in _numbered(incident, component))


def _numbered(incident: FeedIncident, component: str) -> Iterator[Stretch]:
    number = 0
    for status, start, end, notes in _of_component(incident, component):
        if status in UP or (end is not None and end <= start):
            continue
        number += 1
        yield Stretch(component, number, start, end, severity_of(status), " ".join(notes))


def _of_component(
    incident: FeedIncident, component: str
) -> Iterator[tuple[str, datetime, datetime | None, list[str]]]:
    current: _Open | None = None
    for update in incident.updates:
        for one in update.transitions:
            if one.component != component or not one.new or (current and one.new == current.status):
                continue
            if current is not None:
                if one.old and one.old != current.status:
                    current.notes.append(RESET_ELSEWHERE.format(status=_words(one.old)))
                yield current.status, current.since.floor, update.displayed_at.ceil, current.notes
            inherited = current is None and one.old == one.new
            current = _Open(
                one.new, update.displayed_at, [INHERITED.format(status=_words(one.new))] if inherited else []
            )
    if current is not None:
        yield _last(incident, current)


def _last(incident: FeedIncident, current: _Open) -> tuple[str, datetime, datetime | None, list[str]]:
    if not incident.is_over or incident.resolved_at is None:
        return current.status, current.since.floor, None, current.notes
    if incident.resolved_at < current.since:
        return current.status, current.since.floor, None, [*current.notes, SET_AFTERWARDS]
    return current.status, current.since.floor, incident.resolved_at.ceil, [*current.notes, NEVER_CLEARED]


def severity_of(status: str) -> str:
    """A feed's status as the name of a severity: an unknown one keeps its word, in the form of a name."""
    return re.sub(r"[^a-z0-9]+", "_", status.lower()).strip("_")[:60].strip("_") or "unknown"


def _words(status: str) -> str:
    return status.replace("_", " ")

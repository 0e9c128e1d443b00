"""What a feed says of an incident, as frozen values: what happened when, in the feed's words."""

from dataclasses import dataclass, field
from typing import Any

from slaservice.outages.importers.instants import Instant

OVER = frozenset({"resolved", "postmortem", "completed"})
"""Statuses of an incident or a maintenance that is over."""


@dataclass(frozen=True, slots=True)
class Transition:
    """An update said that `component` (the feed's id) went from `old` to `new`, in the feed's words."""

    component: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """One update; `displayed_at` is when it happened."""

    external_id: str
    status: str
    body: str
    displayed_at: Instant
    posted_at: Instant | None
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class FeedIncident:
    """One incident or maintenance; `updates` oldest first, `listed` the ids of its components. Equal where its facts are.

    `payload` is the incident as received; names of components and statuses of the day do not make it another incident.
    """

    external_id: str
    title: str
    status: str
    impact: str
    started_at: Instant | None
    identified_at: Instant | None
    monitoring_at: Instant | None
    resolved_at: Instant | None
    scheduled_for: Instant | None
    scheduled_until: Instant | None
    public_url: str
    updates: tuple[FeedUpdate, ...]
    listed: tuple[str, ...]
    payload: dict[str, Any] = field(compare=False, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether the feed calls it over, or says when it was resolved."""
        return self.status in OVER or self.resolved_at is not None

    def first_seen(self, status: str) -> Instant | None:
        """When an update first had this status."""
        return next((update.displayed_at for update in self.updates if update.status == status), None)

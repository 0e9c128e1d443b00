"""Cases as the desk's page shows them: finished words, so that the template decides nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports.admin.desk_forms import Asked, Kind
from reports.admin.weighed import Weighed, weighed
from reports.desk import Case, Proposal, Quote, Unposted
from reports.effects import Fact, corrected
from slaservice.outages.admin.fields import exact
from slaservice.outages.models import Incident, IncidentUpdate, Maintenance, OutageWindow

MOST_TEXT = 1000
"""Characters of an update's text; the incident's page has the whole."""


@dataclass(frozen=True, slots=True)
class Posted:
    """One update: when, its status, what it did to components, its text."""

    at: str
    status: str
    changes: Sequence[str]
    body: str


@dataclass(frozen=True, slots=True)
class Said:
    """One window found in the text; `number` is set where it can be offered as a correction."""

    quote: str
    at: str
    span: str
    doubts: str
    number: int | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """What overlaps: a confirmed or proposed fact."""

    kind: str
    pk: int
    reference: str
    state: str
    span: str
    severity: str


@dataclass(frozen=True, slots=True)
class Row:
    """One proposal."""

    fact: Any
    kind: str
    component: str
    tiers: str
    start: str
    end: str
    length: str
    severity: str
    announced: str
    corrects: str
    overlaps: Sequence[Overlap]
    effects: Weighed
    doubts: Sequence[str]
    selected: bool
    asked: Asked | None

    @property
    def safe(self) -> bool:
        return not self.doubts


@dataclass(frozen=True, slots=True)
class Card:
    """One case."""

    incident: Incident | None
    title: str
    began: str
    ended: str
    posted: Sequence[Posted]
    said: Sequence[Said]
    rows: Sequence[Row]
    together: Weighed | None


def cards(cases: Iterable[Case], *, kind: Kind, asked: Asked | None, select_safe: bool) -> list[Card]:
    """The cards of a page."""
    return [_card(case, kind, asked, select_safe) for case in cases]


def _card(case: Case, kind: Kind, asked: Asked | None, select_safe: bool) -> Card:
    incident = case.incident
    rows = [_row(one, kind, asked, select_safe) for one in case.proposals]
    return Card(
        incident,
        (incident.title or incident.external_id) if incident else _title(case.proposals[0].fact),
        exact(incident.started_at) if incident else "",
        exact(incident.resolved_at) if incident else "",
        [_posted(update, case.names) for update in case.updates],
        [_said(number, quote) for number, quote in enumerate(case.quotes)],
        rows,
        weighed(case.together) if case.together else None,
    )


def unposted(found: Iterable[Unposted]) -> list[tuple[Incident, list[Said]]]:
    """Incidents that only their text says anything of."""
    return [
        (one.incident, [_said(number, quote) for number, quote in enumerate(one.quotes)]) for one in found
    ]


def _title(fact: Fact) -> str:
    return fact.title if isinstance(fact, Maintenance) else fact.reference


def _posted(update: IncidentUpdate, names: Mapping[str, str]) -> Posted:
    return Posted(
        exact(update.displayed_at),
        update.status,
        _changes(update.transitions, names),
        update.body[:MOST_TEXT],
    )


def _changes(transitions: Sequence[Sequence[str]], names: Mapping[str, str]) -> list[str]:
    """'claude.ai, Code: operational → partial outage': components that went the same way together."""
    ways: dict[str, list[str]] = {}
    for component, old, new in transitions:
        way = f"{_words(old)} → {_words(new)}" if old != new else f"{_words(new)} (unchanged)"
        ways.setdefault(way, []).append(names.get(component, component))
    return [f"{', '.join(components)}: {way}" for way, components in ways.items()]


def _words(status: str) -> str:
    return status.replace("_", " ") or "?"


def _said(number: int, quote: Quote) -> Said:
    stated = quote.stated
    span = f"{exact(stated.start)} – {exact(stated.end)}" if stated.start and stated.end else ""
    return Said(
        stated.quote, exact(quote.said_at), span, "; ".join(stated.doubts), number if stated.exact else None
    )


def _row(one: Proposal, kind: Kind, asked: Asked | None, select_safe: bool) -> Row:
    fact = one.fact
    before = corrected(fact)
    return Row(
        fact=fact,
        kind=_kind(fact),
        component=_component(fact),
        tiers=", ".join(tier.name for tier in fact.tiers.all()),
        start=exact(fact.start),
        end=exact(fact.end) or "still open",
        length=str(fact.end - fact.start).partition(".")[0] if fact.end else "still open",
        severity=_severity(fact),
        announced=(exact(fact.announced_at) or "never") if isinstance(fact, Maintenance) else "",
        corrects=f"{before.reference}: {_span(before)}, {_severity(before)} ({before.state})"
        if before
        else "",
        overlaps=[_overlap(other) for other in one.overlaps],
        effects=weighed(one.effects),
        doubts=one.doubts,
        selected=select_safe and not one.doubts,
        asked=asked if asked and asked.fact == fact.pk else None,
    )


def _overlap(other: Fact) -> Overlap:
    return Overlap(_kind(other), other.pk, other.reference, other.state, _span(other), _severity(other))


def _kind(fact: Fact) -> str:
    return "outagewindow" if isinstance(fact, OutageWindow) else "maintenance"


def _component(fact: Fact) -> str:
    return fact.component.name if fact.component else "every component"


def _severity(fact: Fact) -> str:
    return _words(fact.severity if isinstance(fact, OutageWindow) else fact.category)


def _span(fact: Fact) -> str:
    return f"{exact(fact.start)} – {exact(fact.end) or 'still open'}"

"""What the confirmation desk shows: what waits for a decision, beside everything that a decision rests on. Read, never written.

A case is an incident with its proposals: what the feed posted, what its text states, what overlaps, which contracts and how
much money each proposal touches. A page of cases takes a fixed number of queries, however much waits.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import F, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from reports.effects import Effects, Fact, confirming, effects_of
from reports.facts import tiers_of
from reports.periods import parse_month
from slaservice.outages.importers.stated import Stated, stated_windows
from slaservice.outages.models import (
    CONFIRMED,
    PROPOSED,
    FeedComponent,
    Incident,
    IncidentUpdate,
    Maintenance,
    OutageWindow,
)
from slaservice.outages.models.constraints import LAST_INSTANT
from slaservice.outages.queries import overlaps

AGREES_WITHIN = timedelta(minutes=1)
"""Texts tell the minute: a posted time this near to a stated one says the same."""

MOST_BARE_INCIDENTS = 200
"""Incidents without a window whose texts are read for a page."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A window found in the text of an update, and when the update was shown."""

    said_at: datetime
    stated: Stated


@dataclass(frozen=True, slots=True)
class Proposal:
    """A fact to be decided. `doubts`: why it is not confirmed together with others, but by itself."""

    fact: Fact
    overlaps: Sequence[Fact]
    effects: Effects
    doubts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Case:
    """An incident, if there is one, with its proposals. `together`: the effects of all of them, where there are several."""

    incident: Incident | None
    updates: Sequence[IncidentUpdate]
    quotes: Sequence[Quote]
    proposals: Sequence[Proposal]
    together: Effects | None
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unposted:
    """An incident whose text states a window although nothing was ever posted, proposed or recorded of it."""

    incident: Incident
    quotes: Sequence[Quote]


def waiting(
    kind: type[OutageWindow] | type[Maintenance],
    *,
    component: int | None = None,
    source: str = "",
    month: str = "",
) -> QuerySet[Any]:
    """What waits for a decision. `month` ('2026-04', in UTC): what lies in it, in part at least. Refusal for no month."""
    facts: QuerySet[Any] = kind._default_manager.filter(state=PROPOSED)
    if component is not None:
        facts = facts.filter(component=component)
    if source:
        facts = facts.filter(source=source)
    if month:
        year, number = parse_month(month)
        start = datetime(year, number, 1, tzinfo=UTC)
        end = datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC)
        facts = facts.filter(overlaps(start, end))
    return facts


def grouped(facts: QuerySet[Any]) -> QuerySet[Any]:
    """The cases in which facts come, the oldest first, as {"case": key}: an incident's windows are one, others stand alone."""
    key: Any = F("pk") * -1
    if facts.model is OutageWindow:
        key = Coalesce("incident_id", key)
    found = facts.order_by().annotate(case=key).values("case").annotate(first=Min("start"))
    return found.order_by("first", "case")


def cases(facts: QuerySet[Any], keys: Sequence[int], *, now: datetime) -> list[Case]:
    """The cases with these keys of `grouped`, in that order."""
    rows = _with_all(facts).filter(
        Q(pk__in=[-key for key in keys if key < 0])
        | (Q(incident__in=[key for key in keys if key > 0]) if facts.model is OutageWindow else Q(pk__in=()))
    )
    by_case: dict[int, list[Any]] = {key: [] for key in keys}
    for row in rows.order_by("component__position", "component__code", "start", "pk"):
        by_case[getattr(row, "incident_id", None) or -row.pk].append(row)
    return _cases([group for group in by_case.values() if group], now)


def _with_all(facts: QuerySet[Any]) -> QuerySet[Any]:
    related = ["component", "supersedes__component"]
    if facts.model is OutageWindow:
        related.append("incident")
        facts = facts.defer("incident__payload")
    return facts.select_related(*related).prefetch_related("tiers", "supersedes__tiers")


def _cases(groups: Sequence[Sequence[Any]], now: datetime) -> list[Case]:
    rows = [row for group in groups for row in group]
    incidents = _incidents(rows)
    overlaps = overlapping(rows)
    together = [group for group in groups if len(group) > 1]
    weighed = effects_of(
        [confirming([row]) for row in rows] + [confirming(group) for group in together], now=now
    )
    effects = {row.pk: found for row, found in zip(rows, weighed, strict=False)}
    sums = {group[0].pk: found for group, found in zip(together, weighed[len(rows) :], strict=True)}
    names = _names({row.source for row in rows})
    found = []
    for group in groups:
        incident = incidents.get(_incident_key(group[0]))
        updates = list(incident.updates.all()) if incident else []
        quotes = quotes_of(updates)
        proposals = [
            Proposal(row, overlaps[row.pk], effects[row.pk], doubts_of(row, overlaps[row.pk], quotes))
            for row in group
        ]
        named = names.get(incident.source, {}) if incident else {}
        found.append(Case(incident, updates, quotes, proposals, sums.get(group[0].pk), named))
    return found


def _incident_key(row: Fact) -> tuple[str, str]:
    """Source and id of the incident behind a fact; an imported maintenance carries it in its own id."""
    if isinstance(row, OutageWindow):
        return (row.incident.source, row.incident.external_id) if row.incident else ("", "")
    return row.source, row.external_id.partition("/")[0]


def _incidents(rows: Iterable[Fact]) -> dict[tuple[str, str], Incident]:
    wanted = {_incident_key(row) for row in rows}
    found = Incident.objects.filter(
        source__in={source for source, _ in wanted}, external_id__in={external for _, external in wanted}
    )
    return {
        (incident.source, incident.external_id): incident
        for incident in found.defer("payload").prefetch_related("updates")
    }


def _names(sources: Collection[str]) -> dict[str, dict[str, str]]:
    """What feeds call their components, by source and id."""
    names: dict[str, dict[str, str]] = {}
    for one in FeedComponent.objects.filter(source__in=sources):
        names.setdefault(one.source, {})[one.external_id] = one.name or one.external_id
    return names


def quotes_of(updates: Iterable[IncidentUpdate]) -> list[Quote]:
    """Every window that the texts state, once, as it was said first."""
    found: dict[Stated, Quote] = {}
    for update in updates:
        for stated in stated_windows(update.body, posted_at=update.displayed_at):
            found.setdefault(stated, Quote(update.displayed_at, stated))
    return list(found.values())


def stated_but_not_posted() -> list[Unposted]:
    """The newest incidents of which nobody has made a window and whose text states one. Two queries.

    An operator settles it: records the window, or records and withdraws it with the reason why it is none.
    """
    bare = Incident.objects.filter(windows__isnull=True, updates__body__contains=":").distinct()
    newest = bare.order_by("-started_at", "-pk").defer("payload").prefetch_related("updates")
    found = [Unposted(one, quotes_of(one.updates.all())) for one in newest[:MOST_BARE_INCIDENTS]]
    return [one for one in found if one.quotes]


def overlapping(rows: Sequence[Fact]) -> dict[int, list[Fact]]:
    """For each row (all of one kind) the confirmed and proposed windows and maintenance of its component that overlap it.

    For a tier of its own; without its other revisions. Two queries, and two for their tiers.
    """
    condition = Q(pk__in=())
    for row in rows:
        meets = overlaps(row.start, row.end or LAST_INSTANT)
        if row.component_id is not None:
            meets &= Q(component=row.component_id) | Q(component__isnull=True)
        condition |= meets
    near: list[Fact] = []
    for model in (OutageWindow, Maintenance):
        found = model._default_manager.filter(condition, state__in=(PROPOSED, CONFIRMED))
        near += found.select_related("component").prefetch_related("tiers").order_by("start", "pk")
    return {row.pk: [other for other in near if _overlap(row, other)] for row in rows}


def _overlap(row: Fact, other: Fact) -> bool:
    return (
        not _same_fact(row, other)
        and (row.component_id is None or other.component_id in (None, row.component_id))
        and (other.end is None or other.end > row.start)
        and (row.end is None or row.end > other.start)
        and bool(tiers_of(row) & tiers_of(other))
    )


def _same_fact(row: Fact, other: Fact) -> bool:
    """Whether two rows are revisions of one fact."""
    return type(row) is type(other) and (row.source, row.external_id) == (other.source, other.external_id)


def doubts_of(row: Fact, overlaps: Sequence[Fact], quotes: Sequence[Quote]) -> list[str]:
    """Why a person must look at this proposal by itself."""
    doubts = []
    if row.supersedes_id is not None:
        doubts.append("It corrects what is recorded already.")
    if overlaps:
        doubts.append(f"It overlaps {', '.join(other.reference for other in overlaps[:3])}.")
    if isinstance(row, OutageWindow):
        if row.note:
            doubts.append("A question is noted on it.")
        if row.end is None:
            doubts.append("It is still open.")
        doubts += _contradictions(row, quotes)
    return doubts


def _contradictions(row: OutageWindow, quotes: Sequence[Quote]) -> list[str]:
    """Where a text tells of other times, or of times that cannot be read for certain."""
    if not quotes or any(_says(one.stated, row) for one in quotes):
        return []
    return ["The text states other times than were posted."]


def _says(stated: Stated, row: OutageWindow) -> bool:
    if not stated.exact or stated.start is None or stated.end is None or row.end is None:
        return False
    return abs(stated.start - row.start) < AGREES_WITHIN and abs(stated.end - row.end) < AGREES_WITHIN


def doubts(rows: Sequence[Fact]) -> dict[int, list[str]]:
    """The doubts of each row (all of one kind), looked at anew."""
    incidents, overlaps = _incidents(rows), overlapping(rows)
    found = {}
    for row in rows:
        incident = incidents.get(_incident_key(row))
        quotes = quotes_of(incident.updates.all()) if incident else []
        found[row.pk] = doubts_of(row, overlaps[row.pk], quotes)
    return found

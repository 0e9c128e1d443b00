"""Guards: what looks wrong about the facts of a period, found before money stands on it.

Each is listed on one page with what it would do to which statements, and keeps the contracts that it touches from being
closed until the facts are put right or a person waives it with a reason. What the database or an operation refuses anyway
(an end before its start) needs no guard.

*No data* is silence where somebody should have spoken. A component is watched if a feed or a monitor names it, or if request
counts were ever recorded for it. A period is silent about a watched component if nothing was recorded in it (no window in
any state, no maintenance, no gap, no count) and none of its sources was heard in it (no incident began, no status was seen, no
message came). What a source says of later days is no word about the period. A page that is polled is another matter: it lists
what has been, so a poll in the period or after it counts, if the page was known to us before the period was over. What is
recorded by hand alone is not watched: there silence is the ordinary case, and a block each quiet month would teach people to
waive without looking; the page names such components instead.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast

from accounts.models import Exclusion
from accounts.models.contracts import CommitmentComponent
from reports.effects import Fact
from reports.facts import tiers_of, waiting
from reports.inputs import Block, Gathered
from reports.queries import calendars
from slaservice.history.models import Entry
from slaservice.outages import queries as facts
from slaservice.outages.models import (
    CONFIRMED,
    PROPOSED,
    Component,
    ComponentStatus,
    FeedComponent,
    HookMessage,
    Incident,
    Maintenance,
    MeasurementGap,
    OutageWindow,
    PolledFeed,
    RequestCount,
)
from slaservice.rules.intervals import SECOND, Interval, moment

OPEN_TOO_LONG = timedelta(hours=24)
"""The longest outage of the demonstration's quarter lasted 13.6 hours; one that is open for a day was rather forgotten."""

DUPLICATE_WITHIN = timedelta(minutes=5)
"""Two monitors see one failure within a check interval or two of each other, and its end as well."""

_LONGEST_SUBJECT = 200
_MONTH = 30 * 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Guard:
    """One thing that looks wrong: `facts` are concerned, the last one is what could be withdrawn; or a silent `component`.

    Or somebody has to decide on what `waits`, of which no effect is weighed.
    """

    code: str
    subject: str
    sentence: str
    facts: Sequence[Fact] = ()
    component: Component | None = None
    waits: MeasurementGap | Exclusion | None = None

    @property
    def block(self) -> Block:
        return Block(self.code, self.subject, self.sentence, waivable=True)


def open_too_long(windows: Iterable[OutageWindow], *, now: datetime) -> Iterator[Guard]:
    """Outages that nobody has ended for longer than they should last."""
    for window in windows:
        if window.end is None and now - window.start > OPEN_TOO_LONG:
            yield Guard(
                "open_too_long",
                window.reference,
                f"Outage {window.reference} is open since {_shown(window.start)}: correct it to its end.",
                [window],
            )


def in_the_future(windows: Iterable[OutageWindow], *, now: datetime) -> Iterator[Guard]:
    """Outages that have not been yet: a clock was wrong, theirs or ours."""
    for window in windows:
        if max(window.start, window.end or window.start) > now:
            yield Guard(
                "in_the_future",
                window.reference,
                f"Outage {window.reference} lies in the future: correct it.",
                [window],
            )


def duplicates(windows: Iterable[OutageWindow]) -> Iterator[Guard]:
    """Pairs of one component and tier with nearly the same span that come from different incidents.

    Downtime counts their union once, but numbers of incidents and mean times count both.
    """
    by_component: dict[int, list[OutageWindow]] = defaultdict(list)
    for window in sorted(windows, key=lambda one: (one.start, one.pk)):
        for other in reversed(by_component[window.component_id]):
            if window.start - other.start > DUPLICATE_WITHIN:
                break
            if _looks_the_same(other, window):
                yield Guard(
                    "looks_like_a_duplicate",
                    _pair(other, window),
                    f"Outages {other.reference} and {window.reference} look like one: withdraw one of them, or say why not.",
                    [other, window],
                )
        by_component[window.component_id].append(window)


def _looks_the_same(one: OutageWindow, other: OutageWindow) -> bool:
    same_incident = one.incident_id is not None and one.incident_id == other.incident_id
    ends = (one.end, other.end)
    near = ends[0] == ends[1] or (
        ends[0] is not None and ends[1] is not None and abs(ends[0] - ends[1]) <= DUPLICATE_WITHIN
    )
    return not same_incident and near and bool(tiers_of(one) & tiers_of(other))


def _pair(one: OutageWindow, other: OutageWindow) -> str:
    subject = f"{one.reference} / {other.reference}"
    half = (_LONGEST_SUBJECT - 3) // 2
    return (
        subject if len(subject) <= _LONGEST_SUBJECT else f"{one.reference[:half]} / {other.reference[:half]}"
    )


def undecided(rows: Iterable[Fact | MeasurementGap | Exclusion]) -> Iterator[Guard]:
    """What nobody has decided on, as the close names it; what windows and maintenance would do is weighed."""
    for row in rows:
        if isinstance(row, OutageWindow | Maintenance):
            yield Guard(*waiting(row), facts=[row])
        else:
            yield Guard(*waiting(row), waits=row)


def silent(
    components: Iterable[Component], *, watched: Collection[int], heard: Collection[int]
) -> list[Guard]:
    """Watched components about which nothing was heard."""
    return [
        Guard(
            "no_data",
            component.code,
            f"No data for {component.name}: nothing was recorded in the period, and no source of it was heard.",
            component=component,
        )
        for component in components
        if component.pk in watched and component.pk not in heard
    ]


# for the close


def blocks_of(gathered: Sequence[Gathered], *, now: datetime) -> list[list[Block]]:
    """What the guards find in the periods of a chunk, in its order. A fixed number of queries for each distinct span."""
    if not gathered:
        return []
    components = {
        component.pk: component for one in gathered for case in one.cases for component in case.components
    }
    watched = watched_components(components)
    heard = heard_within(watched, {one.plan.period.interval for one in gathered})
    return [_blocks(one, watched, heard[one.plan.period.interval], now) for one in gathered]


def _blocks(one: Gathered, watched: set[int], heard: set[int], now: datetime) -> list[Block]:
    start, end = moment(one.plan.period.start), moment(one.plan.period.end)
    windows = {window.pk: window for case in one.cases for window in case.windows}
    within = [w for w in windows.values() if w.start < end and (w.end is None or w.end > start)]
    components = {c.pk: c for case in one.cases for c in case.components}
    found = [
        *open_too_long(within, now=now),
        *in_the_future(within, now=now),
        *duplicates(within),
        *silent(components.values(), watched=watched, heard=heard),
    ]
    return [guard.block for guard in sorted(found, key=lambda guard: (guard.code, guard.subject))]


def watched_components(components: Collection[int]) -> set[int]:
    """Those of these components that a feed or a monitor names, or that have request counts."""
    named = FeedComponent.objects.filter(component__in=components).values_list("component", flat=True)
    counted = RequestCount.objects.filter(component__in=components).order_by()
    return {*named, *counted.values_list("component", flat=True).distinct()}


def heard_within(components: Collection[int], spans: Collection[Interval]) -> dict[Interval, set[int]]:
    """For each span the components about which anything was heard.

    The same month in many zones is looked at once, where they all overlap; only what is silent there, in each by itself.
    """
    heard: dict[Interval, set[int]] = {}
    by_months: dict[int, list[Interval]] = defaultdict(list)
    for span in spans:
        by_months[(span.length + _MONTH // 2) // _MONTH].append(span)
    for alike in by_months.values():
        core = Interval(max(span.start for span in alike), min(span.end for span in alike))
        anywhere = _heard(components, core)
        silent_there = set(components) - anywhere
        for span in alike:
            heard[span] = anywhere | (_heard(silent_there, span) if span != core else set())
    return heard


def _heard(components: Collection[int], span: Interval) -> set[int]:
    """Those of these components about which anything was recorded in the span, or whose sources were heard in it."""
    if not components:
        return set()
    start, end = moment(span.start), moment(span.end)
    within = facts.overlaps(start, end)
    if Maintenance.objects.filter(within, component__isnull=True).exists():
        return set(components)
    recorded: list[QuerySet[Any]] = [
        model._default_manager.filter(within, component__in=components)
        for model in (OutageWindow, MeasurementGap, Maintenance)
    ]
    recorded.append(RequestCount.objects.filter(component__in=components, start__gte=start, start__lt=end))
    heard = {component for rows in recorded for component in _distinct(rows, "component")}
    return heard | _with_a_source_that_spoke(components, start, end)


def _with_a_source_that_spoke(components: Collection[int], start: datetime, end: datetime) -> set[int]:
    named = list(FeedComponent.objects.filter(component__in=components).values_list("component", "source"))
    sources = {source for _, source in named}
    incidents = Incident.objects.filter(started_at__gte=start, started_at__lt=end)
    statuses = ComponentStatus.objects.filter(seen_at__gte=start, seen_at__lt=end)
    messages = HookMessage.objects.filter(received_at__gte=start, received_at__lt=end)
    spoke = {
        *_distinct(incidents.filter(source__in=sources), "source"),
        *_distinct(statuses.filter(source__in=sources), "source"),
        *_distinct(messages.filter(hook__name__in=sources), "hook__name"),
        *_distinct(_polled(start, end).filter(source__in=sources), "source"),
    }
    return {component for component, source in named if source in spoke}


def _polled(start: datetime, end: datetime) -> QuerySet[PolledFeed]:
    """Pages that were read since the start and known before the end: entered by then, or with something of theirs from then."""
    entered = Entry.objects.filter(
        object_type=PolledFeed._meta.label_lower, object_id=Cast(OuterRef("pk"), CharField()), at__lt=end
    )
    return PolledFeed.objects.filter(
        Q(succeeded_at__lt=end)
        | Exists(entered)
        | Exists(Incident.objects.filter(source=OuterRef("source"), started_at__lt=end))
        | Exists(ComponentStatus.objects.filter(source=OuterRef("source"), seen_at__lt=end)),
        succeeded_at__gte=start,
    )


def _distinct(rows: QuerySet[Any], name: str) -> QuerySet[Any]:
    return rows.order_by().values_list(name, flat=True).distinct()


# for the page


@dataclass(frozen=True, slots=True)
class MonthsGuards:
    """What the guards find for the periods that end in a month.

    `waiting` are the proposed windows, which may be thousands and are not loaded; `unwatched` the components that are promised
    and recorded by hand alone.
    """

    guards: Sequence[Guard]
    waiting: QuerySet[OutageWindow]
    unwatched: Sequence[Component]

    def __len__(self) -> int:
        return len(self.guards) + self.waiting.count()

    def __getitem__(self, part: slice) -> list[Guard]:
        """A page: the guards first, then what waits."""
        found = len(self.guards)
        rest = self.waiting[max(0, part.start - found) : max(0, part.stop - found)]
        return [*self.guards[part], *undecided(rest)]


def guards_of(month: str, *, now: datetime) -> MonthsGuards:
    """What the guards find for the periods that end in a month. Refusal for no month."""
    periods = {period for _, period in calendars(month)}
    if not periods:
        return MonthsGuards([], OutageWindow.objects.none(), [])
    start, end = moment(min(p.start for p in periods)), moment(max(p.end for p in periods))
    within = facts.overlaps(start, end)
    counting = OutageWindow.objects.filter(within, state=CONFIRMED)
    windows = list(
        counting.select_related("component", "incident")
        .defer("incident__payload")
        .prefetch_related("tiers")
        .order_by("start", "pk")
    )
    promised = list(
        Component.objects.filter(
            pk__in=CommitmentComponent.objects.filter(
                Q(commitment__version__ends_at__isnull=True) | Q(commitment__version__ends_at__gt=start),
                commitment__version__starts_at__lt=end,
            ).values("component")
        )
    )
    watched = watched_components([component.pk for component in promised])
    heard = set.intersection(*heard_within(watched, periods).values())
    found = [
        *open_too_long(windows, now=now),
        *in_the_future(windows, now=now),
        *duplicates(windows),
        *silent(promised, watched=watched, heard=heard),
        *undecided(_with_corrected(facts.maintenance_proposed_touching(start=start, end=end))),
        *undecided(facts.gaps_proposed_touching(start=start, end=end)),
        *undecided(_exclusions_to_be_decided(start, end)),
    ]
    waiting = _with_corrected(facts.proposed_touching(start=start, end=end))
    return MonthsGuards(found, waiting, [component for component in promised if component.pk not in watched])


def _exclusions_to_be_decided(start: datetime, end: datetime) -> QuerySet[Exclusion]:
    """Of every contract."""
    within = Q(starts_at__lt=end) & (Q(ends_at__gt=start) | Q(ends_at__isnull=True))
    return Exclusion.objects.filter(within, state=PROPOSED).order_by("starts_at", "reference")


def _with_corrected(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The same rows, with what they would correct."""
    return rows.select_related("component", "supersedes__component").prefetch_related("supersedes__tiers")


def _shown(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"

"""The recorded facts of a chunk of contracts as values for the rules, and what nobody has decided on yet.

Loaded once, in a fixed number of queries; what many contracts share (the windows of a tier on a component, its request counts)
is turned into values once.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from itertools import count
from typing import Any, NamedTuple, TypeVar, cast

from django.db.models import Model

from accounts import queries as agreed
from accounts.models import Exclusion as ApprovedExclusion
from reports.bounds import refuse_too_many_counts
from reports.shelf import Shelf
from slaservice.outages import queries as recorded
from slaservice.outages.models import Component, Maintenance, MeasurementGap, OutageWindow
from slaservice.outages.models.constraints import LAST_INSTANT
from slaservice.rules.evidence import EVERY_COMPONENT, Exclusion, Gap, Outage, RequestInterval
from slaservice.rules.exact import ONE
from slaservice.rules.intervals import SECOND, Interval, IntervalSet, instant, moment
from slaservice.rules.response import Span
from slaservice.rules.signal import request_loss
from slaservice.rules.terms import Category, Terms


class Undecided(NamedTuple):
    """A fact that waits for a decision: a code of what it is, its reference, what is to be done."""

    code: str
    reference: str
    sentence: str


_OPEN = instant(LAST_INSTANT)
"""The end of what has none."""

Codes = tuple[str, ...]
Proposal = OutageWindow | Maintenance | MeasurementGap | ApprovedExclusion
Excuse = tuple[Maintenance | ApprovedExclusion, Exclusion]
_Stretch = TypeVar("_Stretch", Exclusion, Gap)


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Confirmed windows, and the same as values for the rules. One object for all who look at the same."""

    windows: tuple[OutageWindow, ...]
    outages: tuple[Outage, ...]


class Facts:
    """Windows, exclusions, gaps and request counts, shared by the contracts that look at the same component and tier.

    `state` is the same number for equal facts. `counted` are the ids of the components of which anybody judges requests. What
    waits for a decision may be thousands of rows, and is loaded only where `undecided` asks for it. With `known_at`: what counted
    at that instant, whatever was corrected since, in a state of its own. Refusal where there are more than `most_counts`.
    """

    def __init__(
        self,
        components: Mapping[int, Component],
        tiers: Collection[int],
        contracts: Collection[int],
        counted: Collection[int],
        start: int,
        end: int,
        *,
        undecided: bool = True,
        known_at: datetime | None = None,
        most_counts: int | None = None,
    ) -> None:
        ids, tier_ids = list(components), sorted(tiers)
        self._codes = {pk: component.code for pk, component in components.items()}
        first, last = moment(start), moment(end)
        # Before anything that counts: what somebody decides on in between is seen here and blocks, or is seen below and counts.
        self._proposed = _proposed(ids, tier_ids, contracts, first, last) if undecided else []
        self._windows = [
            (w, _outage(w))
            for w in recorded.windows_connected(
                components=ids, tiers=tier_ids, start=first, end=last, known_at=known_at
            ).prefetch_related(recorded.UPDATES_IN_BRIEF)
        ]
        # A run that reaches over the edge of a period is judged whole, so what excuses its other end matters too.
        first = min([first, *(w.start for w, _ in self._windows)])
        last = max([last, *(w.end for w, _ in self._windows if w.end)])
        span: dict[str, Any] = {"start": first, "end": last, "known_at": known_at}
        self._excuses: list[Excuse] = [
            (m, _maintenance(m)) for m in recorded.maintenance_known(components=ids, tiers=tier_ids, **span)
        ]
        self._excuses += [
            (x, _exclusion(x, known_at))
            for x in agreed.exclusions_known(contracts=contracts, components=ids, **span)
            if x.until(known_at) != x.starts_at
        ]
        self._singled_out = {
            row.contract_id for row, _ in self._excuses if isinstance(row, ApprovedExclusion)
        } - {None}
        self._gaps = [_gap(gap) for gap in recorded.gaps_known(components=ids, **span)]
        self._requests = self._counts(counted, tier_ids, most_counts, **span) if counted else {}
        self._shared: dict[tuple[str, Codes, int, Interval], Any] = {}
        self.state = _STATES.get(self._said(), 1, _SERIALS.__next__) if known_at is None else next(_SERIALS)

    def _counts(
        self, counted: Collection[int], tiers: Collection[int], most: int | None, **span: Any
    ) -> dict[tuple[str, int], list[RequestInterval]]:
        """The intervals of each component and tier, in time order."""
        found: dict[tuple[str, int], list[RequestInterval]] = defaultdict(list)
        rows = recorded.request_counts_touching(components=counted, tiers=tiers, **span)
        if most is not None:
            refuse_too_many_counts(rows.count(), most)
        for component, tier, at, seconds, total, failed in rows.values_list(
            "component", "tier", "start", "seconds", "total", "failed"
        ):
            code = self._codes[component]
            found[code, tier].append(
                RequestInterval(
                    component=code, start=instant(at), seconds=seconds, total=total, errors=failed
                )
            )
        return found

    def supposing(
        self, added: Sequence[OutageWindow | Maintenance], removed: Sequence[OutageWindow | Maintenance]
    ) -> "Facts":
        """The same facts, as if those added counted and those removed did not."""
        supposed = copy(self)
        supposed._shared = {}
        supposed.state = next(_SERIALS)
        supposed._windows = [(w, o) for w, o in self._windows if w not in removed]
        supposed._windows += [(row, _outage(row)) for row in added if isinstance(row, OutageWindow)]
        supposed._excuses = [(row, e) for row, e in self._excuses if row not in removed]
        supposed._excuses += [(row, _maintenance(row)) for row in added if isinstance(row, Maintenance)]
        return supposed

    def _said(self) -> Hashable:
        """All that was recorded and counts, by value: the rows with their tiers, incidents and updates."""
        rows = [row for row, _ in self._windows] + [row for row, _ in self._excuses]
        incidents = [window.incident for window, _ in self._windows if window.incident]
        return (
            tuple((_row(row), tiers_of(row)) for row in rows),
            tuple((_row(one), *map(_row, one.updates.all())) for one in incidents),
            tuple(self._gaps),
            tuple(one for counts in self._requests.values() for one in counts),
            tuple(self._requests),
        )

    def windows(self, codes: Codes, tier: int, span: Interval) -> Recorded:
        """Confirmed windows of these components and this tier that touch the span, or touch a run that does."""

        def find() -> Recorded:
            mine = [(w, o) for w, o in self._windows if o.component in codes and tier in tiers_of(w)]
            found = list(_connected(sorted(mine, key=lambda one: (one[1].start, one[1].id or "")), span))
            return Recorded(tuple(window for window, _ in found), tuple(outage for _, outage in found))

        return cast("Recorded", self._once("windows", codes, tier, span, find))

    def excuses(self, contract: int, codes: Codes, tier: int, span: Interval) -> list[Excuse]:
        """Maintenance and exclusions of these components, for this tier or this contract, that touch the span, in time order."""
        touching = [
            (row, _within(excuse, span))
            for row, excuse in self._excuses
            if excuse.component in (*codes, EVERY_COMPONENT)
            and excuse.start < span.end
            and excuse.end > span.start
            and _is_for(row, contract, tier)
        ]
        return sorted(touching, key=lambda one: (one[1].start, one[1].id or ""))

    def singles_out(self, contract: int) -> bool:
        """Whether anything was excluded for this contract alone, so that it is not judged as others are."""
        return contract in self._singled_out

    def gaps(self, codes: Codes, span: Interval) -> tuple[Gap, ...]:
        """Time of the span for which these components were not measured, in time order."""
        return tuple(
            _within(gap, span)
            for gap in self._gaps
            if gap.component in codes and gap.start < span.end and gap.end > span.start
        )

    def requests(self, codes: Codes, tier: int, span: Interval) -> tuple[RequestInterval, ...]:
        """The request counts of these components and this tier whose intervals touch the span, in time order."""

        def find() -> tuple[RequestInterval, ...]:
            touching = [
                one
                for code in codes
                for one in self._requests.get((code, tier), ())
                if one.start < span.end and counted_in(one).end > span.start
            ]
            return tuple(sorted(touching, key=lambda one: (one.start, one.component)))

        return cast("tuple[RequestInterval, ...]", self._once("requests", codes, tier, span, find))

    def runs(self, terms: Terms, tier: int, span: Interval) -> list[Interval]:
        """What failed without a break over the edges of the span, or up to them: a minimum is tested on all of it.

        Nothing where the terms have no minimum, or test it on what lies inside.
        """
        minimum, codes, source = terms.shape.min_run, terms.components.names, terms.signal.source
        if minimum is None or minimum.straddle != "whole_run":
            return []
        more = counted_beyond(terms)
        wide = Interval(span.start - more, span.end + more)
        failed: list[Interval] = []
        if source != "requests":
            failed += [lasting(outage, span.end) for outage in self.windows(codes, tier, wide).outages]
        if source != "windows":
            failed += [
                Interval(max(start, wide.start), min(end, wide.end))
                for one in self.requests(codes, tier, wide)
                for start, end in [counted_in(one)]
                if (start <= span.start or end >= span.end) and request_loss(terms.signal.requests, one)
            ]
        runs = [run for run in IntervalSet.of(failed) if run.start < span.end and run.end > span.start]
        return [run for run in runs if run.start <= span.start or run.end >= span.end]

    def undecided(
        self, contract: int, codes: Collection[str], tier: int, span: Interval
    ) -> Iterator[Undecided]:
        """What is proposed and touches the span."""
        for row in self._proposed:
            start, end = time_of(row)
            if (
                (row.component is None or row.component.code in codes)
                and _is_for(row, contract, tier)
                and start < span.end
                and (end is None or end > span.start)
            ):
                yield waiting(row)

    def _once(self, kind: str, codes: Codes, tier: int, span: Interval, find: Callable[[], Any]) -> Any:
        """What contracts with the same components, tier and span share."""
        key = (kind, codes, tier, span)
        if key not in self._shared:
            self._shared[key] = find()
        return self._shared[key]


_SERIALS = count()
_STATES: Shelf[int] = Shelf(2)
"""Numbers for what the last chunks found recorded: who finds the same has the same number (`Facts.state`)."""

_WAITING: dict[type, tuple[str, str]] = {
    OutageWindow: (
        "proposed_window",
        "Outage {} is proposed and touches the period: confirm or withdraw it.",
    ),
    Maintenance: (
        "proposed_maintenance",
        "Maintenance {} is proposed and touches the period: confirm or withdraw it.",
    ),
    MeasurementGap: (
        "proposed_gap",
        "The gap of the measurement {} is proposed and touches the period: confirm or withdraw it.",
    ),
    ApprovedExclusion: (
        "proposed_exclusion",
        "Exclusion {} is proposed and touches the period: another person approves it, or it is rejected.",
    ),
}


def counted_beyond(terms: Terms) -> int:
    """How far outside a period failed requests matter: a run that reaches farther is longer than the minimum anyway."""
    minimum = terms.shape.min_run
    if terms.signal.source == "windows" or minimum is None or minimum.straddle != "whole_run":
        return 0
    return minimum.seconds * SECOND


def counted_in(one: RequestInterval) -> Interval:
    """The time in which requests were counted."""
    return Interval(one.start, one.start + one.seconds * SECOND)


def lasting(outage: Outage, until: int) -> Interval:
    """The time of an outage; one that is open lasts `until`."""
    return Interval(outage.start, until if outage.end is None else outage.end)


def _proposed(
    components: Collection[int],
    tiers: Collection[int],
    contracts: Collection[int],
    start: datetime,
    end: datetime,
) -> list[Proposal]:
    """What waits and touches [start, end), or a run that crosses its edge or would if all that waits were confirmed."""
    start, end = recorded.reach_if_confirmed(components=components, tiers=tiers, start=start, end=end)
    return [
        *recorded.proposed_touching(start=start, end=end),
        *recorded.maintenance_proposed_touching(start=start, end=end),
        *recorded.gaps_proposed_touching(start=start, end=end),
        *agreed.exclusions_proposed_touching(
            contracts=contracts, components=components, start=start, end=end
        ),
    ]


def waiting(row: OutageWindow | Maintenance | MeasurementGap | ApprovedExclusion) -> Undecided:
    """What is said of a proposed fact wherever it keeps a contract from being closed."""
    code, sentence = _WAITING[type(row)]
    return Undecided(code, row.reference, sentence.format(row.reference))


def _row(row: Model) -> Hashable:
    """What was loaded of a row, its kind among it."""
    loaded = vars(row)
    return type(row), *(
        loaded[field.attname] for field in row._meta.concrete_fields if field.attname in loaded
    )


def tiers_of(row: OutageWindow | Maintenance | ApprovedExclusion) -> frozenset[int]:
    """Ids of the customer tiers that it is for."""
    return frozenset(tier.pk for tier in row.tiers.all())


def _is_for(row: Proposal, contract: int, tier: int) -> bool:
    if isinstance(row, MeasurementGap):
        return True
    if isinstance(row, ApprovedExclusion) and row.contract_id is not None:
        return row.contract_id == contract
    return tier in tiers_of(row)


def time_of(row: Proposal) -> Span:
    """From when until when, as instants; None where it goes on."""
    if isinstance(row, ApprovedExclusion):
        return recorded.span_of(row.starts_at, row.until())
    return recorded.span_of(row.start, row.end)


def _outage(window: OutageWindow) -> Outage:
    share = ONE if window.affected_of is None else Fraction(window.affected_count or 0, window.affected_of)
    return Outage(
        component=window.component.code,
        start=instant(window.start),
        end=None if window.end is None else instant(window.end),
        severity=window.severity,
        affected_share=share,
        id=window.reference,
    )


def _maintenance(row: Maintenance) -> Exclusion:
    return Exclusion(
        component=_code(row.component),
        start=instant(row.start),
        end=instant(row.end),
        category=cast("Category", row.category),
        id=row.reference,
        announced_at=None if row.announced_at is None else instant(row.announced_at),
    )


def _exclusion(row: ApprovedExclusion, known_at: datetime | None) -> Exclusion:
    return Exclusion(
        component=_code(row.component),
        start=instant(row.starts_at),
        end=instant(row.until(known_at) or LAST_INSTANT),
        category=cast("Category", row.category),
        id=row.reference,
    )


def _gap(row: MeasurementGap) -> Gap:
    return Gap(component=row.component.code, start=instant(row.start), end=instant(row.end or LAST_INSTANT))


def _within(one: _Stretch, span: Interval) -> _Stretch:
    """What goes on lasts as far as anybody looks: a case says nothing of other contracts' periods."""
    return replace(one, end=span.end) if one.end == _OPEN else one


def _code(component: Component | None) -> str:
    return EVERY_COMPONENT if component is None else component.code


def _connected(
    windows: Sequence[tuple[OutageWindow, Outage]], span: Interval
) -> Iterable[tuple[OutageWindow, Outage]]:
    """Windows, sorted by start, in groups that overlap or touch; the groups that reach into the span."""
    group: list[tuple[OutageWindow, Outage]] = []
    reach = 0
    for one in windows:
        if group and one[1].start > reach:
            if reach > span.start and group[0][1].start < span.end:
                yield from group
            group = []
        end = span.end if one[1].end is None else one[1].end
        reach = max(reach, end) if group else end
        group.append(one)
    if group and reach > span.start and group[0][1].start < span.end:
        yield from group

"""What a decision on a fact would do to which statements: read, computed by the close's own gather and rules, never written.

For each change (a window that would count, one that no longer would) the contracts that it touches, and for some of them,
for each period that it touches, downtime, uptime and credit as they stand and as they would be. The rows of all changes are
loaded together, in a fixed number of queries for each month in which touched periods end; how many contracts were left out
is counted exactly.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import cast

from django.db.models import Count, F, Q, Window
from django.db.models.functions import DenseRank

from accounts.models import ContractVersion
from accounts.models.contracts import CommitmentComponent
from reports.document import agreement_of
from reports.facts import tiers_of
from reports.inputs import Gathered, gather_supposing
from reports.known import Supposition
from reports.models import Statement
from reports.periods import MOST_MONTHS, Plan, plans
from slaservice.outages.models import CONFIRMED, Maintenance, OutageWindow
from slaservice.rules.agreement import settle
from slaservice.rules.assessment import Assessment, assess
from slaservice.rules.intervals import moment
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal

Fact = OutageWindow | Maintenance

MOST_CONTRACTS = 6
"""Contracts computed for one change; a page shows dozens of changes."""

MOST_PERIODS = 3
"""Periods computed for one contract: an outage that was open for a year touches twelve."""


@dataclass(frozen=True, slots=True)
class Change:
    """A decision to be weighed: `added` would count from now on, `removed` no longer would."""

    added: Sequence[Fact] = ()
    removed: Sequence[Fact] = ()

    @property
    def facts(self) -> list[Fact]:
        return [*self.added, *self.removed]


def corrected(fact: Fact) -> Fact | None:
    """The earlier revision that a fact supersedes, of its own kind."""
    return cast("Fact | None", fact.supersedes)


def confirming(proposals: Sequence[Fact]) -> Change:
    """What confirming proposals changes: each counts, and what it corrects no longer does."""
    before = [corrected(fact) for fact in proposals]
    return Change(proposals, [fact for fact in before if fact and fact.state == CONFIRMED])


@dataclass(frozen=True, slots=True)
class Line:
    """What a commitment comes to: downtime in seconds, judged and promised percent."""

    downtime: Fraction
    judged: Fraction
    target: Fraction
    met: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """What a period comes to: lines by commitment, and the credit; or what keeps it from being worked out."""

    lines: Mapping[str, Line]
    credit: Money | None
    obstacle: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """One contract's period, as it stands and as it would be. `commitments` are those that cover the component.

    `issued` is the statement that would need a revision; `ended` is false for a period that still runs.
    """

    plan: Plan
    commitments: Sequence[str]
    before: Figures
    after: Figures
    issued: Statement | None
    ended: bool

    @property
    def difference(self) -> Money | None:
        """What the credit grows by, negative where it shrinks."""
        before, after = self.before.credit, self.after.credit
        if before is None or after is None:
            return None
        return Money(after.minor - before.minor, after.currency)


@dataclass(frozen=True, slots=True)
class Effects:
    """The computed effects of one change, by contract and period.

    `others`: touched contracts that were not computed; `more_periods`: later periods of those that were.
    """

    rows: Sequence[Effect]
    others: int
    more_periods: int = 0

    @property
    def totals(self) -> list[Money]:
        """The sum of the differences in each currency."""
        sums: dict[str, int] = defaultdict(int)
        for row in self.rows:
            if row.difference is not None:
                sums[row.difference.currency] += row.difference.minor
        return [Money(minor, currency) for currency, minor in sorted(sums.items())]


def effects_of(changes: Sequence[Change], *, now: datetime, most: int = MOST_CONTRACTS) -> list[Effects]:
    """The effects of each change by itself, in the order of the changes."""
    if not changes:
        return []
    counts = _contracts_touched(changes, now)
    chosen = _contracts_to_compute(changes, now, most)
    touched = [_first_periods(periods) for periods in _plans_touched(changes, chosen, now)]
    found = _computed(changes, [first for first, _ in touched], now)
    return [
        Effects(rows, count - len(contracts), more)
        for rows, count, contracts, (_, more) in zip(found, counts, chosen, touched, strict=True)
    ]


def _first_periods(touched: Mapping[int, Sequence[Plan]]) -> tuple[list[Plan], int]:
    """The first periods of each contract, and how many are left out."""
    first = [plan for periods in touched.values() for plan in periods[:MOST_PERIODS]]
    return first, sum(len(periods) for periods in touched.values()) - len(first)


def _touches(change: Change, now: datetime) -> Q:
    """Rows of CommitmentComponent whose promise is in force somewhere in a fact's span, for its component and tiers."""
    condition = Q()
    for fact in change.facts:
        covered = Q(
            Q(commitment__version__ends_at__isnull=True) | Q(commitment__version__ends_at__gt=fact.start),
            commitment__version__starts_at__lt=fact.end or now,
            commitment__version__tier__in=tiers_of(fact),
        )
        condition |= covered if fact.component_id is None else covered & Q(component=fact.component_id)
    return condition


def _contracts_touched(changes: Sequence[Change], now: datetime) -> list[int]:
    """How many contracts each change touches: one query."""
    contract = "commitment__version__contract"
    found = CommitmentComponent.objects.aggregate(
        **{
            f"change_{number}": Count(contract, distinct=True, filter=_touches(change, now))
            for number, change in enumerate(changes)
        }
    )
    return [found[f"change_{number}"] for number in range(len(changes))]


def _contracts_to_compute(changes: Sequence[Change], now: datetime, most: int) -> list[list[int]]:
    """The first contracts by number that each change touches: one query."""
    any_change = Q()
    for change in changes:
        any_change |= _touches(change, now)
    rows = list(
        CommitmentComponent.objects.filter(any_change)
        .annotate(
            rank=Window(
                DenseRank(),
                partition_by=[F("component"), F("commitment__version__tier")],
                order_by="commitment__version__contract__number",
            )
        )
        .filter(rank__lte=most)
        .order_by("commitment__version__contract__number", "pk")
        .select_related("commitment__version")
    )
    return [
        list(dict.fromkeys(row.commitment.version.contract_id for row in rows if _hits(change, row, now)))[
            :most
        ]
        for change in changes
    ]


def _hits(change: Change, row: CommitmentComponent, now: datetime) -> bool:
    version = row.commitment.version
    return any(
        fact.component_id in (None, row.component_id)
        and version.tier_id in tiers_of(fact)
        and version.starts_at < (fact.end or now)
        and (version.ends_at is None or version.ends_at > fact.start)
        for fact in change.facts
    )


def _plans_touched(
    changes: Sequence[Change], chosen: Sequence[Sequence[int]], now: datetime
) -> list[dict[int, list[Plan]]]:
    """The periods of the chosen contracts that each change touches, by contract: one query."""
    wanted = {contract for contracts in chosen for contract in contracts}
    versions: dict[int, list[ContractVersion]] = defaultdict(list)
    for version in (
        ContractVersion.objects.filter(contract__in=wanted)
        .select_related("contract__customer", "tier")
        .order_by("contract_id", "number")
    ):
        versions[version.contract_id].append(version)
    known: dict[tuple[int, str], list[Plan]] = {}

    def planned(contract: int, month: str) -> list[Plan]:
        if (contract, month) not in known:
            known[contract, month] = plans(month, versions[contract])
        return known[contract, month]

    touched = []
    for change, contracts in zip(changes, chosen, strict=True):
        spans = [(fact.start, fact.end or now) for fact in change.facts]
        months = sorted({month for start, end in spans for month in _months(start, end)})
        touched.append(
            {
                contract: [
                    plan for month in months for plan in planned(contract, month) if _overlaps(plan, spans)
                ]
                for contract in contracts
            }
        )
    return touched


def _months(start: datetime, end: datetime) -> Iterator[str]:
    """Every month in which a period that touches the span may end: from the one before, because of zones, to a year later."""
    first = start.year * 12 + start.month - 2
    last = end.year * 12 + end.month - 1 + MOST_MONTHS
    return (f"{month // 12}-{month % 12 + 1:02}" for month in range(first, last + 1) if month // 12 < 2100)


def _overlaps(plan: Plan, spans: Sequence[tuple[datetime, datetime]]) -> bool:
    return any(moment(plan.period.start) < end and moment(plan.period.end) > start for start, end in spans)


def _computed(
    changes: Sequence[Change], touched: Sequence[Sequence[Plan]], now: datetime
) -> list[list[Effect]]:
    rows: list[list[Effect]] = [[] for _ in changes]
    judge = _Judge()
    for month in sorted({plan.month for of_change in touched for plan in of_change}):
        suppositions = [
            Supposition([plan for plan in of_change if plan.month == month], change.added, change.removed)
            for change, of_change in zip(changes, touched, strict=True)
        ]
        for number, pairs in enumerate(gather_supposing(suppositions)):
            effects = (_effect(changes[number], stands, supposed, judge, now) for stands, supposed in pairs)
            rows[number] += [effect for effect in effects if effect is not None]
    for of_change in rows:
        of_change.sort(key=lambda effect: (effect.plan.contract.number, effect.plan.month))
    return rows


def _effect(
    change: Change, stands: Gathered, supposed: Gathered, judge: "_Judge", now: datetime
) -> Effect | None:
    """None where no commitment of the period covers the component."""
    codes = {fact.component.code if fact.component else None for fact in change.facts}
    covering = [
        one.id
        for gathered in (stands, supposed)
        for one in gathered.cases
        if None in codes or codes & set(one.case.terms.components.names)
    ]
    if not covering and not stands.blocks:
        return None
    return Effect(
        stands.plan,
        list(dict.fromkeys(covering)),
        judge.figures(stands),
        judge.figures(supposed),
        stands.issued[-1] if stands.issued else None,
        moment(stands.plan.period.end) <= now,
    )


class _Judge:
    """Assesses by the rules, and a period that several changes touch as it stands only once."""

    def __init__(self) -> None:
        self._figures: dict[int, tuple[Gathered, Figures]] = {}

    def figures(self, gathered: Gathered) -> Figures:
        if id(gathered) not in self._figures:
            self._figures[id(gathered)] = gathered, _figures(gathered)
        return self._figures[id(gathered)][1]


def _figures(gathered: Gathered) -> Figures:
    obstacles = [block.sentence for block in gathered.blocks if not block.waivable]
    if obstacles:
        return Figures({}, None, " ".join(obstacles))
    try:
        found = {one.id: assess(one.case) for one in gathered.cases}
        return _settled(gathered, found)
    except Refusal as refusal:
        return Figures({}, None, refusal.sentence)


def _settled(gathered: Gathered, found: Mapping[str, Assessment]) -> Figures:
    settlement = settle(agreement_of(gathered), found)
    return Figures(
        {
            name: Line(one.downtime, one.judged_percent, one.case.terms.commitment_percent, one.met)
            for name, one in found.items()
        },
        settlement.owed,
    )


def contracts_covering(components: Sequence[int], *, now: datetime) -> dict[int, int]:
    """How many contracts in force promise each of these components: one query, none for no components."""
    if not components:
        return {}
    in_force = CommitmentComponent.objects.filter(
        Q(commitment__version__ends_at__isnull=True) | Q(commitment__version__ends_at__gt=now),
        component__in=components,
        commitment__version__starts_at__lte=now,
    )
    counted = in_force.order_by().values("component")
    return dict(
        counted.annotate(count=Count("commitment__version__contract", distinct=True)).values_list(
            "component", "count"
        )
    )

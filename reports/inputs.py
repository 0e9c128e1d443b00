"""The one place where rows become values: facts and promises of a chunk of contracts as cases for the rules.

A fixed number of queries for a chunk, however many contracts are in it; what many contracts share (the windows of a tier on a
component) is turned into values once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import cast

from accounts.models import BilledAmount, Commitment
from accounts.queries import terms_of
from reports.models import ServiceCredit, Statement, StatementLine
from reports.periods import Part, Plan
from slaservice.outages import queries as facts
from slaservice.outages.models import Component, Maintenance, OutageWindow
from slaservice.rules.assessment import Case, misfits
from slaservice.rules.documents import parse_terms
from slaservice.rules.evidence import (
    EVERY_COMPONENT,
    CalendarPeriod,
    Evidence,
    Exclusion,
    ExplicitPeriod,
    Outage,
)
from slaservice.rules.exact import ONE, ZERO, parse_exact
from slaservice.rules.intervals import Interval, instant, moment
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal
from slaservice.rules.terms import Category, Terms


@dataclass(frozen=True, slots=True)
class Block:
    """Why a contract's period cannot be closed: a code, the thing that blocks, one sentence."""

    code: str
    subject: str
    sentence: str
    waivable: bool = False


@dataclass(frozen=True, slots=True)
class GatheredCase:
    """One commitment over one part of the period, ready for the rules, and the windows behind it."""

    id: str
    commitment: Commitment
    case: Case
    windows: Sequence[OutageWindow]


@dataclass(slots=True)
class Gathered:
    """Everything that one contract's period is judged by."""

    plan: Plan
    cases: list[GatheredCase] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    still_open: list[str] = field(default_factory=list)
    issued: list[Statement] = field(default_factory=list)
    granted_minor: int = 0


def gather(plans: Sequence[Plan]) -> list[Gathered]:
    """Gather a chunk of plans. The gathered are in the order of the plans."""
    if not plans:
        return []
    known = _Known(plans)
    return [_gather_one(plan, known) for plan in plans]


class _Known:
    """The rows of a chunk, loaded once: promises, facts, and what earlier statements said."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        start = min(plan.period.start for plan in plans)
        end = max(plan.period.end for plan in plans)
        contracts = [plan.contract.pk for plan in plans]
        versions = [part.version.pk for plan in plans for part in plan.parts]
        self.commitments: dict[int, list[Commitment]] = defaultdict(list)
        for commitment in (
            Commitment.objects.filter(version__in=versions)
            .prefetch_related("components")
            .order_by("version_id", "position", "id")
        ):
            self.commitments[commitment.version_id].append(commitment)
        self.components = {
            component.pk: component
            for group in self.commitments.values()
            for one in group
            for component in one.components.all()
        }
        self.facts = _Facts(
            self.components, {part.version.tier_id for plan in plans for part in plan.parts}, start, end
        )
        self.billed = {
            (billed.commitment_id, instant(billed.period_start)): billed.amount_minor
            for billed in BilledAmount.objects.filter(commitment__version__in=versions)
        }
        self.lines: dict[int, list[StatementLine]] = defaultdict(list)
        for line in (
            StatementLine.objects.filter(
                statement__contract__in=contracts,
                statement__state=Statement.ISSUED,
                statement__superseded_by__isnull=True,
            )
            .select_related("statement")
            .defer("statement__body")
            .order_by("statement__period_start", "position")
        ):
            self.lines[line.statement.contract_id].append(line)
        self.issued: dict[tuple[int, int], list[Statement]] = defaultdict(list)
        for statement in (
            Statement.objects.filter(contract__in=contracts, state=Statement.ISSUED, month=plans[0].month)
            .defer("body")
            .order_by("revision")
        ):
            self.issued[statement.contract_id, instant(statement.period_start)].append(statement)
        self.granted: dict[int, int] = defaultdict(int)
        for credit in ServiceCredit.objects.filter(
            statement__in=[s for group in self.issued.values() for s in group]
        ):
            self.granted[credit.statement_id] = credit.granted_minor
        self.terms: dict[int, Terms] = {}

    def terms_of(self, commitment: Commitment) -> Terms:
        if commitment.pk not in self.terms:
            self.terms[commitment.pk] = parse_terms(terms_of(commitment))
        return self.terms[commitment.pk]


def _gather_one(plan: Plan, known: _Known) -> Gathered:
    gathered = Gathered(plan)
    gathered.issued = known.issued[plan.contract.pk, plan.period.start]
    gathered.granted_minor = sum(known.granted[statement.pk] for statement in gathered.issued)
    touching: dict[str, OutageWindow] = {}
    for part in plan.parts:
        commitments = known.commitments[part.version.pk]
        if not commitments:
            gathered.blocks.append(
                Block("no_commitments", str(part.version.number), f"{part.version} promises nothing.")
            )
        for commitment in commitments:
            try:
                gathered.cases.append(_gather_case(plan, part, commitment, known))
            except Refusal as refusal:
                gathered.blocks.append(
                    Block(refusal.code, commitment.name, f"{commitment.name}: {refusal.sentence}")
                )
        codes = {component.code for commitment in commitments for component in commitment.components.all()}
        for window in known.facts.proposed(codes, part.version.tier_id, part.span):
            touching[window.reference] = window
    gathered.blocks += [
        Block(
            "proposed_window",
            reference,
            f"Outage {reference} is proposed and touches the period: confirm or withdraw it.",
            waivable=True,
        )
        for reference in sorted(touching)
    ]
    gathered.still_open = sorted(
        {window.reference for one in gathered.cases for window in one.windows if window.end is None}
    )
    return gathered


def _gather_case(plan: Plan, part: Part, commitment: Commitment, known: _Known) -> GatheredCase:
    """One commitment's case. Refusal when the fee is missing or terms and facts do not fit together."""
    terms = known.terms_of(commitment)
    _refuse_what_nobody_records(terms)
    whole = len(plan.parts) == 1
    windows = known.facts.windows(
        terms.components.names, part.version.tier_id, plan.period.interval if whole else part.span
    )
    earlier = [
        line
        for line in known.lines[plan.contract.pk]
        if line.name == commitment.name and instant(line.statement.period_end) <= plan.period.start
    ]
    evidence = Evidence(
        period=_period(plan, part, whole),
        service_start=_if_within(plan.contract.starts_at, plan),
        service_end=_if_within(plan.contract.ends_at, plan),
        outages=tuple(outage for _, outage in windows),
        maintenance=known.facts.maintenance(
            terms.components.names, part.version.tier_id, plan.period.interval
        ),
        history=tuple(line.met for line in earlier if line.applicable),
        uptime_history=tuple(parse_exact(line.judged_percent) for line in earlier if line.applicable),
        fee=_fee(plan, part, commitment, known) * (ONE if whole else part.share),
        previously_credited=_previously_credited(terms, plan, part, earlier),
        carried_forward=parse_exact(earlier[-1].carried) if earlier else ZERO,
    )
    case = Case(terms, evidence)
    wrong = misfits(terms, evidence)
    if wrong:
        raise Refusal("facts_do_not_fit_the_terms", "; ".join(map(str, wrong)))
    name = commitment.name if len(plan.parts) == 1 else f"{commitment.name} (version {part.version.number})"
    return GatheredCase(name, commitment, case, [window for window, _ in windows])


def _refuse_what_nobody_records(terms: Terms) -> None:
    """Terms that judge by counts which are not recorded would show 100 % for ever: refused by name instead."""
    if terms.signal.source == "requests":
        raise Refusal(
            "no_request_counts", "the terms judge failed requests, and request counts are not recorded."
        )
    if terms.base.affected_user_share:
        raise Refusal("no_affected_users", "the base is the share of users affected, which is not recorded.")


def _period(plan: Plan, part: Part, whole: bool) -> CalendarPeriod | ExplicitPeriod:
    """The calendar period where one version governs it all, else the part as an explicit range."""
    if whole:
        return CalendarPeriod(
            kind="calendar",
            year=plan.first.year,
            month=plan.first.month,
            months=plan.months,
            timezone=plan.period.timezone,
        )
    return ExplicitPeriod(
        kind="explicit", start=part.span.start, end=part.span.end, timezone=plan.period.timezone
    )


def _fee(plan: Plan, part: Part, commitment: Commitment, known: _Known) -> Fraction:
    minor = commitment.fee_minor
    if minor is None:
        minor = known.billed.get((commitment.pk, plan.period.start))
    if minor is None:
        raise Refusal("no_fee", f"no fee is agreed and no amount was billed for {plan.label}.")
    return Money(minor, part.version.currency).exact


def _if_within(at: datetime | None, plan: Plan) -> int | None:
    """The contract's start or end where it falls into the period; elsewhere it has no bearing."""
    if at is None:
        return None
    there = instant(at)
    return there if plan.period.start < there < plan.period.end else None


def _previously_credited(terms: Terms, plan: Plan, part: Part, earlier: Sequence[StatementLine]) -> Fraction:
    """What earlier issued statements credited within the cap's window, in money."""
    if terms.cap is None or terms.cap.per in ("period", "run"):
        return ZERO
    since = None
    if terms.cap.per == "contract_year":
        since = contract_year_start(plan.contract.starts_at, moment(plan.period.start))
    minor = sum(
        line.credit_minor for line in earlier if since is None or line.statement.period_start >= since
    )
    return Money(minor, part.version.currency).exact


def contract_year_start(signed: datetime, at: datetime) -> datetime:
    """The last anniversary of a contract's start that is not after an instant; the start itself before the first."""
    years = (
        at.year - signed.year - ((at.month, at.day, at.time()) < (signed.month, signed.day, signed.time()))
    )
    day = 28 if (signed.month, signed.day) == (2, 29) else signed.day
    return signed.replace(year=signed.year + max(years, 0), day=day if years else signed.day)


class _Facts:
    """Windows and maintenance of a chunk as values, shared by the contracts that look at the same component and tier."""

    def __init__(self, components: Mapping[int, Component], tiers: set[int], start: int, end: int) -> None:
        ids, tier_ids = list(components), sorted(tiers)
        first, last = moment(start), moment(end)
        self._windows = [
            (w, _outage(w))
            for w in facts.windows_connected(components=ids, tiers=tier_ids, start=first, end=last)
        ]
        self._maintenance = [
            (m, _exclusion(m))
            for m in facts.maintenance_known(components=ids, tiers=tier_ids, start=first, end=last)
        ]
        self._proposed = list(facts.proposed_touching(start=first, end=last))
        self._shared: dict[tuple[tuple[str, ...], int, Interval], list[tuple[OutageWindow, Outage]]] = {}

    def windows(self, codes: tuple[str, ...], tier: int, span: Interval) -> list[tuple[OutageWindow, Outage]]:
        """Confirmed windows of these components and this tier that touch the span, or touch a run that does."""
        key = (codes, tier, span)
        if key not in self._shared:
            mine = [(w, o) for w, o in self._windows if o.component in codes and tier in _tiers(w)]
            self._shared[key] = list(
                _connected(sorted(mine, key=lambda one: (one[1].start, one[1].id or "")), span)
            )
        return self._shared[key]

    def maintenance(self, codes: tuple[str, ...], tier: int, span: Interval) -> tuple[Exclusion, ...]:
        """Maintenance of these components and this tier that touches the span, in time order."""
        touching = [
            exclusion
            for row, exclusion in self._maintenance
            if exclusion.component in (*codes, EVERY_COMPONENT)
            and tier in _tiers(row)
            and exclusion.start < span.end
            and exclusion.end > span.start
        ]
        return tuple(sorted(touching, key=lambda one: (one.start, one.id or "")))

    def proposed(self, codes: set[str], tier: int, span: Interval) -> Iterable[OutageWindow]:
        """Windows that nobody has decided on and that touch the span."""
        for window in self._proposed:
            end = None if window.end is None else instant(window.end)
            if (
                window.component.code in codes
                and tier in _tiers(window)
                and instant(window.start) < span.end
                and (end is None or end > span.start)
            ):
                yield window


def _tiers(row: OutageWindow | Maintenance) -> set[int]:
    return {tier.pk for tier in row.tiers.all()}


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


def _exclusion(row: Maintenance) -> Exclusion:
    return Exclusion(
        component=EVERY_COMPONENT if row.component is None else row.component.code,
        start=instant(row.start),
        end=instant(row.end),
        category=cast("Category", row.category),
        id=row.reference,
        announced_at=None if row.announced_at is None else instant(row.announced_at),
    )


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

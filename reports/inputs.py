"""The one place where rows become values: facts and promises of a chunk of contracts as cases for the rules.

A fixed number of queries for a chunk, however many contracts are in it; what many contracts share (the windows of a tier on a
component) is turned into values once.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from accounts.models import BilledAmount, Commitment
from accounts.models import Exclusion as ApprovedExclusion
from accounts.queries import terms_of
from reports.facts import Facts, Undecided, counted_beyond, counted_in, lasting
from reports.models import ServiceCredit, Statement, StatementLine
from reports.periods import Part, Plan
from slaservice.outages.models import Maintenance, OutageWindow
from slaservice.rules.assessment import Case, misfits
from slaservice.rules.documents import parse_terms
from slaservice.rules.evidence import CalendarPeriod, Evidence, ExplicitPeriod, instant_text
from slaservice.rules.exact import ONE, ZERO, parse_exact
from slaservice.rules.intervals import SECOND, Interval, IntervalSet, instant, moment
from slaservice.rules.ledger import frame
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal
from slaservice.rules.terms import Terms
from slaservice.rules.words import duration


@dataclass(frozen=True, slots=True)
class Block:
    """Why a contract's period cannot be closed: a code, the thing that blocks, one sentence."""

    code: str
    subject: str
    sentence: str
    waivable: bool = False


@dataclass(frozen=True, slots=True)
class GatheredCase:
    """One commitment over one part of the period, ready for the rules, and the windows and exclusions behind it."""

    id: str
    commitment: Commitment
    case: Case
    windows: Sequence[OutageWindow]
    exclusions: Sequence[ApprovedExclusion]
    runs: Sequence[Interval] = ()
    """What failed over the edges of its time, or up to them, where the terms test a minimum on whole runs."""


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


@dataclass(frozen=True, slots=True)
class Supposition:
    """What if facts that are not confirmed counted (`added`), and some that are did not (`removed`), for these plans."""

    plans: Sequence[Plan]
    added: Sequence[OutageWindow | Maintenance] = ()
    removed: Sequence[OutageWindow | Maintenance] = ()


def gather_supposing(suppositions: Sequence[Supposition]) -> list[list[tuple[Gathered, Gathered]]]:
    """For each supposition its plans, all of one month, gathered as it stands and as supposed; the rows are loaded once.

    What waits for a decision changes no figure, and is left out of the blocks.
    """
    plans = {(plan.contract.pk, plan.period.start): plan for one in suppositions for plan in one.plans}
    if not plans:
        return [[] for _ in suppositions]
    around = [row for one in suppositions for row in one.added]
    known = _Known(list(plans.values()), around, undecided=False)
    stands = {key: _gather_one(plan, known) for key, plan in plans.items()}
    found = []
    for one in suppositions:
        supposed = known.supposing(one)
        found.append(
            [(stands[plan.contract.pk, plan.period.start], _gather_one(plan, supposed)) for plan in one.plans]
        )
    return found


class _Known:
    """The rows of a chunk, loaded once: promises, facts, and what earlier statements said."""

    def __init__(
        self,
        plans: Sequence[Plan],
        around: Sequence[OutageWindow | Maintenance] = (),
        *,
        undecided: bool = True,
    ) -> None:
        # A microsecond more on either side: what a row around touches belongs to its run.
        start = min([plan.period.start for plan in plans] + [instant(row.start) - 1 for row in around])
        end = max([plan.period.end for plan in plans] + [instant(row.end) + 1 for row in around if row.end])
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
        self.terms: dict[int, Terms] = {}
        # Where a run of failed requests is judged whole, what of it lies outside the periods must be at hand.
        more = max(map(counted_beyond, self._readable().values()), default=0)
        self.facts = Facts(
            self.components,
            {part.version.tier_id for plan in plans for part in plan.parts},
            contracts,
            self._judged_by_requests(),
            start - more,
            end + more,
            undecided=undecided,
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

    def _judged_by_requests(self) -> set[int]:
        """Ids of the components of which any terms want request counts: they are many, and most terms have no use for them."""
        return {
            component.pk
            for one, terms in self._readable().items()
            for component in one.components.all()
            if terms.signal.source != "windows"
        }

    def _readable(self) -> dict[Commitment, Terms]:
        """The commitments whose terms can be read; the others block their own contracts, by name, when their turn comes."""
        readable = {}
        for commitment in (one for group in self.commitments.values() for one in group):
            with suppress(Refusal):
                readable[commitment] = self.terms_of(commitment)
        return readable

    def supposing(self, supposition: Supposition) -> "_Known":
        """The same rows, as if other facts counted."""
        supposed = copy(self)
        supposed.facts = self.facts.supposing(supposition.added, supposition.removed)
        return supposed

    def terms_of(self, commitment: Commitment) -> Terms:
        if commitment.pk not in self.terms:
            self.terms[commitment.pk] = parse_terms(terms_of(commitment))
        return self.terms[commitment.pk]


def _gather_one(plan: Plan, known: _Known) -> Gathered:
    gathered = Gathered(plan)
    gathered.issued = known.issued[plan.contract.pk, plan.period.start]
    gathered.granted_minor = sum(known.granted[statement.pk] for statement in gathered.issued)
    undecided: set[Undecided] = set()
    for part in plan.parts:
        tier = part.version.tier_id
        commitments = known.commitments[part.version.pk]
        if not commitments:
            gathered.blocks.append(
                Block("no_commitments", str(part.version.number), f"{part.version} promises nothing.")
            )
        for commitment in commitments:
            try:
                case = _gather_case(plan, part, commitment, known)
                gathered.cases.append(case)
                undecided.update(_undecided_beyond(plan, tier, case, known))
            except Refusal as refusal:
                gathered.blocks.append(
                    Block(refusal.code, commitment.name, f"{commitment.name}: {refusal.sentence}")
                )
        codes = {component.code for commitment in commitments for component in commitment.components.all()}
        undecided.update(known.facts.undecided(plan.contract.pk, codes, tier, part.span))
    gathered.blocks += [
        Block(one.code, one.reference, one.sentence, waivable=True) for one in sorted(undecided)
    ]
    gathered.blocks += [block for one in gathered.cases for block in _uncounted(one)]
    gathered.still_open = sorted(
        {window.reference for one in gathered.cases for window in one.windows if window.end is None}
    )
    return gathered


def _undecided_beyond(plan: Plan, tier: int, one: GatheredCase, known: _Known) -> Iterator[Undecided]:
    """What is proposed outside the case's time, but overlaps or touches a run that decides on it."""
    if one.runs:
        # A microsecond more on either side: what a run touches belongs to it.
        around = Interval(min(run.start for run in one.runs) - 1, max(run.end for run in one.runs) + 1)
        codes = one.case.terms.components.names
        yield from known.facts.undecided(plan.contract.pk, codes, tier, around)


def _uncounted(one: GatheredCase) -> Iterator[Block]:
    """Terms that judge requests would show 100 % for ever where none were counted: that is for a person to say."""
    terms, evidence = one.case.terms, one.case.evidence
    if terms.signal.source != "requests":
        return
    judged = frame(terms, evidence, evidence.period.resolve()).promised
    for code in terms.components.names:
        counted = judged & _counted(evidence, code)
        holes = judged - counted - _unmeasured(evidence, code)
        if not holes and (counted or not judged):
            continue
        sentence = (
            f"{one.id}: the terms judge failed requests, and none of {code} were counted in the period."
        )
        if counted:
            first, last = map(instant_text, holes.parts[0])
            sentence = (
                f"{one.id}: the terms judge failed requests, and those of {code} were not counted"
                f" for {duration(holes.length // SECOND)}, first from {first} to {last}."
            )
        yield Block("no_request_counts", f"{one.id}: {code}", sentence, waivable=True)


def _counted(evidence: Evidence, code: str) -> IntervalSet:
    return IntervalSet.of(counted_in(one) for one in evidence.requests if one.component == code)


def _unmeasured(evidence: Evidence, code: str) -> IntervalSet:
    return IntervalSet.of((gap.start, gap.end) for gap in evidence.no_data if gap.component == code)


def _gather_case(plan: Plan, part: Part, commitment: Commitment, known: _Known) -> GatheredCase:
    """One commitment's case. Refusal when the fee is missing or terms and facts do not fit together."""
    terms = known.terms_of(commitment)
    _refuse_what_nobody_records(terms)
    whole = len(plan.parts) == 1
    span = plan.period.interval if whole else part.span
    codes, tier = terms.components.names, part.version.tier_id
    runs = known.facts.runs(terms, tier, span)
    judged = _hull([span, *runs])
    windows = known.facts.windows(codes, tier, span if terms.signal.source == "requests" else judged)
    reach = _hull([plan.period.interval, judged, *(lasting(o, o.start) for _, o in windows)])
    excuses = known.facts.excuses(plan.contract.pk, codes, tier, reach)
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
        maintenance=tuple(excuse for _, excuse in excuses),
        no_data=known.facts.gaps(codes, reach),
        requests=known.facts.requests(codes, tier, judged) if terms.signal.source != "windows" else (),
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
    approved = [row for row, _ in excuses if isinstance(row, ApprovedExclusion)]
    return GatheredCase(name, commitment, case, [window for window, _ in windows], approved, runs)


def _hull(spans: Sequence[Interval]) -> Interval:
    """From the first start to the last end: what excuses the far end of a run matters too."""
    return Interval(min(span.start for span in spans), max(span.end for span in spans))


def _refuse_what_nobody_records(terms: Terms) -> None:
    """Terms whose base is not recorded would be computed on all of it: refused by name instead."""
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

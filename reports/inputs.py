"""The one place where rows become values: facts and promises of a chunk of contracts as cases for the rules.

What many contracts share (the windows of a tier on a component) is turned into values once.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from fractions import Fraction

from accounts.models import Commitment
from accounts.models import Exclusion as ApprovedExclusion
from reports.earlier import carried_forward, credited_by_statements, earlier_periods, previously_credited
from reports.facts import Recorded, Undecided, counted_in, lasting
from reports.known import Agreed, Known, Supposition, TermsKey, read_terms
from reports.models import ServiceCredit, Statement, StatementLine
from reports.periods import Part, Plan
from reports.shelf import Shelf
from slaservice.outages.models import Component, OutageWindow
from slaservice.rules.assessment import Case, assess, misfits
from slaservice.rules.evidence import CalendarPeriod, Evidence, ExplicitPeriod, instant_text
from slaservice.rules.exact import ONE, ZERO
from slaservice.rules.intervals import SECOND, Interval, IntervalSet, instant
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


@dataclass(frozen=True, slots=True, eq=False)
class Occasion:
    """All that a commitment is judged by but money and earlier periods, with the windows and exclusions behind it.

    Contracts with the same terms, components, tier and period share one. `case` is without money and earlier periods.
    """

    terms_key: TermsKey
    case: Case
    recorded: Recorded
    exclusions: Sequence[ApprovedExclusion]
    runs: Sequence[Interval] = ()
    """What failed over the edges of its time, or up to them, where the terms test a minimum on whole runs."""


@dataclass(frozen=True, slots=True)
class GatheredCase:
    """One commitment over one part of the period, ready for the rules."""

    id: str
    commitment: Commitment
    components: Sequence[Component]
    case: Case
    occasion: Occasion

    @property
    def windows(self) -> Sequence[OutageWindow]:
        return self.occasion.recorded.windows

    @property
    def exclusions(self) -> Sequence[ApprovedExclusion]:
        return self.occasion.exclusions


@dataclass(slots=True)
class Gathered:
    """Everything that one contract's period is judged by.

    `issued` are its earlier revisions, `before` the lines of the last one. `granted_minor` is what they granted; `asked_for`
    says whether a credit of theirs needed no claim or got one; `decided` are those that finance decided otherwise than they
    were computed. `credited` is what earlier periods take of the agreement's cap.
    """

    plan: Plan
    cases: list[GatheredCase] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    still_open: list[str] = field(default_factory=list)
    issued: list[Statement] = field(default_factory=list)
    before: list[StatementLine] = field(default_factory=list)
    granted_minor: int = 0
    asked_for: bool = False
    decided: list[ServiceCredit] = field(default_factory=list)
    credited: Fraction = ZERO


def gather(plans: Sequence[Plan]) -> list[Gathered]:
    """Gather a chunk of plans. The gathered are in the order of the plans."""
    if not plans:
        return []
    known = Known(plans)
    return [_gather_one(plan, known) for plan in plans]


def gather_supposing(suppositions: Sequence[Supposition]) -> list[list[tuple[Gathered, Gathered]]]:
    """For each supposition its plans, all of one month, gathered as it stands and as supposed; the rows are loaded once.

    What waits for a decision changes no figure, and is left out of the blocks.
    """
    plans = {(plan.contract.pk, plan.period.start): plan for one in suppositions for plan in one.plans}
    if not plans:
        return [[] for _ in suppositions]
    around = [row for one in suppositions for row in one.added]
    known = Known(list(plans.values()), around, undecided=False)
    stands = {key: _gather_one(plan, known) for key, plan in plans.items()}
    found = []
    for one in suppositions:
        supposed = known.supposing(one)
        found.append(
            [(stands[plan.contract.pk, plan.period.start], _gather_one(plan, supposed)) for plan in one.plans]
        )
    return found


@dataclass(frozen=True, slots=True)
class Figure:
    """One commitment over one part of a plan. `case`, without money and earlier periods, is None where it cannot be measured;
    `priced`, with them, where nobody can say what it owes.
    """

    plan: Plan
    part: Part
    id: str
    commitment: Commitment
    components: Sequence[Component]
    case: Case | None = None
    priced: Case | None = None


def figures(known: Known, plan: Plan, *, priced: bool) -> Iterator[Figure]:
    """What is promised in the plan, case by case. `priced`: with what is owed for it; without, it may be any stretch of time."""
    cases: list[GatheredCase] = []
    for part in plan.parts:
        for commitment in known.commitments[part.version.pk]:
            named = _name(plan, part, commitment)
            figure = Figure(plan, part, named, commitment, known.components_of[commitment.pk])
            yield (priced and _priced(figure, known, cases)) or _unpriced(figure, known)


def _priced(figure: Figure, known: Known, before: list[GatheredCase]) -> Figure | None:
    """With money, after those `before` it, which it joins. None where nobody can say."""
    try:
        one = _gather_case(figure.plan, figure.part, figure.commitment, known, before)
    except Refusal:
        return None
    before.append(one)
    return replace(figure, case=one.occasion.case, priced=one.case)


def _unpriced(figure: Figure, known: Known) -> Figure:
    """Without money. As it is where it cannot even be measured."""
    try:
        return replace(figure, case=_occasion(figure.plan, figure.part, figure.commitment, known).case)
    except Refusal:
        return figure


class InTurn:
    """Periods of one contract, gathered one after the other: what each came to is history for those after it.

    `before` are the lines of issued statements of earlier periods. What waits for a decision is left out of the blocks.
    """

    def __init__(self, plans: Sequence[Plan], agreed: Agreed | None = None) -> None:
        self._known = Known(plans, undecided=False, agreed=agreed or Agreed())
        start = min(plan.period.start for plan in plans)
        self.before = [
            line
            for line in self._known.lines[plans[0].contract.pk]
            if instant(line.statement.period_end) <= start
        ]

    def gather(self, plan: Plan, lines: Sequence[StatementLine]) -> Gathered:
        """One of the plans; `lines` are those of the periods that were gathered in turn, oldest first."""
        self._known.lines[plan.contract.pk] = [*self.before, *lines]
        return _gather_one(plan, self._known)


def _gather_one(plan: Plan, known: Known) -> Gathered:
    gathered = Gathered(plan)
    gathered.issued = known.issued[plan.contract.pk, plan.period.start]
    credits = [known.credits[one.pk] for one in gathered.issued if one.pk in known.credits]
    gathered.granted_minor = sum(credit.granted_minor for credit in credits)
    gathered.asked_for = any(credit.asked_for or credit.claimed for credit in credits)
    gathered.decided = [one for one in credits if one.decided_at and one.granted_minor != one.computed_minor]
    lines = known.lines[plan.contract.pk]
    gathered.before = [
        line for line in lines if gathered.issued and line.statement_id == gathered.issued[-1].pk
    ]
    gathered.credited = credited_by_statements(plan, lines, known.kept)
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
                case = _gather_case(plan, part, commitment, known, gathered.cases)
                gathered.cases.append(case)
                undecided.update(_undecided_beyond(plan, tier, case, known))
            except Refusal as refusal:
                gathered.blocks.append(
                    Block(refusal.code, commitment.name, f"{commitment.name}: {refusal.sentence}")
                )
        codes = {component.code for one in commitments for component in known.components_of[one.pk]}
        undecided.update(known.facts.undecided(plan.contract.pk, codes, tier, part.span))
    gathered.blocks += [
        Block(one.code, one.reference, one.sentence, waivable=True) for one in sorted(undecided)
    ]
    gathered.blocks += [block for one in gathered.cases for block in _uncounted(one)]
    gathered.still_open = sorted(
        {window.reference for one in gathered.cases for window in one.windows if window.end is None}
    )
    return gathered


def _undecided_beyond(plan: Plan, tier: int, one: GatheredCase, known: Known) -> Iterator[Undecided]:
    """What is proposed outside the case's time, but overlaps or touches a run that decides on it."""
    if runs := one.occasion.runs:
        # A microsecond more on either side: what a run touches belongs to it.
        around = Interval(min(run.start for run in runs) - 1, max(run.end for run in runs) + 1)
        codes = one.case.terms.components.names
        yield from known.facts.undecided(plan.contract.pk, codes, tier, around)


def _uncounted(one: GatheredCase) -> Iterator[Block]:
    """Terms that judge requests would show 100 % for ever where none were counted: that is for a person to say."""
    for code, holes, counted in uncounted(one.case):
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


def uncounted(case: Case) -> Iterator[tuple[str, IntervalSet, bool]]:
    """The components whose requests alone the terms judge and were not counted all the time: when not, and whether ever."""
    terms, evidence = case.terms, case.evidence
    if terms.signal.source != "requests":
        return
    judged = frame(terms, evidence, evidence.period.resolve()).promised
    for code in terms.components.names:
        counted = judged & _counted(evidence, code)
        holes = judged - counted - _unmeasured(evidence, code)
        if holes or (judged and not counted):
            yield code, holes, bool(counted)


def _counted(evidence: Evidence, code: str) -> IntervalSet:
    return IntervalSet.of(counted_in(one) for one in evidence.requests if one.component == code)


def _unmeasured(evidence: Evidence, code: str) -> IntervalSet:
    return IntervalSet.of((gap.start, gap.end) for gap in evidence.no_data if gap.component == code)


def _gather_case(
    plan: Plan, part: Part, commitment: Commitment, known: Known, before: Sequence[GatheredCase]
) -> GatheredCase:
    """One commitment's case, after those `before` it. Refusal when the fee is missing or terms and facts do not fit together."""
    occasion = _occasion(plan, part, commitment, known)
    terms = occasion.case.terms
    earlier = earlier_periods(plan, commitment.name, known.lines[plan.contract.pk], known.kept)
    parts = [assess(one.case) for one in before if one.commitment.name == commitment.name]
    # Only what the terms look at: else every late correction would restate all months after it.
    applicable = [one for one in earlier if one.applicable]
    history = applicable[-terms.looks_back :] if terms.looks_back else []
    evidence = replace(
        occasion.case.evidence,
        history=tuple(one.met for one in history),
        uptime_history=tuple(one.judged_percent for one in history),
        fee=_fee(plan, part, commitment, known) * (ONE if plan.whole else part.share),
        previously_credited=previously_credited(terms, plan, earlier, parts),
        carried_forward=carried_forward(plan, earlier, parts),
    )
    name, components = _name(plan, part, commitment), known.components_of[commitment.pk]
    return GatheredCase(name, commitment, components, Case(terms, evidence), occasion)


def _name(plan: Plan, part: Part, commitment: Commitment) -> str:
    """The commitment's, with the version where several govern parts of the period."""
    return commitment.name if len(plan.parts) == 1 else f"{commitment.name} (version {part.version.number})"


_OCCASIONS: Shelf[Occasion] = Shelf(10_000)


def _occasion(plan: Plan, part: Part, commitment: Commitment, known: Known) -> Occasion:
    """What the commitment is judged by; once for all contracts that are judged by the same. Refusal as `_gather_case`.

    Whoever asks what was known when asks for one thing once: that is kept with the chunk alone.
    """
    terms_key = known.terms_keys[commitment.pk]
    span = plan.period.interval if plan.whole else part.span
    alone = plan.contract.pk if known.facts.singles_out(plan.contract.pk) else None
    lived = _if_within(plan.contract.starts_at, plan), _if_within(plan.contract.ends_at, plan)
    key = known.facts.state, terms_key, part.version.tier_id, plan.first, plan.period, span, lived, alone
    shelf = _OCCASIONS if known.known_at is None else known.shelf
    return shelf.get(key, 1, lambda: _found(plan, part, terms_key, known))


def _found(plan: Plan, part: Part, terms_key: TermsKey, known: Known) -> Occasion:
    terms = read_terms(terms_key)
    _refuse_what_nobody_records(terms)
    whole = plan.whole
    span = plan.period.interval if whole else part.span
    codes, tier = terms.components.names, part.version.tier_id
    runs = known.facts.runs(terms, tier, span)
    judged = _hull([span, *runs])
    recorded = known.facts.windows(codes, tier, span if terms.signal.source == "requests" else judged)
    reach = _hull([plan.period.interval, judged, *(lasting(o, o.start) for o in recorded.outages)])
    excuses = known.facts.excuses(plan.contract.pk, codes, tier, reach)
    evidence = Evidence(
        period=_period(plan, part, whole),
        service_start=_if_within(plan.contract.starts_at, plan),
        service_end=_if_within(plan.contract.ends_at, plan),
        outages=recorded.outages,
        maintenance=tuple(excuse for _, excuse in excuses),
        no_data=known.facts.gaps(codes, reach),
        requests=known.facts.requests(codes, tier, judged) if terms.signal.source != "windows" else (),
    )
    wrong = misfits(terms, evidence)
    if wrong:
        raise Refusal("facts_do_not_fit_the_terms", "; ".join(map(str, wrong)))
    approved = [row for row, _ in excuses if isinstance(row, ApprovedExclusion)]
    return Occasion(terms_key, Case(terms, evidence), recorded, approved, runs)


def _hull(spans: Sequence[Interval]) -> Interval:
    """From the first start to the last end: what excuses the far end of a run matters too."""
    return Interval(min(span.start for span in spans), max(span.end for span in spans))


def _refuse_what_nobody_records(terms: Terms) -> None:
    """Terms whose base is not recorded would be computed on all of it: refused by name instead."""
    if terms.base.affected_user_share:
        raise Refusal("no_affected_users", "the base is the share of users affected, which is not recorded.")


def _period(plan: Plan, part: Part, whole: bool) -> CalendarPeriod | ExplicitPeriod:
    """The calendar period where one version governs all of it, else the part as an explicit range."""
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


def _fee(plan: Plan, part: Part, commitment: Commitment, known: Known) -> Fraction:
    minor = commitment.fee_minor
    if minor is None:
        minor = known.billed.get((commitment.pk, plan.calendar.start))
    if minor is None:
        raise Refusal("no_fee", f"no fee is agreed and no amount was billed for {plan.label}.")
    return Money(minor, part.version.currency).exact


def _if_within(at: datetime | None, plan: Plan) -> int | None:
    """The contract's start or end where it falls into the period; elsewhere it has no bearing."""
    if at is None:
        return None
    there = instant(at)
    return there if plan.period.start < there < plan.period.end else None

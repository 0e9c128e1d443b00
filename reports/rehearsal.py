"""What a proposed agreement would have changed: a contract's last twelve months by what governed them, and by the proposal.

The proposal is supposed to have governed all of them, whatever the date from which it is to hold: the question is what it is
worth, and the past is all that is known of outages. Both sides are worked out now, by the close's own gather and the rules,
from the facts as they are known now; nothing is taken from what was issued but what came before the twelve months.

History in turn: each side starts from the lines of statements issued for earlier periods, and what a period comes to under a
side (met or missed, judged percentage, credited, carried) is history for the side's later periods. So an amended gate, cap or
minimum shows what it does to the months after. Commitments have their history by name, as on statements: one that the proposal
names anew starts without any. A cap over a contract year, or the contract, is used up by what the side owed before in it.

Nothing is written, not even in a transaction that is rolled back: the proposal is rows that are in no table. A trial of a real
amendment would have to unmake the versions that govern the past, which the database refuses, and would keep others waiting.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from django.contrib.auth.models import User

from accounts.models import BilledAmount, Commitment, Contract, ContractVersion
from accounts.operations import Agreement
from accounts.operations.agreements import as_if_agreed, read_agreement
from accounts.operations.fields import Faults
from accounts.operations.permission import require_for
from reports import guards
from reports.document import agreement_of, line_values
from reports.inputs import Block, Gathered, InTurn
from reports.known import Agreed
from reports.models import Statement, StatementLine
from reports.periods import Plan, plans
from slaservice.rules.agreement import settle
from slaservice.rules.assessment import Assessment, assess
from slaservice.rules.documents import result_json
from slaservice.rules.intervals import instant, moment
from slaservice.rules.money import Money
from slaservice.rules.periods import add_months, local_date, local_midnight, zone_named
from slaservice.rules.refusal import Refusal

MONTHS = 12

WITHOUT_DATA = frozenset({"no_data", "no_request_counts"})
"""The blocks that say that nothing is known."""


@dataclass(frozen=True, slots=True)
class Line:
    """What one commitment comes to in a period; percentages 0 to 100."""

    name: str
    uptime: Fraction
    judged: Fraction
    target: Fraction
    applicable: bool
    met: bool
    credit: Money


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a period comes to on one side; without `owed` where the `obstacle` keeps it from being worked out.

    `blocks` is what the close would wait for although the rules have an answer: that of something nothing was heard is 100.
    """

    plan: Plan
    lines: Sequence[Line] = ()
    owed: Money | None = None
    obstacle: str = ""
    blocks: Sequence[Block] = ()

    @property
    def met(self) -> bool:
        return all(line.met for line in self.lines)


@dataclass(frozen=True, slots=True)
class Row:
    """One period by both sides; one side is missing where the proposal has periods of another length."""

    label: str
    governed: Outcome | None
    proposed: Outcome | None

    @property
    def blocks(self) -> list[str]:
        """What the close of the period would wait for, on either side, in sentences."""
        return list(dict.fromkeys(block.sentence for block in self._blocks))

    @property
    def without_data(self) -> bool:
        return any(block.code in WITHOUT_DATA for block in self._blocks)

    @property
    def _blocks(self) -> list[Block]:
        return [block for side in (self.governed, self.proposed) if side for block in side.blocks]

    @property
    def comparable(self) -> bool:
        return all(side is not None and side.owed is not None for side in (self.governed, self.proposed))

    @property
    def difference(self) -> Money | None:
        """What is owed more under the proposal; None where it cannot be said."""
        before = self.governed.owed if self.governed else None
        after = self.proposed.owed if self.proposed else None
        if before is None or after is None or before.currency != after.currency:
            return None
        return after - before

    @property
    def changes_verdict(self) -> bool:
        """Whether the period, or a commitment that both sides name, is met on one side and missed on the other."""
        if self.governed is None or self.proposed is None or not self.comparable:
            return False
        before = {line.name: line.met for line in self.governed.lines}
        after = {line.name: line.met for line in self.proposed.lines}
        return self.governed.met != self.proposed.met or any(
            before[name] != after[name] for name in before.keys() & after.keys()
        )


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`rows` in time order; `left_out` says which months are not among them, and why."""

    contract: Contract
    rows: Sequence[Row]
    left_out: Sequence[str]

    @property
    def period_by_period(self) -> bool:
        """Whether both sides have the same periods; else only the totals can be compared."""
        return all(row.governed and row.proposed for row in self.rows)

    @property
    def obstacles(self) -> list[str]:
        """What keeps a period from being worked out, on either side, by name."""
        return [
            f"{side.plan.label}, {name}: {side.obstacle}"
            for row in self.rows
            for name, side in (("what governed", row.governed), ("the proposal", row.proposed))
            if side is not None and side.obstacle
        ]

    @property
    def governed(self) -> list[Money]:
        """What is owed in all by what governed, in each currency."""
        return _totals(row.governed for row in self._counted)

    @property
    def proposed(self) -> list[Money]:
        """What is owed in all by the proposal."""
        return _totals(row.proposed for row in self._counted)

    @property
    def difference(self) -> Money | None:
        """What the proposal costs more, negative where it costs less; None where the totals cannot be compared."""
        before, after = self.governed, self.proposed
        if len(before) != 1 or len(after) != 1 or before[0].currency != after[0].currency:
            return None
        if self.obstacles and not self.period_by_period:
            return None
        return after[0] - before[0]

    @property
    def without_data(self) -> list[str]:
        """The periods of which a figure says only that nothing was recorded."""
        return [row.label for row in self.rows if row.without_data]

    @property
    def changed_verdicts(self) -> list[str]:
        return [row.label for row in self.rows if row.changes_verdict]

    @property
    def _counted(self) -> list[Row]:
        """A period that cannot be worked out on one side is in neither total, so that the totals speak of the same time."""
        return [row for row in self.rows if row.comparable] if self.period_by_period else list(self.rows)


def rehearse_amendment(
    *, contract: Contract, agreement: Agreement, by: User | None, now: datetime
) -> Rehearsal:
    """The contract's last twelve ended months by both sides; nothing is written. Invalid names every fault of the agreement."""
    require_for(by, "contracts.edit", contract.customer)
    faults = Faults("invalid_contract")
    read = read_agreement(agreement, faults)
    faults.raise_if_any()
    versions = list(contract.versions.select_related("contract__customer", "tier").order_by("number"))
    version, commitments = as_if_agreed(read, versions[0].contract)
    months = _last_months([*versions, version], now)
    governed = _planned(versions, months)
    proposed = _planned([version], months)
    agreed = Agreed({version.pk: commitments}, _billed_by_name(contract, commitments))
    before = _outcomes(governed, now=now)
    after = _outcomes(proposed, agreed, now=now)
    return Rehearsal(contract, _rows(before, after), _left_out(contract, versions[-1].timezone, months))


def _last_months(versions: Sequence[ContractVersion], now: datetime) -> list[date]:
    """The first days of the twelve months that ended last in the zones of all of these."""
    today = min(local_date(instant(now), zone_named(version.timezone)) for version in versions)
    return [add_months(today.replace(day=1), -back) for back in range(MONTHS, 0, -1)]


def _planned(versions: Sequence[ContractVersion], months: Sequence[date]) -> list[Plan]:
    """The periods that ended in these months, oldest first."""
    return [plan for month in months for plan in plans(f"{month:%Y-%m}", versions)]


def _billed_by_name(contract: Contract, commitments: Sequence[Commitment]) -> dict[tuple[int, int], int]:
    """What was billed for commitments of the same names in the periods that start at the same time, as of the last version."""
    rows = BilledAmount.objects.filter(commitment__version__contract=contract).order_by(
        "commitment__version__number"
    )
    billed = {
        (name, instant(start)): amount
        for name, start, amount in rows.values_list("commitment__name", "period_start", "amount_minor")
    }
    ids = {commitment.name: commitment.pk for commitment in commitments}
    return {(ids[name], start): amount for (name, start), amount in billed.items() if name in ids}


def _outcomes(planned: Sequence[Plan], agreed: Agreed | None = None, *, now: datetime) -> list[Outcome]:
    """One side, period after period: each one's lines are history for the next. The guards look at each by itself."""
    if not planned:
        return []
    in_turn = InTurn(planned, agreed)
    lines: list[StatementLine] = []
    outcomes = []
    for plan in planned:
        gathered = in_turn.gather(plan, lines)
        gathered.blocks += guards.blocks_of([gathered], now=now)[0]
        try:
            outcome, written = _outcome(gathered)
        except Refusal as refusal:
            outcome, written = Outcome(plan, obstacle=refusal.sentence), []
        outcomes.append(outcome)
        lines += written
    return outcomes


def _outcome(gathered: Gathered) -> tuple[Outcome, list[StatementLine]]:
    """What the period comes to, and its lines as a statement would have them. Refusal where the rules refuse."""
    plan = gathered.plan
    obstacles = [block.sentence for block in gathered.blocks if not block.waivable]
    if obstacles:
        return Outcome(plan, obstacle=" ".join(obstacles)), []
    found = {one.id: assess(one.case) for one in gathered.cases}
    settlement = settle(agreement_of(gathered), found)
    owed = settlement.owed
    statement = Statement(
        pk=-plan.period.start,
        contract=plan.contract,
        period_start=moment(plan.period.start),
        period_end=moment(plan.period.end),
        currency=owed.currency,
        credit_minor=owed.minor,
    )
    written = [
        StatementLine(
            statement=statement, **line_values(one, found[one.id], settlement, result_json(found[one.id]))
        )
        for one in gathered.cases
    ]
    lines = [_line(name, assessment) for name, assessment in found.items()]
    return Outcome(plan, lines, owed, blocks=gathered.blocks), written


def _line(name: str, found: Assessment) -> Line:
    return Line(
        name,
        found.uptime_percent,
        found.judged_percent,
        found.case.terms.commitment_percent,
        found.applicable,
        found.met,
        found.owed,
    )


def _rows(governed: Sequence[Outcome], proposed: Sequence[Outcome]) -> list[Row]:
    """Periods of the same months side by side, by the month in which they end."""
    before = {(one.plan.month, one.plan.months): one for one in governed}
    after = {(one.plan.month, one.plan.months): one for one in proposed}
    either = {**after, **before}
    return [Row(either[key].plan.label, before.get(key), after.get(key)) for key in sorted(either)]


def _left_out(contract: Contract, timezone: str, months: Sequence[date]) -> list[str]:
    """The months in which the contract was not in force, with the reason."""
    zone = zone_named(timezone)
    starts, ends = instant(contract.starts_at), contract.ends_at
    told: dict[str, list[str]] = defaultdict(list)
    for month in months:
        if local_midnight(add_months(month, 1), zone) <= starts:
            told[f"the contract began on {local_date(starts, zone)}"].append(f"{month:%B %Y}")
        elif ends is not None and local_midnight(month, zone) >= instant(ends):
            told[f"the contract ended before {local_date(instant(ends), zone)}"].append(f"{month:%B %Y}")
    return [f"{_from_to(names)}: {reason}." for reason, names in told.items()]


def _from_to(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def _totals(outcomes: Iterable[Outcome | None]) -> list[Money]:
    sums: dict[str, int] = defaultdict(int)
    for one in outcomes:
        if one is not None and one.owed is not None:
            sums[one.owed.currency] += one.owed.minor
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]

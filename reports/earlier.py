"""What the issued statements of earlier periods say of a commitment: its history, what it was credited, what it carries over.

A commitment is known by its name, whatever version of the contract it stands in. Where versions split a period, each part has a
line of its own, and all of them together are one earlier period.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import groupby

from reports.models import Statement, StatementLine
from reports.periods import Plan
from slaservice.rules.assessment import Assessment
from slaservice.rules.exact import ZERO, total
from slaservice.rules.intervals import instant, moment
from slaservice.rules.money import Money
from slaservice.rules.terms import Cap, Terms


@dataclass(frozen=True, slots=True)
class Earlier:
    """One commitment in one earlier period: a line for each part of it, in time order."""

    statement: Statement
    lines: Sequence[StatementLine]

    @property
    def applicable(self) -> bool:
        """Whether anything was promised."""
        return any(line.applicable for line in self.lines)

    @property
    def met(self) -> bool:
        """Whether every part was."""
        return all(line.met for line in self.lines)

    @property
    def judged_percent(self) -> Fraction:
        """That of the lowest part in which anything was promised."""
        # Our own figures may have thousands of digits, which `parse_exact` refuses.
        return min(Fraction(line.judged_percent) for line in self.lines if line.applicable)

    @property
    def credited_minor(self) -> int:
        """Of all parts together; nothing of what another commitment was picked over."""
        return sum(line.credit_minor for line in self.lines if line.counted)

    @property
    def carried(self) -> Fraction:
        """What the last part hands on, if it counted; it has taken over what the parts before carried."""
        last = self.lines[-1]
        return Fraction(last.carried) if last.counted else ZERO


def earlier_periods(plan: Plan, commitment: str, lines: Iterable[StatementLine]) -> list[Earlier]:
    """The periods before the plan's in which there was a commitment of that name, oldest first, as `lines` are."""
    mine = (
        line
        for line in lines
        if line.commitment.name == commitment and instant(line.statement.period_end) <= plan.period.start
    )
    periods = (list(group) for _, group in groupby(mine, key=lambda line: line.statement_id))
    return [Earlier(parts[0].statement, parts) for parts in periods]


def carried_forward(plan: Plan, earlier: Sequence[Earlier], parts: Sequence[Assessment]) -> Fraction:
    """Money that waits for more: from the part before in the same period, else from the period before, in one currency."""
    if parts:
        return parts[-1].credit.carried
    if not earlier or earlier[-1].statement.currency != plan.leading.currency:
        return ZERO
    return earlier[-1].carried


def previously_credited(
    terms: Terms, plan: Plan, earlier: Sequence[Earlier], parts: Sequence[Assessment]
) -> Fraction:
    """What earlier periods, and earlier parts of the same one, take of a commitment's cap over a window, in money."""
    cap = terms.cap
    if cap is None or cap.per not in WINDOWS:
        return ZERO
    counted = (one.credited_minor for one in earlier if _in_the_window(cap.per, plan, one.statement))
    before = Money(sum(counted), plan.leading.currency).exact
    return max(ZERO, before + total(_taken(cap, part) for part in parts))


def _taken(cap: Cap, part: Assessment) -> Fraction:
    """What an earlier part takes of the cap: what it owes. A percentage grows by what that part's own base allows."""
    own, credit = part.case.terms.cap, part.credit
    grows = cap.kind == "percent_of_base" and own is not None and (own.kind, own.per) == (cap.kind, cap.per)
    return credit.amount - (credit.limit or ZERO if grows else ZERO)


def credited_by_statements(plan: Plan, lines: Sequence[StatementLine]) -> Fraction:
    """What earlier issued statements credited in total within the window of the agreement's cap, in money."""
    if plan.leading.cap is None:
        return ZERO
    earlier = {line.statement.period_start: line.statement for line in lines}
    counted = [
        statement.credit_minor
        for statement in earlier.values()
        if instant(statement.period_end) <= plan.period.start
        and _in_the_window(plan.leading.cap["per"], plan, statement)
    ]
    return Money(sum(counted), plan.leading.currency).exact


WINDOWS = ("contract_year", "contract")
"""What a cap may sum over, beside a period or a run by itself."""


def _in_the_window(per: str, plan: Plan, statement: Statement) -> bool:
    """Whether a cap counts both in one window: of the contract's year, or of the whole contract; money of one currency."""
    if per not in WINDOWS or statement.currency != plan.leading.currency:
        return False
    signed = plan.contract.starts_at
    years = (contract_year_start(signed, at) for at in (statement.period_start, moment(plan.period.start)))
    return per == "contract" or len(set(years)) == 1


def contract_year_start(signed: datetime, at: datetime) -> datetime:
    """The last anniversary of a contract's start that is not after an instant; the start itself before the first."""
    years = max(
        at.year - signed.year - ((at.month, at.day, at.time()) < (signed.month, signed.day, signed.time())), 0
    )
    day = 28 if (signed.month, signed.day) == (2, 29) else signed.day
    return signed.replace(year=signed.year + years, day=day if years else signed.day)

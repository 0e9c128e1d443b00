"""What the issued statements of earlier periods say of a commitment: its history, what it was credited, what it carries over.

A commitment is known by its name, whatever version of the contract it stands in. Where versions split a period, each part has a
line of its own, and all of them together are one earlier period.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from reports.models import Statement, StatementLine
from reports.periods import Plan
from slaservice.rules.assessment import Assessment
from slaservice.rules.caps import counts_together, taken_by_parts
from slaservice.rules.exact import ONE, ZERO, total
from slaservice.rules.intervals import instant
from slaservice.rules.money import minor_units
from slaservice.rules.terms import Terms


@dataclass(frozen=True, slots=True)
class Earlier:
    """One commitment in one earlier period: a line for each part of it, in time order.

    `kept` is the share of what is owed there that uses up a cap: not what was rejected, or what nobody claimed in time.
    """

    statement: Statement
    lines: Sequence[StatementLine]
    kept: Fraction = ONE

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
    def credited_minor(self) -> Fraction:
        """Of all parts together; nothing of what another commitment was picked over."""
        return self.kept * sum(line.credit_minor for line in self.lines if line.counted)

    @property
    def carried(self) -> Fraction:
        """What the last part hands on, if it counted; it has taken over what the parts before carried."""
        last = self.lines[-1]
        return Fraction(last.carried) if last.counted else ZERO


def earlier_periods(
    plan: Plan, commitment: str, lines: Iterable[StatementLine], kept: Mapping[int, Fraction]
) -> list[Earlier]:
    """The periods before the plan's in which there was a commitment of that name, oldest first, as `lines` are.

    `kept`: of statements whose credit was let go, by id, the share that stays.
    """
    mine = (
        line
        for line in lines
        if line.commitment.name == commitment and instant(line.statement.period_end) <= plan.period.start
    )
    periods = (list(group) for _, group in groupby(mine, key=lambda line: line.statement_id))
    return [Earlier(parts[0].statement, parts, _kept(parts[0].statement, kept)) for parts in periods]


def _kept(statement: Statement, kept: Mapping[int, Fraction]) -> Fraction:
    return kept.get(statement.pk, ONE)


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
    """What earlier periods, and earlier parts of the same one, take of a commitment's cap in its window, in money."""
    cap = terms.cap
    if cap is None:
        return ZERO
    counted = (one.credited_minor for one in earlier if _in_the_window(cap.per, plan, one.statement))
    before = total(counted) / 10 ** minor_units(plan.leading.currency)
    return max(ZERO, before + taken_by_parts(terms, parts))


def credited_by_statements(
    plan: Plan, lines: Sequence[StatementLine], kept: Mapping[int, Fraction]
) -> Fraction:
    """What earlier issued statements credited in total within the window of the agreement's cap, in money."""
    if plan.leading.cap is None:
        return ZERO
    earlier = {line.statement.period_start: line.statement for line in lines}
    counted = [
        _kept(statement, kept) * statement.credit_minor
        for statement in earlier.values()
        if instant(statement.period_end) <= plan.period.start
        and _in_the_window(plan.leading.cap["per"], plan, statement)
    ]
    return total(counted) / 10 ** minor_units(plan.leading.currency)


def _in_the_window(per: str, plan: Plan, statement: Statement) -> bool:
    """Whether a cap counts both in one window; money of one currency."""
    if statement.currency != plan.leading.currency:
        return False
    signed, began = instant(plan.contract.starts_at), instant(statement.period_start)
    return counts_together(per, plan.period.zone, signed, began, plan.period.start)

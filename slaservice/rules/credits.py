"""Credits: from the judged uptime to money. Gate, rules, base, cap, minimum issue, and one rounding at the very end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor

from slaservice.rules.evidence import Evidence
from slaservice.rules.exact import ONE, ZERO, rounded, total
from slaservice.rules.intervals import SECOND, Interval
from slaservice.rules.ledger import Ledger, Row, lost_seconds
from slaservice.rules.periods import Period, local_days
from slaservice.rules.reasons import IN_A_ROW, MET, MISSED, NOT_IN_A_ROW, NOTHING_PROMISED, WHETHER_OR_NOT
from slaservice.rules.terms import Brackets, Metered, Terms


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the credit rules get to see. Percentages 0 to 100, times in seconds, all exact."""

    period: Period
    ledgers: Sequence[Ledger]
    judged_percent: Fraction
    met: bool
    downtime: Fraction
    eligible: Fraction


@dataclass(frozen=True, slots=True)
class RuleReason:
    """How one rule came to its credit: the quantity it saw, the bracket it hit or the steps it counted."""

    rule: int
    type: str
    quantity: str
    value: Fraction
    bracket: int | None
    steps: Fraction | None
    credit: Fraction


@dataclass(frozen=True, slots=True)
class CreditResult:
    """Money in the terms' currency, exact, and the rounded amount; `credit` is in percent or days as the terms say."""

    credit: Fraction
    base: Fraction
    gate_open: bool
    gate_reason: str
    rules: tuple[RuleReason, ...]
    before_cap: Fraction
    limit: Fraction | None
    capped: bool
    exact: Fraction
    amount: Fraction
    carried: Fraction
    below_minimum: bool


def owed(terms: Terms, evidence: Evidence, verdict: Verdict) -> CreditResult:
    """What a period costs under these terms."""
    gate_open, gate_reason = _gate(terms, evidence, verdict)
    base = _base(terms, evidence, verdict.period)
    reasons = tuple(_reasons(terms, evidence, verdict)) if gate_open else ()
    credits = [reason.credit for reason in reasons]
    credit = (total(credits) if terms.credit.combine == "sum" else max(credits)) if credits else ZERO

    limit = _limit(terms, base, verdict.period)
    before_cap = _worth(terms, credit, base, verdict.period)
    after_cap, capped = before_cap, False
    if terms.cap is not None and limit is not None:
        if terms.cap.per == "run":
            after_cap = _worth_capped_per_run(terms, verdict, reasons, base, limit)
        else:
            after_cap = min(before_cap, max(ZERO, limit - evidence.previously_credited))
        capped = after_cap < before_cap
    after_cap += evidence.carried_forward

    issued, carried, below = after_cap, ZERO, False
    minimum = terms.minimum_issue
    if minimum and not (after_cap > minimum.amount or (minimum.op == ">=" and after_cap == minimum.amount)):
        issued, below = ZERO, after_cap > 0
        carried = after_cap if minimum.below == "carry" else ZERO
    return CreditResult(
        credit=credit,
        base=base,
        gate_open=gate_open,
        gate_reason=gate_reason,
        rules=reasons,
        before_cap=before_cap,
        limit=limit,
        capped=capped,
        exact=issued,
        amount=rounded(issued, terms.money.places, terms.money.rounding),
        carried=carried,
        below_minimum=below,
    )


def _gate(terms: Terms, evidence: Evidence, verdict: Verdict) -> tuple[bool, str]:
    """Whether the credit rules apply, and why."""
    if not verdict.eligible:
        return False, NOTHING_PROMISED
    gate = terms.credit.gate
    if gate.kind == "always":
        return True, WHETHER_OR_NOT
    if verdict.met:
        return False, MET
    if gate.count is None:
        return True, MISSED
    before = evidence.history[len(evidence.history) - (gate.count - 1) :] if gate.count > 1 else ()
    in_a_row = len(before) == gate.count - 1 and not any(before)
    reason = IN_A_ROW if in_a_row else NOT_IN_A_ROW
    return in_a_row, reason.format(count=gate.count)


def _base(terms: Terms, evidence: Evidence, period: Period) -> Fraction:
    """The fee, for the part of the period in term and the users affected as far as the terms say so."""
    base = evidence.fee
    if terms.base.prorate != "none":
        base *= _lived(terms, evidence, period)
    if terms.base.affected_user_share:
        base *= evidence.affected_user_share
    return base


def _lived(terms: Terms, evidence: Evidence, period: Period) -> Fraction:
    """The share of the period in term, by seconds or by local days touched."""
    start = period.start if evidence.service_start is None else max(period.start, evidence.service_start)
    end = period.end if evidence.service_end is None else min(period.end, evidence.service_end)
    if end <= start:
        return ZERO
    if terms.base.prorate == "lived_days":
        return Fraction(period.days(Interval(start, end)), period.days())
    return Fraction(end - start, period.end - period.start)


def _day_worth(terms: Terms, base: Fraction, period: Period) -> Fraction:
    return base / (30 if terms.credit.day_value == "base/30" else period.days())


def _worth(terms: Terms, credit: Fraction, base: Fraction, period: Period) -> Fraction:
    """A credit in percent or days as money."""
    if terms.credit.unit == "days":
        return credit * _day_worth(terms, base, period)
    return credit * base / 100


def _limit(terms: Terms, base: Fraction, period: Period) -> Fraction | None:
    """The cap as money, before earlier credits are taken off."""
    cap = terms.cap
    if cap is None:
        return None
    if cap.kind == "amount":
        return cap.value
    return cap.value * (_day_worth(terms, base, period) if cap.kind == "days" else base / 100)


def _worth_capped_per_run(
    terms: Terms, verdict: Verdict, reasons: Sequence[RuleReason], base: Fraction, limit: Fraction
) -> Fraction:
    """Rules metered for each run, each run's money capped by itself; other rules as they are."""
    if not reasons:  # the gate is closed
        return ZERO
    worths = []
    for reason in reasons:
        rule = terms.credit.rules[reason.rule]
        if isinstance(rule, Metered) and rule.per == "run":
            credits = [_steps(rule, lost, verdict) * rule.rate for lost in _lost_by_run(verdict)]
            worths.append(
                total(min(limit, _worth(terms, credit, base, verdict.period)) for credit in credits)
            )
        else:
            worths.append(_worth(terms, reason.credit, base, verdict.period))
    return total(worths) if terms.credit.combine == "sum" else max(worths)


def _reasons(terms: Terms, evidence: Evidence, verdict: Verdict) -> list[RuleReason]:
    reasons = []
    for index, rule in enumerate(terms.credit.rules):
        value = _quantity(terms, evidence, verdict, rule)
        if isinstance(rule, Brackets):
            hit = next((i for i, row in enumerate(rule.ranges) if row.contains(value)), None)
            credit = ZERO if hit is None else rule.ranges[hit].credit
            reasons.append(RuleReason(index, rule.type, rule.quantity, value, hit, None, credit))
        else:
            values = _lost_by_run(verdict) if rule.per == "run" else [value]
            steps = total(_steps(rule, one, verdict) for one in values)
            reasons.append(RuleReason(index, rule.type, rule.quantity, value, None, steps, steps * rule.rate))
    return reasons


def _quantity(terms: Terms, evidence: Evidence, verdict: Verdict, rule: Brackets | Metered) -> Fraction:
    """What a rule measures; percentages in points, times in seconds, the rest counts."""
    match rule.quantity:
        case "uptime_percent":
            return verdict.judged_percent
        case "lost_seconds":
            return verdict.downtime
        case "lost_seconds_beyond_allowance":
            return max(ZERO, verdict.downtime - allowed_downtime(terms, verdict.eligible))
        case "points_below":
            assert rule.reference is not None
            return max(ZERO, rule.reference - verdict.judged_percent)
        case "runs":
            return Fraction(sum(len(ledger.lost_runs()) for ledger in verdict.ledgers))
        case "days_touched":
            return Fraction(len(_days_touched(verdict)))
        case "failures":
            assert rule.window is not None
            before = evidence.history[-(rule.window - 1) :] if rule.window > 1 else ()
            return Fraction(before.count(False) + (not verdict.met))


def allowed_downtime(terms: Terms, eligible: Fraction) -> Fraction:
    """How many seconds of downtime the commitment leaves."""
    return eligible * (100 - terms.commitment_percent) / 100


def _steps(rule: Metered, value: Fraction, verdict: Verdict) -> Fraction:
    """The quantity in steps, rounded as the rule says."""
    if rule.step == "period":
        step = Fraction(verdict.period.end - verdict.period.start, SECOND)
    elif rule.step == "eligible":
        step = verdict.eligible or ONE
    else:
        step = rule.step
    steps = value / step
    if rule.round == "exact":
        return steps
    return Fraction(floor(steps) if rule.round == "floor" else ceil(steps))


def _runs(verdict: Verdict) -> list[list[Row]]:
    return [run for ledger in verdict.ledgers for run in ledger.lost_runs()]


def _lost_by_run(verdict: Verdict) -> list[Fraction]:
    return [lost_seconds(run) for run in _runs(verdict)]


def _days_touched(verdict: Verdict) -> set[date]:
    """Local days on which anything was lost."""
    zone = verdict.period.zone
    spans = [Interval(run[0].start, run[-1].end) for run in _runs(verdict)]
    return {day for span in spans for day in local_days(span, zone)}

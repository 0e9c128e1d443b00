"""A slow, obvious reading of the SLA terms, to hold the engine against.

It exists so that the engine is never its own judge: it is written from the description of the terms alone, and it
*counts*. Time is cut into ticks, the coarsest that every instant of a case falls on; a signal is one byte a tick, the
rank of the tick's loss among the losses of the case (0: nothing lost); a set of ticks is one byte a tick too, 255 or 0.
Nothing is cleverer than painting, masking and counting bytes. Sums and money are exact fractions.

`assess(case)` takes `{"terms": ..., "input": ...}` as plain JSON values and gives the result's fields by their names in
the case document, and `ledger_buckets` (bucket -> seconds; with `min`, `mean` and `pooled` component -> bucket ->
seconds) and `runs` (the number of outages left after clipping; null where components are combined as ratios). What
has no meaning raises `Refused` with a word.
"""

from fractions import Fraction

from tests.rules.counting import RATIO_LEVEL, Case, Clips, Measured, Refused, outage_loss, request_loss
from tests.rules.ticks import (
    MICRO,
    Json,
    count_or_text,
    days,
    decimal_text,
    passes,
    ratio_text,
    rounded,
    text,
    utc,
)

UNIT_DECIMALS = {"JPY": 0, "KWD": 3}


class Figures:
    """The numbers that the credit rules look at."""

    def __init__(self, case: Case, signals: list[Measured]) -> None:
        self.case = case
        self.applicable = any(signal.eligible for signal in signals)
        self.downtime = sum((signal.downtime for signal in signals), Fraction(0))
        self.eligible = sum((signal.eligible for signal in signals), Fraction(0))
        ratios = [signal.ratio for signal in signals if signal.eligible]
        if not ratios:
            self.ratio = Fraction(1)
        elif case.combine == "mean":
            self.ratio = sum(ratios, Fraction(0)) / len(ratios)
        elif case.combine == "min":
            self.ratio = min(ratios)
            worst = next(signal for signal in signals if signal.eligible and signal.ratio == self.ratio)
            self.downtime, self.eligible = worst.downtime, worst.eligible
        else:
            self.ratio = 1 - self.downtime / self.eligible
        self.lost_by_run = signals[0].lost
        self.runs = signals[0].runs
        self.period_seconds = Fraction(case.end - case.start, MICRO)
        self.judged = self.ratio * 100
        rounding = case.terms.get("uptime_rounding")
        if rounding:
            scale = 10 ** rounding["decimals"]
            self.judged = Fraction(rounded(self.judged * scale, rounding["mode"]), scale)
        self.commitment = Fraction(case.terms["commitment_percent"])
        self.met = self.judged >= self.commitment
        self.history: list[bool] = case.input.get("history", [])

    def quantity(self, rule: Json) -> Fraction:
        match rule["quantity"]:
            case "uptime_percent":
                return self.judged
            case "lost_seconds":
                return self.downtime
            case "lost_seconds_beyond_allowance":
                return max(Fraction(0), self.downtime - self.eligible * (100 - self.commitment) / 100)
            case "points_below":
                return max(Fraction(0), Fraction(rule["reference"]) - self.judged)
            case "runs":
                return Fraction(len(self.runs))
            case "days_touched":
                return Fraction(
                    len({day for start, end in self.runs for day in days(start, end, self.case.zone)})
                )
            case "failures":
                lately = list(reversed(self.history))[: rule["window"] - 1]
                return Fraction(lately.count(False) + (not self.met))
        raise Refused(rule["quantity"])

    def steps(self, rule: Json, value: Fraction) -> Fraction:
        lengths = {"period": self.period_seconds, "eligible": self.eligible}
        step = lengths[rule["step"]] if rule["step"] in lengths else Fraction(rule["step"])
        if not step:
            return Fraction(0)
        how = rule.get("round", "exact")
        return value / step if how == "exact" else Fraction(rounded(value / step, how))

    def credits_of(self, rule: Json) -> list[Fraction]:
        """What one rule gives: one number, or one for each run where it is metered per run."""
        if rule["type"] == "brackets":
            value = self.quantity(rule)
            return [next((Fraction(r["credit"]) for r in rule["ranges"] if within(value, r)), Fraction(0))]
        values = self.lost_by_run if rule.get("per") == "run" else [self.quantity(rule)]
        return [self.steps(rule, value) * Fraction(rule["rate"]) for value in values]

    def gate_is_open(self) -> bool:
        gate = self.case.terms["credit"].get("gate") or {"kind": "below_commitment"}
        if gate["kind"] == "always":
            return self.applicable
        failing = [not met for met in [*self.history, self.met]]
        return all(failing[-gate.get("count", 1) :]) and len(failing) >= gate.get("count", 1)


def within(value: Fraction, bounds: Json) -> bool:
    low, high = bounds.get("from"), bounds.get("to")
    above = low is None or value > Fraction(low) or (value == Fraction(low) and bounds["from_closed"])
    below = high is None or value < Fraction(high) or (value == Fraction(high) and bounds["to_closed"])
    return above and below


def joined(case: Case, credits: list[list[Fraction]]) -> Fraction:
    """The rules' credits, each summed over its runs, as one: their sum or the greatest; without rules nothing."""
    of_rules = [sum(of_rule, Fraction(0)) for of_rule in credits]
    if case.terms["credit"].get("combine") == "sum":
        return sum(of_rules, Fraction(0))
    return max(of_rules, default=Fraction(0))


def base_of(case: Case) -> Fraction:
    base = Fraction(case.input["fee"])
    terms = case.terms.get("base") or {}
    start, end = max(case.start, case.term_start), min(case.end, case.term_end)
    if terms.get("prorate") == "lived_seconds":
        base *= Fraction(max(end - start, 0), case.end - case.start)
    if terms.get("prorate") == "lived_days":
        lived = days(start, end, case.zone) if start < end else set()
        base *= Fraction(len(lived), len(days(case.start, case.end, case.zone)))
    if terms.get("affected_user_share"):
        base *= Fraction(case.input.get("affected_user_share") or "1")
    return base


def day_of(case: Case, base: Fraction) -> Fraction:
    thirtieth = case.terms["credit"].get("day_value") == "base/30"
    return base / (30 if thirtieth else len(days(case.start, case.end, case.zone)))


def after_cap(case: Case, base: Fraction, credits: list[list[Fraction]]) -> Fraction:
    """What the cap leaves of the rules' credits in money."""
    cap = case.terms.get("cap")
    if not cap:
        return joined(case, credits)
    value = Fraction(cap["value"])
    limit = {"percent_of_base": base * value / 100, "amount": value}.get(cap["kind"])
    if limit is None:
        limit = day_of(case, base) * value
    if cap.get("per") == "run":
        return joined(case, [[min(of_run, limit) for of_run in of_rule] for of_rule in credits])
    left = limit - Fraction(case.input.get("previously_credited") or "0")
    return min(joined(case, credits), max(Fraction(0), left))


def money(case: Case, figures: Figures) -> Json:
    credit = case.terms["credit"]
    base = base_of(case)
    unit_value = day_of(case, base) if credit.get("unit") == "days" else base / 100
    credits = [figures.credits_of(rule) for rule in credit.get("rules", [])] if figures.gate_is_open() else []
    units = joined(case, credits)
    amount = after_cap(case, base, [[of_run * unit_value for of_run in of_rule] for of_rule in credits])
    capped = amount < units * unit_value
    amount += Fraction(case.input.get("carried_forward") or "0")
    carried = Fraction(0)
    minimum = case.terms.get("minimum_issue")
    if minimum and not passes(amount, minimum["op"], Fraction(minimum["amount"])):
        carried, amount = amount if minimum.get("below") == "carry" else carried, Fraction(0)
    how = case.terms["money"]
    decimals = how["decimals"] if how.get("decimals") is not None else UNIT_DECIMALS.get(how["currency"], 2)
    return {
        "credit_days" if credit.get("unit") == "days" else "credit_percent": text(units),
        "base_exact": text(base),
        "capped": capped,
        "credit_amount_exact": text(amount),
        "credit_amount": decimal_text(amount, decimals, how.get("rounding") or "half_up"),
        "carried": text(carried),
    }


def assess(document: Json) -> Json:
    """What the case comes to, by counting."""
    case = Case(document)
    clips = Clips(case)
    every_loss = {Fraction(0), Fraction(1)} | {outage_loss(case, window) for window, _ in case.outages}
    losses = sorted(every_loss | {request_loss(case, row) for row, _ in case.requests})
    groups = [[name] for name in case.names] if case.combine in RATIO_LEVEL else [case.names]
    signals = [Measured(case, clips, names, losses) for names in groups]
    figures = Figures(case, signals)
    percent = figures.ratio * 100
    result: Json = {
        "period_start": utc(case.start),
        "period_end": utc(case.end),
        "period_seconds": count_or_text(figures.period_seconds),
        "downtime_seconds": text(figures.downtime),
        "eligible_seconds": count_or_text(figures.eligible),
        "uptime_ratio": ratio_text(figures.ratio),
        "uptime_percent_exact": ratio_text(percent),
        "uptime_percent": decimal_text(percent, 6, "floor"),
        "judged_percent": ratio_text(figures.judged),
        "commitment_met": figures.met,
        "applicable": figures.applicable,
        "provisional": case.as_of is not None and case.as_of < case.end,
    } | money(case, figures)
    if case.combine in RATIO_LEVEL and len(case.names) > 1:
        result["components"] = {
            name: {
                "downtime_seconds": text(signal.downtime),
                "eligible_seconds": count_or_text(signal.eligible),
                "uptime_ratio": ratio_text(signal.ratio),
            }
            for name, signal in zip(case.names, signals, strict=True)
        }
    if case.combine in RATIO_LEVEL:
        by_name = zip(case.names, signals, strict=True)
        return result | {"ledger_buckets": {name: signal.buckets for name, signal in by_name}, "runs": None}
    return result | {"ledger_buckets": signals[0].buckets, "runs": len(signals[0].runs)}

"""The computation, line by line, from the length of the period to the amount: every number is one of the frozen result.

Each line names what it is, how it comes about, the contract's clause where one is given, and the value. What is shown in
parentheses is told for completeness and neither added nor subtracted.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from reports.pdf import figures
from reports.pdf.facts import Document, Facts
from reports.pdf.ledger import Ledger, lost_by_loss
from reports.pdf.text import printable
from slaservice.rules.evidence import Evidence
from slaservice.rules.terms import Bracket, Brackets, Metered
from slaservice.rules.words import number

_TAKEN_OFF = {
    "not_in_term": ("Not in term", "before the contract’s start or after its end", ("partial_period",)),
    "after_as_of": ("Still to come", "the period has not ended", ("provisional",)),
    "outside_service_hours": ("Outside service hours", "nothing is promised then", ("service_hours",)),
    "no_data": ("No measurements", "", ("no_data",)),
    "excluded": ("Excluded", "maintenance and other exclusions", ("exclude.effect", "exclude")),
}
_STAYS = {
    "not_in_term": "counts as up",
    "after_as_of": "counts as up",
    "excluded": "never downtime, stays in the eligible time",
}
_ALSO = {
    "excluded": (
        "exclude.categories",
        "exclude.effect",
        "exclude.notice_seconds",
        "exclude.allowance_seconds",
    ),
}
_DOWNTIME = (
    "signal.source", "signal.severity_weight", "signal.affected_share", "shape.quantum_rule",
)  # fmt: skip
_WHOSE = {
    "min": "of the component with the lowest uptime",
    "mean": "of all components, added up",
    "pooled": "of all components, added up",
}
_JOINED = {
    "min": "the lowest of the components’ uptimes",
    "mean": "the mean of the components’ uptimes",
    "pooled": "from the two sums",
}
_MODES = {"half_up": "halves up", "half_even": "halves to even", "floor": "down", "ceil": "up"}
_SUFFIX = {
    "uptime_percent": " %",
    "points_below": " points",
    "lost_seconds": " s",
    "lost_seconds_beyond_allowance": " s",
}
_QUANTITY = {
    "uptime_percent": "uptime",
    "points_below": "below {reference} %",
    "lost_seconds": "downtime",
    "lost_seconds_beyond_allowance": "downtime beyond what is allowed",
    "runs": "outages",
    "days_touched": "days with downtime",
    "failures": "missed periods of {window}",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the computation, finished text; `kind` is '', 'sum' (a result that later lines use) or 'total'.

    `paths` are the fields of the terms that it follows from, as slaservice.rules.wording names them.
    """

    label: str
    detail: str
    clause: str
    value: str
    kind: str = ""
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComponentLine:
    """A component where ratios are combined: its own time, downtime and uptime."""

    name: str
    eligible: str
    downtime: str
    uptime: str


def steps(facts: Facts) -> list[Step]:
    """Every line that says something; buckets in which no time stands are left out."""
    return [*_time(facts), *_uptime(facts), *_credit(facts), *_amount(facts)]


def components(facts: Facts) -> list[ComponentLine]:
    """The components of a commitment that combines ratios; nothing for any other."""
    if not facts.joined:
        return []
    return [_component(facts, ledger) for ledger in facts.ledgers]


def _component(facts: Facts, ledger: Ledger) -> ComponentLine:
    own = facts.result["components"][ledger.component]
    ratio = Fraction(own["uptime_ratio"])
    eligible = Fraction(own["eligible_seconds"])
    return ComponentLine(
        name=facts.name(ledger.component or ""),
        eligible=figures.seconds(eligible),
        downtime=figures.seconds(Fraction(own["downtime_seconds"])),
        uptime=figures.percent(ratio * 100, 6) if eligible else "N/A",
    )


def _time(facts: Facts) -> Iterator[Step]:
    length = facts.number("period_seconds")
    zone = facts.clock.zone.key
    yield Step("Period", f"{facts.clock.label()}, {zone}", "", figures.seconds(length))
    if facts.joined:
        yield Step(
            "Components",
            "each measured by itself, see above",
            facts.clause("components.combine"),
            str(len(facts.ledgers)),
            paths=("components.combine",),
        )
    else:
        yield from _taken_off(facts, facts.ledgers[0])
    detail = _WHOSE[facts.terms.combine] if facts.joined else "time that the commitment speaks of"
    yield Step("Eligible time", detail, "", figures.seconds(facts.number("eligible_seconds")), "sum")


def _taken_off(facts: Facts, ledger: Ledger) -> Iterator[Step]:
    """Buckets that leave the eligible time, and in parentheses those that stay in it without being up or down."""
    for bucket, (label, detail, paths) in _TAKEN_OFF.items():
        off, stays = ledger.seconds(bucket, eligible=False), ledger.seconds(bucket, eligible=True)
        clause = facts.clause(*paths)
        if off:
            taken = f"−{figures.seconds(off)}"
            yield Step(label, detail or "taken out", clause, taken, paths=_ALSO.get(bucket, paths))
        if stays:
            meaning = {"as_up": "counts as up", "as_down": "counts as down"}.get(facts.terms.no_data, "")
            yield Step(
                label,
                meaning if bucket == "no_data" else _STAYS.get(bucket, ""),
                clause,
                f"({figures.seconds(stays)})",
                paths=_ALSO.get(bucket, paths),
            )
    below = ledger.seconds("below_minimum", eligible=True)
    if below:
        detail = "lost, but too short to count; stays in the eligible time"
        clause, shown = facts.clause("shape.min_run", "shape"), f"({figures.seconds(below)})"
        yield Step("Below the minimum", detail, clause, shown, paths=("shape.min_run",))


def _requests(facts: Facts) -> Iterator[Step]:
    """How many requests were counted and how many of them failed, for each component: what the lost time was worked out from."""
    if facts.terms.signal.source == "windows":
        return
    for code, name in facts.covered.items():
        counted = [one for one in facts.evidence.requests if one.component == code]
        if not counted:
            continue
        total, failed = sum(one.total for one in counted), sum(one.errors for one in counted)
        intervals = "1 interval" if len(counted) == 1 else f"{len(counted):,} intervals"
        shown = f"{failed:,} of {total:,} failed in {intervals}, {_lost_by(facts)}"
        label = f"Requests, {name}" if len(facts.covered) > 1 else "Requests"
        rate = figures.share(Fraction(failed), Fraction(total))
        clause = facts.clause("signal.requests", "signal")
        yield Step(label, shown, clause, f"({rate})", paths=("signal.requests",))


def _lost_by(facts: Facts) -> str:
    rule = facts.terms.signal.requests
    if rule.above is None:
        return "each lost by its share of failed requests"
    asked = f"{'more than' if rule.op == '>' else 'at least'} {number(rule.above * 100)} %"
    return f"each lost where {asked} failed"


def _uptime(facts: Facts) -> Iterator[Step]:
    yield from _requests(facts)
    downtime, eligible = facts.number("downtime_seconds"), facts.number("eligible_seconds")
    if facts.joined:
        how = _WHOSE[facts.terms.combine]
    else:
        sums = [f"{figures.exact(time)} s × {number(loss)}" for loss, time in lost_by_loss(facts.ledgers[0])]
        shown = sums if len(sums) <= 4 else [*sums[:3], f"{len(sums) - 3} further losses"]
        how = f"time × loss over the ledger: {' + '.join(shown)}" if sums else "nothing was lost"
    clause = facts.clause("signal.severity_weight", "signal")
    yield Step("Downtime", how, clause, figures.seconds(downtime), "sum", _DOWNTIME)
    if not facts.applicable:
        yield Step("Uptime", "nothing was eligible", "", "N/A", "sum")
        return
    allowed = facts.number("allowed_downtime_seconds")
    detail = f"{number(100 - facts.target)} % of the eligible time, {figures.words(allowed, 'floor')}"
    yield Step("Allowed downtime", detail, "", f"({figures.seconds(allowed)})", paths=("commitment_percent",))
    ratio = facts.number("uptime_ratio")
    if facts.joined:
        how = f"{_JOINED[facts.terms.combine]}, exactly {ratio.numerator}/{ratio.denominator}"
    else:
        how = f"1 − {figures.exact(downtime)} ÷ {figures.exact(eligible)}, exactly {ratio.numerator}/{ratio.denominator}"
    clause, uptime = facts.clause("components.combine"), f"{facts.result['uptime_percent']} %"
    yield Step("Uptime", how, clause, uptime, "sum", ("components.combine", "uptime_rounding"))
    rounding = facts.terms.uptime_rounding
    if rounding:
        detail = f"rounded {_MODES[rounding.mode]} to {rounding.decimals} decimals"
        clause = facts.clause("uptime_rounding")
        yield Step("Judged uptime", detail, clause, facts.shown_uptime, "sum", ("uptime_rounding",))
    yield Step(
        "Commitment",
        f"at least {number(facts.target)} %",
        facts.clause("commitment_percent"),
        _distance(facts),
        "sum",
        ("commitment_percent",),
    )


def _distance(facts: Facts) -> str:
    points = abs(facts.uptime - facts.target)
    if not points:
        return "met exactly"
    text = f"{figures.exact(points)} points"
    return f"met by {text}" if facts.met else f"missed by {text}"


def _credit(facts: Facts) -> Iterator[Step]:
    terms, reasons = facts.terms, facts.result["reasons"]
    if not terms.credit.rules:
        clause, none = facts.clause("credit.rules"), "these terms give no service credit"
        yield Step("Credit rules", none, clause, "none", paths=("credit.rules",))
        return
    gate = reasons["gate"]
    yield Step(
        "Do credit rules apply?",
        printable(gate["reason"]),
        facts.clause("credit.gate"),
        "yes" if gate["open"] else "no",
        paths=("credit.gate",),
    )
    for reason in reasons["rules"]:
        rule = terms.credit.rules[reason["rule"]]
        clause = facts.clause(f"credit.rules[{reason['rule']}]", "credit.rules")
        detail = _bracket(rule, reason) if isinstance(rule, Brackets) else _metered(facts, rule, reason)
        label = "Credit table" if isinstance(rule, Brackets) else "Metered credit"
        given = _unit(facts, Fraction(reason["credit"]))
        yield Step(label, detail, clause, given, paths=(f"credit.rules[{reason['rule']}]",))
    if len(reasons["rules"]) > 1:
        how = "the rule that gives most" if terms.credit.combine == "max" else "the sum of the rules"
        clause, given = facts.clause("credit.combine"), _unit(facts, _owed(facts))
        yield Step("Credit", how, clause, given, "sum", ("credit.combine",))


def _owed(facts: Facts) -> Fraction:
    return facts.number("credit_days" if facts.terms.credit.unit == "days" else "credit_percent")


def _unit(facts: Facts, credit: Fraction) -> str:
    if facts.terms.credit.unit == "percent":
        return f"{figures.exact(credit)} %"
    return "1 day" if credit == 1 else f"{figures.exact(credit)} days"


_NAMED_FIRST = ("uptime_percent", "lost_seconds", "lost_seconds_beyond_allowance")


def _quantity(rule: Brackets | Metered, value: Fraction) -> str:
    reference = "" if rule.reference is None else number(rule.reference)
    name = _QUANTITY[rule.quantity].format(reference=reference, window=rule.window)
    shown = f"{figures.exact(value)}{_SUFFIX.get(rule.quantity, '')}"
    return f"{name} {shown}" if rule.quantity in _NAMED_FIRST else f"{shown} {name}"


def _bracket(rule: Brackets, reason: Document) -> str:
    value = _quantity(rule, Fraction(reason["value"]))
    if reason["hit"] is None:
        return f"{value}: in no row of the table"
    row = int(reason["hit"])
    return f"{value}: row {row + 1} of {len(rule.ranges)}, {_range(rule.ranges[row], _SUFFIX.get(rule.quantity, ''))}"


def _range(row: Bracket, suffix: str) -> str:
    if row.upper is not None and row.upper == row.lower:
        return f"exactly {number(row.upper)}{suffix}"
    bounds = []
    if row.upper is not None:
        bounds.append(f"{'at most' if row.to_closed else 'below'} {number(row.upper)}{suffix}")
    if row.lower is not None:
        bounds.append(f"{'at least' if row.from_closed else 'above'} {number(row.lower)}{suffix}")
    return " and ".join(bounds) or "in any case"


def _metered(facts: Facts, rule: Metered, reason: Document) -> str:
    """'downtime 13,710 s ÷ 3,600 s = 4 started steps × 1 day'."""
    value = _quantity(rule, Fraction(reason["value"]))
    if rule.step == 1 and rule.per is None and Fraction(reason["steps"]) == Fraction(reason["value"]):
        return f"{value} × {_unit(facts, rule.rate)}"
    if isinstance(rule.step, str):
        step = "the period’s length" if rule.step == "period" else "the eligible time"
    else:
        step = f"{figures.exact(rule.step)}{_SUFFIX.get(rule.quantity, '')}"
    steps = Fraction(reason["steps"])
    kind = {"exact": "", "floor": " full", "ceil": " started"}[rule.round]
    counted = figures.exact(steps) + (f"{kind} step{'' if steps == 1 else 's'}" if kind else "")
    each = " for each outage by itself" if rule.per == "run" else ""
    return f"{value} ÷ {step}{each} = {counted} × {_unit(facts, rule.rate)}"


def _amount(facts: Facts) -> Iterator[Step]:
    terms, reasons, evidence = facts.terms, facts.result["reasons"], facts.evidence
    exact = facts.number("credit_amount_exact")
    if terms.credit.rules and reasons["gate"]["open"]:
        before = Fraction(reasons["before_cap"])
        base = facts.money(facts.number("base_exact"))
        yield Step("Base", _base(facts), facts.clause("base"), base, paths=("base",))
        clause = facts.clause("credit.day_value") if terms.credit.unit == "days" else ""
        yield Step(
            "Credit in money", _in_money(facts), clause, facts.money(before), "sum", ("credit.day_value",)
        )
        yield from _cap(facts, before)
    if evidence.carried_forward:
        yield Step(
            "Carried forward",
            "from earlier periods",
            facts.clause("minimum_issue"),
            facts.money(evidence.carried_forward),
            paths=("minimum_issue",),
        )
    if terms.minimum_issue and terms.credit.rules:
        yield _minimum(facts)
    detail = f"{facts.money(exact)}, rounded once ({_MODES[terms.money.rounding]})"
    if Fraction(facts.result["credit_amount"]) == exact:
        detail = "no rounding needed" if exact else "nothing is due"
    yield Step(
        "Service credit", detail, facts.clause("money"), facts.shown_credit, "total", ("money", "claim")
    )


def _in_money(facts: Facts) -> str:
    credit = _unit(facts, _owed(facts))
    if facts.terms.credit.unit == "percent":
        return f"{credit} of the base"
    day = (
        "a thirtieth of the base"
        if facts.terms.credit.day_value == "base/30"
        else "the base ÷ the period’s days"
    )
    return f"{credit} at {day} each"


def _base(facts: Facts) -> str:
    text = f"fee {facts.money(facts.evidence.fee)}"
    text += {"none": "", "lived_seconds": ", by the seconds in term", "lived_days": ", by the days in term"}[
        facts.terms.base.prorate
    ]
    if facts.terms.base.affected_user_share:
        text += f", {figures.exact(facts.evidence.affected_user_share * 100)} % of users affected"
    return text


def _cap(facts: Facts, before: Fraction) -> Iterator[Step]:
    cap, reason, evidence = facts.terms.cap, facts.result["reasons"]["cap"], facts.evidence
    if cap is None or reason is None:
        return
    what = {
        "percent_of_base": f"{number(cap.value)} % of the base",
        "days": f"{number(cap.value)} days of service",
        "amount": "a fixed amount",
    }[cap.kind]
    per = {
        "period": "",
        "contract_year": " in a contract year",
        "contract": " over the contract",
        "run": " for each outage",
    }
    text = f"{what}{per[cap.per]}, {facts.money(Fraction(reason['limit']))}"
    if evidence.previously_credited:
        text += f", less {facts.money(evidence.previously_credited)} credited before"
    yield Step(
        "Cap",
        text,
        facts.clause("cap"),
        _capped(facts, evidence, before) if reason["reduced"] else "not reached",
        paths=("cap",),
    )


def _capped(facts: Facts, evidence: Evidence, before: Fraction) -> str:
    """What the cap takes off: the frozen amounts before and after it."""
    after = facts.number("credit_amount_exact") - evidence.carried_forward
    return (
        "reduced" if facts.result["reasons"]["minimum_issue"]["below"] else f"−{facts.money(before - after)}"
    )


def _minimum(facts: Facts) -> Step:
    minimum, below = facts.terms.minimum_issue, facts.result["reasons"]["minimum_issue"]["below"]
    assert minimum is not None
    asked = f"{'more than' if minimum.op == '>' else 'at least'} {facts.money(minimum.amount)}"
    rest = "forfeited" if minimum.below == "forfeit" else f"{facts.money(facts.number('carried'))} carried on"
    return Step(
        "Minimum issue",
        asked,
        facts.clause("minimum_issue"),
        rest if below else "reached" if facts.number("credit_amount_exact") else "nothing to issue",
        paths=("minimum_issue",),
    )

"""The computation's second half, from the uptime to the amount: gate, rules, base, cap, minimum, rounding, rights to end."""

from collections.abc import Iterator
from fractions import Fraction

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from reports.pdf import figures
from reports.pdf.facts import Document, Facts
from reports.pdf.language import form_of
from reports.pdf.step import Step
from reports.pdf.text import printable
from slaservice.rules.evidence import Evidence
from slaservice.rules.reasons import retold
from slaservice.rules.terms import Bracket, Brackets, Cap, Metered, Quantity
from slaservice.rules.words import in_percent, listed, number

MODES = {
    "half_up": gettext_noop("halves up"),
    "half_even": gettext_noop("halves to even"),
    "floor": gettext_noop("down"),
    "ceil": gettext_noop("up"),
}
_QUANTITY = {
    "uptime_percent": gettext_noop("uptime {value}"),
    "points_below": gettext_noop("{value} below {reference}"),
    "lost_seconds": gettext_noop("downtime {value}"),
    "lost_seconds_beyond_allowance": gettext_noop("downtime beyond what is allowed {value}"),
    "runs": gettext_noop("{value} outages"),
    "days_touched": gettext_noop("{value} days with downtime"),
    "failures": gettext_noop("{value} missed periods of {window}"),
}
_WITHIN = {
    "period": gettext_noop("{cap}, {limit}"),
    "contract_year": gettext_noop("{cap} in a contract year, {limit}"),
    "contract": gettext_noop("{cap} over the contract, {limit}"),
    "run": gettext_noop("{cap} for each outage, {limit}"),
}
_FEE = {
    "none": gettext_noop("fee {fee}"),
    "lived_seconds": gettext_noop("fee {fee}, by the seconds in term"),
    "lived_days": gettext_noop("fee {fee}, by the days in term"),
}


def credit_steps(facts: Facts) -> Iterator[Step]:
    terms, reasons = facts.terms, facts.result["reasons"]
    if not terms.credit.rules:
        clause, none = facts.clause("credit.rules"), _("these terms give no service credit")
        yield Step(_("Credit rules"), none, clause, _("none"), paths=("credit.rules",))
        return
    gate = reasons["gate"]
    yield Step(
        _("Do credit rules apply?"),
        printable(retold(gate["reason"])),
        facts.clause("credit.gate"),
        _("yes") if gate["open"] else _("no"),
        paths=("credit.gate",),
    )
    for reason in reasons["rules"]:
        rule = terms.credit.rules[reason["rule"]]
        clause = facts.clause(f"credit.rules[{reason['rule']}]", "credit.rules")
        detail = _bracket(rule, reason) if isinstance(rule, Brackets) else _metered(facts, rule, reason)
        label = _("Credit table") if isinstance(rule, Brackets) else _("Metered credit")
        given = _unit(facts, Fraction(reason["credit"]))
        yield Step(label, detail, clause, given, paths=(f"credit.rules[{reason['rule']}]",))
    if len(reasons["rules"]) > 1:
        how = _("the rule that gives most") if terms.credit.combine == "max" else _("the sum of the rules")
        clause, given = facts.clause("credit.combine"), _unit(facts, _owed(facts))
        yield Step(_("Credit"), how, clause, given, "sum", ("credit.combine",))


def _owed(facts: Facts) -> Fraction:
    return facts.number("credit_days" if facts.terms.credit.unit == "days" else "credit_percent")


def _unit(facts: Facts, credit: Fraction) -> str:
    if facts.terms.credit.unit == "percent":
        return figures.of_hundred(figures.exact(credit))
    return ngettext("{count} day", "{count} days", form_of(credit)).format(count=figures.exact(credit))


def _quantity(rule: Brackets | Metered, value: Fraction) -> str:
    """'uptime 99.819 %', '0.3 points below 99.95 %'."""
    reference = "" if rule.reference is None else in_percent(rule.reference)
    shown = _measured(rule.quantity, value, figures.exact(value))
    return _(_QUANTITY[rule.quantity]).format(value=shown, reference=reference, window=rule.window)


def _measured(quantity: Quantity, value: Fraction, figure: str) -> str:
    """A figure of a quantity with its unit, if it has one."""
    if quantity == "uptime_percent":
        return figures.of_hundred(figure)
    if quantity == "points_below":
        return ngettext("{count} point", "{count} points", form_of(value)).format(count=figure)
    return f"{figure} s" if quantity in ("lost_seconds", "lost_seconds_beyond_allowance") else figure


def _bracket(rule: Brackets, reason: Document) -> str:
    value = _quantity(rule, Fraction(reason["value"]))
    if reason["hit"] is None:
        return _("{value}: in no row of the table").format(value=value)
    row = int(reason["hit"])
    return _("{value}: row {row} of {rows}, {range}").format(
        value=value, row=row + 1, rows=len(rule.ranges), range=_range(rule.ranges[row], rule.quantity)
    )


def _range(row: Bracket, quantity: Quantity) -> str:
    """'below 99.95 % and at least 99 %'."""
    upper = "" if row.upper is None else _measured(quantity, row.upper, number(row.upper))
    lower = "" if row.lower is None else _measured(quantity, row.lower, number(row.lower))
    if row.upper is not None and row.upper == row.lower:
        return _("exactly {bound}").format(bound=upper)
    bounds = []
    if upper:
        bounds.append((_("at most {bound}") if row.to_closed else _("below {bound}")).format(bound=upper))
    if lower:
        bounds.append((_("at least {bound}") if row.from_closed else _("above {bound}")).format(bound=lower))
    return listed(bounds) if bounds else _("in any case")


def _metered(facts: Facts, rule: Metered, reason: Document) -> str:
    """'downtime 13,710 s ÷ 3,600 s = 4 started steps × 1 day'."""
    value = _quantity(rule, Fraction(reason["value"]))
    if rule.step == 1 and rule.per is None and Fraction(reason["steps"]) == Fraction(reason["value"]):
        return f"{value} × {_unit(facts, rule.rate)}"
    if isinstance(rule.step, str):
        step = _("the period’s length") if rule.step == "period" else _("the eligible time")
    else:
        step = _measured(rule.quantity, rule.step, figures.exact(rule.step))
    counted = _steps(rule, Fraction(reason["steps"]))
    if rule.per == "run":
        step = _("{step} for each outage by itself").format(step=step)
    return f"{value} ÷ {step} = {counted} × {_unit(facts, rule.rate)}"


def _steps(rule: Metered, steps: Fraction) -> str:
    """'4 started steps'; the figure alone where parts of a step count in proportion."""
    count = figures.exact(steps)
    if rule.round == "floor":
        return ngettext("{count} full step", "{count} full steps", form_of(steps)).format(count=count)
    if rule.round == "ceil":
        return ngettext("{count} started step", "{count} started steps", form_of(steps)).format(count=count)
    return count


def amount_steps(facts: Facts) -> Iterator[Step]:
    terms, reasons, evidence = facts.terms, facts.result["reasons"], facts.evidence
    exact = facts.number("credit_amount_exact")
    if terms.credit.rules and reasons["gate"]["open"]:
        before = Fraction(reasons["before_cap"])
        base = facts.money(facts.number("base_exact"))
        yield Step(_("Base"), _base(facts), facts.clause("base"), base, paths=("base",))
        clause = facts.clause("credit.day_value") if terms.credit.unit == "days" else ""
        yield Step(
            _("Credit in money"), _in_money(facts), clause, facts.money(before), "sum", ("credit.day_value",)
        )
        yield from _cap(facts, before)
    if evidence.carried_forward:
        yield Step(
            _("Carried forward"),
            _("from earlier periods"),
            facts.clause("minimum_issue"),
            facts.money(evidence.carried_forward),
            paths=("minimum_issue",),
        )
    if terms.minimum_issue and terms.credit.rules:
        yield _minimum(facts)
    mode = _(MODES[terms.money.rounding])
    detail = _("{amount}, rounded once ({mode})").format(amount=facts.money(exact), mode=mode)
    if Fraction(facts.result["credit_amount"]) == exact:
        detail = _("no rounding needed") if exact else _("nothing is due")
    yield Step(
        _("Service credit"), detail, facts.clause("money"), facts.shown_credit, "total", ("money", "claim")
    )
    yield from _exit_rights(facts)


def _exit_rights(facts: Facts) -> Iterator[Step]:
    """Whether the customer may end the contract now: it hangs off the uptimes of periods, and money has no bearing on it."""
    for right in facts.result.get("terminate") or ():
        rule, path = facts.terms.terminate[right["right"]], f"terminate[{right['right']}]"
        values = {"below": in_percent(rule.below), "n": rule.n, "m": rule.m, "misses": right["misses"]}
        asked = (
            _("below %(below)s in %(n)s of %(m)s periods, one after the other; %(misses)s so far")
            if rule.consecutive
            else _("below %(below)s in %(n)s of %(m)s periods; %(misses)s so far")
        )
        held = _("held") if right["held"] else _("not held")
        yield Step(_("Right to end"), asked % values, facts.clause(path, "terminate"), held, paths=(path,))


def _in_money(facts: Facts) -> str:
    credit = _unit(facts, _owed(facts))
    if facts.terms.credit.unit == "percent":
        return _("{credit} of the base").format(credit=credit)
    if facts.terms.credit.day_value == "base/30":
        return _("{credit} at a thirtieth of the base each").format(credit=credit)
    return _("{credit} at the base ÷ the period’s days each").format(credit=credit)


def _base(facts: Facts) -> str:
    text = _(_FEE[facts.terms.base.prorate]).format(fee=facts.money(facts.evidence.fee))
    if not facts.terms.base.affected_user_share:
        return text
    share = figures.of_hundred(figures.exact(facts.evidence.affected_user_share * 100))
    return _("{base}, {share} of users affected").format(base=text, share=share)


def _cap(facts: Facts, before: Fraction) -> Iterator[Step]:
    cap, reason, evidence = facts.terms.cap, facts.result["reasons"]["cap"], facts.evidence
    if cap is None or reason is None:
        return
    limit = facts.money(Fraction(reason["limit"]))
    text = _(_WITHIN[cap.per]).format(cap=_most(cap), limit=limit)
    if evidence.previously_credited:
        credited = facts.money(evidence.previously_credited)
        text = _("{cap}, less {before} credited before").format(cap=text, before=credited)
    yield Step(
        _("Cap"),
        text,
        facts.clause("cap"),
        _capped(facts, evidence, before) if reason["reduced"] else _("not reached"),
        paths=("cap",),
    )


def _most(cap: Cap) -> str:
    if cap.kind == "percent_of_base":
        return _("{credit} of the base").format(credit=in_percent(cap.value))
    if cap.kind == "days":
        days = ngettext("{count} day of service", "{count} days of service", form_of(cap.value))
        return days.format(count=number(cap.value))
    return _("a fixed amount")


def _capped(facts: Facts, evidence: Evidence, before: Fraction) -> str:
    """What the cap takes off: the frozen amounts before and after it."""
    after = facts.number("credit_amount_exact") - evidence.carried_forward
    below = facts.result["reasons"]["minimum_issue"]["below"]
    return _("reduced") if below else f"−{facts.money(before - after)}"


def _minimum(facts: Facts) -> Step:
    minimum, below = facts.terms.minimum_issue, facts.result["reasons"]["minimum_issue"]["below"]
    assert minimum is not None
    asked = _("more than {bound}") if minimum.op == ">" else _("at least {bound}")
    if below and minimum.below == "forfeit":
        came = _("forfeited")
    elif below:
        came = _("{amount} carried on").format(amount=facts.money(facts.number("carried")))
    else:
        came = _("reached") if facts.number("credit_amount_exact") else _("nothing to issue")
    return Step(
        _("Minimum issue"),
        asked.format(bound=facts.money(minimum.amount)),
        facts.clause("minimum_issue"),
        came,
        paths=("minimum_issue",),
    )

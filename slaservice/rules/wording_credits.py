"""Credit rules in words: gate, tables, meters, how they join, and what a day is worth."""

from collections.abc import Iterator
from fractions import Fraction

from slaservice.rules.terms import Bracket, Brackets, Gate, Metered, Quantity, Terms
from slaservice.rules.words import counted, duration, number

Clause = tuple[str, str]

_QUANTITY: dict[Quantity, str] = {
    "uptime_percent": "the uptime",
    "lost_seconds": "the downtime",
    "lost_seconds_beyond_allowance": "the downtime beyond what the commitment allows",
    "points_below": "the shortfall of the uptime below {reference} %",
    "runs": "the number of outages",
    "days_touched": "the number of local days with downtime",
    "failures": "the number of missed periods among the last {window}, this one included",
}
_STEP: dict[Quantity, tuple[str, str]] = {
    "uptime_percent": ("point", "points"),
    "points_below": ("point", "points"),
    "runs": ("outage", "outages"),
    "days_touched": ("local day with downtime", "local days with downtime"),
    "failures": ("missed period", "missed periods"),
}
"""One step of a quantity that is not time, and several."""

_UNIT = {Fraction(1): "second", Fraction(60): "minute", Fraction(3600): "hour"}
_COUNTS = ("runs", "days_touched", "failures")
_SECONDS = ("lost_seconds", "lost_seconds_beyond_allowance")


def credit_clauses(terms: Terms) -> Iterator[Clause]:
    """The clauses on `credit`."""
    credit = terms.credit
    if not credit.rules:
        yield "credit.rules", "A miss earns no service credit."
        return
    yield "credit.gate", _gate(credit.gate)
    for index, rule in enumerate(credit.rules):
        sentence = _brackets(rule, terms) if isinstance(rule, Brackets) else _metered(rule, terms)
        yield f"credit.rules[{index}]", sentence
    if len(credit.rules) > 1:
        joined = {
            "max": "Of these rules the one that gives most applies.",
            "sum": "What these rules give is added up.",
        }
        yield "credit.combine", joined[credit.combine]
    if credit.unit == "days" or (terms.cap is not None and terms.cap.kind == "days"):
        part = (
            "a thirtieth of the base"
            if credit.day_value == "base/30"
            else "the base divided by the calendar days of the period"
        )
        yield "credit.day_value", f"A day of service is worth {part}."


def _gate(gate: Gate) -> str:
    if gate.kind == "always":
        return "A service credit is due whenever the rules below give one, whether or not the commitment is missed."
    before = (gate.count or 1) - 1
    if not before:
        return "A service credit is due for a period that misses the commitment."
    these = "the period" if before == 1 else f"each of the {before} periods"
    return f"A service credit is due for a period that misses the commitment if {these} before it missed it as well."


def _given(amount: Fraction, terms: Terms) -> str:
    """'10 % of the base', '1 day of service'."""
    if terms.credit.unit == "percent":
        return f"{number(amount)} % of the base"
    return f"{counted(amount, 'day')} of service"


def _quantity(rule: Brackets | Metered) -> str:
    reference = "" if rule.reference is None else number(rule.reference)
    return _QUANTITY[rule.quantity].format(reference=reference, window=rule.window)


def _amount(value: Fraction, quantity: Quantity) -> str:
    """A bound of the quantity: '99.9 %', '0.3 points', '45 minutes', '3'."""
    if quantity == "uptime_percent":
        return f"{number(value)} %"
    if quantity == "points_below":
        return counted(value, "point")
    if quantity in _SECONDS:
        return _time(value)
    return number(value)


def _time(seconds: Fraction) -> str:
    if seconds < 60 or seconds.denominator != 1:
        return counted(seconds, "second")
    return duration(seconds.numerator)


def _brackets(rule: Brackets, terms: Terms) -> str:
    rows = "; ".join(f"{_given(row.credit, terms)} {_range(row, rule.quantity)}" for row in rule.ranges)
    return f"By {_quantity(rule)}, the first of these that fits: {rows}; otherwise nothing."


def _range(row: Bracket, quantity: Quantity) -> str:
    if row.lower is not None and row.lower == row.upper:
        return f"if it is exactly {_amount(row.lower, quantity)}"
    bounds = []
    if row.upper is not None:
        bounds.append(f"{'at most' if row.to_closed else 'below'} {_amount(row.upper, quantity)}")
    if row.lower is not None:
        bounds.append(f"{'at least' if row.from_closed else 'above'} {_amount(row.lower, quantity)}")
    return f"if it is {' and '.join(bounds)}" if bounds else "in any case"


def _metered(rule: Metered, terms: Terms) -> str:
    given = _given(rule.rate, terms)
    what = _quantity(rule) + (" of each outage by itself" if rule.per == "run" else "")
    if isinstance(rule.step, str):
        return _share_of_time(rule, given, what)
    each, of = _step(rule.step, rule.quantity), ""
    if rule.quantity == "failures":
        of = f" among the last {rule.window}, this one included"
    elif rule.quantity not in _COUNTS:
        of = f" of {what}"
    if rule.quantity in _COUNTS and rule.step == 1:
        return f"{given} for each {each}{of}."
    return {
        "exact": f"{given} for each {each}{of}, parts in proportion.",
        "floor": f"{given} for each full {each}{of}.",
        "ceil": f"{given} for each {each} or part thereof{of}.",
    }[rule.round]


def _step(step: Fraction, quantity: Quantity) -> str:
    """What follows 'for each': 'hour', '30 minutes', 'point', '2 outages'."""
    if quantity in _SECONDS:
        return _UNIT.get(step) or _time(step)
    one, several = _STEP[quantity]
    return one if step == 1 else f"{number(step)} {several}"


def _share_of_time(rule: Metered, given: str, what: str) -> str:
    """A step as long as the period, or as its eligible time: pro rata."""
    whole = {"period": "the period", "eligible": "the eligible time of the period"}[str(rule.step)]
    return {
        "exact": f"{given}, times the share of {whole} that {what} comes to.",
        "floor": f"{given} for each time that {what} fills {whole}.",
        "ceil": f"{given} for each time that {what} fills {whole} or part of it.",
    }[rule.round]

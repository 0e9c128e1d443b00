"""Credit rules in words: gate, tables, meters, how they join, and what a day is worth."""

from collections.abc import Iterator
from fractions import Fraction

from slaservice.rules.language import forms, message, said, said_of
from slaservice.rules.terms import Bracket, Brackets, Gate, Metered, Quantity, Terms
from slaservice.rules.words import duration, in_percent, in_turn, number, seconds_of_time

Clause = tuple[str, str]

_BY: dict[Quantity, str] = {
    "uptime_percent": message("By the uptime"),
    "lost_seconds": message("By the downtime"),
    "lost_seconds_beyond_allowance": message("By the downtime beyond what the commitment allows"),
    "points_below": message("By the shortfall of the uptime below {percent}"),
    "runs": message("By the number of outages"),
    "days_touched": message("By the number of local days with downtime"),
    "failures": message("By the number of missed periods among the last {window}, this one included"),
}
"""By what a table goes."""

_OF: dict[Quantity, str] = {
    "uptime_percent": message("of the uptime"),
    "lost_seconds": message("of the downtime"),
    "lost_seconds_beyond_allowance": message("of the downtime beyond what the commitment allows"),
    "points_below": message("of the shortfall of the uptime below {percent}"),
    "failures": message("among the last {window}, this one included"),
}
"""What a meter's steps are steps of; of outages and days there is nothing to say."""

_OF_EACH_OUTAGE = message("of the downtime of each outage by itself")

_FILLING = {
    "lost_seconds": message("the downtime"),
    "lost_seconds_beyond_allowance": message("the downtime beyond what the commitment allows"),
}
"""What is compared with the length of the period."""

_EACH_OUTAGE_FILLING = message("the downtime of each outage by itself")

_STEP = {
    "uptime_percent": message("point"),
    "points_below": message("point"),
    "runs": message("outage"),
    "days_touched": message("local day with downtime"),
    "failures": message("missed period"),
}
"""What follows 'for each' where it is one, for quantities that are not time; and several, or parts of one."""

_STEPS = {
    "uptime_percent": forms("{count} point", "{count} points"),
    "points_below": forms("{count} point", "{count} points"),
    "runs": forms("{count} outage", "{count} outages"),
    "days_touched": forms("{count} local day with downtime", "{count} local days with downtime"),
    "failures": forms("{count} missed period", "{count} missed periods"),
}
_UNIT = {Fraction(1): message("second"), Fraction(60): message("minute"), Fraction(3600): message("hour")}
_COUNTS = ("runs", "days_touched", "failures")
_SECONDS = ("lost_seconds", "lost_seconds_beyond_allowance")
_METERED = {
    "exact": message("{given} for each {step}, parts in proportion."),
    "floor": message("{given} for each full {step}."),
    "ceil": message("{given} for each {step} or part thereof."),
}
_METERED_OF = {
    "exact": message("{given} for each {step} {of}, parts in proportion."),
    "floor": message("{given} for each full {step} {of}."),
    "ceil": message("{given} for each {step} or part thereof {of}."),
}
_OF_THE_TIME = {
    ("period", "exact"): message("{given}, times the share of the period that {downtime} comes to."),
    ("period", "floor"): message("{given} for each time that {downtime} fills the period."),
    ("period", "ceil"): message("{given} for each time that {downtime} fills the period or part of it."),
    ("eligible", "exact"): message(
        "{given}, times the share of the eligible time of the period that {downtime} comes to."
    ),
    ("eligible", "floor"): message(
        "{given} for each time that {downtime} fills the eligible time of the period."
    ),
    ("eligible", "ceil"): message(
        "{given} for each time that {downtime} fills the eligible time of the period or part of it."
    ),
}
"""A step as long as the period, or as its eligible time: pro rata."""

_RANGE = {
    # whether the row has an upper bound that is part of it or not, and a lower one
    (None, None): message("{given} in any case"),
    (True, None): message("{given} if it is at most {upper}"),
    (False, None): message("{given} if it is below {upper}"),
    (None, True): message("{given} if it is at least {lower}"),
    (None, False): message("{given} if it is above {lower}"),
    (True, True): message("{given} if it is at most {upper} and at least {lower}"),
    (True, False): message("{given} if it is at most {upper} and above {lower}"),
    (False, True): message("{given} if it is below {upper} and at least {lower}"),
    (False, False): message("{given} if it is below {upper} and above {lower}"),
}
_COMBINE = {
    "max": message("Of these rules the one that gives most applies."),
    "sum": message("What these rules give is added up."),
}


def credit_clauses(terms: Terms) -> Iterator[Clause]:
    """The clauses on `credit`."""
    credit = terms.credit
    if not credit.rules:
        yield "credit.rules", said("A miss earns no service credit.")
        return
    yield "credit.gate", _gate(credit.gate)
    for index, rule in enumerate(credit.rules):
        sentence = _brackets(rule, terms) if isinstance(rule, Brackets) else _metered(rule, terms)
        yield f"credit.rules[{index}]", sentence
    if len(credit.rules) > 1:
        yield "credit.combine", said(_COMBINE[credit.combine])
    if credit.unit == "days" or (terms.cap is not None and terms.cap.kind == "days"):
        yield "credit.day_value", _day_value(thirtieth=credit.day_value == "base/30")


def of_the_base(value: Fraction) -> str:
    """'10 % of the base'."""
    return said("{percent} of the base", percent=in_percent(value))


def _day_value(*, thirtieth: bool) -> str:
    if thirtieth:
        return said("A day of service is worth a thirtieth of the base.")
    return said("A day of service is worth the base divided by the calendar days of the period.")


def _gate(gate: Gate) -> str:
    if gate.kind == "always":
        return said(
            "A service credit is due whenever the rules below give one, whether or not the commitment is missed."
        )
    before = (gate.count or 1) - 1
    if not before:
        return said("A service credit is due for a period that misses the commitment.")
    return said_of(
        before,
        "A service credit is due for a period that misses the commitment if the period before it missed it as well.",
        "A service credit is due for a period that misses the commitment if each of the {count} periods before it missed it "
        "as well.",
        count=number(Fraction(before)),
    )


def _given(amount: Fraction, terms: Terms) -> str:
    """'10 % of the base', '1 day of service'."""
    if terms.credit.unit == "percent":
        return of_the_base(amount)
    return said_of(amount, "{count} day of service", "{count} days of service", count=number(amount))


def _quantity(text: str, rule: Brackets | Metered) -> str:
    """A phrase about the rule's quantity, with what else defines it."""
    percent = "" if rule.reference is None else in_percent(rule.reference)
    window = "" if rule.window is None else number(Fraction(rule.window))
    return said(text, percent=percent, window=window)


def _amount(value: Fraction, quantity: Quantity) -> str:
    """A bound of the quantity: '99.9 %', '0.3 points', '45 minutes', '3'."""
    if quantity == "uptime_percent":
        return in_percent(value)
    if quantity == "points_below":
        return said_of(value, "{count} point", "{count} points", count=number(value))
    if quantity in _SECONDS:
        return _time(value)
    return number(value)


def _time(seconds: Fraction) -> str:
    if seconds < 60 or seconds.denominator != 1:
        return seconds_of_time(seconds)
    return duration(seconds.numerator)


def _brackets(rule: Brackets, terms: Terms) -> str:
    rows = [_row(row, _given(row.credit, terms), rule.quantity) for row in rule.ranges]
    return said(
        "{by}, the first of these that fits: {rows}; otherwise nothing.",
        by=_quantity(_BY[rule.quantity], rule),
        rows=in_turn(rows),
    )


def _row(row: Bracket, given: str, quantity: Quantity) -> str:
    lower, upper = ("" if bound is None else _amount(bound, quantity) for bound in (row.lower, row.upper))
    if row.lower is not None and row.lower == row.upper:
        return said("{given} if it is exactly {value}", given=given, value=lower)
    closed_above = None if row.upper is None else row.to_closed
    closed_below = None if row.lower is None else row.from_closed
    return said(_RANGE[closed_above, closed_below], given=given, upper=upper, lower=lower)


def _metered(rule: Metered, terms: Terms) -> str:
    given = _given(rule.rate, terms)
    per_run = rule.per == "run"
    if isinstance(rule.step, str):
        downtime = said(_EACH_OUTAGE_FILLING if per_run else _FILLING[rule.quantity])
        return said(_OF_THE_TIME[rule.step, rule.round], given=given, downtime=downtime)
    step = _step(rule.step, rule.quantity)
    of = _OF_EACH_OUTAGE if per_run else _OF.get(rule.quantity)
    whole = rule.quantity in _COUNTS and rule.step == 1
    if of is None:
        text = message("{given} for each {step}.") if whole else _METERED[rule.round]
        return said(text, given=given, step=step)
    text = message("{given} for each {step} {of}.") if whole else _METERED_OF[rule.round]
    return said(text, given=given, step=step, of=_quantity(of, rule))


def _step(step: Fraction, quantity: Quantity) -> str:
    """What follows 'for each': 'hour', '30 minutes', 'point', '2 outages'."""
    if quantity in _SECONDS:
        return said(_UNIT[step]) if step in _UNIT else _time(step)
    if step == 1:
        return said(_STEP[quantity])
    return said_of(step, *_STEPS[quantity], count=number(step))

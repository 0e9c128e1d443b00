"""What is paid, in words: the base of a credit, its cap, what is too small to issue, claims, and the right to leave."""

from collections.abc import Iterator
from fractions import Fraction

from slaservice.rules.language import forms, message, said, said_of
from slaservice.rules.terms import Base, Cap, Claim, Deadline, MinimumIssue, Terminate, Terms
from slaservice.rules.wording_credits import Clause, of_the_base
from slaservice.rules.words import amount, in_percent, number

ROUNDED = {
    "half_up": message("with halves rounded up"),
    "half_even": message("with halves rounded to the even digit"),
    "floor": message("rounded down"),
    "ceil": message("rounded up"),
}
"""How it is rounded, as an aside in a sentence."""

_BASE = {
    ("none", False): message("The base of a credit is the fee of the period."),
    ("lived_seconds", False): message(
        "The base of a credit is the fee of the period, for the seconds of it in term."
    ),
    ("lived_days", False): message(
        "The base of a credit is the fee of the period, for the calendar days of it in term."
    ),
    ("none", True): message(
        "The base of a credit is the fee of the period, times the share of users that were affected."
    ),
    ("lived_seconds", True): message(
        "The base of a credit is the fee of the period, for the seconds of it in term, times the share of users that were "
        "affected."
    ),
    ("lived_days", True): message(
        "The base of a credit is the fee of the period, for the calendar days of it in term, times the share of users that "
        "were affected."
    ),
}
_CAP = {
    "period": message("Credits never exceed {most} for a period."),
    "contract_year": message(
        "Credits never exceed {most} in a contract year, earlier credits of that year counted in."
    ),
    "contract": message("Credits never exceed {most} over the contract, earlier credits counted in."),
    "run": message("Credits never exceed {most} for each outage."),
}
_MINIMUM = {
    (">", "forfeit"): message(
        "A credit is issued only if it is more than {amount}; otherwise it is forfeited."
    ),
    (">=", "forfeit"): message(
        "A credit is issued only if it is at least {amount}; otherwise it is forfeited."
    ),
    (">", "carry"): message(
        "A credit is issued only if it is more than {amount}; otherwise it is carried into the next period."
    ),
    (">=", "carry"): message(
        "A credit is issued only if it is at least {amount}; otherwise it is carried into the next period."
    ),
}
_GIVEN = {
    "automatic": message("A credit is given without a claim."),
    "customer": message("A credit is given only if the customer claims it."),
}
_WITHIN = {
    "hours": forms("within {count} hour {after}", "within {count} hours {after}"),
    "days": forms("within {count} calendar day {after}", "within {count} calendar days {after}"),
    "business_days": forms("within {count} business day {after}", "within {count} business days {after}"),
    "months": forms("within {count} month {after}", "within {count} months {after}"),
}
_AFTER = {
    "incident_start": message("after the start of the incident"),
    "incident_end": message("after the end of the incident"),
    "awareness": message("after the moment at which the customer became aware of the incident"),
    "period_end": message("after the end of the period"),
}
_BY_MONTH = forms(
    "by the end of the calendar month that is {count} month after that {of}",
    "by the end of the calendar month that is {count} months after that {of}",
)
_OF = {
    "incident_start": message("of the start of the incident"),
    "incident_end": message("of the end of the incident"),
    "awareness": message("of the moment at which the customer became aware of the incident"),
    "period_end": message("of the end of the period"),
}


def money_clauses(terms: Terms) -> Iterator[Clause]:
    """The clauses on base, cap, minimum issue and amounts."""
    yield "base", _base(terms.base)
    yield "cap", _cap(terms.cap, terms.money.currency)
    if terms.minimum_issue:
        yield "minimum_issue", _least(terms.minimum_issue, terms.money.currency)
    yield "money", _amounts(terms)


def _base(base: Base) -> str:
    return said(_BASE[base.prorate, base.affected_user_share])


def _cap(cap: Cap | None, currency: str) -> str:
    return said("Credits are not capped.") if cap is None else said(_CAP[cap.per], most=_most(cap, currency))


def _most(cap: Cap, currency: str) -> str:
    if cap.kind == "percent_of_base":
        return of_the_base(cap.value)
    if cap.kind == "amount":
        return amount(cap.value, currency)
    return said_of(
        cap.value,
        "the value of {count} day of service",
        "the value of {count} days of service",
        count=number(cap.value),
    )


def _least(minimum: MinimumIssue, currency: str) -> str:
    return said(_MINIMUM[minimum.op, minimum.below], amount=amount(minimum.amount, currency))


def _amounts(terms: Terms) -> str:
    money = terms.money
    return said_of(
        money.places,
        "Amounts are in {currency}, exact until the end and then brought once to {places} decimal, {rounded}.",
        "Amounts are in {currency}, exact until the end and then brought once to {places} decimals, {rounded}.",
        currency=money.currency,
        places=money.places,
        rounded=said(ROUNDED[money.rounding]),
    )


def claim_clauses(terms: Terms) -> Iterator[Clause]:
    """The clauses on `claim`."""
    claim: Claim = terms.claim
    if terms.credit.rules:
        yield "claim", said(_GIVEN[claim.by])
    if claim.notice:
        notice = said("The incident must be reported {deadline}.", deadline=_deadline(claim.notice))
        yield "claim.notice", notice
    if claim.deadline:
        yield (
            "claim.deadline",
            said("The claim must be made {deadline}.", deadline=_deadline(claim.deadline)),
        )
    if claim.evidence:
        evidence = claim.evidence.removesuffix(".")
        yield "claim.evidence", said("The claim must come with: {evidence}.", evidence=evidence)


def _deadline(deadline: Deadline) -> str:
    count = number(Fraction(deadline.n))
    if deadline.unit == "billing_cycles":
        return said_of(deadline.n, *_BY_MONTH, count=count, of=said(_OF[deadline.anchor]))
    return said_of(deadline.n, *_WITHIN[deadline.unit], count=count, after=said(_AFTER[deadline.anchor]))


def exit_clauses(terms: Terms) -> Iterator[Clause]:
    """The clauses on `terminate`."""
    for index, right in enumerate(terms.terminate):
        yield f"terminate[{index}]", _right(right)


def _right(right: Terminate) -> str:
    if right.m == 1:
        text = message("The customer may end the contract if the uptime is below {percent} in a period.")
    elif right.n == right.m:
        text = message(
            "The customer may end the contract if the uptime is below {percent} in {n} periods in a row."
        )
    elif right.consecutive and right.n > 1:
        text = message(
            "The customer may end the contract if the uptime is below {percent} in at least {n} of any {m} periods in a row, "
            "one directly after the other."
        )
    else:
        text = message(
            "The customer may end the contract if the uptime is below {percent} in at least {n} of any {m} periods in a row."
        )
    n, m = (number(Fraction(count)) for count in (right.n, right.m))
    return said(text, percent=in_percent(right.below), n=n, m=m)

"""Terms as they are typed, read back: their clauses in words, holes and overlaps of their tables, and what outages would cost.

Shown beside the form before anything is signed. The figures are the rules' own, over an invented month.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from accounts.operations.agreements import filled_in
from slaservice.outages.models import Component
from slaservice.rules.assessment import Case, assess
from slaservice.rules.documents import parse_case, parse_terms, result_json
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import SECOND
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.tables import remarks
from slaservice.rules.terms import Terms
from slaservice.rules.wording import clauses

LENGTHS = {"5 minutes": 300, "30 minutes": 1800, "2 hours": 7200, "8 hours": 28_800, "2 days": 172_800}
"""The outages of the worked example, in seconds."""

NOON = 1_777_975_200 * SECOND
"""2026-05-05 10:00 UTC, a Tuesday: within anybody's service hours from Lisbon to Dubai."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one commitment's terms come to; `faults` where they cannot be read, and then nothing else."""

    clauses: list[str]
    remarks: list[str]
    examples: list[dict[str, str]]
    faults: list[str]


def readings(form: forms.Form, formset: forms.BaseFormSet) -> list[Reading | None]:
    """One for each form of the set; None where no terms stand in it yet."""
    currency = form["currency"].value()
    known = {component.pk: component for component in Component.objects.all()}
    return [_reading(commitment, currency, known) for commitment in formset.forms]


def _reading(form: forms.Form, currency: str, known: Mapping[int, Component]) -> Reading | None:
    try:
        terms = form.fields["terms"].clean(form["terms"].value())
    except forms.ValidationError as problem:
        return Reading([], [], [], list(problem.messages)) if form["terms"].value() else None
    chosen = [known[int(key)] for key in form["components"].value() or () if _is_known(key, known)]
    names = {component.code: component.name for component in chosen} or {"service": "The service"}
    try:
        read = parse_terms(filled_in(terms, sorted(names), currency))
    except Invalid as invalid:
        return Reading([], [], [], [str(error) for error in invalid.errors])
    return Reading(
        clauses=[sentence for _, sentence in clauses(read, names)],
        remarks=[sentence for _, sentence in remarks(read)],
        examples=list(_examples(read, filled_in(terms, sorted(names), currency), form["fee"].value())),
        faults=[],
    )


def _is_known(key: Any, known: Mapping[int, Component]) -> bool:
    return str(key).isdigit() and int(key) in known


def _examples(read: Terms, terms: object, fee: str | None) -> Iterator[dict[str, str]]:
    """One outage of everything at its worst in May 2026, by length; none where no window would count."""
    if read.signal.source == "requests" or not read.signal.severity_weight:
        return
    for length, seconds in LENGTHS.items():
        try:
            result = result_json(assess(_month_with(read, terms, seconds, fee or "1000")))
        except Refusal:
            return  # a fee that is no amount is told under its field
        days = result.get("credit_days")
        yield {
            "length": length,
            "uptime": f"{result['uptime_percent']} %",
            "met": "met" if result["commitment_met"] else "missed",
            "credit": f"{result['credit_percent']} %" if days is None else f"{days} days",
            "amount": f"{result['credit_amount']} {read.money.currency}",
        }


def _month_with(read: Terms, terms: object, seconds: int, fee: str) -> Case:
    worst = max(read.signal.severity_weight.items(), key=lambda item: item[1])[0]
    windows = [
        {
            "component": name,
            "start": instant_text(NOON),
            "end": instant_text(NOON + seconds * SECOND),
            "severity": worst,
        }
        for name in read.components.names
    ]
    period = {"kind": "calendar", "year": 2026, "month": 5}
    return parse_case({"terms": terms, "input": {"period": period, "fee": fee, "outages": windows}})

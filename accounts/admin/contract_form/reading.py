"""Terms as they are typed, read back: their clauses in words, holes and overlaps of their tables, and what outages would cost.

Shown beside the form before anything is signed. The figures are the rules' own, over an invented month.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from accounts.operations.agreements import filled_in
from slaservice.rules.assessment import Case, assess
from slaservice.rules.documents import parse_case, parse_terms, result_json
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import SECOND
from slaservice.rules.money import Money
from slaservice.rules.refusal import FieldError, Invalid, Refusal
from slaservice.rules.tables import remarks
from slaservice.rules.terms import Terms
from slaservice.rules.wording import clauses

LENGTHS = {"5 minutes": 300, "30 minutes": 1800, "2 hours": 7200, "8 hours": 28_800, "2 days": 172_800}
"""The outages of the worked example, in seconds."""

NOON = 1_777_975_200 * SECOND
"""2026-05-05 10:00 UTC, a Tuesday: within anybody's service hours from Lisbon to Dubai."""

_NOBODYS = (("service", "The service"),)


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence, the path of the field it speaks for, and the paper's number of it."""

    path: str
    sentence: str
    number: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one commitment's terms come to; `errors` where the rules refuse them, and then nothing else."""

    clauses: list[Clause] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    examples: list[dict[str, str]] = field(default_factory=list)
    errors: tuple[FieldError, ...] = ()


def reading(terms: object, names: Mapping[str, str], currency: str, fee: str) -> Reading:
    """The terms of components, their names by code, in a currency; `fee` as typed, where it is empty 1000."""
    document = filled_in(terms, sorted(names) or ["service"], currency)
    return _reading(json.dumps(document), tuple(names.items()) or _NOBODYS, fee or "1000")


@lru_cache(maxsize=512)
def _reading(text: str, names: tuple[tuple[str, str], ...], fee: str) -> Reading:
    """Kept, because while one commitment is typed all others of the page are read back as well."""
    document = json.loads(text)
    try:
        read = parse_terms(document)
    except Invalid as invalid:
        return Reading(errors=invalid.errors)
    said = clauses(read, dict(names))
    return Reading(
        clauses=[Clause(path, sentence, read.clauses.get(path, "")) for path, sentence in said],
        remarks=remarks(read),
        examples=list(_examples(read, document, fee)),
    )


def _examples(read: Terms, terms: object, fee: str) -> Iterator[dict[str, str]]:
    """One outage of everything at its worst in May 2026, by length; none where no window would count."""
    if read.signal.source == "requests" or not read.signal.severity_weight:
        return
    for length, seconds in LENGTHS.items():
        try:
            Money.parse(fee, read.money.currency)
            result = result_json(assess(_month_with(read, terms, seconds, fee)))
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
    evidence: dict[str, Any] = {"period": period, "fee": fee, "outages": windows}
    return parse_case({"terms": terms, "input": evidence})

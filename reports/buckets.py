"""Reads the ledgers of a frozen document row by row: which bucket, since when, what took the time, and by which clause.

Nothing is computed but products of time and loss: every row stands in the document.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from reports.pdf import ledger
from reports.pdf.ledger import Row
from slaservice.rules.documents import parse_terms
from slaservice.rules.evidence import RequestInterval, parse_instant
from slaservice.rules.terms import Terms
from slaservice.rules.wording import clause_number, clauses

Json = Mapping[str, Any]

_RESTS_ON = {
    "not_in_term": "partial_period",
    "after_as_of": "provisional",
    "outside_service_hours": "service_hours",
    "no_data": "no_data",
    "excluded": "exclude.effect",
    "up": "commitment_percent",
}
_MARKS = {"late notice": "exclude.notice_seconds", "beyond the allowance": "exclude.allowance_seconds"}

NO_DATA = "no data"
_REQUESTS = "requests["
"""How the ledger names what is no recorded outage: a gap, and an interval of requests by its place in the input."""


class Clause(NamedTuple):
    """A field of the terms, the contract's own number for it or '', and what it says."""

    path: str
    number: str
    sentence: str


@dataclass(frozen=True)
class Commitment:
    """A case of the document, read once."""

    case: Json

    @property
    def id(self) -> str:
        return str(self.case["id"])

    @cached_property
    def lost(self) -> dict[str, Fraction]:
        """Seconds that each window decided."""
        return ledger.lost_by_window(ledger.read(self.case["expected"]))

    @cached_property
    def terms(self) -> Terms:
        return parse_terms(self.case["terms"])

    @cached_property
    def outages(self) -> dict[str, Json]:
        """By the names that the ledger has for them."""
        return _named(self.case["input"]["outages"], "outages")

    @cached_property
    def exclusions(self) -> dict[str, Json]:
        """Maintenance and other exclusions of the input, by the names that the ledger has for them."""
        return _named(self.case["input"]["maintenance"], "maintenance")

    @cached_property
    def written(self) -> dict[str, Json]:
        """By which clause and why time was excluded that is no maintenance, by name."""
        return {one["reference"]: one for one in self.case.get("exclusions") or ()}

    @cached_property
    def incidents(self) -> dict[str, Json]:
        """The incident of each window that has one."""
        return {name: one for one in self.case.get("incidents") or () for name in one["windows"]}

    @cached_property
    def _sentences(self) -> dict[str, str]:
        return dict(clauses(self.terms))

    def clauses_of(self, row: Row) -> list[Clause]:
        """What puts the row into its bucket, by the terms."""
        own = self.written.get(row.exclusion or "")
        found = [
            Clause(path, clause_number(self.terms, path), self._sentences[path])
            for path in self._paths(row)
            if path in self._sentences
        ]
        return [one._replace(number=own["clause"]) for one in found] if own else found

    def _paths(self, row: Row) -> Iterator[str]:
        if row.bucket == "down":
            yield self._measure(row.windows)
            yield from dict.fromkeys(_MARKS[mark.partition(":")[0]] for mark in row.marks)
        elif row.bucket == "below_minimum":
            yield "shape.min_run" if self.terms.shape.min_run else "shape.quantum_rule"
        else:
            yield _RESTS_ON[row.bucket]

    def _measure(self, windows: Sequence[str]) -> str:
        """What made the loss: an outage's severity, failed requests, or silence."""
        if any(name in self.outages for name in windows):
            return "signal.severity_weight"
        return "no_data" if NO_DATA in windows else "signal.requests"

    def requests(self, name: str) -> RequestInterval:
        """The interval that the ledger calls `requests[7]`."""
        found = self.case["input"]["requests"][int(name.removeprefix(_REQUESTS).rstrip("]"))]
        return RequestInterval(
            component=found["component"],
            start=parse_instant(found["start"]),
            seconds=found["seconds"],
            total=found["total"],
            errors=found["errors"],
        )


def _named(facts: Sequence[Json], kind: str) -> dict[str, Json]:
    return {one.get("id") or f"{kind}[{index}]": one for index, one in enumerate(facts)}


@dataclass(frozen=True, slots=True)
class Bucket:
    """A row of a commitment's ledger, read when it is looked at; `component` is None where one signal stands for all."""

    commitment: Commitment
    component: str | None
    raw: Json

    @property
    def name(self) -> str:
        """One of slaservice.rules.ledger.BUCKETS."""
        return str(self.raw["bucket"])

    @property
    def row(self) -> Row:
        return ledger.read_row(self.raw)


def commitments(document: Json) -> list[Commitment]:
    """Those of a statement's document, in its order."""
    return [Commitment(case) for case in document["cases"]]


def buckets(found: Sequence[Commitment]) -> list[Bucket]:
    """Every instant of the period once for each ledger of each commitment, in the order of time."""
    return [
        Bucket(one, part["component"], raw)
        for one in found
        for part in one.case["expected"]["ledger"]
        for raw in part["rows"]
    ]

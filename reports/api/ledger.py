"""A statement's ledger: every instant of its period, in which bucket it stands, what took it, and by which clause."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerListView
from reports.api.statements import StatementView
from reports.buckets import NO_DATA, Bucket, Clause, Commitment, buckets, commitments
from slaservice.api import asked
from slaservice.api.asked import Parameter
from slaservice.api.described import describes
from slaservice.api.pages import FrozenPagination
from slaservice.api.shapes import Exact, Instant, exact
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import SECOND
from slaservice.rules.ledger import BUCKETS

Json = Mapping[str, Any]

BucketName = Annotated[
    str,
    Field(
        json_schema_extra={"enum": list(BUCKETS)},
        description="Where the time stands: the first of these, in this order, that fits.",
    ),
]


class LedgerWindow(TypedDict):
    """What the time was lost by: a recorded outage, an interval of requests, or a gap in the measurement (of which nothing is
    known but the row itself). What its kind does not have is null; an outage that is still open has no end.
    """

    kind: Literal["outage", "requests", "no_data"]
    id: str
    incident: Annotated[str | None, Field(description="The reference of the incident that it belongs to.")]
    component: str | None
    start: Instant | None
    end: Instant | None
    severity: str | None
    affected_share: Exact | None
    total: Annotated[int | None, Field(description="Requests of the interval.")]
    errors: Annotated[int | None, Field(description="How many of them failed.")]


class LedgerExclusion(TypedDict):
    """What excused the time: maintenance, or what was agreed to be excluded by a clause, which then says why."""

    id: str
    category: str
    component: Annotated[str, Field(description="`*` is every component.")]
    start: Instant
    end: Instant
    announced_at: Instant | None
    clause: str | None
    justification: str | None


class LedgerClause(TypedDict):
    """What of the terms it rests on: the field, the contract's own number where it has one, and the clause in words."""

    field: Annotated[str, Field(examples=["exclude.effect"])]
    number: Annotated[str | None, Field(examples=["7.1(a)"])]
    text: str


class LedgerRow(TypedDict):
    """A stretch of the period that stands in one bucket, for a commitment, and for a component where each is measured by itself
    (null: one measurement stands for all).

    Whether it is eligible: part of the time that the uptime is a share of. `loss` is the lost share of it, 0 to 1, so that
    `lost_seconds` is `seconds` times `loss`. `marks` name maintenance that excuses nothing here, and why.
    """

    commitment: str
    component: str | None
    start: Instant
    end: Instant
    seconds: Exact
    bucket: BucketName
    eligible: bool
    loss: Exact
    lost_seconds: Exact
    windows: list[LedgerWindow]
    exclusion: LedgerExclusion | None
    marks: list[str]
    clauses: list[LedgerClause]


class StatementLedger(StatementView, CustomerListView):
    """/api/v1/statements/{id}/ledger"""

    pagination_class = FrozenPagination
    filters: ClassVar[Mapping[str, Parameter]] = {
        "commitment": asked.text("Of this commitment, by its id in the statement."),
        "bucket": asked.one_of("In this bucket.", BUCKETS),
    }

    @describes("List a statement's ledger", gives=LedgerRow, many=True)
    def get(self, request: Request, id_or_number: str) -> Response:
        """Every instant of the period, once for each commitment, in the order of time.

        The rows of a commitment cover its period without gap or overlap; the eligible seconds of all of them are what the
        uptime is a share of, and the lost seconds are the downtime. Where a commitment combines components that are measured
        each by itself, each component has rows of its own.
        """
        found = commitments(self.statement(id_or_number).document)
        rows = [one for one in buckets(found) if self._wanted(one)]
        page = self.paginate_queryset(rows)
        return self.get_paginated_response([ledger_row(one) for one in page or []])

    def _wanted(self, one: Bucket) -> bool:
        commitment, bucket = self.asked.get("commitment"), self.asked.get("bucket")
        return commitment in (None, one.commitment.id) and bucket in (None, one.name)


def ledger_row(one: Bucket) -> LedgerRow:
    """A row as the API shows it."""
    row, commitment = one.row, one.commitment
    return {
        "commitment": commitment.id,
        "component": one.component,
        "start": instant_text(row.start),
        "end": instant_text(row.end),
        "seconds": exact(row.seconds),
        "bucket": row.bucket,
        "eligible": row.eligible,
        "loss": exact(row.loss),
        "lost_seconds": exact(row.lost),
        "windows": [_window(commitment, name) for name in row.windows],
        "exclusion": None if row.exclusion is None else _exclusion(commitment, row.exclusion),
        "marks": list(row.marks),
        "clauses": [_clause(clause) for clause in commitment.clauses_of(row)],
    }


def _clause(clause: Clause) -> LedgerClause:
    return {"field": clause.path, "number": clause.number or None, "text": clause.sentence}


def _window(commitment: Commitment, name: str) -> LedgerWindow:
    shown: LedgerWindow = {
        "kind": "no_data",
        "id": name,
        "incident": None,
        "component": None,
        "start": None,
        "end": None,
        "severity": None,
        "affected_share": None,
        "total": None,
        "errors": None,
    }
    outage = commitment.outages.get(name)
    if outage is not None:
        shown["kind"] = "outage"
        shown["incident"] = commitment.incidents.get(name, {}).get("reference")
        shown["component"], shown["severity"] = outage["component"], outage["severity"]
        shown["start"], shown["end"] = outage["start"], outage["end"]
        shown["affected_share"] = exact(outage["affected_share"])
    elif name != NO_DATA:
        counted = commitment.requests(name)
        shown["kind"] = "requests"
        shown["component"] = counted.component
        shown["start"] = instant_text(counted.start)
        shown["end"] = instant_text(counted.start + counted.seconds * SECOND)
        shown["total"], shown["errors"] = counted.total, counted.errors
    return shown


def _exclusion(commitment: Commitment, name: str) -> LedgerExclusion:
    found, written = commitment.exclusions[name], commitment.written.get(name, {})
    return {
        "id": name,
        "category": found["category"],
        "component": found["component"],
        "start": found["start"],
        "end": found["end"],
        "announced_at": found["announced_at"],
        "clause": written.get("clause"),
        "justification": written.get("justification"),
    }

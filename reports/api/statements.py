"""A customer's issued statements: list, detail, revisions. Drafts do not exist here, nor does anybody else's statement."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar

import orjson
from django.db.models import Q, QuerySet
from django.http import Http404
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerListView, CustomerView
from reports.models import Statement
from reports.queries import revisions_of, statements_of, summaries_of
from slaservice import prepared
from slaservice.api import asked
from slaservice.api.asked import Parameter
from slaservice.api.described import describes
from slaservice.api.shapes import Amount, Currency, Digest, Exact, Instant, Number, PublicId, exact, utc
from slaservice.prepared import Row, Values
from slaservice.rules.money import Money


class Period(TypedDict):
    """A period of a contract: [start, end), in the contract's time zone a whole month, quarter or year, or a part of one."""

    label: Annotated[str, Field(examples=["April 2026"])]
    start: Instant
    end: Instant


class StatementCredit(TypedDict):
    """What the statement owes, and what of it was granted."""

    currency: Currency
    owed: Amount
    granted: Amount


class StatementLinks(TypedDict):
    """Addresses of the statement and of all that hangs on it."""

    self: Annotated[str, Field(examples=["/api/v1/statements/st_3f0c9a41d2b85e7706aa1c4f98e2b3d5"])]
    revisions: str
    ledger: str
    document: str
    pdf: str
    csv: str


class StatementSummary(TypedDict):
    """An issued statement as lists show it. `superseded_by` is the number of the revision that takes its place."""

    id: PublicId
    number: Annotated[str, Field(examples=["SLA-2026-00001"])]
    contract: Annotated[str, Field(description="The contract's number.")]
    period: Period
    revision: int
    supersedes: str | None
    superseded_by: str | None
    commitment_met: bool
    credit: StatementCredit
    issued_at: Instant
    digest: Digest
    links: StatementLinks


class CommitmentResult(TypedDict):
    """What a commitment came to: the result of the document without its ledger, by the names of the published format."""

    id: str
    components: list[str]
    commitment_percent: Exact
    result: dict[str, Any]


class StatementShown(StatementSummary):
    """An issued statement with what each commitment came to."""

    commitments: list[CommitmentResult]


class Figures(TypedDict):
    """What a commitment came to in one revision: exact seconds, six decimals of percent rounded down, money."""

    downtime_seconds: Exact
    uptime_percent: Number
    credit_amount: Amount


class CommitmentDifference(TypedDict):
    """A commitment before and after; null where only the other revision has it."""

    id: str
    before: Figures | None
    after: Figures | None


class Difference(TypedDict):
    """What a revision changes of the one before it, whose number is `of`.

    `granted` is what all earlier revisions granted, `to_grant` what this one adds; it is negative only where the contract lets
    a correction take back (`clawback` is `next_period` and not `never`).
    """

    of: str
    cases: list[CommitmentDifference]
    currency: Currency
    owed_before: Amount
    owed_after: Amount
    granted: Amount
    clawback: str
    to_grant: Amount


class Revision(StatementSummary):
    """A revision of a period, and what it changes of the one before it; null for the first."""

    difference: Difference | None


READ: Mapping[str, str] = {"GET": "statements:read"}

FILTERS: Mapping[str, tuple[Parameter, Callable[[Any], Q]]] = {
    "contract": (
        asked.text("Of this contract: its number or its id.", example="C-10482"),
        lambda said: Q(contract__number=said) | Q(contract__public_id=said),
    ),
    "month": (
        asked.month("The month in which the period ends, in the contract's zone."),
        lambda said: Q(month=said),
    ),
    "from": (asked.instant("Periods that end after this instant."), lambda at: Q(period_end__gt=at)),
    "until": (asked.instant("Periods that start before this instant."), lambda at: Q(period_start__lt=at)),
    "number": (asked.text("The one of this number.", example="SLA-2026-00001"), lambda said: Q(number=said)),
    "current": (
        asked.flag("true: without those that another revision supersedes; false: these alone."),
        lambda said: Q(superseded_by__number__isnull=said),
    ),
    "commitment_met": (
        asked.flag("true: every commitment was met; false: at least one was missed."),
        lambda said: Q(met=said),
    ),
    "issued_after": (
        asked.instant(
            "Issued at this instant or later: with the `issued_at` of the last one that you have, you miss none."
        ),
        lambda at: Q(issued_at__gte=at),
    ),
}
"""By what the list is narrowed: the parameter, and the condition that it makes."""


def summary(row: Mapping[str, Any]) -> StatementSummary:
    """A statement as lists show it, from a row of reports.queries.summaries_of."""
    address, currency = f"/api/v1/statements/{row['public_id']}", row["currency"]
    return {
        "id": row["public_id"],
        "number": row["number"],
        "contract": row["contract__number"],
        "period": {
            "label": row["period_label"],
            "start": utc(row["period_start"]),
            "end": utc(row["period_end"]),
        },
        "revision": row["revision"],
        "supersedes": row["supersedes__number"],
        "superseded_by": row["superseded_by__number"],
        "commitment_met": row["met"],
        "credit": {
            "currency": currency,
            "owed": str(Money(row["credit_minor"], currency)),
            "granted": str(Money(row["granted_minor"], currency)),
        },
        "issued_at": utc(row["issued_at"]),
        "digest": row["digest"],
        "links": {
            "self": address,
            "revisions": f"{address}/revisions",
            "ledger": f"{address}/ledger",
            "document": f"{address}/document",
            "pdf": f"{address}/pdf",
            "csv": f"{address}/csv",
        },
    }


def detail(row: Mapping[str, Any], document: Any) -> StatementShown:
    """A statement by itself."""
    commitments: list[CommitmentResult] = [
        {
            "id": case["id"],
            "components": case["terms"]["components"]["names"],
            "commitment_percent": exact(case["terms"]["commitment_percent"]),
            "result": {name: value for name, value in case["expected"].items() if name != "ledger"},
        }
        for case in document["cases"]
    ]
    return {**summary(row), "commitments": commitments}


def _name_of(id_or_number: str) -> str:
    return "public_id" if id_or_number.startswith("st_") else "number"


class StatementView(CustomerView):
    """The base of what hangs on one statement, which is named by its id or its number."""

    scopes: ClassVar[Mapping[str, str]] = READ

    def statements(self, id_or_number: str) -> QuerySet[Statement]:
        """The customer's issued statement, or nothing."""
        return statements_of(self.customer).filter(**{_name_of(id_or_number): id_or_number})

    def statement(self, id_or_number: str) -> Statement:
        """The customer's issued statement; 404 for any other, whether it exists or not."""
        statement = self.statements(id_or_number).first()
        if statement is None:
            raise Http404
        return statement


class StatementList(CustomerListView):
    """/api/v1/statements"""

    scopes: ClassVar[Mapping[str, str]] = READ
    filters: ClassVar[Mapping[str, Parameter]] = {name: one for name, (one, _) in FILTERS.items()}
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {
        "-issued_at": ("-issued_at", "-number"),
        "issued_at": ("issued_at", "number"),
        "-period": ("-period_start", "-number"),
        "period": ("period_start", "number"),
    }

    @describes("List statements", gives=StatementSummary, many=True)
    def get(self, request: Request) -> Response:
        """Every issued statement of every contract, all revisions, the newest first."""
        narrowed = {name: said for name, said in self.asked.items() if name in FILTERS}
        page = self.paginate_prepared(_listed, {"customer": self.customer.pk, **narrowed})
        return self.get_paginated_response([summary(row) for row in page])


def _listed(said: Values) -> QuerySet[Any, Row]:
    """Summaries of the customer's statements, narrowed by what else is said; a slot stands for each value."""
    narrowed = (condition(said[name]) for name, (_, condition) in FILTERS.items() if name in said)
    return summaries_of(statements_of(said["customer"]).filter(*narrowed))


class StatementDetail(StatementView):
    """/api/v1/statements/{id}"""

    @describes("Show a statement", gives=StatementShown)
    def get(self, request: Request, id_or_number: str) -> Response:
        """The statement and, of each commitment, the result without its ledger."""
        said = {"customer": self.customer.pk, _name_of(id_or_number): id_or_number}
        for row in prepared.rows(_shown, _shown, said):
            return Response(detail(row, orjson.loads(row["body"])))
        raise Http404


def _shown(said: Values) -> QuerySet[Any, Row]:
    """The customer's statement of this id or number, with its document."""
    customer, *named = said.items()
    return summaries_of(statements_of(customer[1]).filter(**dict(named)).order_by(), "body")


class RevisionList(StatementView, CustomerListView):
    """/api/v1/statements/{id}/revisions"""

    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"revision": ("revision", "number")}

    @describes("List a statement's revisions", gives=Revision, many=True)
    def get(self, request: Request, id_or_number: str) -> Response:
        """Every issued revision of the statement's period, the first one first, each with what it changes of the one before."""
        one = self.statements(id_or_number)
        if not one.exists():
            raise Http404
        page = self.paginate_queryset(summaries_of(revisions_of(self.customer, one), "body"))
        return self.get_paginated_response([_revision(row) for row in page or []])


def _revision(row: Mapping[str, Any]) -> Revision:
    return {**summary(row), "difference": Statement(body=row["body"]).document.get("difference")}

"""A customer's issued statements: list, detail, document, PDF. Drafts do not exist here, nor does anybody else's statement."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerListView, CustomerView
from reports import making, operations
from reports.models import Statement
from reports.queries import statements_of
from slaservice.api.described import File, describes
from slaservice.api.shapes import Amount, Currency, Digest, Exact, Instant, PublicId, utc
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
    """Where the statement's document and its PDF are."""

    document: str
    pdf: str


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


READ: Mapping[str, str] = {"GET": "statements:read"}


def summary(statement: Statement) -> StatementSummary:
    """A statement as lists show it."""
    credit = getattr(statement, "credit", None)
    granted = Money(credit.granted_minor, credit.currency) if credit else Money(0, statement.currency)
    newer = getattr(statement, "superseded_by", None)
    address = f"/api/v1/statements/{statement.public_id}"
    assert statement.number is not None and statement.issued_at is not None, "issued"
    return {
        "id": statement.public_id,
        "number": statement.number,
        "contract": statement.contract.number,
        "period": {
            "label": statement.period_label,
            "start": utc(statement.period_start),
            "end": utc(statement.period_end),
        },
        "revision": statement.revision,
        "supersedes": statement.supersedes.number if statement.supersedes else None,
        "superseded_by": newer.number if newer and newer.state == Statement.ISSUED else None,
        "commitment_met": statement.met,
        "credit": {
            "currency": statement.currency,
            "owed": str(Money(statement.credit_minor, statement.currency)),
            "granted": str(granted),
        },
        "issued_at": utc(statement.issued_at),
        "digest": statement.digest,
        "links": {"document": f"{address}/document", "pdf": f"{address}/pdf"},
    }


def detail(statement: Statement) -> StatementShown:
    """A statement by itself."""
    commitments: list[CommitmentResult] = [
        {
            "id": case["id"],
            "components": case["terms"]["components"]["names"],
            "commitment_percent": case["terms"]["commitment_percent"],
            "result": {name: value for name, value in case["expected"].items() if name != "ledger"},
        }
        for case in statement.document["cases"]
    ]
    return {**summary(statement), "commitments": commitments}


class _OwnStatement(CustomerView):
    """The base of what hangs on one statement."""

    scopes: ClassVar[Mapping[str, str]] = READ

    def statement(self, public_id: str) -> Statement:
        """The customer's issued statement; 404 for any other, whether it exists or not."""
        statement = statements_of(self.customer).filter(public_id=public_id).first()
        if statement is None:
            raise Http404
        return statement


class StatementList(CustomerListView):
    """/api/v1/statements"""

    scopes: ClassVar[Mapping[str, str]] = READ
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"-issued_at": ("-issued_at", "-id")}

    def get_queryset(self) -> QuerySet[Statement]:
        return statements_of(self.customer).defer("body")

    @describes("List statements", gives=StatementSummary, many=True)
    def get(self, request: Request) -> Response:
        """Every issued statement of every contract, all revisions, the newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([summary(statement) for statement in page or []])


class StatementDetail(_OwnStatement):
    """/api/v1/statements/{id}"""

    @describes("Show a statement", gives=StatementShown)
    def get(self, request: Request, public_id: str) -> Response:
        """The statement and, of each commitment, the result without its ledger."""
        return Response(detail(self.statement(public_id)))


class StatementDocument(_OwnStatement):
    """/api/v1/statements/{id}/document"""

    @describes("Fetch a statement's document", gives=File("application/json", "The frozen document."))
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """The frozen document, byte for byte, which anybody can recompute."""
        statement = self.statement(public_id)
        operations.record_fetch(statement=statement, key=self.key, now=timezone.now())
        return HttpResponse(statement.body, content_type="application/json")


class StatementPdf(_OwnStatement):
    """/api/v1/statements/{id}/pdf"""

    @describes("Fetch a statement's PDF", gives=File("application/pdf", "The file itself."))
    def get(self, request: Request, public_id: str) -> HttpResponse:
        """The file itself, as a download named after the statement's number."""
        statement = self.statement(public_id)
        content = making.pdf(statement=statement, now=timezone.now())
        operations.record_fetch(statement=statement, key=self.key, now=timezone.now())
        return pdf_response(statement, content)


def pdf_response(statement: Statement, content: bytes) -> HttpResponse:
    """A PDF as a download named after the statement's number, or its period while it is a draft."""
    name = statement.number or f"draft-{statement.month}-{statement.public_id[-6:]}"
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Content-Disposition": f'attachment; filename="{name}.pdf"',
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )

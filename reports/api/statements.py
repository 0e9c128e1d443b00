"""A customer's issued statements: list, detail, document, PDF. Drafts do not exist here, nor does anybody else's statement."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import CustomerListView, CustomerView
from reports import making, operations
from reports.models import Statement
from reports.queries import statements_of
from slaservice.rules.money import Money

SCOPE = "statements:read"


def summary(statement: Statement) -> dict[str, Any]:
    """A statement as lists show it: decimals and money as text, instants in UTC, and where the rest is."""
    credit = getattr(statement, "credit", None)
    granted = Money(credit.granted_minor, credit.currency) if credit else Money(0, statement.currency)
    newer = getattr(statement, "superseded_by", None)
    return {
        "id": statement.public_id,
        "number": statement.number,
        "contract": statement.contract.number,
        "period": {
            "label": statement.period_label,
            "start": _utc(statement.period_start),
            "end": _utc(statement.period_end),
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
        "issued_at": _utc(statement.issued_at),
        "digest": statement.digest,
        "links": {name: f"/api/v1/statements/{statement.public_id}/{name}" for name in ("document", "pdf")},
    }


def _utc(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


class _OwnStatement(CustomerView):
    """The base of what hangs on one statement."""

    required_scope: ClassVar[str] = SCOPE

    def statement(self, public_id: str) -> Statement:
        """The customer's issued statement; 404 for any other, whether it exists or not."""
        statement = statements_of(self.customer).filter(public_id=public_id).first()
        if statement is None:
            raise Http404
        return statement


class StatementList(CustomerListView):
    """GET /api/v1/statements"""

    required_scope: ClassVar[str] = SCOPE
    ordering: ClassVar[tuple[str, ...]] = ("-issued_at", "-id")

    def get_queryset(self) -> QuerySet[Statement]:
        return statements_of(self.customer).defer("body")

    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([summary(statement) for statement in page or []])


class StatementDetail(_OwnStatement):
    """GET /api/v1/statements/{id}: the summary and, of each commitment, the result without its ledger."""

    def get(self, request: Request, public_id: str) -> Response:
        statement = self.statement(public_id)
        cases = [
            {
                "id": case["id"],
                "components": case["terms"]["components"]["names"],
                "commitment_percent": case["terms"]["commitment_percent"],
                "result": {name: value for name, value in case["expected"].items() if name != "ledger"},
            }
            for case in statement.document["cases"]
        ]
        return Response(summary(statement) | {"commitments": cases})


class StatementDocument(_OwnStatement):
    """GET /api/v1/statements/{id}/document: the frozen document, byte for byte, which anybody can recompute."""

    def get(self, request: Request, public_id: str) -> HttpResponse:
        statement = self.statement(public_id)
        operations.record_fetch(statement=statement, key=self.key, now=timezone.now())
        return HttpResponse(statement.body, content_type="application/json")


class StatementPdf(_OwnStatement):
    """GET /api/v1/statements/{id}/pdf: the file itself."""

    def get(self, request: Request, public_id: str) -> HttpResponse:
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

"""A statement's files: the frozen document, its PDF, and its ledger as CSV. Who fetched one is kept, once for each key."""

from collections.abc import Mapping
from typing import ClassVar

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from reports import making, operations
from reports.api.statements import StatementView
from reports.ledger_csv import TABLES
from reports.models import Statement
from slaservice.api import asked
from slaservice.api.asked import Parameter
from slaservice.api.described import File, describes
from slaservice.history.admin.exports import csv_lines


class StatementDocument(StatementView):
    """/api/v1/statements/{id}/document"""

    @describes("Fetch a statement's document", gives=File("application/json", "The frozen document."))
    def get(self, request: Request, id_or_number: str) -> HttpResponse:
        """The frozen document, byte for byte, which anybody can recompute."""
        statement = self.statement(id_or_number)
        operations.record_fetch(statement=statement, key=self.key, now=timezone.now())
        return HttpResponse(statement.body, content_type="application/json")


class StatementPdf(StatementView):
    """/api/v1/statements/{id}/pdf"""

    @describes(
        "Fetch a statement's PDF",
        gives=File("application/pdf", "The file itself."),
        refuses={
            "document_damaged": "Something that the file is made of is not what it was. Tell us.",
            "document_not_made": "The file could not be made. We know, and try again by ourselves.",
            "document_differs": "The file was lost and cannot be made the same again. Tell us.",
        },
    )
    def get(self, request: Request, id_or_number: str) -> HttpResponse:
        """The file itself, signed where there is a signed one, as a download named after the statement's number."""
        statement = self.statement(id_or_number)
        content = making.pdf(statement=statement, now=timezone.now())
        operations.record_fetch(statement=statement, key=self.key, now=timezone.now())
        return pdf_response(statement, content)


class StatementCsv(StatementView):
    """/api/v1/statements/{id}/csv"""

    filters: ClassVar[Mapping[str, Parameter]] = {
        "table": asked.one_of(
            "`buckets`, if it is not said: every instant of the period in its bucket; `windows`: the recorded outages.",
            list(TABLES),
        )
    }

    @describes("Fetch a statement's CSV", gives=File("text/csv", "UTF-8 with a mark at the start."))
    def get(self, request: Request, id_or_number: str) -> HttpResponse:
        """The whole ledger as a table for spreadsheets, or the outages with how much each counted: a download.

        Numbers are numbers: what is no finite decimal is rounded to twelve decimals (`ledger` has it exact). A text that a
        spreadsheet would take for a formula has an apostrophe before it.
        """
        statement = self.statement(id_or_number)
        table = self.asked.get("table", "buckets")
        columns, rows = TABLES[table]
        lines = csv_lines(columns, rows(statement.document))
        operations.record_fetch(statement=statement, key=self.key, now=timezone.now())
        return _download(
            "".join(lines).encode(), "text/csv; charset=utf-8", f"{statement.number}-{table}.csv"
        )


def pdf_response(statement: Statement, content: bytes) -> HttpResponse:
    """A PDF as a download named after the statement's number, or its period while it is a draft."""
    name = statement.number or f"draft-{statement.month}-{statement.public_id[-6:]}"
    return _download(content, "application/pdf", f"{name}.pdf")


def _download(content: bytes, media_type: str, name: str) -> HttpResponse:
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        },
    )

"""Making the documents that are owed: an issued statement without a file is the queue.

The PDF is a pure function of the issued statement, so any worker may make it at any time, two may make it at once, and a lost
file is made again with the same bytes.
"""

from datetime import datetime

from django.db import transaction

from reports import store
from reports.models import Statement, StatementFile
from slaservice.rules.refusal import Refusal


def owed(limit: int = 500) -> list[int]:
    """Ids of issued statements that have no document yet, oldest first."""
    return list(
        Statement.objects.filter(state=Statement.ISSUED, files__isnull=True)
        .order_by("issued_at", "id")
        .values_list("pk", flat=True)[:limit]
    )


def render(statement: Statement) -> bytes:
    """The bytes of a statement's PDF; a draft is marked as one."""
    from reports.pdf.render import render as render_document

    return render_document(
        statement.document, number=statement.number, digest=statement.digest, issued_on=statement.issued_at
    )


def make(*, statement: Statement, now: datetime) -> StatementFile:
    """Make and keep a statement's PDF, once. Refusal for a draft."""
    made = StatementFile.objects.filter(statement=statement, kind="pdf").first()
    if made is not None:
        return made
    if statement.state != Statement.ISSUED:
        raise Refusal("not_issued", "Only an issued statement has a document.")
    content = render(statement)
    sha256 = store.keep(content)
    with transaction.atomic():
        made, _ = StatementFile.objects.get_or_create(
            statement=statement,
            kind="pdf",
            defaults={"sha256": sha256, "size": len(content), "renderer": renderer(), "made_at": now},
        )
    return made


def renderer() -> str:
    """What makes the PDFs, by name and version."""
    import weasyprint

    return f"WeasyPrint {weasyprint.__version__}"


def pdf(*, statement: Statement, now: datetime) -> bytes:
    """The bytes of an issued statement's PDF: the kept file, made first where it is owed, made again where it was lost.

    Refusal when a file made again differs from the one that was kept: then something but the statement has changed.
    """
    made = make(statement=statement, now=now)
    content = store.fetch(made.sha256)
    if content is None:
        content = render(statement)
        if store.keep(content) != made.sha256:
            raise Refusal(
                "document_differs", f"The document of {statement} was lost and cannot be made the same again."
            )
    return content

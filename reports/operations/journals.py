"""Journals: the postings of issued statements, taken to the ERP once. The file is kept, and comes again byte for byte."""

import csv
import io
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from reports import store
from reports.models import ExportedPosting, Journal, Posting, Statement
from reports.operations.numbers import next_number
from slaservice.history import operations as history
from slaservice.history.admin.exports import harmless
from slaservice.rules.money import Money
from slaservice.rules.postings import CHART
from slaservice.rules.refusal import Refusal

COLUMNS = (
    "journal", "posting", "date", "debit_account", "debit_name", "credit_account", "credit_name", "currency", "amount",
    "customer", "contract", "period", "statement", "revision", "deed", "reference",
)  # fmt: skip
"""One row a posting; `amount` is a plain decimal number with the places of its currency, `reference` the bill of a credit."""


@transaction.atomic
def make_journal(*, by: User, now: datetime) -> Journal:
    """Export what was not exported yet. Refusal where there is nothing.

    The number comes first here, not last: it holds the series' row, so that of two people the second finds nothing left.
    """
    history.require(by, "journals.make")
    number = next_number("JNL", now)
    rows = list(unexported())
    if not rows:
        raise Refusal("nothing_to_export", "Every posting of an issued statement is in a journal already.")
    journal = Journal.objects.create(
        number=number,
        made_at=now,
        made_by=by,
        postings=len(rows),
        sha256=store.keep(_file(number, rows), store.CSV),
    )
    ExportedPosting.objects.bulk_create(ExportedPosting(posting=row, journal=journal) for row in rows)
    history.record(
        by=by,
        action="journals.make",
        obj=journal,
        at=now,
        data={"number": number, "postings": len(rows), "sha256": journal.sha256},
    )
    return journal


def unexported() -> QuerySet[Posting]:
    """Postings of issued statements that stand in no journal, in the order in which they came."""
    return (
        Posting.objects.filter(statement__state=Statement.ISSUED, exported__isnull=True)
        .select_related("customer", "contract", "statement__credit")
        .defer("statement__body")
        .order_by("pk")
    )


def file_of(journal: Journal) -> bytes:
    """The journal's file as it was made. Refusal where it is lost: it must come back from a backup, for it is not made twice."""
    content = store.fetch(journal.sha256, store.CSV)
    if content is None:
        raise Refusal(
            "document_lost", f"The file of {journal} is not in the store: restore it from a backup."
        )
    return content


def _file(number: str, rows: Sequence[Posting]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(_row(number, posting) for posting in rows)
    return text.getvalue().encode()


def _row(number: str, posting: Posting) -> list[str]:
    statement = posting.statement
    return [
        number,
        str(posting.pk),
        posting.effective_on.isoformat(),
        *_account(posting.debit_account),
        *_account(posting.credit_account),
        posting.currency,
        str(Money(posting.amount_minor, posting.currency)),
        harmless(posting.customer.name),
        harmless(posting.contract.number),
        statement.period_label,
        str(statement.number),
        str(statement.revision),
        posting.deed,
        harmless(statement.credit.billing_reference) if posting.deed == "apply" else "",
    ]


def _account(name: str) -> tuple[str, str]:
    number, title = CHART[name]
    return settings.LEDGER_ACCOUNTS.get(name, number), title

"""What Celery runs. A message is a doorbell: every task asks the database what is owed, and running it twice is harmless.

Without a broker the same functions are called in the process (`in_process`), so that a laptop needs no server.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from celery import shared_task
from django.conf import settings

from reports import closing, making
from reports.models import Statement
from slaservice.rules.periods import add_months

MONTHS_BACK = 3
"""How many months back the beat looks for periods that were never closed (it may have been down)."""


def months_in_reach(now: datetime) -> list[str]:
    """The months that a close may still owe something for, oldest first; the running one ends earlier in the east."""
    this = date(now.year, now.month, 1)
    return [f"{add_months(this, -back):%Y-%m}" for back in range(MONTHS_BACK, -1, -1)]


@shared_task
def close_due() -> None:
    """Ring for every contract whose period has ended and has no statement yet."""
    now = datetime.now(UTC)
    for month in months_in_reach(now):
        for chunk in closing.due_chunks(month, closing.due(now=now, month=month)):
            close_chunk.delay(month, list(chunk))


@shared_task
def close_chunk(month: str, contracts: Sequence[int]) -> None:
    """Close one chunk of contracts."""
    closing.close_chunk(month=month, contracts=contracts, now=datetime.now(UTC))


@shared_task
def make_document(statement: int) -> None:
    """Make one statement's PDF."""
    making.make(statement=Statement.objects.get(pk=statement), now=datetime.now(UTC))


@shared_task
def sweep() -> None:
    """Ring for everything that is owed and not made yet."""
    for statement in making.owed():
        make_document.delay(statement)


def close_month(month: str) -> int:
    """Close a month through the workers where there is a broker; returns the number of chunks handed out."""
    chunks = list(closing.due_chunks(month, closing.contracts_with_periods(month)))
    for chunk in chunks:
        close_chunk.delay(month, list(chunk))
    return len(chunks)


def has_broker() -> bool:
    """Whether there are workers to ring for."""
    return bool(settings.REDIS_URL)

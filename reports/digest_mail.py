"""Sending the daily digests that are owed, as statements are sent (reports/sending.py): the row is the queue.

A digest speaks of its day: one that could not be sent until the day was over stays unsent, and the next one says it all.
"""

from datetime import datetime
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F, Q, QuerySet

from reports.models import Digest
from reports.models.deliveries import BACK_OFF, LEASE, MOST_ATTEMPTS
from reports.postings import day_of

SECONDS_FOR_A_SERVER = 30


def owed(*, now: datetime) -> list[int]:
    """Ids of today's digests whose mail may be sent now."""
    return list(_due(now).order_by("pk").values_list("pk", flat=True))


def _due(now: datetime) -> QuerySet[Digest]:
    return Digest.objects.filter(
        Q(not_before__isnull=True) | Q(not_before__lte=now),
        day=day_of(now),
        sent_at__isnull=True,
        attempts__lt=MOST_ATTEMPTS,
    )


def send(*, digest: int, now: datetime) -> bool:
    """Send one digest that is owed, if nobody else does; whether it went out. What fails is kept with the row."""
    row = Digest.objects.select_related("to").get(pk=digest)
    ours = _due(now).filter(pk=row.pk, attempts=row.attempts)
    if ours.update(attempts=F("attempts") + 1, not_before=now + LEASE) != 1:
        return False
    kept = Digest.objects.filter(pk=row.pk, sent_at__isnull=True)
    try:
        _message(row).send()
    except (SMTPException, OSError, ValueError) as problem:
        wait = BACK_OFF[min(row.attempts, len(BACK_OFF) - 1)]
        said = " ".join(f"{type(problem).__name__}: {problem}".split())[:300]
        kept.filter(attempts=row.attempts + 1).update(not_before=now + wait, problem=said)
        return False
    return kept.update(sent_at=now, problem="", not_before=None) == 1


def _message(row: Digest) -> EmailMessage:
    return EmailMessage(
        subject=f"What waits for you: {row.day:%Y-%m-%d}",
        body=row.text,
        to=[row.to.email],
        headers={"Message-ID": message_id(row)},
        connection=get_connection(timeout=SECONDS_FOR_A_SERVER),
    )


def message_id(row: Digest) -> str:
    """The same for every attempt: a mailbox may tell by it that a mail is the same."""
    host = urlsplit(settings.SITE_URL).hostname or "slaservice.invalid"
    return f"<digest-{row.day:%Y-%m-%d}-{row.to_id}@{host}>"

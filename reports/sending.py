"""Sending the mails that are owed: a statement's PDF to those who were named, each by itself.

The row is the queue. An attempt is taken by a conditional UPDATE that counts it and leases the row to one worker, for longer than
any attempt takes, so two workers do not send one mail; then the mail goes out, with no transaction open; then the row says so,
or when to try again. A worker that dies between the last two leaves the mail to be sent again when its lease is over, under the
same Message-ID, by which a mailbox may tell that it is the same. That is at-least-once, and no protocol of mail does better.

Where PDFs are signed, a mail waits for the signature, and goes without only when that takes too long.
"""

from datetime import datetime
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F, Q

from reports import making, signing
from reports.models import Delivery, Statement
from reports.models.deliveries import BACK_OFF, LEASE, MOST_ATTEMPTS
from reports.pdf import total
from reports.pdf.paper import paper
from reports.signed import kept as kept_signed
from slaservice.rules.refusal import Refusal

SECONDS_FOR_A_SERVER = 30


def owed(*, now: datetime, limit: int = 500) -> list[int]:
    """Ids of the deliveries whose mail may be sent now, oldest first."""
    waiting = Delivery.objects.filter(
        Q(not_before__isnull=True) | Q(not_before__lte=now), sent_at__isnull=True, attempts__lt=MOST_ATTEMPTS
    ).exclude(statement__in=signing.awaited(now=now))
    return list(waiting.order_by("asked_at", "id").values_list("pk", flat=True)[:limit])


def send(*, delivery: int, now: datetime) -> bool:
    """Sends one mail that is owed, if nobody else does; whether it went out. What fails is kept with the row.

    `now` is when this attempt begins: where several are sent in turn, each has its own.
    """
    row = Delivery.objects.select_related("statement__superseded_by").get(pk=delivery)
    if signing.awaited(now=now).filter(pk=row.statement_id).exists() or not _taken(row, now):
        return False
    kept = Delivery.objects.filter(pk=row.pk, sent_at__isnull=True)
    if row.statement.status(now) == "superseded":
        problem = f"superseded by {row.statement.superseded_by}"
        kept.update(attempts=MOST_ATTEMPTS, not_before=None, problem=problem[:300])
        return False
    try:
        _message(row, now).send()
    except (SMTPException, OSError, Refusal, ValueError) as problem:
        said = getattr(problem, "sentence", "") or f"{type(problem).__name__}: {problem}"
        wait = BACK_OFF[min(row.attempts, len(BACK_OFF) - 1)]
        kept.filter(attempts=row.attempts + 1).update(
            not_before=now + wait, problem=" ".join(said.split())[:300]
        )
        return False
    return bool(kept.update(sent_at=now, problem="", not_before=None))


def _taken(row: Delivery, now: datetime) -> bool:
    """Whether this attempt is ours."""
    if row.sent_at is not None or row.attempts >= MOST_ATTEMPTS:
        return False
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    ours = Delivery.objects.filter(due, pk=row.pk, attempts=row.attempts, sent_at__isnull=True)
    return ours.update(attempts=F("attempts") + 1, not_before=now + LEASE) == 1


def _message(row: Delivery, now: datetime) -> EmailMessage:
    statement = row.statement
    unsigned = signing.wanted() and kept_signed(statement) is None
    message = EmailMessage(
        subject=f"Availability SLA statement {statement.number}",
        body=text_of(statement, unsigned=unsigned),
        to=[row.recipient],
        headers={"Message-ID": message_id(row)},
        connection=get_connection(timeout=SECONDS_FOR_A_SERVER),
    )
    message.attach(f"{statement.number}.pdf", making.pdf(statement=statement, now=now), "application/pdf")
    return message


def message_id(row: Delivery) -> str:
    """The same for every attempt of a delivery."""
    return f"<{row.public_id}@{urlsplit(settings.SITE_URL).hostname or 'slaservice.invalid'}>"


def text_of(statement: Statement, *, unsigned: bool = False) -> str:
    """The mail: what the paper's first page says, in a few lines, with the digest by which the paper is checked.

    `unsigned`: the attached PDF is to be signed, and is not yet.
    """
    document = statement.document
    shown = paper(document, number=statement.number, digest=statement.digest, issued_on=statement.issued_at)
    due = total.money(document, total.due(document))
    lines = [
        f"{line.title}: uptime {line.uptime}, target {line.target}, {line.verdict.words.lower()}"
        for line in shown.lines
    ]
    unsigned_yet = (
        ["The PDF is not signed yet: ask for it again to have it with our signature."] if unsigned else []
    )
    replaces = [f"It replaces {shown.supersedes}."] if shown.supersedes else []
    return "\n".join(
        [
            f"Availability SLA statement {shown.number}, revision {shown.revision}",
            f"{shown.customer}, contract {shown.contract}, {shown.period} ({shown.zone})",
            *replaces,
            "",
            *lines,
            "",
            f"Service credit: {due}",
            "",
            "The statement is attached. It is neither an invoice nor a credit note; amounts are net of tax.",
            *unsigned_yet,
            f"SHA-256 of its document: {statement.digest}",
            "",
            f"{shown.vendor}, {shown.contact}",
            "",
        ]
    )

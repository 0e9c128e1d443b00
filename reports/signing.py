"""Signing the PDFs that are made, where a key is configured: a step of its own, behind issuing and making, that holds up neither.

The row is the queue: an issued statement without a signed file is owed one. What fails is kept with its reason and tried again,
later each time. Who asks for the PDF gets the signed one as soon as there is one (reports/signed.py); a mail waits for it.
"""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet

from reports import making, store
from reports.models import SigningAttempt, Statement, StatementFile
from reports.models.documents import LEASE, pause_after
from reports.pdf import signature
from reports.pdf.signature import AuthorityFails, CannotSign, Key, Signed
from reports.signed import kept
from reports.verification.examining import signature_of
from slaservice.rules.refusal import Refusal

logger = logging.getLogger(__name__)

REST = timedelta(minutes=1)
"""For how long nothing is signed after the time-stamping authority failed: the next would wait for it as long, and in vain."""

AWAITED = timedelta(hours=1)
"""For how long after issue a mail waits for the signature."""


def wanted() -> bool:
    """Whether there is a key to sign with."""
    return bool(settings.SIGNING_KEY)


def owed(*, now: datetime, limit: int = 500) -> list[int]:
    """Ids of issued statements that have no signed file and whose turn it is, oldest first; none without a key."""
    if not wanted() or _rests(now):
        return []
    waiting = Q(signing__isnull=True) | Q(signing__not_before__lte=now)
    due = _unsigned().filter(waiting).order_by("issued_at", "id")
    return list(due.values_list("pk", flat=True)[:limit])


def awaited(*, now: datetime) -> QuerySet[Statement]:
    """The statements that are not mailed yet, because their signed file will soon be there; none without a key."""
    return _unsigned().filter(issued_at__gt=now - AWAITED) if wanted() else Statement.objects.none()


def _unsigned() -> QuerySet[Statement]:
    signed = StatementFile.objects.filter(kind=StatementFile.SIGNED).values("statement")
    return Statement.objects.filter(state=Statement.ISSUED).exclude(pk__in=signed)


def _rests(now: datetime) -> bool:
    """Whether the authority failed just now."""
    return SigningAttempt.objects.filter(authority_failed_at__gt=now - REST).exists()


def sign(*, statement: Statement, now: datetime) -> StatementFile | None:
    """The statement's signed file, made now if it is owed and nobody else is at it. None where there is none yet: the row of
    the attempt and the log say why. Never an exception for a key, a certificate or an authority that fails.
    """
    done = kept(statement)
    if done is not None or not wanted() or _rests(now):
        return done
    mine = _taken(statement, now)
    if mine is None:
        return kept(statement)
    try:
        content = making.unsigned(statement=statement, now=now)
        made = signature.sign(content, key=key(), at=now, name=settings.VENDOR_NAME)
        _refuse_what_does_not_verify(made)
        sha256 = store.keep(made.content)
    except (CannotSign, Refusal, OSError) as problem:
        return _failed(statement, problem, mine, now)
    with transaction.atomic():
        row, _ = StatementFile.objects.get_or_create(
            statement=statement,
            kind=StatementFile.SIGNED,
            defaults={
                "sha256": sha256,
                "size": len(made.content),
                "renderer": f"pyHanko {_version()}",
                "made_at": now,
                "certificate": made.certificate,
            },
        )
        SigningAttempt.objects.filter(statement=statement).delete()
    return row


def key() -> Key:
    """What the settings say to sign with."""
    return Key(
        settings.SIGNING_KEY,
        settings.SIGNING_PASSPHRASE,
        settings.SIGNING_CERTIFICATES,
        settings.SIGNING_CHAIN,
        settings.TIMESTAMP_URL,
    )


def _refuse_what_does_not_verify(made: Signed) -> None:
    """CannotSign unless what was just signed is read as a whole and good signature: no customer finds out first."""
    found = signature_of(made.content)
    if "unread" in found or found["faults"] or found.get("certificate") != made.certificate:
        why = found.get("unread") or " ".join(found["faults"])
        raise CannotSign(f"What was signed does not verify. {why}")


def _taken(statement: Statement, now: datetime) -> int | None:
    """Which attempt is ours, counted and leased for longer than it takes; None where it is somebody else's turn."""
    first, created = SigningAttempt.objects.get_or_create(
        statement=statement, defaults={"attempts": 1, "not_before": now + LEASE}
    )
    if created:
        return 1
    ours = SigningAttempt.objects.filter(pk=first.pk, attempts=first.attempts, not_before__lte=now)
    taken = ours.update(attempts=F("attempts") + 1, not_before=now + LEASE, problem="")
    return first.attempts + 1 if taken else None


def _failed(statement: Statement, problem: Exception, mine: int, now: datetime) -> StatementFile | None:
    """Keep why, and when to try again; but not where the lease was over and another signer came: then what that one kept."""
    said = problem.sentence if isinstance(problem, Refusal) else f"{problem}"
    why = " ".join(said.split())[:300]
    changed = SigningAttempt.objects.filter(statement=statement, attempts=mine).update(
        problem=why,
        not_before=now + pause_after(mine),
        authority_failed_at=now if isinstance(problem, AuthorityFails) else None,
    )
    if not changed:
        logger.warning("Attempt %d to sign %s took longer than its lease: %s", mine, statement, why)
        return kept(statement)
    logger.error("%s is not signed, attempt %d: %s", statement, mine, why)
    return None


def _version() -> str:
    import pyhanko.version

    return str(pyhanko.version.__version__)

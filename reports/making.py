"""Making the documents that are owed: an issued statement without a file is the queue.

The PDF is a pure function of the issued statement, so any worker may make it at any time, and a lost or damaged file is made
again with the same bytes. It is made in a process of its own, by one worker of a host however many ask for it; one that cannot
be made, or made again, is parked with its reason, is tried again later each time, and keeps no other waiting.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Q

from reports import look, signed, store
from reports.apart import Busy, Stopped, apart
from reports.background import with_background
from reports.models import MakingAttempt, Statement, StatementFile
from reports.models.documents import pause_after
from slaservice.rules.refusal import Refusal

logger = logging.getLogger(__name__)


def owed(*, now: datetime, limit: int = 500) -> list[int]:
    """Ids of issued statements that have no document yet and are not parked beyond `now`, oldest first."""
    return list(
        Statement.objects.filter(state=Statement.ISSUED, files__isnull=True)
        .filter(Q(making__isnull=True) | Q(making__not_before__lte=now))
        .order_by("issued_at", "id")
        .values_list("pk", flat=True)[:limit]
    )


def render(statement: Statement) -> bytes:
    """The bytes of a statement's PDF; a draft is marked as one. Refusal where it cannot be made: the log says why."""
    from reports.pdf.render import render as render_document
    from reports.pdf.render import warm

    document = statement.document
    if statement.state == Statement.DRAFT:
        document = with_background(statement, document)
    warm()
    work = partial(
        render_document,
        document,
        number=statement.number,
        digest=statement.digest,
        issued_on=statement.issued_at,
        logo=look.logo_of(document),
    )
    try:
        return apart(work)
    except Busy as problem:
        logger.warning("The document of %s has to wait: %s", statement, problem)
        raise Refusal(
            "document_not_made", f"The document of {statement} has to wait for others; ask again in a minute."
        ) from problem
    except Stopped as problem:
        logger.error("The document of %s cannot be made: %s", statement, problem)
        raise Refusal(
            "document_not_made", f"The document of {statement} could not be made; we know, and try again."
        ) from problem


def make(*, statement: Statement, now: datetime) -> StatementFile:
    """Make and keep a statement's PDF, once. Refusal for a draft, and for one that cannot be made."""
    made = _made(statement)
    if made is not None:
        return made
    if statement.state != Statement.ISSUED:
        raise Refusal("not_issued", "Only an issued statement has a document.")
    with store.alone(statement.digest):
        return _made(statement) or _make(statement, now)


def _made(statement: Statement) -> StatementFile | None:
    return StatementFile.objects.filter(statement=statement, kind=StatementFile.PDF).first()


def _make(statement: Statement, now: datetime) -> StatementFile:
    with _in_its_turn(statement, now):
        content = render(statement)
        sha256 = _keep(content, statement)
    with transaction.atomic():
        _locked(statement)
        made, _ = StatementFile.objects.get_or_create(
            statement=statement,
            kind=StatementFile.PDF,
            defaults={"sha256": sha256, "size": len(content), "renderer": renderer(), "made_at": now},
        )
        MakingAttempt.objects.filter(statement=statement).delete()
    return made


@contextmanager
def _in_its_turn(statement: Statement, now: datetime, again: StatementFile | None = None) -> Iterator[None]:
    """Refusal while it is parked; whatever goes wrong within parks it, from then on. Who merely had to wait is not parked."""
    parked = MakingAttempt.objects.filter(statement=statement, not_before__gt=now).first()
    if parked is not None:
        turn = f"{parked.not_before:%Y-%m-%d %H:%M} UTC"
        raise Refusal(
            "document_not_made",
            f"The document of {statement} could not be made; it is tried again at {turn}.",
        )
    began = time.monotonic()
    try:
        yield
    except Exception as problem:
        if not isinstance(problem.__cause__, Busy):
            why = problem.__cause__ or problem if isinstance(problem, Refusal) else problem
            _park(statement, str(why), now + timedelta(seconds=time.monotonic() - began), again)
        raise


def _park(statement: Statement, problem: str, now: datetime, again: StatementFile | None) -> None:
    """Its next turn comes later each time. Not where another host has made it meanwhile: `again` is the file known to be lost."""
    with transaction.atomic():
        _locked(statement)
        if _made(statement) != again:
            return
        attempt, _ = MakingAttempt.objects.get_or_create(statement=statement, defaults={"not_before": now})
        attempt.attempts += 1
        attempt.problem = problem[:300]
        attempt.not_before = now + pause_after(attempt.attempts)
        attempt.save()


def _locked(statement: Statement) -> None:
    """Whoever parks the statement and whoever has made it go one after the other."""
    Statement.objects.select_for_update(no_key=True).get(pk=statement.pk)


def _keep(content: bytes, statement: Statement) -> str:
    try:
        return store.keep(content)
    except OSError as problem:
        logger.error("The document of %s cannot be written to DOCUMENTS_DIR: %s", statement, problem)
        raise


def renderer() -> str:
    """What makes the PDFs, by name and version."""
    import weasyprint

    return f"WeasyPrint {weasyprint.__version__}"


def pdf(*, statement: Statement, now: datetime) -> bytes:
    """What is handed out: the signed PDF where there is one, else the PDF. Refusal as for `unsigned`."""
    return signed.content_of(statement) or unsigned(statement=statement, now=now)


def unsigned(*, statement: Statement, now: datetime) -> bytes:
    """The bytes of an issued statement's PDF: the kept file, made first where it is owed, again where it was lost or damaged.

    Refusal when a file made again differs from the one that was kept: then something but the statement has changed.
    """
    made = make(statement=statement, now=now)
    content = _whole(made)
    if content is not None:
        return content
    with store.alone(statement.digest):
        content = _whole(made)
        return _made_again(statement, made, now) if content is None else content


def _whole(made: StatementFile) -> bytes | None:
    try:
        return store.fetch(made.sha256)
    except Refusal:
        logger.error(
            "The kept %s is damaged: %s is not what its name says.", made, store.path_of(made.sha256)
        )
        return None


def _made_again(statement: Statement, made: StatementFile, now: datetime) -> bytes:
    """The bytes, whether or not they can be kept."""
    with _in_its_turn(statement, now, again=made):
        content = render(statement)
        if store.named(content) != made.sha256:
            logger.error(
                "The document of %s cannot be made the same again: restore it from a backup.", statement
            )
            raise Refusal(
                "document_differs", f"The document of {statement} was lost and cannot be made the same again."
            )
    MakingAttempt.objects.filter(statement=statement).delete()
    with suppress(OSError):  # it is in the log
        _keep(content, statement)
    return content

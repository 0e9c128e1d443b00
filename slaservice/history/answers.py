"""One effect for one Idempotency-Key: an answer is found again, or kept, inside the transaction of the effect.

The unique constraint decides. On PostgreSQL an advisory lock besides tells a second caller at once that the first is still
being served, instead of letting it wait; it ends with its transaction, so a crash leaves nothing locked. On SQLite, where one
transaction writes at a time, the second waits and then finds the answer.
"""

import hashlib
from datetime import datetime, timedelta

from django.db import connection

from slaservice.history.models import Answer
from slaservice.rules.refusal import Refusal

KEPT = timedelta(days=30)
"""How long an answer is given again. Later the same name is a new one."""

_OUR_LOCKS = 0x51A5


def given(*, caller: str, key: str, asked: str) -> Answer | None:
    """The answer that `caller` got under `key`; None: it is to be done now, in the running transaction.

    Refusal `idempotency_key_reused` if something else was asked, `idempotency_key_in_use` while the first is being served.
    """
    if not _alone(f"{caller}\n{key}"):
        raise Refusal(
            "idempotency_key_in_use",
            "A request with this Idempotency-Key is being served; ask again shortly.",
        )
    answer = Answer.objects.filter(caller=caller, key=key).first()
    if answer is not None and answer.asked != asked:
        raise Refusal(
            "idempotency_key_reused",
            "This Idempotency-Key was used for another request; every request needs a key of its own.",
        )
    return answer


def keep(*, caller: str, key: str, asked: str, status: int, body: str, now: datetime) -> Answer:
    """Keeps the answer with the effect, and forgets the caller's answers that are older than they have to be."""
    Answer.objects.filter(caller=caller, at__lt=now - KEPT).delete()
    return Answer.objects.create(caller=caller, key=key, asked=asked, status=status, body=body, at=now)


def _alone(name: str) -> bool:
    if connection.vendor != "postgresql":
        return True
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_OUR_LOCKS, number])
        return bool(cursor.fetchone()[0])

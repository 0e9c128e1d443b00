"""Sealing history: a hash covers an entry and the hash before it, so that whoever rewrites one must rewrite all that follow."""

import hashlib
import json
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from slaservice.history.models import Entry, Seal, SealLock
from slaservice.history.queries import latest_seal

BATCH = 1000
"""Entries sealed in one transaction, and so for as long as one sweep makes another wait."""

LOOKS_BACK = 50_000
"""How many seals back a sweep looks for entries that others have overtaken: it runs often and must not read all of history."""


def seal(*, now: datetime, whole: bool = False) -> int:
    """Seal every entry that has no seal yet, in the order of their ids; says how many those were.

    An entry is seen once its transaction has ended: one that comes late takes a later place, and no writer waits. `whole` looks
    through all of history, for an entry whose transaction took so long that more than LOOKS_BACK were sealed meanwhile.
    """
    sealed = _seal_all(now, None)
    return sealed + _seal_all(now, 0) if whole else sealed


def seal_where_nothing_sweeps(*, now: datetime) -> None:
    """The same in the process, on installations without a broker, for those who want to name the latest seal."""
    if not settings.REDIS_URL:
        seal(now=now)


def _seal_all(now: datetime, after: int | None) -> int:
    sealed = batch = _seal_batch(now, after)
    while batch == BATCH:
        batch = _seal_batch(now, after)
        sealed += batch
    return sealed


@transaction.atomic
def _seal_batch(now: datetime, after: int | None) -> int:
    SealLock.objects.select_for_update().get()
    last = latest_seal()
    seq, previous = (last.seq, last.hash) if last else (0, "")
    seals = []
    for entry in _unsealed(_looked_at_from(seq) if after is None else after)[:BATCH]:
        seq += 1
        previous = hash_of(seq=seq, previous=previous, entry=entry, sealed_at=now)
        seals.append(Seal(seq=seq, entry=entry, hash=previous, sealed_at=now))
    Seal.objects.bulk_create(seals)
    return len(seals)


def _unsealed(after: int) -> QuerySet[Entry]:
    return Entry.objects.filter(pk__gt=after, seal__isnull=True).order_by("pk")


def _looked_at_from(seq: int) -> int:
    """The id of an entry behind which a sweep looks; any would be right, as the whole is looked through besides."""
    return Seal.objects.filter(seq=seq - LOOKS_BACK).values_list("entry_id", flat=True).first() or 0


def hash_of(*, seq: int, previous: str, entry: Entry, sealed_at: datetime) -> str:
    """SHA-256, as 64 hexadecimal digits, over every field, each behind its length so that none can pass for another's end."""
    fields = (
        "slaservice seal 1",
        str(seq),
        previous,
        _utc(sealed_at),
        str(entry.pk),
        _utc(entry.at),
        "" if entry.actor_id is None else str(entry.actor_id),
        entry.on_behalf_of,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.reason,
        # Not the canonical form of documents: whatever stands in the column must have a hash, half a surrogate pair too.
        json.dumps(entry.data, sort_keys=True, separators=(",", ":")),
    )
    encoded = [field.encode(errors="surrogatepass") for field in fields]
    return hashlib.sha256(b"".join(b"%d:%b," % (len(field), field) for field in encoded)).hexdigest()


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")

"""Looking whether anybody rewrote history: the chain of seals, and what others remember of it.

An entry that was changed, swapped, deleted or put in between is found by walking the chain. That its end was cut off no chain can
tell; witnesses outside of it can: anchors in files (slaservice/history/anchors.py), and documents that name the seal that was
the latest when they were issued.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from slaservice.history.models import Entry, Seal
from slaservice.history.sealing import hash_of

SEALED_WITHIN = timedelta(hours=2)
"""An entry without a seal for longer is a fault: all of history is looked through every hour."""

_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Witness:
    """`name` says that seal `seq` had this hash."""

    name: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and with which seal; null: with what has none, an entry or a line of an anchor's file."""

    seq: int | None
    sentence: str


@dataclass(slots=True)
class Verified:
    """What was looked at, and every fault found, the first of the chain first."""

    seals: int = 0
    witnesses: int = 0
    faults: list[Fault] = field(default_factory=list)


def verify(*, now: datetime, witnesses: Iterable[Witness | Fault] = ()) -> Verified:
    """Walk the chain up to its first fault, then hear every witness, then look for what nobody sealed.

    A witness that cannot be understood comes as the fault that it is, and keeps nobody from hearing the others.
    """
    found = Verified()
    found.faults += _walk(found)
    for some in _in_lots(witnesses):
        heard = [one for one in some if isinstance(one, Witness)]
        found.witnesses += len(heard)
        found.faults += [one for one in some if isinstance(one, Fault)]
        found.faults += _contradicted(heard)
    found.faults += _never_sealed(now)
    return found


def _walk(found: Verified) -> Iterator[Fault]:
    """The first fault of the chain; behind it every hash is in doubt."""
    previous = ""
    for seal, entry in _chain():
        wanted = found.seals + 1
        if seal.seq != wanted:
            yield Fault(wanted, f"Seal {wanted} is missing: seal {seal.seq} follows seal {wanted - 1}.")
            return
        if entry is None:
            yield Fault(wanted, f"Entry {seal.entry_id}, which seal {wanted} was put on, is missing.")
            return
        if seal.hash != hash_of(seq=wanted, previous=previous, entry=entry, sealed_at=seal.sealed_at):
            yield Fault(wanted, f"Seal {wanted} does not fit entry {entry.pk}: one of them was changed.")
            return
        found.seals, previous = wanted, seal.hash


def _chain() -> Iterator[tuple[Seal, Entry | None]]:
    """Every seal with its entry; not by a join, which would leave out a seal whose entry is gone."""
    seq = -1
    while seals := list(Seal.objects.filter(seq__gt=seq).order_by("seq")[:_AT_ONCE]):
        entries = Entry.objects.in_bulk([seal.entry_id for seal in seals])
        yield from ((seal, entries.get(seal.entry_id)) for seal in seals)
        seq = seals[-1].seq


def _in_lots(witnesses: Iterable[Witness | Fault]) -> Iterator[list[Witness | Fault]]:
    lot: list[Witness | Fault] = []
    for witness in witnesses:
        lot.append(witness)
        if len(lot) == _AT_ONCE:
            yield lot
            lot = []
    yield lot


def _contradicted(witnesses: list[Witness]) -> Iterator[Fault]:
    hashes = dict(
        Seal.objects.filter(seq__in={witness.seq for witness in witnesses}).values_list("seq", "hash")
    )
    for name, seq, said in ((witness.name, witness.seq, witness.hash) for witness in witnesses):
        if seq not in hashes:
            yield Fault(seq, f"{name} names seal {seq}, which is missing: the end of history was cut off.")
        elif hashes[seq] != said:
            yield Fault(seq, f"{name} names another hash of seal {seq}: history was rewritten up to there.")


def _never_sealed(now: datetime) -> Iterator[Fault]:
    late = Entry.objects.filter(seal__isnull=True, at__lt=now - SEALED_WITHIN).order_by("pk")
    if first := late.first():
        yield Fault(
            None,
            f"Entry {first.pk} of {first.at:%Y-%m-%d %H:%M} UTC has no seal, as have {late.count()} in all.",
        )

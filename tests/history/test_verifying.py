"""Whoever rewrites history, past every guard of the database, is found out: which seal, and what is wrong with it."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import F

from slaservice.history.models import Entry, Seal
from slaservice.history.operations import record
from slaservice.history.queries import latest_seal
from slaservice.history.sealing import hash_of, seal
from slaservice.history.verifying import Fault, Verified, Witness, verify
from tests.factories.outages import a_component, a_person
from tests.history.tampering import past_the_guards

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 3, 10, 0, tzinfo=UTC)
LENGTH = 12


@pytest.fixture(autouse=True)
def history() -> None:
    """Twelve sealed entries of two people."""
    people, component = [a_person(), a_person()], a_component()
    for number in range(LENGTH):
        record(
            by=people[number % 2],
            action="components.change",
            obj=component,
            reason=f"Reason {number}",
            data={"before": number, "after": number + 1},
            at=AT + timedelta(minutes=number),
            on_behalf_of="Jane Roe, Koyo Ltd." if number % 3 == 0 else "",
        )
    seal(now=AT)


def entry(seq: int) -> Entry:
    return Entry.objects.get(seal__seq=seq)


def edit(seq: int, **values: object) -> None:
    Entry.objects.filter(pk=entry(seq).pk).update(**values)


def renumber(seqs: Sequence[int], by: int) -> None:
    for seq in sorted(seqs, reverse=by > 0):
        Seal.objects.filter(seq=seq).update(seq=F("seq") + by)


def delete(seq: int) -> None:
    pk = entry(seq).pk
    Seal.objects.filter(seq=seq)._raw_delete("default")
    Entry.objects.filter(pk=pk)._raw_delete("default")


def delete_and_close_the_gap(seq: int) -> None:
    delete(seq)
    renumber(range(seq + 1, LENGTH + 1), -1)


def insert(seq: int) -> None:
    """A made-up entry, sealed with a hash that is right for its place; those behind move up."""
    renumber(range(seq, LENGTH + 1), 1)
    before = Seal.objects.filter(seq=seq - 1).first()
    made_up = Entry.objects.create(at=AT, action="credits.approve", object_type="x", object_id="1")
    value = hash_of(seq=seq, previous=before.hash if before else "", entry=made_up, sealed_at=AT)
    Seal.objects.create(seq=seq, entry=made_up, hash=value, sealed_at=AT)


def swap(seq: int) -> None:
    """Two entries change places."""
    one, other = entry(seq).pk, entry(seq + 1).pk
    for at, pk in ((seq, -1), (seq + 1, one), (seq, other)):
        Seal.objects.filter(seq=at).update(entry_id=pk)


def rewrite_from(seq: int) -> None:
    """The forger who knows how: one entry is changed and every seal from there on is made anew."""
    edit(seq, reason="Forged")
    rehash(seq)


def rehash(first: int) -> None:
    before = Seal.objects.filter(seq=first - 1).first()
    previous = before.hash if before else ""
    for each in Seal.objects.filter(seq__gte=first).select_related("entry").order_by("seq"):
        previous = hash_of(seq=each.seq, previous=previous, entry=each.entry, sealed_at=each.sealed_at)
        Seal.objects.filter(seq=each.seq).update(hash=previous)


def cut(seq: int) -> None:
    """The tail from there on is gone as if it had never been."""
    for each in range(LENGTH, seq - 1, -1):
        delete(each)


CHANGED, MISSING, GONE = "does not fit entry", "is missing: seal", "which seal"

TAMPERINGS: dict[str, tuple[Callable[[int], object], str]] = {
    "who": (lambda seq: edit(seq, actor=None), CHANGED),
    "in whose name": (lambda seq: edit(seq, on_behalf_of="Somebody else"), CHANGED),
    "what": (lambda seq: edit(seq, action="credits.reject"), CHANGED),
    "of which kind": (lambda seq: edit(seq, object_type="reports.statement"), CHANGED),
    "on which": (lambda seq: edit(seq, object_id="77"), CHANGED),
    "why": (lambda seq: edit(seq, reason=""), CHANGED),
    "with what": (lambda seq: edit(seq, data={"before": 0, "after": 99}), CHANGED),
    "when": (lambda seq: edit(seq, at=F("at") + timedelta(microseconds=1)), CHANGED),
    "sealed when": (lambda seq: Seal.objects.filter(seq=seq).update(sealed_at=AT - timedelta(days=1)), CHANGED),
    "its hash": (lambda seq: Seal.objects.filter(seq=seq).update(hash="0" * 64), CHANGED),
    "deleted": (delete, MISSING),
    "deleted without a gap": (delete_and_close_the_gap, CHANGED),
    "its entry alone deleted": (lambda seq: Entry.objects.filter(seal__seq=seq)._raw_delete("default"), GONE),
    "swapped with the next": (swap, CHANGED),
    "put before another": (insert, CHANGED),
}  # fmt: skip

SHOWN_BEHIND = {"put before another": 1}
"""Where the first seal that does not fit is the one behind."""


def tampered(tamper: Callable[[int], object], seq: int, witnesses: Sequence[Witness] = ()) -> Verified:
    with past_the_guards():
        tamper(seq)
        return verify(now=AT, witnesses=witnesses)
    raise AssertionError("past_the_guards ends a block")


def test_history_that_nobody_touched_is_whole() -> None:
    found = verify(now=AT)
    assert (found.seals, found.witnesses, found.faults) == (LENGTH, 0, [])


@pytest.mark.parametrize("seq", [1, 6, LENGTH - 1])
@pytest.mark.parametrize("kind", TAMPERINGS)
def test_the_first_seal_that_is_wrong_is_named(kind: str, seq: int) -> None:
    tamper, said = TAMPERINGS[kind]
    (fault,) = tampered(tamper, seq).faults
    wrong = seq + SHOWN_BEHIND.get(kind, 0)
    assert fault.seq == wrong
    assert f"eal {wrong} " in fault.sentence or f"seal {wrong}," in fault.sentence
    assert said in fault.sentence
    assert verify(now=AT).faults == []


def test_a_chain_that_begins_later_has_lost_its_beginning() -> None:
    (fault,) = tampered(delete, 1).faults
    assert fault.sentence == "Seal 1 is missing: seal 2 follows seal 0."


def test_random_tamperings_are_all_found() -> None:
    seed = random.randrange(10**9)
    dice = random.Random(seed)
    for turn in range(100):
        kind, seq = dice.choice(sorted(TAMPERINGS)), dice.randrange(1, LENGTH)
        assert tampered(TAMPERINGS[kind][0], seq).faults, f"seed {seed}, turn {turn}: {kind} at {seq}"


def anchors(*seqs: int) -> list[Witness]:
    return [
        Witness(f"The anchor of hour {each.seq}", each.seq, each.hash)
        for each in Seal.objects.filter(seq__in=seqs)
    ]


@pytest.mark.parametrize("seq", [1, 7, LENGTH])
def test_a_cut_tail_is_noticed_by_whoever_saw_it(seq: int) -> None:
    witnesses = anchors(3, LENGTH)
    assert tampered(cut, seq).faults == [], "the chain alone says nothing"
    faults = tampered(cut, seq, witnesses).faults
    assert faults[-1] == Fault(
        LENGTH,
        f"The anchor of hour {LENGTH} names seal {LENGTH}, which is missing: the end of history was cut off.",
    )
    assert len(faults) == (2 if seq <= 3 else 1)


def test_a_chain_that_was_written_anew_is_noticed_by_whoever_saw_the_old_one() -> None:
    witnesses = anchors(3, 9)
    assert tampered(rewrite_from, 5).faults == [], "the chain alone says nothing"
    (fault,) = tampered(rewrite_from, 5, witnesses).faults
    assert fault.seq == 9
    assert fault.sentence == (
        "The anchor of hour 9 names another hash of seal 9: history was rewritten up to there."
    )


def test_a_tail_that_was_cut_and_grew_again_is_noticed() -> None:
    def cut_and_go_on(seq: int) -> None:
        cut(seq)
        for _ in range(5):
            record(by=None, action="x", obj=a_component(), at=AT)
        seal(now=AT)

    assert [fault.seq for fault in tampered(cut_and_go_on, 10, anchors(8, 11)).faults] == [11]


def test_many_witnesses_are_all_heard() -> None:
    (last,) = anchors(LENGTH)
    found = verify(
        now=AT, witnesses=(witness for witness in [*[last] * 4500, Witness("A forger", 1, "0" * 64)])
    )
    assert found.witnesses == 4501
    assert [fault.seq for fault in found.faults] == [1]


def test_an_entry_that_nobody_seals_is_noticed_after_two_hours() -> None:
    late = record(by=None, action="x", obj=a_component(), at=AT)
    assert verify(now=AT + timedelta(hours=2)).faults == []
    (fault,) = verify(now=AT + timedelta(hours=2, microseconds=1)).faults
    assert fault == Fault(None, f"Entry {late.pk} of 2026-05-03 10:00 UTC has no seal, as have 1 in all.")
    seal(now=AT)
    assert verify(now=AT + timedelta(days=1)).faults == []
    assert latest_seal() == Seal.objects.get(entry=late)

"""Entries are sealed after they were written, in the order in which they became visible, each once, without a gap."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import override_settings

from slaservice.history import sealing
from slaservice.history.models import Entry, Seal
from slaservice.history.operations import Deed, record, record_many
from slaservice.history.queries import latest_seal
from slaservice.history.sealing import hash_of, seal, seal_where_nothing_sweeps
from slaservice.history.verifying import verify
from tests.factories.outages import a_component, a_person

AT = datetime(2026, 5, 3, 10, 0, tzinfo=UTC)


def some_entries(count: int, **values: Any) -> list[Entry]:
    component = a_component()
    return [
        record(by=None, action="components.change", obj=component, reason=f"{n}", at=AT, **values)
        for n in range(count)
    ]


def order() -> list[tuple[int, int]]:
    return list(Seal.objects.order_by("seq").values_list("seq", "entry_id"))


@pytest.mark.django_db
def test_entries_are_sealed_in_their_order_and_numbered_from_1() -> None:
    entries = some_entries(3)
    assert latest_seal() is None
    assert seal(now=AT) == 3
    assert order() == [(number, entry.pk) for number, entry in enumerate(entries, start=1)]
    assert latest_seal() == Seal.objects.get(seq=3)


@pytest.mark.django_db
def test_sealing_again_changes_nothing_and_goes_on_where_it_ended() -> None:
    some_entries(2)
    seal(now=AT)
    before = list(Seal.objects.values())
    assert seal(now=AT + timedelta(hours=1)) == 0
    later = some_entries(1)
    assert seal(now=AT) == 1
    assert list(Seal.objects.values())[:2] == before
    assert order()[2] == (3, later[0].pk)


@pytest.mark.django_db
def test_more_entries_than_one_batch_are_sealed_in_one_sweep() -> None:
    some_entries(7)
    with patch.object(sealing, "BATCH", 3):
        assert seal(now=AT) == 7
    assert [seq for seq, _ in order()] == [1, 2, 3, 4, 5, 6, 7]
    assert verify(now=AT).faults == []


@pytest.mark.django_db
def test_an_entry_that_others_have_overtaken_takes_a_later_place() -> None:
    first, late, last = some_entries(3)
    with patch.object(sealing, "_unsealed", lambda after: Entry.objects.exclude(pk=late.pk).order_by("pk")):
        seal(now=AT)
    assert seal(now=AT) == 1
    assert order() == [(1, first.pk), (2, last.pk), (3, late.pk)]


@pytest.mark.django_db
def test_an_entry_that_came_too_late_for_a_sweep_is_found_by_looking_through_the_whole() -> None:
    late = some_entries(5)[0]
    with patch.object(sealing, "LOOKS_BACK", 2):
        with patch.object(
            sealing, "_unsealed", lambda after: Entry.objects.filter(pk__gt=late.pk, seal=None).order_by("pk")
        ):
            seal(now=AT)
        assert seal(now=AT) == 0
        assert seal(now=AT, whole=True) == 1
    assert order()[-1] == (5, late.pk)
    assert verify(now=AT).faults == []


@pytest.mark.django_db
def test_a_sweep_asks_the_same_few_questions_of_a_long_history_as_of_a_short_one(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    for _ in range(2):
        record_many(by=None, action="x", deeds=[Deed(a_component())] * 100, at=AT)
        with django_assert_num_queries(7):  # of them two for a savepoint
            seal(now=AT)


@pytest.mark.django_db
def test_a_hash_covers_every_field_of_the_entry_and_of_the_seal() -> None:
    entry = record(
        by=a_person(),
        action="a",
        obj=a_component(),
        reason="r",
        at=AT,
        on_behalf_of="Jane Roe, Koyo Ltd.",
        data={"z": [1, None], "a": "é"},
    )
    known: dict[str, Any] = {"seq": 2, "previous": "0" * 64, "entry": entry, "sealed_at": AT}
    hashes = {hash_of(**known)}
    others: list[dict[str, Any]] = [
        {"seq": 3},
        {"previous": "1" * 64},
        {"sealed_at": AT + timedelta(microseconds=1)},
        *({"entry": changed(entry, field.attname)} for field in Entry._meta.fields),
    ]
    hashes |= {hash_of(**known | other) for other in others}
    assert len(hashes) == 4 + len(Entry._meta.fields)


def changed(entry: Entry, field: str) -> Entry:
    other = Entry.objects.get(pk=entry.pk)
    values: dict[str, object] = {"id": 77, "at": AT + timedelta(microseconds=1), "actor_id": 77, "data": {}}
    setattr(other, field, values.get(field, "changed"))
    return other


@pytest.mark.django_db
def test_a_hash_does_not_depend_on_the_zone_or_the_order_in_which_things_are_said() -> None:
    entry = record(by=None, action="a", obj=a_component(), at=AT, data={"a": 1, "b": 2})
    same = Entry.objects.get(pk=entry.pk)
    same.at, same.data = AT.astimezone(timezone(timedelta(hours=9))), {"b": 2, "a": 1}
    assert hash_of(seq=1, previous="", entry=same, sealed_at=AT) == hash_of(
        seq=1, previous="", entry=entry, sealed_at=AT.astimezone(timezone(timedelta(hours=-5)))
    )


@pytest.mark.django_db
def test_no_field_passes_for_the_end_of_another() -> None:
    one, other = some_entries(2)
    one.action, one.object_type = "ab", "c"
    other.pk, other.action, other.object_type, other.reason = one.pk, "a", "bc", one.reason
    hashes = {hash_of(seq=1, previous="", entry=entry, sealed_at=AT) for entry in (one, other)}
    assert len(hashes) == 2


@pytest.mark.django_db
def test_whatever_can_stand_in_an_entry_can_be_sealed() -> None:
    half_a_pair: dict[str, Any] = {} if connection.vendor == "postgresql" else {"text": "\ud800"}
    some_entries(
        1, data={"big": 10**40, "ratio": 0.1, "none": None, "deep": [[[]]], "é": "漢", **half_a_pair}
    )
    assert seal(now=AT) == 1
    assert verify(now=AT).faults == []


@pytest.mark.django_db
def test_only_where_nothing_sweeps_is_sealed_in_the_process() -> None:
    some_entries(1)
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        seal_where_nothing_sweeps(now=AT)
        assert latest_seal() is None
    with override_settings(REDIS_URL=""):
        seal_where_nothing_sweeps(now=AT)
    assert latest_seal() is not None


ROUTES: dict[str, Callable[[], object]] = {
    "update": lambda: Seal.objects.update(hash="0" * 64),
    "delete": lambda: Seal.objects.all().delete(),
    "raw delete": lambda: Seal.objects.all()._raw_delete("default"),
    "bulk_update": lambda: Seal.objects.bulk_update([Seal(seq=1, hash="0" * 64)], ["hash"]),
    "upsert": lambda: Seal.objects.bulk_create(
        [Seal(seq=1, entry_id=Entry.objects.earliest("pk").pk, hash="0" * 64, sealed_at=AT)],
        update_conflicts=True,
        unique_fields=["seq"],
        update_fields=["hash"],
    ),
    "a number twice": lambda: Seal.objects.bulk_create(
        [Seal(seq=1, entry=some_entries(1)[0], hash="0" * 64, sealed_at=AT)]
    ),
    "an entry twice": lambda: Seal.objects.bulk_create(
        [Seal(seq=2, entry=Entry.objects.earliest("pk"), hash="0" * 64, sealed_at=AT)]
    ),
    "no number": lambda: Seal.objects.bulk_create(
        [Seal(seq=0, entry=some_entries(1)[0], hash="0" * 64, sealed_at=AT)]
    ),
    "half a hash": lambda: Seal.objects.bulk_create(
        [Seal(seq=2, entry=some_entries(1)[0], hash="0" * 32, sealed_at=AT)]
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("route", ROUTES)
def test_nobody_rewrites_or_forges_a_seal_by_any_route(route: str) -> None:
    some_entries(1)
    seal(now=AT)
    before = list(Seal.objects.values())
    with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
        ROUTES[route]()
    assert list(Seal.objects.values()) == before


@pytest.mark.django_db(transaction=True)
def test_eight_write_while_four_seal_and_the_chain_has_neither_gap_nor_fork() -> None:
    component, people = a_component(), [a_person() for _ in range(8)]
    barrier, stop, failures = threading.Barrier(12), threading.Event(), []

    def run(deed: Callable[[], object]) -> None:
        try:
            barrier.wait(timeout=10)
            deed()
        except Exception as failure:  # noqa: BLE001
            failures.append(failure)
        finally:
            connection.close()

    def write(number: int) -> None:
        for turn in range(10):
            with transaction.atomic():
                record(by=people[number], action="x", obj=component, reason=f"{turn}", at=AT)
                record(by=people[number], action="y", obj=component, data={"turn": turn}, at=AT)

    def sweep() -> None:
        while not stop.is_set():
            seal(now=AT)

    writers = [threading.Thread(target=run, args=(lambda n=n: write(n),)) for n in range(8)]
    sealers = [threading.Thread(target=run, args=(sweep,)) for _ in range(4)]
    for thread in (*writers, *sealers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in sealers:
        thread.join()
    seal(now=AT)
    assert failures == []
    found = verify(now=AT)
    assert (found.seals, found.faults) == (160, [])
    assert sorted(entry for _, entry in order()) == sorted(Entry.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
def test_what_is_committed_late_is_sealed_late_and_nobody_waits_for_it() -> None:
    component = a_component()
    written, finish = threading.Event(), threading.Event()

    def slowly() -> None:
        try:
            with transaction.atomic():
                record(by=None, action="slow", obj=component, at=AT)
                written.set()
                finish.wait(timeout=10)
        finally:
            connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    written.wait(timeout=10)
    record(by=None, action="quick", obj=component, at=AT)
    seal(now=AT)
    finish.set()
    thread.join()
    seal(now=AT)
    assert list(Seal.objects.values_list("entry__action", flat=True)) == ["quick", "slow"]
    assert order()[0][1] > order()[1][1]

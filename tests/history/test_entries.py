"""Who did what, when and why: every operation writes it, and nobody rewrites it."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from slaservice.history.models import Entry
from slaservice.history.operations import Deed, record, record_many
from slaservice.history.queries import history_of
from slaservice.rules.refusal import Refusal
from tests.factories.outages import a_component, a_person

pytestmark = pytest.mark.django_db

AT = datetime(2026, 5, 3, 10, 0, tzinfo=UTC)


def an_entry() -> Entry:
    return record(by=None, action="components.create", obj=a_component(), at=AT)


def test_an_entry_says_who_did_what_to_which_object_when_and_why() -> None:
    person, component = a_person("operator"), a_component("api")
    record(
        by=person, action="components.change", obj=component, reason="New name", data={"after": {"name": "A"}}, at=AT
    )  # fmt: skip
    entry = history_of(component).get()
    assert (entry.at, entry.actor, entry.action, entry.reason) == (
        AT,
        person,
        "components.change",
        "New name",
    )
    assert (entry.object_type, entry.object_id) == ("outages.component", str(component.pk))
    assert entry.data == {"after": {"name": "A"}}


def test_the_history_of_an_object_is_its_own_newest_first() -> None:
    one, other = a_component("one"), a_component("other")
    for obj, action, day in ((one, "first", 1), (one, "second", 2), (other, "third", 3)):
        record(by=None, action=action, obj=obj, at=AT.replace(day=day))
    assert [entry.action for entry in history_of(one)] == ["second", "first"]


def test_many_entries_are_one_insert(django_assert_num_queries: Callable) -> None:
    components = [a_component(f"c{number}") for number in range(30)]
    with django_assert_num_queries(1):
        record_many(by=None, action="components.create", deeds=[Deed(each) for each in components], at=AT)
    assert Entry.objects.count() == 30


def test_nobody_signs_an_entry_without_being_logged_in() -> None:
    with pytest.raises(Refusal) as refused:
        record(by=AnonymousUser(), action="components.create", obj=a_component(), at=AT)
    assert refused.value.code == "not_permitted"


def test_a_person_with_a_history_is_not_deleted() -> None:
    person = a_person("operator")
    record(by=person, action="components.create", obj=a_component(), at=AT)
    with pytest.raises(ProtectedError):
        person.delete()
    assert User.objects.filter(pk=person.pk).exists()


def _replace(entry: Entry) -> None:
    if connection.vendor != "sqlite":
        raise IntegrityError("history_entry: only SQLite has REPLACE")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT OR REPLACE INTO history_entry (id, at, action, object_type, object_id, reason, data)"
            " VALUES (%s, '2026-01-01', 'x', 'x', 'x', 'rewritten', '{}')",
            [entry.pk],
        )


def _raw(sql: str) -> Callable[[Entry], None]:
    def run(entry: Entry) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return run


def _truncate(entry: Entry) -> None:
    if connection.vendor != "postgresql":
        raise IntegrityError("history_entry: only PostgreSQL has TRUNCATE")
    _raw("SET CONSTRAINTS ALL IMMEDIATE")(entry)  # else it is the pending foreign key that refuses
    _raw("TRUNCATE history_entry CASCADE")(entry)


def _save(entry: Entry) -> None:
    entry.reason = "rewritten"
    entry.save()


def _bulk_update(entry: Entry) -> None:
    entry.reason = "rewritten"
    Entry.objects.bulk_update([entry], ["reason"])


def _upsert(entry: Entry) -> None:
    copy = Entry(pk=entry.pk, at=AT, action="x", object_type="x", object_id="x", reason="rewritten")
    Entry.objects.bulk_create([copy], update_conflicts=True, update_fields=["reason"], unique_fields=["id"])


ROUTES: dict[str, Callable[[Entry], object]] = {
    "save": _save,
    "update": lambda entry: Entry.objects.update(reason="rewritten"),
    "update to the same": lambda entry: Entry.objects.update(reason=""),
    "bulk_update": _bulk_update,
    "upsert": _upsert,
    "delete": lambda entry: entry.delete(),
    "queryset delete": lambda entry: Entry.objects.all().delete(),
    "raw update": _raw("UPDATE history_entry SET reason = 'rewritten'"),
    "raw delete": _raw("DELETE FROM history_entry"),
    "replace": _replace,
    "truncate": _truncate,
}


@pytest.mark.parametrize("route", ROUTES)
def test_nobody_rewrites_history_by_any_route(route: str) -> None:
    entry = an_entry()
    with pytest.raises(IntegrityError, match="history_entry"), transaction.atomic():
        ROUTES[route](entry)
    assert Entry.objects.get(pk=entry.pk).reason == ""


@pytest.mark.parametrize("missing", ["action", "object_type", "object_id"])
def test_an_entry_names_its_action_and_its_object(missing: str) -> None:
    values = {"action": "a", "object_type": "t", "object_id": "1", missing: ""}
    with pytest.raises(IntegrityError, match="history_entry_names_action_and_object"), transaction.atomic():
        Entry.objects.bulk_create([Entry(at=AT, **values)])


@pytest.mark.parametrize(
    "at", [datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)]
)
def test_an_entry_lies_in_this_century(at: datetime) -> None:
    with pytest.raises(IntegrityError, match="history_entry_lies_between"), transaction.atomic():
        Entry.objects.bulk_create([Entry(at=at, action="a", object_type="t", object_id="1")])

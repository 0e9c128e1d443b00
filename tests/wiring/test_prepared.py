"""Prepared queries find what the ORM finds, whatever is asked, on whichever connection."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F, Q, Value
from django.test.utils import CaptureQueriesContext

from slaservice import prepared
from slaservice.prepared import Values

AT = datetime(2026, 4, 1, 9, 30, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def people(db: None) -> list[User]:
    names = ("ada", "o'hara", "100% 100%s", "ünal", "")
    return [
        User.objects.create(
            username=f"{number}",
            first_name=name,
            date_joined=AT + timedelta(days=number),
            is_staff=number > 2,
        )
        for number, name in enumerate(names)
    ]


def called(said: Values) -> Any:
    return User.objects.filter(first_name=said["name"]).values("id", "first_name", "date_joined", "is_staff")


def joined(said: Values) -> Any:
    found = User.objects.filter(date_joined__gte=said["from"])
    found = found.filter(is_staff=said["staff"]) if "staff" in said else found
    return found.order_by("-date_joined").values("username", "date_joined")


def test_finds_what_the_queryset_finds_whatever_the_value(people: list[User]) -> None:
    for person in people:
        (row,) = prepared.rows(called, called, {"name": person.first_name})
        assert row == {
            "id": person.pk,
            "first_name": person.first_name,
            "date_joined": person.date_joined,
            "is_staff": person.is_staff,
        }
    assert prepared.rows(called, called, {"name": "nobody' OR 1=1 --"}) == []


def test_instants_are_compared_as_instants_and_read_in_utc(people: list[User]) -> None:
    found = prepared.rows(joined, joined, {"from": AT + timedelta(days=3)})
    assert [row["username"] for row in found] == ["4", "3"]
    assert [row["date_joined"].isoformat() for row in found] == [
        "2026-04-05T09:30:00.250000+00:00",
        "2026-04-04T09:30:00.250000+00:00",
    ]


def test_true_and_false_are_queries_of_their_own(people: list[User]) -> None:
    def found(**more: Any) -> list[str]:
        return [row["username"] for row in prepared.rows(joined, joined, {"from": AT, **more})]

    assert found() == ["4", "3", "2", "1", "0"]
    assert found(staff=True) == ["4", "3"]
    assert found(staff=False) == ["2", "1", "0"]


def test_a_limit_is_a_value_too(people: list[User]) -> None:
    for limit in (1, 3, 100):
        assert len(prepared.rows(joined, joined, {"from": AT}, limit=limit)) == min(limit, 5)


def test_what_never_varies_stands_as_it_is(people: list[User]) -> None:
    def odd(said: Values) -> Any:
        constant = User.objects.annotate(said=Value("it's 5 %s of $1"))
        return constant.filter(~Q(first_name__contains="%"), username=said["name"]).values("said", "username")

    assert prepared.rows("odd", odd, {"name": "1"}) == [{"said": "it's 5 %s of $1", "username": "1"}]
    assert prepared.rows("odd", odd, {"name": "2"}) == []


def test_the_query_is_built_once_and_sent_once_for_each_call(people: list[User]) -> None:
    built = []

    def counted(said: Values) -> Any:
        built.append(said)
        return User.objects.filter(username=said["name"]).values("username", double=F("id") * 2)

    prepared.rows("counted", counted, {"name": "1"})
    with CaptureQueriesContext(connection) as queries:
        (row,) = prepared.rows("counted", counted, {"name": "4"})
    assert row == {"username": "4", "double": people[4].pk * 2}
    assert (len(built), len(queries)) == (1, 1)


def test_a_process_that_keeps_enough_still_answers(
    people: list[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "MOST_KEPT", 0)
    for key in ("more", "still more"):
        assert len(prepared.rows(key, joined, {"from": AT})) == 5


def test_an_instance_is_the_one_that_the_orm_loads(people: list[User]) -> None:
    def one(said: Values) -> Any:
        return User.objects.filter(pk=said["id"]).values(*prepared.columns(User))

    (row,) = prepared.rows("one", one, {"id": people[1].pk})
    found = prepared.instance(User, row)
    assert found == people[1]
    found.last_name = "Smith"
    found.save()
    assert User.objects.get(pk=people[1].pk).last_name == "Smith"


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_and_a_transaction_that_fails_change_nothing() -> None:
    User.objects.create(username="ada", date_joined=AT)

    def late(said: Values) -> Any:
        return User.objects.filter(username=said["name"]).values("username")

    with transaction.atomic():
        assert prepared.rows("late", late, {"name": "ada"})
        transaction.set_rollback(True)
    assert prepared.rows("late", late, {"name": "ada"})
    connection.close()
    assert prepared.rows("late", late, {"name": "ada"})

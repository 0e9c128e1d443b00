"""The database as it is set up: it waits instead of failing, has limits, and loses nothing between writers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from slaservice.history.models import Entry
from slaservice.history.operations import record
from slaservice.rules.workflow import ROLES

WRITERS, TIMES = 8, 25

EXPECTED: dict[str, dict[str, object]] = {
    "sqlite": {
        "PRAGMA journal_mode": "wal",
        "PRAGMA foreign_keys": 1,
        "PRAGMA recursive_triggers": 1,
        "PRAGMA busy_timeout": 20_000,
    },
    "postgresql": {
        "SHOW lock_timeout": "5s",
        "SHOW statement_timeout": "1min",
        "SHOW idle_in_transaction_session_timeout": "1min",
        "SHOW timezone": "UTC",
    },
}


@pytest.mark.django_db
def test_a_connection_is_set_up_as_agreed() -> None:
    with connection.cursor() as cursor:
        for question, expected in EXPECTED[connection.vendor].items():
            cursor.execute(question)
            assert (question, cursor.fetchone()[0]) == (question, expected)


def _count_up(group: int) -> None:
    try:
        for _ in range(TIMES):
            with transaction.atomic():
                counter = Group.objects.select_for_update().get(pk=group)
                counter.name = str(int(counter.name) + 1)
                counter.save()
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_writers_side_by_side_wait_for_each_other_and_lose_nothing() -> None:
    group = Group.objects.create(name="0")
    with ThreadPoolExecutor(WRITERS) as together:
        list(together.map(_count_up, [group.pk] * WRITERS))
    group.refresh_from_db()
    assert group.name == str(WRITERS * TIMES)


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_leaves_the_guards_and_the_roles_and_nothing_else() -> None:
    """tests/emptying.py lets the guards step aside for a moment: in the second round they must be back."""
    for _ in range(2):
        assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)
        assert not Entry.objects.exists()
        thing = Group.objects.create(name="left behind")
        record(by=None, action="outages.view", obj=thing, at=datetime(2026, 4, 1, tzinfo=UTC))
        for forbidden in (Entry.objects.all().delete, partial(Entry.objects.update, reason="another")):
            with pytest.raises(DatabaseError), transaction.atomic():
                forbidden()
        # As Django does after every test that commits.
        call_command("flush", interactive=False, verbosity=0, reset_sequences=False)

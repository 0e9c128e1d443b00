"""Every guard that a migration set up stands in the database as it was meant, after all migrations.

SQLite drops a table's triggers when a later migration rebuilds it; such a migration must apply the guards again.
"""

from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from slaservice.history.database import Changes, FrozenWhen, FrozenWith, sqlite_columns

pytestmark = pytest.mark.django_db


Guard = FrozenWhen | FrozenWith | Changes


def guards() -> Iterator[Guard]:
    for migration in MigrationLoader(connection).disk_migrations.values():
        for operation in migration.operations:
            if isinstance(operation, Guard):
                yield operation


def on_sqlite(guard: Guard) -> tuple[set[str], set[str]]:
    """The triggers as they should be, with today's columns, and as they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [guard.table]
        )
        standing = {str(sql).strip() for (sql,) in cursor.fetchall()}
    return {sql.strip() for sql in guard._sqlite(sqlite_columns(connection, guard.table))}, standing


def on_postgresql(guard: Guard) -> tuple[set[str], set[str]]:
    """The triggers' names, and those that are there and enabled."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled = 'O'", [guard.table]
        )
        standing = {str(name) for (name,) in cursor.fetchall()}
    return {guard._trigger(event) for event in (*guard.events, "truncate")}, standing


def test_every_guard_of_the_migrations_stands() -> None:
    compare = on_postgresql if connection.vendor == "postgresql" else on_sqlite
    found = [(guard.describe(), *compare(guard)) for guard in guards()]
    assert len(found) >= 30
    assert [name for name, wanted, standing in found if not wanted <= standing] == []

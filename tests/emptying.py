"""Empties the tables after a test that committed, past the triggers that let nobody do so.

Issued statements and history refuse DELETE and TRUNCATE, which is how Django clears up. The triggers step aside
for that moment, and what the migrations wrote (roles) is put back, so that no test depends on its turn.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

Flush = Callable[[Sequence[str]], None]


def emptier(flush: Flush, migrated: str) -> Flush:
    """`connection.ops.execute_sql_flush` as tests need it; `migrated` is the freshly migrated database's content."""

    def empty(statements: Sequence[str]) -> None:
        with transaction.atomic(), TRIGGERS_OFF[connection.vendor]():
            flush(statements)
        connection.creation.deserialize_db_from_string(migrated)

    return empty


def _rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _run(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for sql in statements:
            cursor.execute(sql)


@contextmanager
def _off_on_postgresql() -> Iterator[None]:
    found = _rows("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
    _run([f"ALTER TABLE {table} DISABLE TRIGGER USER" for (table,) in found])
    yield
    _run([f"ALTER TABLE {table} ENABLE TRIGGER USER" for (table,) in found])


@contextmanager
def _off_on_sqlite() -> Iterator[None]:
    found = _rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    _run([f'DROP TRIGGER "{name}"' for name, _ in found])
    yield
    _run([sql for _, sql in found])


TRIGGERS_OFF = {"postgresql": _off_on_postgresql, "sqlite": _off_on_sqlite}

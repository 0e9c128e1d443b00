"""Inserting many rows at once, as fast as the database takes them: COPY on PostgreSQL, one prepared INSERT on SQLite.

The same rows with the same constraints, triggers and deferred keys as by `bulk_create`, which spends most of its time on building
a statement. Ids are taken from the table's own sequence beforehand, so the objects have theirs afterwards.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from django.db import connections, models, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

M = TypeVar("M", bound=models.Model)


def insert(objects: Iterable[M]) -> list[M]:
    """Insert new rows of one model; each object has its id then. One statement, however many rows."""
    rows = list(objects)
    if len(rows) < 2:
        for row in rows:
            row.save(force_insert=True)
        return rows
    model = type(rows[0])
    database = router.db_for_write(model)
    connection = connections[database]
    with transaction.atomic(using=database, savepoint=False):
        for row, pk in zip(rows, _ids(connection, model, len(rows)), strict=True):
            row.pk = pk
        _WRITE[connection.vendor](connection, model, _values(connection, rows))
    for row in rows:
        row._state.adding, row._state.db = False, database
    return rows


def _values(connection: BaseDatabaseWrapper, rows: Sequence[models.Model]) -> Iterator[tuple[Any, ...]]:
    """Each row's values, in the order of the columns."""
    fields = rows[0]._meta.concrete_fields
    return (
        tuple(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields)
        for row in rows
    )


def _ids(connection: BaseDatabaseWrapper, model: type[models.Model], count: int) -> Sequence[int]:
    """So many new ids from the table's own sequence, by the driver itself: for callers many rows are one statement."""
    table, column = model._meta.db_table, model._meta.pk.column
    with connection.wrap_database_errors:
        if connection.vendor == "postgresql":
            sequence = "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)"
            return [pk for (pk,) in connection.connection.execute(sequence, [table, column, count])]
        # One writer at a time: who reads the last id here and is overtaken is refused at the INSERT.
        of_table = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        (last,) = connection.connection.execute(of_table, [table]).fetchone() or (0,)
        return range(last + 1, last + count + 1)


def _columns(connection: BaseDatabaseWrapper, model: type[models.Model]) -> str:
    names = (field.column or "" for field in model._meta.concrete_fields)
    return ", ".join(map(connection.ops.quote_name, names))


def _copy(
    connection: BaseDatabaseWrapper, model: type[models.Model], values: Iterable[tuple[Any, ...]]
) -> None:
    statement = f"COPY {model._meta.db_table} ({_columns(connection, model)}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in values:
            copy.write_row(row)


def _execute_many(
    connection: BaseDatabaseWrapper, model: type[models.Model], values: Iterable[tuple[Any, ...]]
) -> None:
    places = ", ".join(["%s"] * len(model._meta.concrete_fields))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {model._meta.db_table} ({_columns(connection, model)}) VALUES ({places})",
            list(values),
        )


_WRITE = {"postgresql": _copy, "sqlite": _execute_many}

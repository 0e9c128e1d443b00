"""The ways by which a row could be changed or lost: ORM, bulk, raw SQL, fixtures, each database's own short cuts.

`ways_through` takes them all, one after the other, and names those by which the row is another or gone afterwards.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection, transaction
from django.db.models import Model, ProtectedError, RestrictedError
from django.db.models.deletion import Collector

Change = Mapping[str, Any]
"""The name of one field, and what would stand in it."""

Route = Callable[[Model, Change], object]


def ways_through(row: Model, **change: Any) -> list[str]:
    """The routes by which the database let the row change, or go."""
    before = _row(row)
    assert any(before[_field(row, name).attname] != value for name, value in change.items())
    through = []
    for name, route in ROUTES.items():
        with transaction.atomic():
            if _taken(route, _copy(row), change) or _row(row) != before:
                through.append(name)
            transaction.set_rollback(True)
    return through


def ways_to_delete(row: Model) -> list[str]:
    """The same, of the routes that delete."""
    before = _row(row)
    through = []
    for name in DELETING:
        with transaction.atomic():
            if _taken(ROUTES[name], _copy(row), {}) or _row(row) != before:
                through.append(name)
            transaction.set_rollback(True)
    return through


def _taken(route: Route, row: Model, change: Change) -> bool:
    try:
        with transaction.atomic():
            route(row, change)
    except (DatabaseError, ProtectedError, RestrictedError):
        return False
    return True


def _row(row: Model) -> dict[str, Any]:
    return type(row)._base_manager.filter(pk=row.pk).values().first() or {}


def _copy(row: Model) -> Model:
    return type(row)._base_manager.get(pk=row.pk)


def _field(row: Model, name: str) -> Any:
    return row._meta.get_field(name)


def _with(row: Model, change: Change) -> Model:
    for name, value in change.items():
        setattr(row, _field(row, name).attname, value)
    return row


def _attnames(row: Model, change: Change) -> list[str]:
    return [_field(row, name).name for name in change]


def _sql(text: str) -> Route:
    """SQL with {table}, {key}, {column} and {columns}; %(pk)s is the row's key and %(value)s what would stand in the column."""

    def run(row: Model, change: Change) -> None:
        columns = [str(field.column) for field in row._meta.concrete_fields]
        fields = [_field(row, name) for name in change]
        names = {
            "table": row._meta.db_table,
            "key": row._meta.pk.column,
            "column": fields[0].column if fields else "",
            "columns": ", ".join(columns),
        }
        given = {"pk": row.pk}
        for field in fields:
            given["value"] = field.get_db_prep_save(change[field.name], connection)
        with connection.cursor() as cursor:
            cursor.execute(text.format(**names), {name: given[name] for name in given if f"({name})" in text})

    return run


def _truncate(text: str) -> Route:
    """Once no foreign key is pending, which would refuse it too."""
    return _sql(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {text}")


def _loaddata(row: Model, change: Change) -> None:
    (written,) = json.loads(serializers.serialize("json", [row]))
    for name, value in change.items():
        written["fields"][name] = value
    for each in serializers.deserialize("json", json.dumps([written], cls=DjangoJSONEncoder)):
        each.save()


def _upsert(row: Model, change: Change) -> None:
    type(row)._base_manager.bulk_create(
        [_with(row, change)],
        update_conflicts=True,
        unique_fields=[row._meta.pk.name],
        update_fields=_attnames(row, change),
    )


def _collect(row: Model, change: Change) -> None:
    collector = Collector(using="default")
    collector.collect([row], fail_on_restricted=False)
    collector.delete()


def _all(row: Model) -> Any:
    return type(row)._base_manager.filter(pk=row.pk)


DELETING = {
    "delete": lambda row, change: row.delete(),
    "queryset delete": lambda row, change: _all(row).delete(),
    "cascade": _collect,
    "raw delete": lambda row, change: _all(row)._raw_delete("default"),
    "sql delete": _sql("DELETE FROM {table} WHERE {key} = %(pk)s"),
    "sql delete of all": _sql("DELETE FROM {table}"),
}
CHANGING: dict[str, Route] = {
    "save": lambda row, change: _with(row, change).save(),
    "save of one field": lambda row, change: _with(row, change).save(update_fields=_attnames(row, change)),
    "forced update": lambda row, change: _with(row, change).save(force_update=True),
    "update": lambda row, change: _all(row).update(**change),
    "update of all": lambda row, change: type(row)._base_manager.update(**change),
    "bulk_update": lambda row, change: type(row)._base_manager.bulk_update(
        [_with(row, change)], _attnames(row, change)
    ),
    "bulk_create with conflicts": _upsert,
    "update_or_create": lambda row, change: type(row)._base_manager.update_or_create(
        pk=row.pk, defaults={_field(row, name).attname: value for name, value in change.items()}
    ),
    "loaddata": _loaddata,
    "sql update": _sql("UPDATE {table} SET {column} = %(value)s WHERE {key} = %(pk)s"),
    "sql update by subselect": _sql(
        "UPDATE {table} SET {column} = %(value)s WHERE {key} IN (SELECT {key} FROM {table} WHERE {key} = %(pk)s)"
    ),
    "sql upsert": _sql(
        "INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} WHERE TRUE"
        " ON CONFLICT ({key}) DO UPDATE SET {column} = %(value)s"
    ),
}
OF_POSTGRESQL: dict[str, Route] = {
    "truncate": _truncate("{table}"),
    "truncate with all that hangs on it": _truncate("{table} CASCADE"),
    "truncate and start anew": _truncate("{table} RESTART IDENTITY CASCADE"),
    "merge": _sql(
        "MERGE INTO {table} t USING (SELECT 1) s ON TRUE WHEN MATCHED THEN UPDATE SET {column} = %(value)s"
    ),
    "update within a query": _sql(
        "WITH changed AS (UPDATE {table} SET {column} = %(value)s WHERE {key} = %(pk)s RETURNING 1) SELECT * FROM changed"
    ),
    "delete within a query": _sql(
        "WITH gone AS (DELETE FROM {table} RETURNING 1) SELECT * FROM gone"
    ),
}  # fmt: skip
OF_SQLITE: dict[str, Route] = {
    "replace": _sql("INSERT OR REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"),
    "replace by hand": _sql("REPLACE INTO {table} ({columns}) SELECT {columns} FROM {table}"),
    "update or replace": _sql("UPDATE OR REPLACE {table} SET {column} = %(value)s WHERE {key} = %(pk)s"),
    "update or ignore": _sql("UPDATE OR IGNORE {table} SET {column} = %(value)s WHERE {key} = %(pk)s"),
}
ROUTES = {**CHANGING, **DELETING, **(OF_POSTGRESQL if connection.vendor == "postgresql" else OF_SQLITE)}

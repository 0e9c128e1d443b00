"""Queries that are asked for every call: written by the ORM once, and from then on only filled in.

Most of what a small query costs is making its SQL, and in PostgreSQL the plan for it. A queryset whose values are slots is
compiled once for each process and prepared once for each connection; a later call sends its name and the values.

PostgreSQL keeps what is prepared for as long as the session lives: a pooler in between must keep sessions.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from django.db import connection
from django.db.models import BigIntegerField, DateTimeField, Field, Model, QuerySet, TextField
from django.db.models.expressions import Value
from psycopg.adapt import Loader

Row = dict[str, Any]
Values = Mapping[str, Any]

MOST_KEPT = 200
"""Queries of a process. What is asked in more ways than that is compiled anew."""

_LIMIT = "limit"


_FIELDS: Mapping[type, "Field[Any, Any]"] = {
    str: TextField(),
    int: BigIntegerField(),
    datetime: DateTimeField(),
}


class Slot(Value):
    """Stands in a queryset for a value that is named now and given later."""

    def __init__(self, name: str, kind: type) -> None:
        super().__init__(None, output_field=_FIELDS[kind])
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class _Instant(Loader):
    """An instant in UTC, which every connection of ours speaks: read many times as fast as by the driver's own loader."""

    def load(self, data: Any) -> datetime:
        return datetime.fromisoformat(bytes(data).decode())


class _Query(NamedTuple):
    """SQL with %s for each parameter, the parameters (slots among them), names of the columns, what makes Python's values of
    them, and the name under which a connection has the query."""

    sql: str
    parameters: Sequence[Any]
    columns: Sequence[str]
    convert: Callable[[Any], Any]
    name: str

    def rows(self, values: Values) -> list[Row]:
        given = [_given(one, values) for one in self.parameters]
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.adapters.register_loader("timestamptz", _Instant)
                slots = [value for one, value in zip(self.parameters, given, strict=True) if _varies(one)]
                _prepare(self, cursor)
                cursor.execute(_call(self.name, len(slots)), slots)
            else:
                cursor.execute(self.sql, given)
            found = cursor.fetchall()
        return [dict(zip(self.columns, row, strict=True)) for row in self.convert(found)]


_kept: dict[Hashable, _Query] = {}
_prepared: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def rows(
    key: Hashable, make: "Callable[[Values], QuerySet[Any, Row]]", values: Values, *, limit: int | None = None
) -> list[Row]:
    """What the queryset of values that `make` builds finds, `limit` rows of it at most.

    `make` is given a slot for each text, number and instant of `values`, and true or false themselves, because these may make
    another query of it. `key` names the query: equal keys and kinds of values, equal querysets. It is built where it is new.
    """
    shape = tuple((name, value if isinstance(value, bool) else type(value)) for name, value in values.items())
    known = connection.vendor, key, shape, limit is None
    query = _kept.get(known)
    if query is None:
        slots = {name: kind if isinstance(kind, bool) else Slot(name, kind) for name, kind in shape}
        query = _compiled(make(slots), limited=limit is not None)
        if len(_kept) < MOST_KEPT:
            _kept[known] = query
    return query.rows(values if limit is None else {**values, _LIMIT: limit})


def instance(model: type[Model], row: Row, under: str = "") -> Any:
    """The model's instance from a row that has each of its columns, `under` a prefix."""
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(connection.alias, names, [row[under + name] for name in names])


def columns(model: type[Model], under: str = "") -> list[str]:
    """What a row must have for `instance`."""
    return [under + field.attname for field in model._meta.concrete_fields]


def _compiled(queryset: "QuerySet[Any, Row]", *, limited: bool) -> _Query:
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    converters = compiler.get_converters([column for column, _, _ in compiler.select])
    if limited:
        sql, parameters = f"{sql} LIMIT %s", [*parameters, Slot(_LIMIT, int)]

    def convert(found: list[Any]) -> Any:
        return compiler.apply_converters(found, converters) if converters else found

    name = f"q{sha256(repr((sql, parameters)).encode()).hexdigest()[:16]}"
    return _Query(sql, parameters, list(queryset.query.selected or {}), convert, name)


def _varies(parameter: Any) -> bool:
    return isinstance(parameter, Slot)


def _given(parameter: Any, values: Values) -> Any:
    if not isinstance(parameter, Slot):
        return parameter
    return parameter.output_field.get_db_prep_value(values[parameter.name], connection)


def _prepare(query: _Query, cursor: Any) -> None:
    known = _prepared.setdefault(connection.connection, set())
    if query.name not in known:
        cursor.execute(f"PREPARE {query.name} AS {_numbered(query, cursor)}")
        known.add(query.name)


def _numbered(query: _Query, cursor: Any) -> str:
    """The SQL with $1, $2 ... for its slots, and what never varies written out."""
    first, *pieces = (piece.replace("%%", "%") for piece in query.sql.split("%s"))
    text, slots = first, 0
    for parameter, piece in zip(query.parameters, pieces, strict=True):
        slots += _varies(parameter)
        text += (f"${slots}" if _varies(parameter) else cursor.mogrify("%s", [parameter])) + piece
    return text


def _call(name: str, slots: int) -> str:
    return f"EXECUTE {name}" + (f"({', '.join(['%s'] * slots)})" if slots else "")

"""Lists in pages, by cursor: no page numbers, because rows come in between pages."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import Model, Q, QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from slaservice import prepared
from slaservice.prepared import Row, Values
from slaservice.rules.refusal import FieldError, Invalid

MAX_PAGE = 500
DEFAULT_PAGE = 50


class CursorPagination(BasePagination):
    """`{"results": [...], "next": address or null}`: `limit` rows (1 to 500), then on from the `cursor` of the last one.

    The view names its `ordering` by fields that are never null, the last one unique, so that rows which come in between
    pages are neither repeated nor skipped. A cursor is signed and good for the list that gave it, and no other. Whoever has it
    can read it: where the ordering has what a customer must not know, it has the row's public name instead (`named_by`).
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        place, limit = self._begin(request, view)
        if place is not None and view.named_by:
            place = queryset.filter(**{view.named_by: place[0]}).values_list(*_names(self.ordering)).first()
        beyond = Q() if place is None else _beyond(self.ordering, place)
        return self._cut(list(queryset.filter(beyond).order_by(*self.ordering)[: limit + 1]), limit)

    def paginate_prepared(
        self, make: "Callable[[Values], QuerySet[Any, Row]]", values: Values, request: Request, view: Any
    ) -> list[Row]:
        """The same of what slaservice.prepared finds; `make` is a function of a module."""
        place, limit = self._begin(request, view)
        after = {} if place is None else {f"after_{name}": value for name, value in enumerate(place)}

        def page(said: Values) -> "QuerySet[Any, Row]":
            beyond = _beyond(self.ordering, [said[name] for name in after]) if after else Q()
            return make(said).filter(beyond).order_by(*self.ordering)

        found = prepared.rows((make, self.ordering), page, {**values, **after}, limit=limit + 1)
        return self._cut(found, limit)

    def _begin(self, request: Request, view: Any) -> tuple[list[Any] | None, int]:
        """The place after which the page begins, None for the first page, and how many rows it has at most."""
        self.ordering: tuple[str, ...] = tuple(view.ordering)
        self.request, self.salt = request, f"{type(view).__module__}.{type(view).__qualname__}"
        self.told: Sequence[str] = [view.named_by] if view.named_by else _names(self.ordering)
        return self._place(), view.asked.get("limit", DEFAULT_PAGE)

    def _cut(self, rows: list[Any], limit: int) -> list[Any]:
        self.last = rows[limit - 1] if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self._next()})

    def _next(self) -> str | None:
        if self.last is None:
            return None
        values = [_written(_value(self.last, name)) for name in self.told]
        address = self.request.build_absolute_uri(self.request.path)
        parameters = self.request.query_params.copy()
        parameters["cursor"] = signing.dumps([self.ordering, values], salt=self.salt, compress=True)
        return f"{address}?{parameters.urlencode()}"

    def _place(self) -> list[Any] | None:
        """By what the cursor names the last row of the page before; None on the first page."""
        cursor = self.request.query_params.get("cursor")
        if cursor is None:
            return None
        try:
            ordering, values = signing.loads(cursor, salt=self.salt)
        except signing.BadSignature:
            ordering, values = None, []
        if ordering != list(self.ordering):
            raise Invalid(
                [FieldError("cursor", "is not a cursor of this list; follow `next` as it is")],
                "invalid_cursor",
            )
        return [_read(value) for value in values]


class FrozenPagination(CursorPagination):
    """The same for rows of a document that never changes: they follow each other in its order."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """`queryset` is all rows, as a list."""
        narrowed = [request.query_params.get(name) for name in view.filters]
        self.ordering, self.request, self.salt = ("place",), request, f"{request.path} {narrowed}"
        self.told = self.ordering
        (start,) = self._place() or [0]
        end = start + view.asked.get("limit", DEFAULT_PAGE)
        self.last = {"place": end} if len(queryset) > end else None
        return queryset[start:end]


def _beyond(ordering: Sequence[str], place: Sequence[Any]) -> Q:
    """What follows the place: (a > x) or (a = x and b > y) or ..."""
    beyond, equal = Q(pk__in=[]), Q()
    for name, value in zip(ordering, place, strict=True):
        field, comparison = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
        beyond |= equal & Q(**{f"{field}__{comparison}": value})
        equal &= Q(**{field: value})
    return beyond


def _names(ordering: Sequence[str]) -> list[str]:
    return [name.lstrip("-") for name in ordering]


def _value(row: Any, name: str) -> Any:
    return getattr(row, name) if isinstance(row, Model) else row[name]


def _written(value: Any) -> Any:
    """An instant is a list of one text in a cursor, so that it is read as an instant again."""
    return [value.isoformat()] if isinstance(value, datetime) else value


def _read(value: Any) -> Any:
    return datetime.fromisoformat(value[0]) if isinstance(value, list) else value

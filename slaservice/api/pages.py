"""Lists in pages, by cursor: no page numbers, because rows come in between pages."""

from typing import Any

from django.core import signing
from django.db.models import Model, Q
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from slaservice.rules.refusal import FieldError, Invalid

MAX_PAGE = 500
DEFAULT_PAGE = 50


class CursorPagination(BasePagination):
    """`{"results": [...], "next": address or null}`: `limit` rows (1 to 500), then on from the `cursor` of the last one.

    The view names its `ordering` by fields that are never null, the last one unique, so that rows which come in between
    pages are neither repeated nor skipped. A cursor is signed and good for the list that gave it, and no other.
    """

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        self.ordering: tuple[str, ...] = tuple(view.ordering)
        self.request, self.salt = request, f"{type(view).__module__}.{type(view).__qualname__}"
        limit = view.asked.get("limit", DEFAULT_PAGE)
        rows = list(queryset.filter(self._beyond()).order_by(*self.ordering)[: limit + 1])
        self.last = rows[limit - 1] if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self._next()})

    def _next(self) -> str | None:
        if self.last is None:
            return None
        values = [_text(_value(self.last, name.lstrip("-"))) for name in self.ordering]
        address = self.request.build_absolute_uri(self.request.path)
        parameters = self.request.query_params.copy()
        parameters["cursor"] = signing.dumps([self.ordering, values], salt=self.salt, compress=True)
        return f"{address}?{parameters.urlencode()}"

    def _beyond(self) -> Q:
        """What follows the cursor: (a > x) or (a = x and b > y) or ..."""
        values = self._place()
        if values is None:
            return Q()
        beyond, equal = Q(pk__in=[]), Q()
        for name, value in zip(self.ordering, values, strict=True):
            field, comparison = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
            beyond |= equal & Q(**{f"{field}__{comparison}": value})
            equal &= Q(**{field: value})
        return beyond

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
        return values


class FrozenPagination(CursorPagination):
    """The same for rows of a document that never changes: they follow each other in its order."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """`queryset` is all rows, as a list."""
        narrowed = [request.query_params.get(name) for name in view.filters]
        self.ordering, self.request, self.salt = ("place",), request, f"{request.path} {narrowed}"
        (start,) = self._place() or [0]
        end = start + view.asked.get("limit", DEFAULT_PAGE)
        self.last = {"place": end} if len(queryset) > end else None
        return queryset[start:end]


def _value(row: Any, name: str) -> Any:
    return getattr(row, name) if isinstance(row, Model) else row[name]


def _text(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value

"""What we run and for whom, over REST: to look codes up. They are recorded in the admin."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from slaservice.api.described import Operation
from slaservice.api.people import PersonListView, PersonView
from slaservice.outages.api import shown
from slaservice.outages.api.shapes import RecordedComponent, RecordedTier
from slaservice.outages.models import Component, CustomerTier

_VIEW = {"GET": "outages.view"}


class _Codes:
    """`model` is what is listed, `show` makes JSON of a row."""

    model: ClassVar[Any]
    show: ClassVar[Any]
    actions: ClassVar[Mapping[str, str]] = _VIEW


class _List(_Codes, PersonListView):
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"position": ("position", "code")}

    def get(self, request: Request) -> Response:
        """In the order of their positions."""
        rows = self.paginate_queryset(self.model.objects.all())
        return self.get_paginated_response([self.show(row) for row in rows or []])


class _Detail(_Codes, PersonView):
    def get(self, request: Request, code: str) -> Response:
        """By its code."""
        row = self.model.objects.filter(code=code).first()
        if row is None:
            raise Http404
        return Response(self.show(row))


class ComponentList(_List):
    """GET /api/v1/recording/components"""

    model, show = Component, staticmethod(shown.component)
    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation("List recorded components", RecordedComponent, many=True)
    }


class ComponentDetail(_Detail):
    """GET /api/v1/recording/components/{code}"""

    model, show = Component, staticmethod(shown.component)
    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation("Show a recorded component", RecordedComponent)
    }


class TierList(_List):
    """GET /api/v1/recording/tiers"""

    model, show = CustomerTier, staticmethod(shown.tier)
    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": Operation("List recorded tiers", RecordedTier, many=True)
    }


class TierDetail(_Detail):
    """GET /api/v1/recording/tiers/{code}"""

    model, show = CustomerTier, staticmethod(shown.tier)
    operations: ClassVar[Mapping[str, Operation]] = {"GET": Operation("Show a recorded tier", RecordedTier)}

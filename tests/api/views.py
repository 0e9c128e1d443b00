"""Small views that speak as the API does, for tests of the manner itself: no customer, no facts."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.urls import path
from pydantic.dataclasses import dataclass
from rest_framework import exceptions, serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from slaservice.api import ApiListView, ApiView, shapes
from slaservice.api.asked import text
from slaservice.api.described import Deprecation, describes
from slaservice.api.problems import Problem
from slaservice.rules.refusal import FieldError, Invalid, Refusal

RAISED: dict[str, Exception] = {
    "refusal": Refusal("window_ends_before_it_starts", "The outage must end after it starts."),
    "not_permitted": Refusal("not_permitted", "outages.confirm is for: operator."),
    "invalid": Invalid([FieldError("terms.cap.value", "is required"), FieldError("fee", "is no amount")]),
    "serializer": serializers.ValidationError(
        {"end": ["is required"], "tiers": [{}, {"code": ["is unknown"]}]}
    ),
    "missing": Http404("No Statement matches the given query: st_somebody_elses"),
    "told": exceptions.NotFound("st_somebody_elses is not yours"),
    "throttled": exceptions.Throttled(wait=17),
    "unforeseen": KeyError("a secret of the house"),
}


@dataclass(frozen=True)
class NewNote(shapes.Body):
    """A body with a field that is needed."""

    note: str


class Echo(ApiView):
    """Answers with what was sent."""

    def post(self, request: Request) -> Response:
        return Response(request.data)


class Raise(ApiView):
    def get(self, request: Request, what: str) -> Response:
        raise RAISED[what]


class Locked(ApiView):
    """An address that takes a key."""

    class Keys(BaseAuthentication):
        def authenticate(self, request: Request) -> None:
            return None

        def authenticate_header(self, request: Request) -> str:
            return 'Bearer realm="api"'

    authentication_classes = [Keys]
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        return Response({"moment": datetime(2026, 4, 1, tzinfo=UTC)})


class Old(ApiView):
    """An address that will end."""

    permission_classes: list[Any] = []

    @describes(
        "Show the old",
        gives=Problem,
        anybody=True,
        deprecated=Deprecation(
            since=datetime(2026, 11, 1, tzinfo=UTC),
            sunset=datetime(2027, 11, 1, 12, tzinfo=UTC),
            instead="/api/v2/new",
        ),
    )
    def get(self, request: Request) -> Response:
        """What there was before the new."""
        return Response({"old": True})


class Paper(ApiView):
    """An address that gives a file."""

    permission_classes: list[Any] = []

    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(b"%PDF-1.7 ...", content_type="application/pdf")


class Notes(ApiView):
    """An address that reads a body."""

    permission_classes: list[Any] = []

    def post(self, request: Request) -> Response:
        return Response({"note": shapes.read(NewNote, request.data).note}, status=201)


class Bell(ApiView):
    """An address whose verbs take no body."""

    permission_classes: list[Any] = []

    @describes("Ring", gives=Problem, anybody=True)
    def post(self, request: Request) -> Response:
        """Once."""
        return Response({"rung": True})

    @describes("Silence", gives=Problem, anybody=True)
    def delete(self, request: Request) -> Response:
        """At once."""
        return Response({"rung": True})


class Permissions(ApiListView):
    """A list over a table that every installation has; `codename` repeats, `id` does not."""

    permission_classes: list[Any] = []
    orderings = {"-codename": ("-codename", "id")}
    filters = {"name": text("What the name begins with.")}

    def get_queryset(self) -> QuerySet[Permission]:
        return Permission.objects.filter(name__startswith=self.asked.get("name", ""))

    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([{"id": row.pk, "codename": row.codename} for row in page or []])


class PermissionsByName(Permissions):
    """Another list over the same rows."""


Echo.permission_classes = Raise.permission_classes = []

urlpatterns = [
    path("api/echo", Echo.as_view()),
    path("api/raise/<str:what>", Raise.as_view()),
    path("api/locked", Locked.as_view()),
    path("api/old", Old.as_view()),
    path("api/paper", Paper.as_view()),
    path("api/notes", Notes.as_view()),
    path("api/bell", Bell.as_view()),
    path("api/permissions", Permissions.as_view()),
    path("api/other", PermissionsByName.as_view()),
]

handler400 = "slaservice.api.bad_request"
handler404 = "slaservice.api.page_not_found"
handler500 = "slaservice.api.server_error"

"""Two customer-facing views, for tests of who is let in."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import CustomerListView, CustomerView
from accounts.models import Contract


class Me(CustomerView):
    scopes: ClassVar[Mapping[str, str]] = {"GET": "statements:read"}

    def get(self, request: Request) -> Response:
        return Response({"customer": self.customer.public_id, "staff": request.user.is_staff})


class Contracts(CustomerListView):
    scopes: ClassVar[Mapping[str, str]] = {"GET": "statements:read"}
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"number": ("number",)}

    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(Contract.objects.filter(customer=self.customer))
        return self.get_paginated_response([{"number": row.number} for row in page or []])


class ContractsByStart(Contracts):
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"-starts_at": ("-starts_at", "pk")}


class Other(Me):
    scopes: ClassVar[Mapping[str, str]] = {"GET": "outages:read"}


class Forgotten(Me):
    scopes: ClassVar[Mapping[str, str]] = {}


urlpatterns = [
    path("api/me", Me.as_view()),
    path("api/contracts", Contracts.as_view()),
    path("api/contracts/by-start", ContractsByStart.as_view()),
    path("api/other", Other.as_view()),
    path("api/forgotten", Forgotten.as_view()),
]
handler404 = "slaservice.api.page_not_found"

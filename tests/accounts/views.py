"""Two customer-facing views, for tests of who is let in."""

from typing import ClassVar

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import CustomerListView, CustomerView
from accounts.models import Contract


class Me(CustomerView):
    required_scope = "statements:read"

    def get(self, request: Request) -> Response:
        return Response({"customer": self.customer.public_id, "staff": request.user.is_staff})


class Contracts(CustomerListView):
    required_scope = "statements:read"
    ordering: ClassVar[tuple[str, ...]] = ("number",)

    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(Contract.objects.filter(customer=self.customer))
        return self.get_paginated_response([{"number": row.number} for row in page or []])


class ContractsByStart(Contracts):
    ordering: ClassVar[tuple[str, ...]] = ("-starts_at", "pk")


class Other(Me):
    required_scope = "outages:read"


class Forgotten(Me):
    required_scope = ""


urlpatterns = [
    path("api/me", Me.as_view()),
    path("api/contracts", Contracts.as_view()),
    path("api/contracts/by-start", ContractsByStart.as_view()),
    path("api/other", Other.as_view()),
    path("api/forgotten", Forgotten.as_view()),
]
handler404 = "slaservice.api.page_not_found"

"""What the pages of this app have in common: only the customers in one's care are on them."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from accounts.queries import SEES_EVERY_CUSTOMER, customers_visible_to
from slaservice.history.admin import RoleAdmin, person


class AccountsAdmin(RoleAdmin):
    """`to_customer` is the lookup from a row to its customer: what the person does not see is not there at all."""

    view_action = "contracts.view"
    to_customer: ClassVar[str] = "customer"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        rows = super().get_queryset(request)
        if not SEES_EVERY_CUSTOMER.isdisjoint(self.roles(request)):
            return rows  # a join over every row would only slow the long lists down
        visible = customers_visible_to(person(request)).values("pk")
        return rows.filter(**{f"{self.to_customer}__in": visible})

    def require_add(self, request: HttpRequest) -> None:
        """PermissionDenied for who may not add; for pages of our own, which the admin does not guard."""
        if not self.has_add_permission(request):
            raise PermissionDenied

    def customers(self, request: HttpRequest) -> Any:
        """The customers that the person may choose from."""
        return customers_visible_to(person(request))

"""The base of every customer-facing address: a key, a scope, and the customer that all queries start from."""

from collections.abc import Mapping
from typing import ClassVar

from accounts.api.authentication import ApiKeyAuthentication
from accounts.api.permissions import HasScope
from accounts.models import ApiKey, Customer
from slaservice.api import ApiListView, ApiView, scope_of


class CustomerView(ApiView):
    """One resource or action of the calling customer. `scopes` says for each method which scope it takes."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasScope]
    scopes: ClassVar[Mapping[str, str]] = {}
    key_kind: ClassVar[str] = "customerKey"

    def scope_of(self, method: str) -> str:
        return scope_of(self.scopes, method)

    @property
    def customer(self) -> Customer:
        """Whose key this is: every query starts here."""
        return self.request.customer  # type: ignore[attr-defined]

    @property
    def caller(self) -> str:
        """Whose Idempotency-Keys these are: the customer's, whichever key they come with."""
        return f"customer:{self.customer.pk}"

    @property
    def key(self) -> ApiKey:
        """The key itself."""
        assert isinstance(self.request.auth, ApiKey)
        return self.request.auth


class CustomerListView(CustomerView, ApiListView):
    """A list of the calling customer's."""

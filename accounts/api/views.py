"""The base of every customer-facing address: a key, a scope, and the customer that all queries start from."""

from typing import ClassVar

from accounts.api.authentication import ApiKeyAuthentication
from accounts.api.permissions import HasScope
from accounts.models import ApiKey, Customer
from slaservice.api import ApiListView, ApiView


class CustomerView(ApiView):
    """One resource or action of the calling customer. `required_scope` is the scope that it takes."""

    authentication_classes = [ApiKeyAuthentication]
    permission_classes = [HasScope]
    required_scope: ClassVar[str] = ""

    @property
    def customer(self) -> Customer:
        """Whose key this is: every query starts here."""
        return self.request.customer  # type: ignore[attr-defined]

    @property
    def key(self) -> ApiKey:
        """The key itself."""
        assert isinstance(self.request.auth, ApiKey)
        return self.request.auth


class CustomerListView(CustomerView, ApiListView):
    """A list of the calling customer's."""

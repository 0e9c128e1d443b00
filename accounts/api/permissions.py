"""What a key may do: a view names the scope that each method takes, and one that names none lets nobody in."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey
from slaservice.api.problems import without_scope


class HasScope(BasePermission):
    """The request came with a customer's key that has the scope of the method. A method without one is not offered."""

    def has_permission(self, request: Request, view: Any) -> bool:
        scope = view.scope_of(str(request.method))
        self.message = without_scope(scope)
        return isinstance(request.auth, ApiKey) and scope in request.auth.scopes

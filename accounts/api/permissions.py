"""What a key may do: a view names the scope that it takes, and a view that names none lets nobody in."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey


class HasScope(BasePermission):
    """The request came with a customer's key that has the view's `required_scope`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        required = getattr(view, "required_scope", "")
        return isinstance(request.auth, ApiKey) and bool(required) and required in request.auth.scopes

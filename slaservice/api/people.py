"""The base of every address that people's programs call: a key that acts as a person, its scopes, and the person's roles.

Both are asked for the same action of the table of roles (slaservice/rules/workflow.py); the operation asks the roles again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.auth.models import User
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from slaservice.api.bearer import BearerAuthentication
from slaservice.api.problems import without_scope
from slaservice.api.views import ApiListView, ApiView, scope_of
from slaservice.history import operations as history
from slaservice.history.models import PersonKey
from slaservice.history.person_keys import authenticate_person_key


class PersonKeyAuthentication(BearerAuthentication):
    """`request.user` is the person whom the key acts as."""

    def find(self, text: str, now: datetime) -> PersonKey | None:
        return authenticate_person_key(text, now)

    def caller(self, request: Request, key: PersonKey) -> User:
        return key.person


class MayDoIt(BasePermission):
    """The key has the scope and its person the role that the method takes. A method without an action is not offered."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, PersonKey):
            return False
        action = view.scope_of(str(request.method))
        self.message = without_scope(action)
        if action not in request.auth.scopes:
            return False
        history.require(request.auth.person, action)
        return True


class PersonView(ApiView):
    """One resource or verb. `actions` says for each method which action of the table of roles it takes."""

    authentication_classes = [PersonKeyAuthentication]
    permission_classes = [MayDoIt]
    actions: ClassVar[Mapping[str, str]] = {}
    key_kind: ClassVar[str] = "personKey"

    def scope_of(self, method: str) -> str:
        return scope_of(self.actions, method)

    @property
    def person(self) -> User:
        """Who calls."""
        assert isinstance(self.request.user, User)
        return self.request.user

    @property
    def caller(self) -> str:
        """Whose Idempotency-Keys these are: the person's, whichever key they come with."""
        return f"person:{self.person.pk}"


class PersonListView(PersonView, ApiListView):
    """A list."""

"""A customer's key sets `request.customer`, from which every query starts."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from rest_framework.request import Request

from accounts.models import ApiKey
from accounts.operations import authenticate_key
from slaservice.api.bearer import BearerAuthentication


class ApiKeyAuthentication(BearerAuthentication):
    """`request.auth` is the key, `request.customer` its customer.

    `request.user` stays anonymous: a key is no person and has no person's permissions.
    """

    def find(self, text: str, now: datetime) -> ApiKey | None:
        return authenticate_key(text, now)

    def caller(self, request: Request, key: ApiKey) -> AnonymousUser:
        request.customer = key.customer  # type: ignore[attr-defined]
        return AnonymousUser()

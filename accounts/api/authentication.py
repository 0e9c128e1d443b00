"""`Authorization: Bearer <key>`: the only way to say who calls. It sets `request.customer`, from which every query starts.

A key in the address is refused whatever it opens, because addresses end up in logs, histories and Referer headers.
"""

import re

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.models import ApiKey
from accounts.operations import authenticate_key
from slaservice.rules.refusal import FieldError, Invalid

_KEY_NAMES = frozenset({"api_key", "apikey", "api-key", "key", "token", "access_token"})
_KEY = re.compile(r"sla_[0-9A-Za-z]{8}_")


class ApiKeyAuthentication(BaseAuthentication):
    """Nobody without a key; `request.auth` is the key, `request.customer` its customer. 401 for a key that is not valid.

    `request.user` stays anonymous: a key is no person and has no person's permissions.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        _refuse_key_in_address(request)
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = authenticate_key(text.strip(), timezone.now())
        if key is None:
            raise exceptions.AuthenticationFailed
        request.customer = key.customer  # type: ignore[attr-defined]
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _refuse_key_in_address(request: Request) -> None:
    for name, values in request.query_params.lists():
        if name.lower() in _KEY_NAMES or any(map(_KEY.search, values)):
            reason = "a key does not belong in an address; send it in the Authorization header, and have this one replaced"
            raise Invalid([FieldError("Authorization", reason)], "key_in_address")

"""`Authorization: Bearer <key>`: the only way to say who calls.

A key in the address is refused whatever it opens, because addresses end up in logs, histories and Referer headers.
"""

from datetime import datetime
from typing import Any

from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from slaservice.history.key_text import ANY_KEY
from slaservice.history.models import Key
from slaservice.rules.refusal import FieldError, Invalid

_KEY_NAMES = frozenset({"api_key", "apikey", "api-key", "key", "token", "access_token"})


class KeyInAddress(Invalid):
    """What may be a key stands in the address."""

    def __init__(self) -> None:
        reason = "a key does not belong in an address; send it in the Authorization header, and have this one replaced"
        super().__init__([FieldError("Authorization", reason)], "key_in_address")


class BearerAuthentication(BaseAuthentication):
    """Nobody without a key; 401 for a key that is not valid. `request.auth` is the key.

    A subclass finds the key of its kind and says who calls with it.
    """

    def find(self, text: str, now: datetime) -> Key | None:
        raise NotImplementedError

    def caller(self, request: Request, key: Any) -> Any:
        """Whom `request.user` shows."""
        raise NotImplementedError

    def authenticate(self, request: Request) -> tuple[Any, Key] | None:
        _refuse_key_in_address(request)
        scheme, _, text = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        key = self.find(text.strip(), timezone.now())
        if key is None:
            raise exceptions.AuthenticationFailed
        return self.caller(request, key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _refuse_key_in_address(request: Request) -> None:
    for name, values in request.query_params.lists():
        if name.lower() in _KEY_NAMES or any(map(ANY_KEY.search, values)):
            raise KeyInAddress

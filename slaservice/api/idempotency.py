"""`Idempotency-Key`: a write that is sent again, because the answer got lost, has its effect once and its answer again.

The answer is kept in the transaction of the effect. Only what was done is kept: a refused request changed nothing, and may
be mended and sent under the same key.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from slaservice.api.rendering import json_bytes
from slaservice.history import answers
from slaservice.rules.refusal import FieldError, Invalid

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class ShownOnce(Response):
    """An answer that holds a secret. A repetition gets `kept` instead, and nothing but that is stored."""

    def __init__(self, data: Any, *, kept: Any, status: int) -> None:
        super().__init__(data, status=status)
        self.kept = kept


def once(handler: Callable[..., Response]) -> Callable[..., HttpResponse]:
    """For a view's handler: one effect for each Idempotency-Key of `view.caller`. The handler runs in a transaction."""

    @wraps(handler)
    def answered(view: Any, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        name = {"caller": view.caller, "key": _key(request), "asked": _asked(request)}
        with transaction.atomic():
            answer = answers.given(**name)
            if answer is not None:
                return _json(answer.body, answer.status, {REPLAYED: "true"})
            response = handler(view, request, *args, **kwargs)
            kept = _rendered(response.kept if isinstance(response, ShownOnce) else response.data)
            answers.keep(**name, status=response.status_code, body=kept, now=timezone.now())
        return _json(_rendered(response.data), response.status_code, {})

    return answered


def _rendered(data: Any) -> str:
    return json_bytes(data).decode()


def _key(request: Request) -> str:
    key = request.headers.get(HEADER, "")
    if not _KEY.fullmatch(key):
        reason = "send a name of this request's own, 1 to 200 visible ASCII characters, and the same one with each repetition"
        raise Invalid([FieldError(HEADER, reason)], "idempotency_key_missing")
    return key


def _asked(request: Request) -> str:
    """What was asked, whatever the white space and the order of names."""
    asked = [request.method, request.path, request.data]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _json(body: str, status: int, headers: dict[str, str]) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="application/json", headers=headers)

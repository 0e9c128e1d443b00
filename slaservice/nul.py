"""NUL in what people send: refused at the door, because PostgreSQL holds no such text and says so with an error.

Forms refuse it themselves, but filters of the admin's lists and values that views read are no forms. The bodies of /api/ and
/hooks/ have parsers of their own and are not read here. The check comes after the CSRF check, which reads a form anyway.
"""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict

from slaservice.api import problem
from slaservice.api.problems import ROOT
from slaservice.rules.refusal import FieldError

UNREAD = (ROOT, "/hooks/")


class NulMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        names = _with_nul(request.GET)
        if not request.path.startswith(UNREAD):
            names += _with_nul(request.POST)
        return _refused(request, names) if names else None


def _with_nul(values: QueryDict) -> list[str]:
    return [name for name, texts in values.lists() if any("\0" in str(text) for text in texts)]


def _refused(request: HttpRequest, names: list[str]) -> HttpResponse:
    if request.path.startswith(ROOT):
        errors = [FieldError(name, "holds a NUL, which no text has") for name in names]
        return problem(400, "invalid_request", "Something in the address cannot be used.", errors=errors)
    named = ", ".join(ascii(name[:60]) for name in names[:10])
    return HttpResponse(
        f"A NUL stands in {named}. No text has one; go back and send it without.\n",
        status=400,
        content_type="text/plain; charset=utf-8",
    )

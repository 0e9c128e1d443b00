"""Headers that no view has to think of: the request's id, the content security policy and what may be cached.

The stock admin works under this policy: it has no inline script or style. `setdefault` lets a view be stricter
(a PDF's `sandbox`), and static files, answered further in with their own Cache-Control, keep theirs.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from slaservice import request_ids

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response


class RequestIdMiddleware:
    """Outermost: whatever is logged further in, and Django's own line about a refusal, has the id."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        ids = request_ids.new(request.headers.get(request_ids.HEADER, ""))
        request.request_ids = ids  # type: ignore[attr-defined]
        before = request_ids.current.set(ids)
        try:
            response = self.get_response(request)
        finally:
            request_ids.current.reset(before)
        response.headers[request_ids.HEADER] = ids.ours
        return response

"""What went wrong, as RFC 9457 problem+json.

A problem is `{"type", "title", "status", "code", "detail", "remedy", "errors": [{"path", "reason"}], "request_id"}`: `code` is
stable and for programs, `detail` says what is wrong, `remedy` what to do, `errors` names each field at fault.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, NotRequired, TypeVar

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.views import defaults
from rest_framework import exceptions
from rest_framework.views import set_rollback
from typing_extensions import TypedDict

from slaservice import request_ids
from slaservice.rules.refusal import FieldError, Invalid, Refusal

ROOT = "/api/"

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)

PROBLEMS: dict[type[Exception], tuple[int, str, str, str]] = {
    # exception: status, code, detail, remedy. The first that fits; where there is no detail, the exception's own is shown.
    exceptions.NotAuthenticated: (
        401,
        "key_missing",
        "This address needs an API key.",
        "Send the header 'Authorization: Bearer <key>'.",
    ),
    exceptions.AuthenticationFailed: (
        401,
        "key_not_valid",
        "This API key is not valid: unknown, expired or revoked.",
        "Ask whoever gave it to you for a new key.",
    ),
    exceptions.PermissionDenied: (
        403,
        "scope_missing",
        "",
        "Ask whoever gave it to you for a key with that scope.",
    ),
    exceptions.NotFound: (
        404,
        "not_found",
        "There is nothing here that this key may see.",
        "Check the address and the id; lists show every id that the key may use.",
    ),
    exceptions.MethodNotAllowed: (
        405,
        "method_not_allowed",
        "",
        "Use one of the methods in the Allow header.",
    ),
    exceptions.UnsupportedMediaType: (
        415,
        "media_type_not_supported",
        "The body is not declared as JSON.",
        "Send 'Content-Type: application/json'.",
    ),
    exceptions.Throttled: (
        429,
        "too_many_requests",
        "",
        "Wait as many seconds as the Retry-After header says.",
    ),
    exceptions.ParseError: (
        400,
        "invalid_request",
        "",
        "Mend the request and send it again.",
    ),
    exceptions.APIException: (
        500,
        "not_possible",
        "",
        "Send the request again later; tell us the request_id if it goes on.",
    ),
}


class FieldProblem(TypedDict):
    """One field at fault: its path in the body or the name of the parameter, and the reason."""

    path: str
    reason: str


class Problem(TypedDict):
    """What went wrong, as RFC 9457 has it. `code` is stable and for programs; `request_id` is what to ask us about."""

    type: Literal["about:blank"]
    title: str
    status: int
    code: str
    detail: str
    remedy: NotRequired[str]
    errors: NotRequired[list[FieldProblem]]
    request_id: str


def usual_refusals(*, key: bool, named: bool, body: bool, once: bool) -> dict[str, tuple[int, str]]:
    """Codes of what any address may refuse, with status and meaning: with a key, an id in its address, a body, once only."""
    usual = {
        "invalid_request": (400, "A parameter, header or field cannot be used; each is named."),
        "too_many_requests": (429, "The limit is used up; the header Retry-After says for how many seconds."),
    }
    if key:
        usual |= {
            "key_in_address": (400, "A key does not belong in an address."),
            "key_missing": (401, "There is no key."),
            "key_not_valid": (401, "The key is unknown, expired or revoked."),
            "scope_missing": (403, "The key does not have the scope."),
        }
    if named:
        usual["not_found"] = (404, "There is nothing here that this key may see.")
    if body:
        usual |= {
            "invalid_json": (400, "The body is no strict JSON."),
            "length_required": (411, "The body's length is not said."),
            "body_too_large": (413, "The body is too large."),
            "media_type_not_supported": (415, "The body is not declared as JSON."),
            "encoding_not_supported": (
                415,
                "The body is compressed, or declared as something else than UTF-8.",
            ),
        }
    if once:
        usual |= {
            "idempotency_key_missing": (400, "The header Idempotency-Key is missing or cannot be used."),
            "idempotency_key_in_use": (409, "The first request of this name is still being served."),
            "idempotency_key_reused": (422, "The name was used for another request."),
        }
    return usual


REFUSAL_STATUS = {
    "span_too_long": 400,
    "too_many_commitments": 400,
    "too_many_request_counts": 400,
    "not_permitted": 403,
    "scope_missing": 403,
    "length_required": 411,
    "body_too_large": 413,
    "encoding_not_supported": 415,
    "idempotency_key_reused": 422,
}
"""Statuses of refusals that are no conflict with the state of things (409) and no list of faults (400)."""


def status_of(code: str) -> int:
    """The status of a refusal by its code; lists of faults are called invalid_something."""
    return REFUSAL_STATUS.get(code, 400 if code.startswith("invalid_") else 409)


REMEDIES = {
    400: "Ask for less at a time.",
    403: "Ask an administrator for the role, or have somebody do it who has it.",
    409: "Read it again: it may have changed, or be there already. Then decide anew.",
    411: "Send the header Content-Length.",
    413: "Send less at a time.",
    415: "Send the body as it is, in UTF-8.",
    422: "Send the request under a new Idempotency-Key.",
}
"""What to do about a refusal, by status."""


def without_scope(scope: str) -> str:
    """What a key is told that lacks a scope."""
    return f"This API key does not have the scope {scope}, which this address needs."


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    remedy: str = "",
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem as RFC 9457 has it. A plain response, so it is JSON whatever the view's own renderer makes."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if remedy:
        body["remedy"] = remedy
    if errors:
        body["errors"] = [{"path": error.path, "reason": error.reason} for error in errors]
    body["request_id"] = request_ids.current.get().ours
    response = HttpResponse(
        json.dumps(body), status=status, content_type="application/problem+json", headers=headers
    )
    return private(response)


def exception_handler(exception: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """Everything that a view raises, as a problem; None (Django's 500) for what nobody foresaw."""
    answer = _answer(exception)
    if answer is not None:
        set_rollback()
    return answer


def _answer(exception: Exception) -> HttpResponse | None:
    if isinstance(exception, Invalid):
        return problem(
            400,
            exception.code,
            "Something in the request cannot be used; each field is named.",
            remedy="Mend the fields named under errors and send the request again.",
            errors=exception.errors,
        )
    if isinstance(exception, Refusal):
        status = REFUSAL_STATUS.get(exception.code, 409)
        return problem(status, exception.code, exception.sentence, remedy=REMEDIES[status])
    if isinstance(exception, exceptions.ValidationError):
        return _answer(Invalid(list(_field_errors(exception.detail)), "invalid_request"))
    if isinstance(exception, Http404):
        exception = exceptions.NotFound()
    if isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    for kind, (usual_status, code, detail, remedy) in PROBLEMS.items():
        if isinstance(exception, kind):
            status = getattr(exception, "status_code", usual_status)
            return problem(
                status, code, detail or str(exception), remedy=remedy, headers=_headers_of(exception)
            )
    return None


def _headers_of(exception: Exception) -> dict[str, str]:
    wait = getattr(exception, "wait", None)
    header = getattr(exception, "auth_header", None)
    return ({"WWW-Authenticate": header} if header else {}) | ({"Retry-After": f"{wait:.0f}"} if wait else {})


def _field_errors(detail: Any, path: str = "") -> Iterator[FieldError]:
    """The nested detail of a serializer's error as flat (path, reason) pairs."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _field_errors(inner, under(path, "" if name == "non_field_errors" else str(name)))
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list | tuple)
            yield from _field_errors(inner, f"{path}[{index}]" if nested else path)
    else:
        yield FieldError(path, str(detail))


def under(path: str, name: str) -> str:
    """The path of a field within what has a path."""
    return f"{path}.{name}" if path and name else path or name


def private(response: AnyResponse) -> AnyResponse:
    """The response, for its caller alone: no cache keeps it."""
    response.headers["Cache-Control"] = "private, no-store"
    patch_vary_headers(response, ["Authorization"])
    return response


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's handler404: under /api/ the same problem that a foreign id gets."""
    if not request.path.startswith(ROOT):
        return defaults.page_not_found(request, exception)
    answer = _answer(exceptions.NotFound())
    assert answer is not None
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The site's handler400: what Django refuses before a view is asked (too many parameters, a host that is not ours)."""
    if not request.path.startswith(ROOT):
        return defaults.bad_request(request, exception)
    return problem(
        400, "invalid_request", "The request cannot be used.", remedy="Mend the request and send it again."
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """The site's handler500: under /api/ a problem that tells nothing of what went wrong."""
    if not request.path.startswith(ROOT):
        return defaults.server_error(request)
    return problem(
        500,
        "internal_error",
        "Something went wrong on our side; it has been logged.",
        remedy="Send the request again later; tell us the request_id if it goes on.",
    )

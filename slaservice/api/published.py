"""The schema, served: as OpenAPI 3.1 for programs and as a page for people. It is the same for everybody, and made once."""

import json
from functools import cache
from typing import Any, ClassVar

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.functional import Promise
from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request

from slaservice.api.conventions import conventions, in_markdown
from slaservice.api.reference import sections
from slaservice.api.views import ApiView

Json = dict[str, Any]

KEEP_FOR = 300
"""Seconds that caches may keep the schema."""

SECURITY_SCHEMES: Json = {
    "customerKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "sla_",
        "description": "A key of a customer. The roles named beside an operation are the scopes that it takes.",
    },
    "personKey": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "slp_",
        "description": "A key that acts as one of our people, within its scopes and the person's roles.",
    },
}


def completed(result: Json, generator: SchemaGenerator, **_: Any) -> Json:
    """What no single operation knows: the conventions, and what the security schemes are. Called by drf-spectacular."""
    result["info"]["description"] = in_markdown()
    result["components"]["securitySchemes"] = SECURITY_SCHEMES
    _refuse_twins(result)
    return result


def _refuse_twins(result: Json) -> None:
    """LookupError if two operations have one id: generated clients would have one function for both."""
    seen: dict[str, str] = {}
    for path, methods in result["paths"].items():
        for method, operation in methods.items():
            here, there = f"{method.upper()} {path}", seen.get(operation["operationId"])
            if there:
                raise LookupError(f"{here} and {there} are both called {operation['operationId']}")
            seen[operation["operationId"]] = here


@cache
def schema() -> Json:
    """The whole schema, made once in a process."""
    made: Json = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


@cache
def _in_json() -> bytes:
    return json.dumps(schema(), ensure_ascii=False, default=_text).encode()


def _text(value: object) -> str:
    if isinstance(value, Promise):
        return str(value)
    raise TypeError(f"{type(value)} is no JSON")


@cache
def _page() -> str:
    said = schema()
    return render_to_string(
        "api/reference.html",
        {"info": said["info"], "conventions": conventions(), "sections": sections(said)},
    )


class _Published(ApiView):
    """For everybody, and the same for everybody: caches may keep it."""

    authentication_classes = []
    permission_classes = []
    http_method_names = ["get", "head"]
    schema = None

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code in (200, 304):
            del final.headers["Cache-Control"]
            patch_cache_control(final, public=True, max_age=KEEP_FOR)
        return final


class OpenApi(_Published):
    """/api/v1/openapi.json"""

    def get(self, request: Request) -> HttpResponse:
        """The schema."""
        return HttpResponse(_in_json(), content_type="application/json")


class Reference(_Published):
    """/api/v1/"""

    content_type: ClassVar[str] = "text/html; charset=utf-8"

    def get(self, request: Request) -> HttpResponse:
        """The schema as a page."""
        return HttpResponse(_page(), content_type=self.content_type)

"""The base of every address of the API: strict JSON in, problems out, nothing cached, no parameter that is not known.

The classes carry all of this themselves, whatever the settings say.
"""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import Http404
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from slaservice.api.pages import CursorPagination
from slaservice.api.problems import exception_handler, private
from slaservice.api.strict_json import StrictJSONParser, is_plain
from slaservice.rules.refusal import FieldError, Invalid


class OneForm(DefaultContentNegotiation):
    """Each address has one form, so the Accept header decides nothing: who asks a PDF's address for a PDF gets it."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """One resource or action. `query_parameters` are those that its address may carry: any other is refused."""

    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = OneForm
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    query_parameters: ClassVar[frozenset[str]] = frozenset()

    def get_exception_handler(self) -> Any:
        return exception_handler

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not all(is_plain(str(value)) for value in kwargs.values()):
            raise Http404
        _check_query(request, self.query_parameters)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        return private(super().finalize_response(request, response, *args, **kwargs))


class ApiListView(ApiView, GenericAPIView):
    """A list in pages: `ordering`, `get_queryset`, and `query_parameters` beside `cursor` and `limit`."""

    pagination_class = CursorPagination
    query_parameters: ClassVar[frozenset[str]] = frozenset({"cursor", "limit"})
    ordering: ClassVar[Sequence[str]] = ("pk",)


def _check_query(request: Request, allowed: frozenset[str]) -> None:
    faults = []
    for name, values in request.query_params.lists():
        if name not in allowed:
            known = ", ".join(sorted(allowed)) or "none"
            faults.append(
                FieldError(ascii(name)[1:-1], f"is not a parameter of this address; it knows: {known}")
            )
        elif len(values) > 1:
            faults.append(FieldError(name, "is given more than once"))
        elif not is_plain(values[0]):
            faults.append(FieldError(name, "holds a control character"))
    if faults:
        raise Invalid(faults, "invalid_request")

"""The base of every address of the API: strict JSON in, problems out, nothing cached, no parameter that is not known.

The classes carry all of this themselves, whatever the settings say.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.http import Http404
from rest_framework import exceptions
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from slaservice.api.asked import Parameter
from slaservice.api.asked import read as read_parameters
from slaservice.api.pages import DEFAULT_PAGE, MAX_PAGE, CursorPagination
from slaservice.api.problems import exception_handler, private
from slaservice.api.schema import Schema, parameters_of_lists
from slaservice.api.strict_json import StrictJSONParser, is_plain


class OneForm(DefaultContentNegotiation):
    """Each address has one form, so the Accept header decides nothing: who asks a PDF's address for a PDF gets it."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """One resource or action. `filters` are the parameters that its address may carry with GET: any other is refused, and
    `self.asked` has those that were given, read.
    """

    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]
    content_negotiation_class = OneForm
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    schema = Schema()
    filters: ClassVar[Mapping[str, Parameter]] = {}
    key_kind: ClassVar[str] = ""
    asked: Mapping[str, Any]

    def parameters(self) -> Mapping[str, Parameter]:
        """Every parameter that the address knows."""
        return self.filters

    def scope_of(self, method: str) -> str:
        """What a key must have for the method; '' where nothing is needed. MethodNotAllowed: it is not offered."""
        return ""

    def get_exception_handler(self) -> Any:
        return exception_handler

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not all(is_plain(str(value)) for value in kwargs.values()):
            raise Http404
        reads = request.method in ("GET", "HEAD")
        self.asked = read_parameters(request, self.parameters() if reads else {})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        return private(super().finalize_response(request, response, *args, **kwargs))


class ApiListView(ApiView, GenericAPIView):
    """A list in pages: `orderings` by name, the first of which is the usual one, and `get_queryset`.

    An ordering names fields that are never null, the last one unique.
    """

    pagination_class = CursorPagination
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"id": ("pk",)}

    def parameters(self) -> Mapping[str, Parameter]:
        return {**self.filters, **parameters_of_lists(self.orderings, MAX_PAGE, DEFAULT_PAGE)}

    @property
    def ordering(self) -> Sequence[str]:
        """By what this page is sorted."""
        return self.orderings[self.asked.get("ordering", next(iter(self.orderings)))]


def scope_of(scopes: Mapping[str, str], method: str) -> str:
    """What the method takes. A method that is not named is not offered."""
    scope = scopes.get("GET" if method == "HEAD" else method)
    if scope is None:
        raise exceptions.MethodNotAllowed(method)
    return scope

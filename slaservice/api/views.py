"""The base of every address of the API: strict JSON in, problems out, nothing cached, no parameter that is not known, no more
calls than agreed.

The classes carry all of this themselves, whatever the settings say.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.generics import GenericAPIView
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.views import APIView

from slaservice.api import limits, shapes
from slaservice.api.asked import Parameter
from slaservice.api.asked import read as read_parameters
from slaservice.api.bearer import KeyInAddress
from slaservice.api.client_address import client_address
from slaservice.api.conditional import with_etag, without_body
from slaservice.api.described import operation_of
from slaservice.api.pages import DEFAULT_PAGE, MAX_PAGE, CursorPagination
from slaservice.api.problems import exception_handler, private
from slaservice.api.rendering import JsonRenderer
from slaservice.api.schema import Schema, parameters_of_lists
from slaservice.api.strict_json import StrictJSONParser, is_plain, refuse_unknown_length
from slaservice.prepared import Row, Values


class OneForm(DefaultContentNegotiation):
    """Each address has one form, so the Accept header decides nothing: who asks a PDF's address for a PDF gets it."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """One resource or action. `filters` are the parameters that its address may carry with GET: any other is refused, and
    `self.asked` has those that were given, read.
    """

    parser_classes = [StrictJSONParser]
    renderer_classes = [JsonRenderer]
    content_negotiation_class = OneForm
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    schema: Any = Schema()
    filters: ClassVar[Mapping[str, Parameter]] = {}
    key_kind: ClassVar[str] = ""
    limited: ClassVar[bool] = True
    asked: Mapping[str, Any]
    allowance: limits.Allowance | None = None

    def parameters(self) -> Mapping[str, Parameter]:
        """Every parameter that the address knows."""
        return self.filters

    def scope_of(self, method: str) -> str:
        """What a key must have for the method; '' where nothing is needed. MethodNotAllowed: it is not offered."""
        return ""

    @property
    def caller(self) -> str:
        """Whose key it is: their limit, their Idempotency-Keys, their ETags."""
        raise NotImplementedError

    def get_exception_handler(self) -> Any:
        return exception_handler

    def perform_authentication(self, request: Request) -> None:
        """Finds out who calls, and takes this call from what they may make. Throttled when nothing is left."""
        address = client_address(request)
        try:
            super().perform_authentication(request)
        except (exceptions.AuthenticationFailed, KeyInAddress):
            self._admit(limits.failure(address))
            raise
        if self.limited:
            self._admit(limits.call(self._whom(request), address))

    def _admit(self, allowance: limits.Allowance | None) -> None:
        self.allowance = allowance
        if allowance is not None and not allowance.admitted:
            raise exceptions.Throttled(allowance.seconds)

    def _whom(self, request: Request) -> str:
        return f"address:{client_address(request)}" if request.auth is None else self.caller

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not all(is_plain(str(value)) for value in kwargs.values()):
            raise Http404
        refuse_unknown_length(request)
        reads = request.method in ("GET", "HEAD")
        self.asked = read_parameters(request, self.parameters() if reads else {})
        if not reads:
            self._refuse_idle_body(request)

    def _refuse_idle_body(self, request: Request) -> None:
        """Invalid for a body where none is read, which names its fields: whoever sends one expects an effect. `{}` is none."""
        said = operation_of(self, str(request.method))
        if said is not None and said.takes is None:
            shapes.read(shapes.Nothing, request.data)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        final = private(super().finalize_response(request, response, *args, **kwargs))
        self._add_headers(final)
        if request.method in ("GET", "HEAD"):
            self._make_conditional(request, final)
        return final

    def _add_headers(self, response: HttpResponse) -> None:
        said = operation_of(self, str(self.request.method))
        for source in (self.allowance, said and said.deprecated):
            for name, value in (source.headers if source else {}).items():
                response.headers[name] = value

    def _make_conditional(self, request: Request, response: Any) -> None:
        if response.streaming:
            return
        if hasattr(response, "render"):
            response.render()
        if response.status_code == 200:
            scopes = " ".join(getattr(request.auth, "scopes", ()))
            with_etag(
                response,
                whom=f"{self._whom(request)}\n{scopes}",
                if_none_match=request.headers.get("If-None-Match", ""),
            )
        if request.method == "HEAD":
            without_body(response)


class ApiListView(ApiView, GenericAPIView):
    """A list in pages: `orderings` by name, the first of which is the usual one, and `get_queryset`.

    An ordering names fields that are never null, the last one unique. `named_by` is the public name of a row, for cursors of
    lists whose ordering has ids that are nobody's business.
    """

    pagination_class = CursorPagination
    named_by: ClassVar[str] = ""
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"id": ("pk",)}

    def parameters(self) -> Mapping[str, Parameter]:
        return {**self.filters, **parameters_of_lists(self.orderings, MAX_PAGE, DEFAULT_PAGE)}

    def paginate_prepared(
        self, make: "Callable[[Values], QuerySet[Any, Row]]", values: Values
    ) -> Sequence[Row]:
        """A page of what slaservice.prepared finds."""
        assert isinstance(self.paginator, CursorPagination)
        return self.paginator.paginate_prepared(make, values, self.request, self)

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

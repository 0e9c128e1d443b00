"""The published schema: OpenAPI 3.1, made by drf-spectacular from what each handler says of itself (slaservice/api/described.py),
the view's parameters and scopes, and the shapes (slaservice/api/shapes.py).

A handler that says nothing of itself is a mistake, and making the schema names it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

from slaservice.api import asked, idempotency, problems, shapes
from slaservice.api.answer_headers import HEADERS, headers_of
from slaservice.api.described import File, Operation, operation_of

Json = dict[str, Any]

PATH_PARAMETERS: dict[str, str] = {
    "public_id": "The opaque id by which lists show it.",
    "id_or_number": "The opaque id by which lists show it, or its number.",
    "digest": "The 64 hexadecimal digits of a SHA-256.",
    "pk": "The id by which lists show it.",
    "code": "The code by which lists show it.",
}
"""What stands in addresses, in words."""

_PROBLEM = "application/problem+json"


class Schema(AutoSchema):
    """One operation of an ApiView. Nothing is guessed from serializers: there are none."""

    view: Any

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> Json | None:
        self.registry, self.path, self.path_regex = registry, path, path_regex
        self.path_prefix, self.method = path_prefix, method.upper()
        said = operation_of(self.view, method)
        if said is None:
            raise LookupError(f"{method} {path}: its handler does not say what it does; see describes()")
        tags = [self._tokenize_path()[0]]
        operation: Json = {
            "operationId": said.operation_id,
            "summary": said.summary,
            "description": _paragraphs(getattr(self.view, method.lower()).__doc__),
            "tags": tags,
            "parameters": [*self._in_path(), *self._in_query(said), *self._in_headers(said)],
            "security": [] if said.anybody else self._security(),
            "responses": self._responses(said),
        }
        if said.deprecated is not None:
            operation["deprecated"] = True
        if said.takes is not None:
            operation["requestBody"] = {"required": True, "content": self._taken(said)}
        return operation

    def _taken(self, said: Operation) -> Json:
        taken: Json = {"application/json": {"schema": self._component(said.takes, reading=True)}}
        if said.takes_file is not None:
            taken[said.takes_file.media_type] = {"schema": _of_file(said.takes_file)}
        return taken

    def _in_path(self) -> Iterator[Json]:
        for name in self._names_in_path():
            whole = f"<int:{name}>" in self.path_regex
            yield {
                "name": name,
                "in": "path",
                "required": True,
                "description": PATH_PARAMETERS[name],
                "schema": {"type": "integer", "minimum": 0} if whole else {"type": "string", "minLength": 1},
            }

    def _names_in_path(self) -> list[str]:
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def _in_query(self, said: Operation) -> Iterator[Json]:
        if self.method != "GET":
            return
        for name, parameter in sorted(self.view.parameters().items()):
            yield {
                "name": name,
                "in": "query",
                "required": parameter.required,
                "description": parameter.about,
                "schema": parameter.schema,
            }

    def _in_headers(self, said: Operation) -> Iterator[Json]:
        if said.once:
            yield {
                "name": idempotency.HEADER,
                "in": "header",
                "required": True,
                "description": "A name of this request's own. Sent again under it, the same request has no second effect"
                f" and gets the first answer, with the header {idempotency.REPLAYED}: true.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
            }
        if self.method == "GET":
            yield {
                "name": "If-None-Match",
                "in": "header",
                "required": False,
                "description": "ETags of answers that are known; one that is still so gets 304 without a body.",
                "schema": {"type": "string"},
            }

    def _security(self) -> list[Json]:
        """Which kind of key, with which scope."""
        return [{self.view.key_kind: [self.view.scope_of(self.method)]}]

    def _responses(self, said: Operation) -> Json:
        responses: Json = {str(said.status): self._answer(said)}
        if self.method == "GET":
            responses["304"] = {"description": "What If-None-Match names is still so."}
        for status, codes in sorted(self._refusals(said).items()):
            responses[str(status)] = {
                "description": "\n".join(f"* `{code}`: {meaning}" for code, meaning in sorted(codes.items())),
                "content": {_PROBLEM: {"schema": self._component(problems.Problem)}},
            }
        for code, response in responses.items():
            names = headers_of(said, self.method, int(code))
            response["headers"] = {name: self._header(name) for name in names}
        return responses

    def _header(self, name: str) -> Json:
        make: Any = ResolvedComponent
        component = make(name=name, type=ResolvedComponent.HEADER, schema=HEADERS[name], object=name)
        self.registry.register_on_missing(component)
        reference: Json = component.ref
        return reference

    def _answer(self, said: Operation) -> Json:
        if said.gives is None:
            return {"description": "Done."}
        if isinstance(said.gives, File):
            content = {said.gives.media_type: {"schema": _of_file(said.gives)}}
            return {"description": said.gives.about, "content": content}
        schema = self._page(said.gives) if said.many else self._component(said.gives)
        return {"description": said.summary, "content": {"application/json": {"schema": schema}}}

    def _refusals(self, said: Operation) -> dict[int, dict[str, str]]:
        found: dict[int, dict[str, str]] = {}
        usual = problems.usual_refusals(
            key=not said.anybody,
            named=bool(self._names_in_path()),
            body=said.takes is not None,
            once=said.once,
        )
        for code, (status, meaning) in usual.items():
            found.setdefault(status, {})[code] = meaning
        for code, meaning in said.refuses.items():
            found.setdefault(problems.status_of(code), {})[code] = meaning
        return found

    def _page(self, shape: Any) -> Json:
        name = f"{shape.__name__}Page"
        schema = {
            "type": "object",
            "description": "A page of a list. `next` is the address of the page that follows; null: this is the last.",
            "properties": {
                "results": {"type": "array", "items": self._component(shape)},
                "next": {"anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}]},
            },
            "required": ["results", "next"],
        }
        return self._register(name, schema)

    def _component(self, shape: Any, *, reading: bool = False) -> Json:
        schema, named = shapes.json_schema(shape, reading=reading)
        for name, inner in named.items():
            self._register(name, inner)
        return self._register(shape.__name__, schema) if "$ref" not in schema else schema

    def _register(self, name: str, schema: Json) -> Json:
        make: Any = ResolvedComponent
        component = make(name=name, type=ResolvedComponent.SCHEMA, schema=schema, object=name)
        self.registry.register_on_missing(component)
        if self.registry[component].schema != schema:
            raise LookupError(f"two shapes are called {name}")
        reference: Json = component.ref
        return reference


def _of_file(file: File) -> Json:
    """Bytes; but JSON is an object, which clients parse."""
    return (
        {"type": "object"}
        if file.media_type == "application/json"
        else {"type": "string", "format": "binary"}
    )


def _paragraphs(docstring: str | None) -> str:
    return "\n".join(line.strip() for line in (docstring or "").strip().splitlines())


def parameters_of_lists(orderings: Mapping[str, Any], most: int, usual: int) -> dict[str, asked.Parameter]:
    """What every list knows."""
    known = {
        "cursor": asked.Parameter(str, "Where the page begins: follow `next` as it is."),
        "limit": asked.whole(f"Rows of a page; {usual} if it is not said.", least=1, most=most),
    }
    if len(orderings) > 1:
        usual_one = next(iter(orderings))
        known["ordering"] = asked.one_of(
            f"By what the list is sorted; `{usual_one}` if it is not said.", list(orderings)
        )
    return known

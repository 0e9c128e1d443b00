"""The operations of the published schema, and requests made from nothing else."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from slaservice.api.published import schema

Json = Any

ROOT = "/api/v1/"


@dataclass(frozen=True)
class Known:
    """One operation: `said` is what the schema has of it."""

    method: str
    path: str
    said: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def key(self) -> str:
        """customerKey, personKey, or "" where none is needed."""
        return next((name for one in self.said["security"] for name in one), "")

    @property
    def is_list(self) -> bool:
        return "limit" in self.parameters

    @property
    def names(self) -> list[str]:
        """What stands in the path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]

    def address(self, values: Sequence[str]) -> str:
        """The path with these in place of its names, percent-encoded."""
        address = self.path
        for name, value in zip(self.names, values, strict=True):
            address = address.replace("{" + name + "}", quote(value, safe="", errors="surrogatepass"), 1)
        return address

    @property
    def parameters(self) -> list[str]:
        return [one["name"] for one in self.said["parameters"] if one["in"] == "query"]

    @property
    def headers(self) -> list[str]:
        return [one["name"] for one in self.said["parameters"] if one["in"] == "header"]

    @property
    def media_types(self) -> list[str]:
        """What its body may be; none where it takes none."""
        return list(self.said.get("requestBody", {}).get("content", {}))

    def body(self) -> Json:
        """A body as its examples say, every field of it; None where there is no JSON body."""
        content = self.said.get("requestBody", {}).get("content", {}).get("application/json")
        return None if content is None else sample(content["schema"])


@cache
def operations() -> list[Known]:
    """Every operation, in the order of addresses."""
    return [
        Known(method.upper(), path, said)
        for path, methods in schema()["paths"].items()
        for method, said in methods.items()
    ]


def resolved(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema, or the one that it refers to."""
    while "$ref" in said:
        said = schema()["components"]["schemas"][said["$ref"].rpartition("/")[2]]
    return said


def sample(said: Mapping[str, Any]) -> Json:
    """A value that fits, with every field."""
    said = resolved(said)
    for name in ("examples", "enum"):
        if said.get(name):
            return said[name][0]
    for name in ("anyOf", "oneOf"):
        if name in said:
            return sample(said[name][0])
    if "const" in said:
        return said["const"]
    kind = said.get("type")
    if kind == "object":
        return {name: sample(inner) for name, inner in said.get("properties", {}).items()}
    if kind == "array":
        return [sample(said["items"])] * max(1, said.get("minItems", 1))
    simple = {
        "integer": said.get("minimum", 1),
        "boolean": True,
        "null": None,
        "string": "2026-04-10" if said.get("format") == "date" else "x" * max(8, said.get("minLength", 8)),
    }
    return simple.get(str(kind), "x")


def places(body: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value of a body, the whole first."""
    yield path
    if isinstance(body, Mapping):
        for name, inner in body.items():
            yield from places(inner, (*path, name))
    elif isinstance(body, list):
        for index, inner in enumerate(body[:1]):
            yield from places(inner, (*path, index))


def replaced(body: Json, path: Sequence[str | int], value: Json) -> Json:
    """The body with another value at the end of that way."""
    if not path:
        return value
    first, *rest = path
    copy: Any = dict(body) if isinstance(body, Mapping) else list(body)
    copy[first] = replaced(body[first], rest, value)
    return copy

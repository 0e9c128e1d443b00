"""The schema as a page to read and to print: every operation with its parameters, body, answers and refusals, every shape with
its fields. The template gets finished values; nothing is worked out there.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]

_REFUSAL = re.compile(r"^\* `(?P<code>[^`]+)`: (?P<meaning>.*)$", re.MULTILINE)


def sections(schema: Json) -> list[dict[str, Any]]:
    """The operations by their tag, in the order of their addresses, then the shapes."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    named = schema["components"]["schemas"]
    shapes = [_shape(name, shape) for name, shape in sorted(named.items())]
    return [
        *({"title": tag, "operations": operations} for tag, operations in found.items()),
        {"title": "shapes", "shapes": shapes},
    ]


def _operation(path: str, method: str, said: Json) -> dict[str, Any]:
    (key, scopes), *_ = [next(iter(one.items())) for one in said["security"]] or [("", [])]
    body = said.get("requestBody", {}).get("content", {})
    return {
        "id": said["operationId"],
        "summary": said["summary"],
        "description": said["description"],
        "method": method.upper(),
        "path": path,
        "key": {"customerKey": "a customer's key", "personKey": "a person's key"}.get(key, ""),
        "scopes": scopes,
        "deprecated": said.get("deprecated", False),
        "parameters": [_field(one["name"], one, one["required"]) for one in said["parameters"]],
        "body": [_content(media, content) for media, content in body.items()],
        "answers": [_answer(status, one) for status, one in said["responses"].items() if int(status) < 400],
        "refusals": [
            {"status": status, **match.groupdict()}
            for status, one in said["responses"].items()
            for match in _REFUSAL.finditer(one["description"])
        ],
    }


def _content(media_type: str, content: Json) -> dict[str, str]:
    return {"media_type": media_type, **_kind(content["schema"])}


def _answer(status: str, said: Json) -> dict[str, Any]:
    content = [_content(media, one) for media, one in said.get("content", {}).items()]
    return {"status": status, "description": said["description"], "content": content}


def _shape(name: str, schema: Json) -> dict[str, Any]:
    required = schema.get("required", [])
    fields = [_field(field, said, field in required) for field, said in schema.get("properties", {}).items()]
    return {"name": name, "description": schema.get("description", ""), "fields": fields, **_kind(schema)}


def _field(name: str, said: Json, required: bool) -> dict[str, Any]:
    """A field of a shape, or a parameter, whose schema stands a level deeper."""
    schema = said.get("schema", said)
    return {
        "name": name,
        "where": said.get("in", ""),
        "required": required,
        "description": said.get("description", ""),
        "example": next((_text(example) for example in schema.get("examples", ())), ""),
        **_kind(schema),
    }


def _kind(schema: Json) -> dict[str, str]:
    """What stands there in words, and the shape that it leads to."""
    return {"kind": " or ".join(dict.fromkeys(_kinds(schema))), "shape": next(_shapes(schema), "")}


def _kinds(schema: Json) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    elif "anyOf" in schema or "oneOf" in schema:
        for one in schema.get("anyOf", schema.get("oneOf", ())):
            yield from _kinds(one)
    elif "enum" in schema or "const" in schema:
        yield "one of " + ", ".join(map(_text, schema.get("enum", [schema.get("const")])))
    elif schema.get("type") == "array":
        yield "list of " + " or ".join(_kinds(schema.get("items", {})))
    else:
        yield str(schema.get("format") or schema.get("type") or "anything")


def _shapes(schema: Json) -> Iterator[str]:
    if "$ref" in schema:
        yield schema["$ref"].rpartition("/")[2]
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _shapes(inner)
    if isinstance(schema.get("items"), Mapping):
        yield from _shapes(schema["items"])


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

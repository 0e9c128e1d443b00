"""JSON that every reader understands alike, or a refusal that names the fault: no last-wins, no binary floats.

RFC 8259 in UTF-8; no name twice; whole numbers of at most 18 digits (amounts, percentages and other fractions are text); no
control characters; at most 1 MB and 32 deep. Strings come out in NFC.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, UnreadablePostError
from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser

from slaservice.api.problems import under
from slaservice.rules.refusal import FieldError, Invalid, Refusal

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
MAX_DIGITS = 18

_STRING_OR_BRACKET = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
_DEEPER = {"[": 1, "{": 1, "]": -1, "}": -1}
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_WHITE_SPACE = {ord(character): " " for character in "\t\n\r"}


class StrictJSONParser(BaseParser):
    """The parser of every view: Invalid with the path of every fault, Refusal `body_too_large` or `encoding_not_supported`."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        charset = parse_header_parameters(media_type or "")[1].get("charset", "utf-8")
        encoding = (parser_context or {})["request"].headers.get("Content-Encoding", "identity")
        if charset.lower() not in ("utf-8", "utf8") or encoding.lower() != "identity":
            raise Refusal("encoding_not_supported", "The body is compressed, or not in UTF-8.")
        try:
            return parse_json(stream.read(MAX_BYTES + 1))
        except UnreadablePostError:
            raise _unreadable("ended before it was whole") from None


def refuse_unknown_length(request: HttpRequest) -> None:
    """Refusal `length_required` for a body in pieces, which the server would not read, and so take for an empty one."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        raise Refusal("length_required", "A body in pieces of unknown number is not taken.")


def parse_json(body: bytes) -> Any:
    """The value of a JSON text, read strictly: Invalid `invalid_json`, or Refusal `body_too_large`."""
    if len(body) > MAX_BYTES:
        raise Refusal("body_too_large", f"The body is larger than {MAX_BYTES:,} bytes.")
    try:
        text = body.decode("utf-8")
        _refuse_depth(text)
        value = json.loads(
            text, object_pairs_hook=_object, parse_int=_whole, parse_float=_fraction, parse_constant=_fraction
        )
    except UnicodeDecodeError:
        raise _unreadable("is not UTF-8") from None
    except ValueError as fault:
        raise _unreadable(f"is not JSON: {fault}") from None
    faults: list[FieldError] = []
    clean = _clean(value, "", faults)
    if faults:
        raise Invalid(faults, "invalid_json")
    return clean


def _unreadable(reason: str) -> Invalid:
    return Invalid([FieldError("", reason)], "invalid_json")


def _refuse_depth(text: str) -> None:
    """ValueError when brackets nest deeper than MAX_DEPTH: before the parser recurses, whose own limit varies."""
    depth = 0
    for token in _STRING_OR_BRACKET.finditer(text):
        depth += _DEEPER.get(token.group(), 0)
        if depth > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the name {twice!r} stands twice in one object")
    return names


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS:
        raise ValueError(f"a number has more than {MAX_DIGITS} digits")
    return int(digits)


def _fraction(text: str) -> Any:
    raise ValueError(f'{text} is not a whole number; write amounts and fractions as text, like "99.9"')


def _clean(value: Any, path: str, faults: list[FieldError]) -> Any:
    if isinstance(value, str):
        if not is_plain(value.translate(_WHITE_SPACE)):
            faults.append(FieldError(path, "holds a control character"))
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [_clean(item, f"{path}[{index}]", faults) for index, item in enumerate(value)]
    return _clean_object(value, path, faults) if isinstance(value, dict) else value


def _clean_object(value: dict[str, Any], path: str, faults: list[FieldError]) -> dict[str, Any]:
    names = {name: unicodedata.normalize("NFC", name) for name in value if is_plain(name)}
    if len(names) < len(value) or len(set(names.values())) < len(names):
        faults.append(FieldError(path, "has a name with a control character, or one name in two spellings"))
    return {names[name]: _clean(value[name], under(path, name), faults) for name in names}


def is_plain(text: str) -> bool:
    """Whether a text is free of control characters (NUL above all) and lone surrogates."""
    return not _CONTROL.search(text)

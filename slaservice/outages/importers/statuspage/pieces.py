"""A large JSON document whose lists are read one entry at a time: the values of a whole history would not fit into memory.

The text is cut where an object or list begins inside a list or object of the top level. What is left, the frame, is small and
is parsed as a whole; each piece is parsed when it is asked for, and again when it is asked for again. Both as strictly as the
whole would be.
"""

import re
import secrets
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from slaservice.rules.documents import load
from slaservice.rules.refusal import FieldError, Invalid

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_DEEPER = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_OF_PIECES = 3
"""The depth at which a piece begins: within a list, within the document."""


@dataclass(frozen=True, slots=True)
class Piece:
    """An entry that is still text. Two are equal where they are the same place."""

    text: memoryview

    def read(self) -> Any:
        """Its value. Invalid if it is no strict JSON."""
        return _loaded(bytes(self.text))


def framed(document: bytes, lists: Collection[str]) -> Any:
    """The document; the entries of the lists with these names at the top are Pieces. Invalid if it is no JSON."""
    view, mark = memoryview(document), secrets.token_hex(16)
    pieces: dict[str, Piece] = {}
    frame, done = bytearray(), len(b"\xef\xbb\xbf") if document.startswith(b"\xef\xbb\xbf") else 0
    for start, end in _places(document):
        name = f"{mark}-{len(pieces)}"
        pieces[name] = Piece(view[start:end])
        frame += view[done:start]
        frame += f'"{name}"'.encode()
        done = end
    frame += view[done:]
    value = _loaded(bytes(frame))
    if not isinstance(value, dict):
        return value
    filled = {name: _filled(inner, pieces, whole=name not in lists) for name, inner in value.items()}
    if pieces:
        raise _not_json("an object has a name that is no text")
    return filled


def _places(document: bytes) -> Iterator[tuple[int, int]]:
    """Where each piece begins and ends."""
    depth = start = 0
    for token in _TOKEN.finditer(document):
        step = _DEEPER.get(token.group(), 0)
        if step > 0 and depth == _OF_PIECES - 1:
            start = token.start()
        depth += step
        if step < 0 and depth == _OF_PIECES - 1:
            yield start, token.end()


def _filled(value: Any, pieces: dict[str, Piece], *, whole: bool) -> Any:
    """The value with its pieces in their places, each taken once; read, where it shall be whole."""

    def taken(one: Any) -> Any:
        found = pieces.pop(one, one) if isinstance(one, str) else one
        return found.read() if isinstance(found, Piece) and (whole or isinstance(value, dict)) else found

    if isinstance(value, list):
        return [taken(one) for one in value]
    return {name: taken(one) for name, one in value.items()} if isinstance(value, dict) else value


def _loaded(text: bytes) -> Any:
    try:
        return load(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise _not_json("it is not UTF-8") from None


def _not_json(reason: str) -> Invalid:
    return Invalid([FieldError("$", f"is not JSON: {reason}")])

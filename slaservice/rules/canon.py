"""The canonical text of JSON: keys sorted, no white space, UTF-8; and objects that share what was written before."""

import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from typing import Any

_PLAIN = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_CONSTANTS = {None: "null", True: "true", False: "false"}


class Written(dict[str, Any]):
    """A JSON object that knows the canonical text of some members.

    Thousands of documents say the same of the same outages: what they share is written once and joined to what is their own.
    """

    __slots__ = ("texts",)

    def __init__(self, members: Mapping[str, Any], texts: Mapping[str, str]) -> None:
        super().__init__(members)
        self.texts = texts

    @classmethod
    def of(cls, members: Mapping[str, Any]) -> "Written":
        """All of it is written, once; and so are the objects that are members, for others to add to."""
        inner = {
            name: cls.of(value) if isinstance(value, dict) and not isinstance(value, cls) else value
            for name, value in members.items()
        }
        return cls(inner, {name: text(value) for name, value in inner.items()})

    def __or__(self, own: Mapping[str, Any]) -> "Written":  # type: ignore[override]
        """The same with members of one's own, which take precedence."""
        texts = {name: known for name, known in self.texts.items() if name not in own}
        if isinstance(own, Written):
            texts |= own.texts
        return Written({**self, **own}, texts)


def text(value: Any) -> str:
    """The canonical text of a JSON value."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Written):
        known = value.texts
        members = [
            f"{encode_basestring(name)}:{known.get(name) or text(value[name])}" for name in sorted(value)
        ]
        return f"{{{','.join(members)}}}"
    if isinstance(value, list) and value and isinstance(value[0], Written):
        return f"[{','.join(map(text, value))}]"
    if value is None or value is True or value is False:
        return _CONSTANTS[value]
    return _PLAIN.encode(value)

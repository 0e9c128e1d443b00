"""What an address does, said beside the handler that does it: from this the published schema is made (slaservice/api/schema.py).

    @describes("List statements", gives=StatementSummary, many=True)
    def get(self, request: Request) -> Response: ...

The handler's docstring is the description. A view whose handlers serve several kinds of things may say it in a table instead:
`operations`, by method.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.utils.http import http_date

Handler = TypeVar("Handler", bound=Callable[..., Any])

_ARTICLES = frozenset({"a", "an", "the", "its", "of"})


@dataclass(frozen=True, slots=True)
class File:
    """An answer that is no JSON shape: its media type and what it holds."""

    media_type: str
    about: str


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when an address should not be used any more, when it ends, and the address that takes its place."""

    since: datetime
    sunset: datetime
    instead: str

    @property
    def headers(self) -> dict[str, str]:
        """Deprecation (RFC 9745), Sunset (RFC 8594) and a link to the successor."""
        return {
            "Deprecation": f"@{int(self.since.timestamp())}",
            "Sunset": http_date(self.sunset.timestamp()),
            "Link": f'<{self.instead}>; rel="successor-version"',
        }


@dataclass(frozen=True, slots=True)
class Operation:
    """`gives` is a shape, a File or None for an answer without a body; `many`: a page of that shape; `takes` is a body,
    `takes_file` a file that may be sent instead.

    `refuses` are the codes of its refusals (409 unless it is another status) and what each means. `once`: it wants an
    Idempotency-Key. `anybody`: it is answered without a key. `name`: what generated clients call it, if not as the summary says.
    """

    summary: str
    gives: Any
    many: bool = False
    status: int = 200
    takes: Any = None
    takes_file: File | None = None
    refuses: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    anybody: bool = False
    name: str = ""
    deprecated: Deprecation | None = None

    @property
    def operation_id(self) -> str:
        """What generated clients call it: "Fetch a statement's PDF" is fetch_statement_pdf."""
        words = re.sub(r"['’]s?\b", "", self.summary.lower())
        return self.name or "_".join(word for word in re.findall("[a-z0-9]+", words) if word not in _ARTICLES)


def describes(summary: str, *, gives: Any, **more: Any) -> Callable[[Handler], Handler]:
    """Keeps the Operation with the handler."""

    def keep(handler: Handler) -> Handler:
        handler.operation = Operation(summary, gives, **more)  # type: ignore[attr-defined]
        return handler

    return keep


def operation_of(view: Any, method: str) -> Operation | None:
    """What was said of a view's method, however it was wrapped."""
    said: Mapping[str, Operation] = getattr(view, "operations", {})
    if method.upper() in said:
        return said[method.upper()]
    handler = getattr(view, method.lower(), None)
    while handler is not None and not hasattr(handler, "operation"):
        handler = getattr(handler, "__wrapped__", None)
    return getattr(handler, "operation", None)

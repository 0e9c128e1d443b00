"""What an address does, said beside the handler that does it: from this the published schema is made (slaservice/api/schema.py).

    @describes("List statements", gives=StatementSummary, many=True)
    def get(self, request: Request) -> Response: ...

The handler's docstring is the description.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class File:
    """An answer that is no JSON shape: its media type and what it holds."""

    media_type: str
    about: str


@dataclass(frozen=True, slots=True)
class Operation:
    """`gives` is a shape, a File or None for an answer without a body; `many`: a page of that shape; `takes` is a body.

    `refuses` are the codes of its refusals (409 unless it is another status) and what each means. `once`: it wants an
    Idempotency-Key. `anybody`: it is answered without a key.
    """

    summary: str
    gives: Any
    many: bool = False
    status: int = 200
    takes: Any = None
    refuses: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    anybody: bool = False


def describes(summary: str, *, gives: Any, **more: Any) -> Callable[[Handler], Handler]:
    """Keeps the Operation with the handler."""

    def keep(handler: Handler) -> Handler:
        handler.operation = Operation(summary, gives, **more)  # type: ignore[attr-defined]
        return handler

    return keep


def operation_of(view: Any, method: str) -> Operation | None:
    """What was said of a view's method, however it was wrapped."""
    handler = getattr(view, method.lower(), None)
    while handler is not None and not hasattr(handler, "operation"):
        handler = getattr(handler, "__wrapped__", None)
    return getattr(handler, "operation", None)

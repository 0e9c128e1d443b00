"""The id of the request that is being answered: it stands in the answer, in every log line about it and in its problem.

The id is ours. What a caller names its request goes into the log beside it, and nowhere else.
"""

import re
import secrets
from contextvars import ContextVar
from typing import NamedTuple

from slaservice.history.key_text import masked

HEADER = "Request-Id"

_VISIBLE = re.compile(r"[\x21-\x7e]{1,100}")


class RequestIds(NamedTuple):
    """Our id, and the caller's ('' where it sent none that can be kept)."""

    ours: str
    callers: str


NONE = RequestIds("", "")

current: ContextVar[RequestIds] = ContextVar("request_ids", default=NONE)
"""The request that this thread answers; NONE outside of one."""


def new(callers: str) -> RequestIds:
    """A new id of ours beside the caller's, which is kept if it is 1 to 100 visible ASCII characters."""
    return RequestIds(f"rq_{secrets.token_hex(16)}", masked(callers) if _VISIBLE.fullmatch(callers) else "")

"""The headers of answers, as the published schema describes them; who sets them: views.py, limits.py, conditional.py."""

from slaservice.api.described import Operation

_TEXT = {"type": "string"}

HEADERS: dict[str, dict[str, object]] = {
    "Request-Id": {
        "description": "What to ask us about: it stands in our logs.",
        "schema": {"type": "string", "pattern": "^rq_[0-9a-f]{32}$"},
    },
    "RateLimit-Policy": {
        "description": "How many calls (q) may be made in how many seconds (w), by all keys of a caller together.",
        "schema": {"type": "string", "examples": ['"minute";q=600;w=60']},
    },
    "RateLimit": {
        "description": "How many calls are left (r) for how many seconds (t).",
        "schema": {"type": "string", "examples": ['"minute";r=599;t=60']},
    },
    "Retry-After": {
        "description": "Seconds until there are calls left.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "ETag": {
        "description": "Names this answer to this caller. Sent back in If-None-Match, it gets 304 while nothing has changed.",
        "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
    },
    "Deprecation": {"description": "Since when the address should not be used any more.", "schema": _TEXT},
    "Sunset": {"description": "When the address ends.", "schema": _TEXT},
    "Link": {"description": "The address that takes its place.", "schema": _TEXT},
}


def headers_of(said: Operation, method: str, status: int) -> list[str]:
    """What an answer of this status carries."""
    names = ["Request-Id", "RateLimit-Policy", "RateLimit"]
    if status == 429:
        names.append("Retry-After")
    if method == "GET" and status in (200, 304):
        names.append("ETag")
    if said.deprecated is not None:
        names += ["Deprecation", "Sunset", "Link"]
    return names

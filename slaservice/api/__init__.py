"""How the API speaks: strict JSON in, problem+json out, pages by cursor, nothing cached, nothing guessed.

Versions stand in the path (`/api/v1/`): a version's fields and codes only ever get more.
"""

from slaservice.api.pages import CursorPagination
from slaservice.api.problems import bad_request, exception_handler, page_not_found, problem, server_error
from slaservice.api.strict_json import StrictJSONParser, is_plain, parse_json
from slaservice.api.views import ApiListView, ApiView, scope_of

__all__ = [
    "ApiListView",
    "ApiView",
    "CursorPagination",
    "StrictJSONParser",
    "bad_request",
    "exception_handler",
    "is_plain",
    "page_not_found",
    "parse_json",
    "problem",
    "scope_of",
    "server_error",
]

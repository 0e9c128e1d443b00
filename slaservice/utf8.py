"""Addresses and forms are UTF-8, whatever a caller declares.

Django would decode them by any codec that Python knows, and some of those decode no text: a fault before any of our own code,
which nothing further in could turn into a refusal. Who reads a body may still refuse what it declares.
"""

from typing import Any

from django.utils.http import parse_header_parameters


class Utf8Request:
    """Stands before Django's own request class."""

    content_type: str | None
    content_params: dict[str, str] | None

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))

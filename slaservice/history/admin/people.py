"""Columns of lists and fields of pages that name people."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin

from slaservice.history.people import name_of


def by_name(field: str, words: str = "", nobody: str = "–") -> Callable[[Any, Any], str]:
    """A column for the person that a row holds in `field`, to be put among a page's own under another name."""

    @admin.display(description=words or field.replace("_", " "), ordering=f"{field}__username")
    def shown(page: Any, row: Any) -> str:
        person = getattr(row, field)
        return nobody if person is None else name_of(person)

    return shown

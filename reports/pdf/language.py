"""Which language a paper speaks: its customer's, as frozen with the statement; English where none was.

Two voices speak it: Django's gettext the paper's own words, and the rules theirs, with all figures and lists
(slaservice/rules/language.py). The names of months are Babel's.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from django.utils import translation
from django.utils.translation import gettext

from slaservice.rules import language as rules

Document = Mapping[str, Any]

LANGUAGES, ENGLISH = tuple(rules.LANGUAGES), "en"


def language_of(document: Document) -> str:
    """The language that a statement's document asks for."""
    asked = document["identity"]["customer"].get("language", ENGLISH)
    return asked if asked in LANGUAGES else ENGLISH


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Whatever is put in words meanwhile is put in this language."""
    with translation.override(language), rules.speaking(language):
        yield


def form_of(amount: Fraction | int) -> int:
    """What to hand to `ngettext` for an amount, which may be a fraction: 1 for the singular, else 2."""
    return 1 if rules.is_one(amount) else 2


def page_numbers() -> str:
    """A style sheet that numbers the pages: 'Page 1 of 3'."""
    counters = {"{page}": "counter(page)", "{pages}": "counter(pages)"}
    parts = re.split(r"(\{pages?\})", gettext("Page {page} of {pages}"))
    content = " ".join(counters.get(part) or json.dumps(part) for part in parts if part)
    return f"@page {{ @bottom-right {{ content: {content} }} }}"

"""The vendor's own looks on the paper: its logo and its colour, as the statement froze them.

The colour is the one value of a statement that reaches a style sheet, so it is asked once more whether it is only a colour.
"""

import hashlib
import re

from reports.pdf.facts import Document
from slaservice.look import MOST_LINES


class NotItsLooks(Exception):
    """The paper would look other than it was frozen: without its logo, or with another."""


def logo(document: Document, given: bytes | None) -> bytes | None:
    """The picture that the document names by its hash, None where it names none. NotItsLooks for any other, or none."""
    named = document["identity"]["vendor"].get("logo")
    if named is None:
        return None
    if given is None or hashlib.sha256(given).hexdigest() != named:
        raise NotItsLooks(f"the statement carries the logo {named}, which was not given")
    return given


def sheet(document: Document) -> str:
    """A style sheet in the vendor's colour, with room for its footer; empty without. Met and missed keep their own colours."""
    vendor = document["identity"]["vendor"]
    return " ".join(filter(None, (_accents(vendor.get("colour")), _room(vendor.get("footer", "")))))


def _accents(colour: str | None) -> str:
    if colour is None:
        return ""
    if not re.fullmatch("#[0-9a-f]{6}", colour):
        raise NotItsLooks(f"the statement's colour {colour!r} is none")
    return f".masthead {{ border-bottom: 0.7mm solid {colour}; color: {colour} }} h2, .head-left {{ color: {colour} }}"


def _room(footer: str) -> str:
    """Lower margins that are higher by its lines, so that all of them stand well above the edge of the sheet."""
    lines = len(footer.splitlines()[:MOST_LINES])
    if not lines:
        return ""
    usual, compact = 17 + 4 * lines, 14 + 4 * lines
    return f"@page {{ margin-bottom: {usual}mm }} @page compact {{ margin-bottom: {compact}mm }}"

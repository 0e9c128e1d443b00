"""The address at which anybody asks whether a statement is ours and current, and the same as a QR code."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

import segno
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from reports.pdf.facts import Document
from reports.pdf.figures import place
from reports.pdf.text import printable

_QUIET = 4
"""Modules of white around the code, without which some readers do not find it."""

_MODULE = Fraction("0.5")
"""Millimetres; on office paper the least that any telephone reads."""


@dataclass(frozen=True, slots=True)
class Address:
    """The address, what is answered there, and the address as a drawing."""

    address: str
    words: str
    drawing: SafeString


def address_of(document: Document, digest: str) -> Address | None:
    """Of an issued statement whose document names where to ask; None of a draft."""
    base = document["identity"].get("verify")
    if not base:
        return None
    address = f"{base}{digest}"
    words = gettext(
        "There anybody may ask whether the statement with this digest is ours and current; whether a file is whole, only the file"
        " itself shows."
    )
    return Address(printable(address, 300), words, drawing(address))


def drawing(address: str) -> SafeString:
    """The QR code, error correction M, as one path of rectangles on white."""
    title = gettext("QR code of {address}").format(address=address)
    rows = [list(row) for row in segno.make_qr(address, error="m").matrix]
    side = len(rows) + 2 * _QUIET
    dark = "".join(
        f"M{x + _QUIET} {y + _QUIET}h{width}v1h-{width}z"
        for y, row in enumerate(rows)
        for x, width in _runs(row)
    )
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}mm" height="{}mm">'
        '<title>{}</title><path d="M0 0h{}v{}h-{}z" fill="#fff"/><path d="{}" fill="#000"/></svg>',
        title,
        side,
        side,
        place(side * _MODULE, 1),
        place(side * _MODULE, 1),
        title,
        side,
        side,
        side,
        dark,
    )


def _runs(row: list[int]) -> list[tuple[int, int]]:
    """(first, number) of each stretch of dark modules."""
    found, at = [], 0
    for is_dark, group in groupby(row):
        width = len(list(group))
        if is_dark:
            found.append((at, width))
        at += width
    return found

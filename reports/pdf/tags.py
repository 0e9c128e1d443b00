"""Mends the tags of a page set by WeasyPrint, where a reader who hears the statement would be told too much or something wrong.

Headings and page numbers in the margins are tagged as text that hangs on nothing: they become artifacts of pagination. Headers
of tables are named by identifiers that no tree holds: they say their scope instead. Boxes of figures are measured from the top
of the page in CSS pixels: PDF wants points from the bottom.
"""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pydyf


def mend(pdf: pydyf.PDF) -> None:
    """All three, in place, before the file is written."""
    root = _at(pdf, pdf.catalog["StructTreeRoot"])
    _furniture_is_artifact(pdf, _at(pdf, root["K"][0]), _at(pdf, root["ParentTree"]))
    for element in pdf.objects:
        if isinstance(element, pydyf.Dictionary) and element.get("Type") == "/StructElem":
            _mend_cell(pdf, element)
            _mend_figure(pdf, element)


def _points(pixels: Any) -> Any:
    return pixels * 3 / 4


def _at(pdf: pydyf.PDF, reference: bytes) -> Any:
    return pdf.objects[int(reference.split()[0])]


def _furniture_is_artifact(pdf: pydyf.PDF, document: pydyf.Dictionary, parents: pydyf.Dictionary) -> None:
    """What the tree of structure does not hold stands in a margin."""
    held = set(document["K"])
    numbers = parents["Nums"]
    for number, page in enumerate(pdf.pages["Kids"][::3]):
        owners = numbers[2 * number + 1]
        idle = {
            mcid for mcid, owner in enumerate(owners) if _topmost(pdf, owner, document.reference) not in held
        }
        for mcid in idle:
            _forget(pdf, owners[mcid], document.reference)
            owners[mcid] = "null"
        sheet = pdf.objects[page]
        _unmark(_at(pdf, sheet["Contents"]).stream, idle, height=sheet["MediaBox"][3])


def _topmost(pdf: pydyf.PDF, reference: bytes, root: bytes) -> bytes:
    while (parent := _at(pdf, reference).get("P")) not in (root, None):
        reference = parent
    return reference


def _forget(pdf: pydyf.PDF, reference: bytes | None, root: bytes) -> None:
    while reference not in (root, None):
        element = _at(pdf, reference)
        reference = element.get("P")
        element.clear()


def _unmark(stream: list[Any], idle: set[int], *, height: Fraction) -> None:
    """Marked content becomes an artifact: a header in the upper half of a page so many points high, a footer in the lower."""
    for at, item in enumerate(stream):
        if isinstance(item, pydyf.Dictionary) and item.get("MCID") in idle:
            upper = 2 * _points(next(_heights(stream[at:]), 0)) < height
            stream[at - 1] = "/Artifact"
            stream[at] = pydyf.Dictionary(
                {"Type": "/Pagination", "Subtype": "/Header" if upper else "/Footer"}
            )


def _heights(items: list[Any]) -> Iterator[Fraction]:
    """Where lines of text stand, in CSS pixels from the top."""
    for item in items:
        if isinstance(item, bytes) and item.endswith(b" Tm"):
            yield Fraction(item.split()[5].decode())


def _mend_cell(pdf: pydyf.PDF, element: pydyf.Dictionary) -> None:
    if element["S"] == "/TH":
        row = _at(pdf, element["P"])
        above = _at(pdf, row["P"])["S"]
        element.pop("ID", None)
        element["A"]["Scope"] = "/Column" if above == "/THead" else "/Row"
    elif element["S"] == "/TD":
        element["A"].pop("Headers", None)


def _mend_figure(pdf: pydyf.PDF, element: pydyf.Dictionary) -> None:
    if element["S"] == "/Figure":
        height = _at(pdf, element["Pg"])["MediaBox"][3]
        left, top, right, bottom = (_points(edge) for edge in element["A"]["BBox"])
        element["A"]["BBox"] = pydyf.Array((left, height - bottom, right, height - top))

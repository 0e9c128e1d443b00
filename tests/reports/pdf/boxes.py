"""Where things stand on the pages of a statement: the boxes that WeasyPrint laid out, read before they become a PDF."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any
from unittest.mock import patch

from weasyprint.formatting_structure import boxes

from reports.pdf import archive, render
from tests.reports.pdf import kinds
from tests.reports.pdf.samples import Json, printed


@dataclass(frozen=True)
class Line:
    """A line of text or a drawing on a page: its edges in CSS pixels, those of what holds it, the tags around it, its row."""

    words: str
    right: float
    bottom: float
    room: float
    tags: tuple[str, ...]
    row: int


@dataclass(frozen=True)
class Page:
    """The lines of a page in the order of the document; the type area's top, bottom and right edge."""

    lines: list[Line]
    top: float
    bottom: float
    right: float

    @property
    def filled(self) -> float:
        """The share of the type area's height down to the last line."""
        return (max(line.bottom for line in self.lines) - self.top) / (self.bottom - self.top)


def pages(document: Json) -> list[Page]:
    """The pages of an issued statement as they were chosen to be set."""
    with patch.object(render, "archival", side_effect=archive.archival) as made:
        render.render(document, **printed(document))
    return [_page(page._page_box) for page in made.call_args.args[0].pages]


@cache
def of_kind(kind: str) -> list[Page]:
    """Those of a ready kind of statement."""
    return pages(kinds.KINDS[kind]())


def _page(box: Any) -> Page:
    root = next(child for child in box.children if not isinstance(child, boxes.MarginBox))
    top, left = box.content_box_y(), box.content_box_x()
    return Page(list(_lines(root, ())), top, top + box.height, left + box.width)


def _lines(box: Any, tags: tuple[str, ...], holder: Any = None, row: int = 0) -> Iterator[Line]:
    tags = (*tags, box.element_tag or "")
    row = id(box) if isinstance(box, boxes.TableRowBox) else row
    if isinstance(box, boxes.LineBox):
        texts = [one for one in box.descendants() if isinstance(one, boxes.TextBox) and one.text.strip()]
        if texts:
            words = " ".join(one.text for one in texts)
            right = max(one.position_x + one.width for one in texts)
            yield Line(
                words, right, box.position_y + box.height, holder.content_box_x() + holder.width, tags, row
            )
    elif isinstance(box, boxes.ReplacedBox):
        room = holder.content_box_x() + holder.width
        yield Line("", box.position_x + box.width, box.position_y + box.height, room, tags, row)
    elif isinstance(box, boxes.ParentBox):
        for child in box.children:
            yield from _lines(child, tags, box, row)

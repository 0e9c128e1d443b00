"""The parts of an XLSX archive, counted before anything is built of them: openpyxl has a whole row in memory before we see it.

Each part is read in pieces by the parser that openpyxl's own stands on, so that encodings, prefixes and comments hide nothing
from us. What is no XML, or breaks off, is none for openpyxl either from that place on.
"""

import zipfile
from collections.abc import Iterator
from typing import IO, Any
from xml.parsers import expat

from slaservice.outages.importers.files.tables import MAX_COLUMNS, MAX_ROWS, refused

MAX_CELLS = 10 * MAX_ROWS
MAX_STRINGS = 5 * MAX_ROWS
MAX_INSIDE = 100 * MAX_COLUMNS
"""Elements inside one row or one shared text: rich text has a dozen for each run."""
MAX_OTHERS = 100_000
"""Elements of everything else, such as styles and merged cells: openpyxl makes an object of each and keeps it."""

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ROW, _STRING = f"{_MAIN} row", f"{_MAIN} si"
_PIECE = 65_536


def check_parts(archive: zipfile.ZipFile) -> None:
    """Invalid if a part declares a document type, or if all of them hold more than a table of ours has."""
    counted = _Counted()
    for name in archive.namelist():
        with archive.open(name) as part:
            counted.read(name, _pieces(part))


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: part.read(_PIECE), b"")


class _Counted:
    """What the parts hold, so far. `_outer`: how deep the row or text stands that we are in; 0: in none."""

    def __init__(self) -> None:
        self.rows = self.cells = self.strings = self.others = 0
        self._depth = self._outer = self._cells_here = self._inside = 0
        self._in_row = False

    def read(self, name: str, pieces: Iterator[bytes]) -> None:
        def doctype(*said: Any) -> None:
            raise refused("file", f"cannot be read as XLSX: {name[:60]!r} declares a document type")

        self._depth = self._outer = 0
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.ordered_attributes = True  # a list, which is cheaper
        parser.StartDoctypeDeclHandler = doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        try:
            for piece in pieces:
                parser.Parse(piece)
        except expat.ExpatError:
            """For openpyxl to say, if it reads this part at all."""

    def _start(self, name: str, attributes: Any) -> None:
        self._depth += 1
        if self._outer:
            self._start_inside()
        elif name in (_ROW, _STRING):
            self._outer, self._inside, self._cells_here = self._depth, 0, 0
            self._in_row = name == _ROW
            self.rows += self._in_row
            self.strings += not self._in_row
            _check(self.rows, MAX_ROWS + 1, "rows")
            _check(self.strings, MAX_STRINGS, "shared texts")
        else:
            self.others += 1
            _check(self.others, MAX_OTHERS, "elements that are no cells")

    def _start_inside(self) -> None:
        """Whatever its name: openpyxl takes each child of a row for a cell."""
        self._inside += 1
        _check(self._inside, MAX_INSIDE, "elements in one row or text")
        if self._in_row and self._depth == self._outer + 1:
            self._cells_here += 1
            self.cells += 1
            _check(self._cells_here, MAX_COLUMNS, "columns")
            _check(self.cells, MAX_CELLS, "cells")

    def _end(self, name: str) -> None:
        if self._depth == self._outer:
            self._outer = 0
        self._depth -= 1


def _check(count: int, most: int, what: str) -> None:
    if count > most:
        raise refused("file", f"has more than {most:,} {what}; send less, or a large table as CSV")

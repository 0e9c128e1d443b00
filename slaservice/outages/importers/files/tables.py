"""A file as rows of text: what CSV and XLSX have in common, and what of a file is refused before anything is read from it.

The first row names the columns. Every other row that is not empty has a line, for people, and a text for each column.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from slaservice.outages.importers.entries import Field
from slaservice.outages.operations.faults import Faults
from slaservice.rules.refusal import FieldError, Invalid

MAX_BYTES = 50_000_000
MAX_ROWS = 200_000
MAX_COLUMNS = 100
MAX_FAULTS = 1000

_WHITE_SPACE = "\t\n\r"


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where the row begins in the file: the physical line of a CSV file, the row's number of a sheet."""

    line: int
    cells: Sequence[str]


def refused(path: str, reason: str) -> Invalid:
    """The whole file cannot be used."""
    return Invalid([FieldError(path, reason)], "file_cannot_be_used")


def at(line: int, column: str = "") -> str:
    """The place of a fault: "line 7, end"."""
    return f"line {line}, {column}" if column else f"line {line}"


class Found(Faults):
    """Faults of a whole file: it gives up where nobody would read on."""

    def add(self, code: str, path: str, reason: str) -> None:
        super().add(code, path, reason)
        if len(self.errors) >= MAX_FAULTS:
            self.errors.append(FieldError("file", f"has at least {MAX_FAULTS} faults; the rest was not read"))
            self.raise_if_any()


def entries_of(
    rows: Iterable[Row], columns: Mapping[str, Field], faults: Found
) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row that is not empty as its line and the texts of its columns that are not empty."""
    names: list[str] = []
    count = 0
    for row in rows:
        cells = [_tidy(cell) for cell in row.cells]
        if not any(cells):
            continue
        if not names:
            names = _header(Row(row.line, cells), columns)
            continue
        count += 1
        if count > MAX_ROWS:
            raise refused(at(row.line), f"the file has more than {MAX_ROWS:,} rows")
        if (entry := _entry(Row(row.line, cells), names, faults)) is not None:
            yield row.line, entry
    if not names:
        raise refused("file", f"is empty; its first row has to name the columns: {', '.join(columns)}")


def _tidy(cell: str) -> str:
    return unicodedata.normalize("NFC", cell).strip()


def _header(row: Row, columns: Mapping[str, Field]) -> list[str]:
    """The columns' names. Invalid names what is unknown, twice or missing."""
    names = [cell.lower() for cell in row.cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        raise refused(at(row.line), f"names {len(names):,} columns; a file may have {MAX_COLUMNS}")
    faults = Found()
    known = ", ".join(columns)
    for position, name in enumerate(names, 1):
        path = at(row.line, f"column {position}")
        if name not in columns:
            faults.add("file_cannot_be_used", path, f"{name[:60]!r} is no column; there are: {known}")
        elif name in names[: position - 1]:
            faults.add("file_cannot_be_used", path, f"{name!r} stands twice")
    for name, kind in columns.items():
        if kind.required and name not in names:
            faults.add("file_cannot_be_used", at(row.line), f"the column {name!r} is missing")
    faults.raise_if_any()
    return names


def _entry(row: Row, names: Sequence[str], faults: Found) -> dict[str, str] | None:
    cells = list(row.cells)
    while len(cells) > len(names) and not cells[-1]:
        cells.pop()
    if len(cells) != len(names):
        reason = f"has {len(cells)} fields, and the header {len(names)}"
        faults.add("file_cannot_be_used", at(row.line), reason)
        return None
    for name, cell in zip(names, cells, strict=True):
        if any(unicodedata.category(one) == "Cc" and one not in _WHITE_SPACE for one in cell):
            faults.add("file_cannot_be_used", at(row.line, name), "holds a control character")
            return None
    return {name: cell for name, cell in zip(names, cells, strict=True) if cell}

"""XLSX: one sheet, of text and whole numbers. What would blow up is refused from the archive's directory, before it is unpacked,
or from a count of its elements, before anything is built of them.

A formula has no value that we could vouch for, and a date cell has no zone: both are refused by name. Times are text, as in
CSV. A text that looks like a formula is a text.
"""

import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from slaservice.outages.importers.files.parts import check_parts
from slaservice.outages.importers.files.tables import MAX_COLUMNS, MAX_ROWS, Row, at, refused

MAX_ENTRIES = 1000
MAX_UNPACKED = 50_000_000
MAX_RATIO = 100
_SMALL = 1_000_000
"""An entry below this may be packed as tightly as it likes."""

ZIP = b"PK\x03\x04"
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"

_BROKEN = (
    AttributeError,
    EOFError,
    IndexError,
    InvalidFileException,
    KeyError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)
"""What the library raises at files that are no workbooks; a fault of XML is a SyntaxError."""

_KINDS = {
    "f": "is a formula; paste its value instead",
    "d": "is a date cell, which has no zone; write the time as text, such as 2026-04-10T12:00:00Z",
    "e": "is an error",
    "b": "is TRUE or FALSE; write a text",
}
_INEXACT = 10**15


def rows_of(content: bytes, *, days: bool = False) -> Iterator[Row]:
    """The rows of the only sheet. Invalid with what cannot be used. `days`: a date cell at midnight is its day, as text."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except _BROKEN:
        raise refused("file", "is no XLSX: the archive cannot be opened") from None
    _check_size(archive.infolist())
    try:
        check_parts(archive)
        with warnings.catch_warnings(action="ignore"):  # what it does not support of a sheet's looks
            book = openpyxl.load_workbook(BytesIO(content), read_only=True, keep_links=False)
            yield from _rows(_only_sheet(book), days)
    except _BROKEN as fault:
        raise refused("file", f"cannot be read as XLSX: {type(fault).__name__}") from None


def _check_size(entries: Sequence[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    tight = any(one.file_size > max(_SMALL, MAX_RATIO * one.compress_size) for one in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or tight:
        raise refused(
            "file",
            f"unpacks to {unpacked:,} bytes in {len(entries)} parts; it may be {MAX_UNPACKED:,} in {MAX_ENTRIES}, and no part "
            f"{MAX_RATIO} times what it is packed to. Send a larger table as CSV",
        )


def _only_sheet(book: Any) -> Any:
    if len(book.worksheets) != 1:
        names = ", ".join(sheet.title[:60] for sheet in book.worksheets[:10])
        raise refused("file", f"has {len(book.worksheets)} sheets ({names}); leave the one that is meant")
    sheet = book.worksheets[0]
    sheet.reset_dimensions()  # what the file claims of its size may be a lie
    return sheet


def _rows(sheet: Any, days: bool) -> Iterator[Row]:
    """Every row, as long as the longest so far: a sheet does not write what is empty at its right."""
    width = 0
    for line, cells in enumerate(sheet.iter_rows(), 1):
        if line > MAX_ROWS + 1:
            raise refused(at(line), f"the sheet has more than {MAX_ROWS:,} rows")
        if len(cells) > MAX_COLUMNS:
            raise refused(at(line), f"the sheet has more than {MAX_COLUMNS} columns")
        width = max(width, len(cells))
        yield Row(line, [_text(cell, line, days) for cell in cells] + [""] * (width - len(cells)))


def _text(cell: Any, line: int, days: bool) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str) and cell.data_type != "f" and cell.data_type != "e":
        return value
    if isinstance(value, int | float) and cell.data_type == "n":
        return _number(value, at(line, cell.column_letter))
    if days and isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    raise refused(at(line, cell.column_letter), _KINDS.get(cell.data_type, "is neither text nor a number"))


def _number(value: float, path: str) -> str:
    if not abs(value) < _INEXACT:
        raise refused(path, "is a number that spreadsheets do not keep exactly; write it as text")
    return str(int(value)) if value == int(value) else str(value)

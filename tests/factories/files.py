"""CSV and XLSX files as operators send them."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl

Row = dict[str, Any]


def an_outage_row(external_id: str = "o1", **values: Any) -> Row:
    """A major outage of the API for the enterprise tier, noon to two on 10 April 2026."""
    return {
        "external_id": external_id,
        "component": "api",
        "tiers": "enterprise",
        "start": "2026-04-10T12:00:00Z",
        "end": "2026-04-10T14:00:00Z",
        "severity": "major_outage",
        **values,
    }


def a_maintenance_row(external_id: str = "m1", **values: Any) -> Row:
    """Scheduled maintenance of everything, two to four on 20 April 2026."""
    return {
        "external_id": external_id,
        "component": "*",
        "tiers": "*",
        "category": "scheduled_maintenance",
        "start": "2026-04-20T02:00:00Z",
        "end": "2026-04-20T04:00:00Z",
        "title": "New disks",
        "announced_at": "2026-04-13T09:00:00Z",
        **values,
    }


def a_count_row(hour: int = 0, **values: Any) -> Row:
    """Requests of the API from the enterprise tier in one hour of April 2026."""
    return {
        "component": "api",
        "tier": "enterprise",
        "start": f"2026-04-{1 + hour // 24:02}T{hour % 24:02}:00:00Z",
        "seconds": 3600,
        "total": 1000,
        "failed": 1,
        **values,
    }


def a_csv(*rows: Row, delimiter: str = ",", encoding: str = "utf-8", end: str = "\r\n") -> bytes:
    """The rows below a header of every name that one of them has."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, delimiter=delimiter, lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def an_xlsx(rows: Iterable[Sequence[Any]], *more_sheets: str) -> bytes:
    """A workbook of these rows, cells typed as they are in Python; a text is a text even if it begins with "="."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            cell.value = value.text if isinstance(value, Formula) else value
            if isinstance(value, str):
                cell.data_type = "s"
    for title in more_sheets:
        book.create_sheet(title)
    return _saved(book)


class Formula:
    def __init__(self, text: str) -> None:
        self.text = text


def as_xlsx(*rows: Row) -> bytes:
    """The same table as `a_csv`."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    return an_xlsx([names, *([row.get(name) for name in names] for row in rows)])


def with_part(workbook: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one of its parts replaced, or added."""
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook)) as old,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        new.writestr(name, content)
    return result.getvalue()


def _saved(book: Any) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()

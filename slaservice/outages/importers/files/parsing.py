"""Bytes -> rows -> values, or every fault with its line and column. Nothing here writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slaservice.outages.importers.entries import Directory, of_cell, read
from slaservice.outages.importers.files import delimited, workbook
from slaservice.outages.importers.files.kinds import Kind
from slaservice.outages.importers.files.tables import MAX_BYTES, Found, Row, at, entries_of, refused
from slaservice.rules.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file: facts of an outage or a maintenance, or a request count."""

    number: int
    value: Any
    external_id: str = ""


def parse(kind: Kind, content: bytes, *, now: datetime) -> list[Line]:
    """Every row. Invalid with every fault of the file; Refusal `body_too_large`."""
    faults, directory = Found(), Directory()
    lines: list[Line] = []
    first: dict[str, int] = {}
    for number, cells in entries_of(rows_of(content), kind.columns, faults):
        before = len(faults.errors)
        entry = {name: of_cell(kind.columns[name], text, directory) for name, text in cells.items()}
        faults.prefix = f"{at(number)}, "
        values = read(entry, kind.columns, directory, faults)
        external_id = values.pop("external_id", "")
        if external_id and (there := first.setdefault(external_id, number)) != number:
            faults.add("external_id_stands_twice", "external_id", f"stands in line {there} already")
        if len(faults.errors) == before:
            lines.append(Line(number, kind.row(**values), external_id))
            if kind.register is not None:
                lines[-1].value.check(faults, now=now)
                faults.text("external_id", external_id, longest=130)
        faults.prefix = ""
    faults.raise_if_any()
    return lines


def rows_of(content: bytes, *, days: bool = False) -> Iterator[Row]:
    """The rows of a CSV or XLSX file. Invalid with what cannot be used; Refusal `body_too_large`.

    `days`: a date cell without a time is a day of the calendar, as text; otherwise it is refused, for it has no zone.
    """
    if len(content) > MAX_BYTES:
        raise Refusal("body_too_large", f"The file is larger than {MAX_BYTES:,} bytes.")
    if content.startswith(workbook.OLD_OR_LOCKED):
        raise refused(
            "file", "is an old .xls, or locked with a password; save it as .xlsx without one, or as CSV"
        )
    if content.startswith(workbook.ZIP):
        return workbook.rows_of(content, days=days)
    return delimited.rows_of(content)

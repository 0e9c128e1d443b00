"""Bytes -> lines, or every fault with its line and column; and what becomes, or would become, of the lines."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from accounts.importing.kinds import Kind
from slaservice.outages.importers.entries import Directory, read
from slaservice.outages.importers.files.parsing import rows_of
from slaservice.outages.importers.files.tables import Found, at, entries_of, refused
from slaservice.outages.importers.files.workbook import ZIP
from slaservice.rules.money import CURRENCIES
from slaservice.rules.refusal import Invalid, Refusal

MAX_ROWS = 100_000
MAX_SHOWN = 500
MAX_SHOWN_TEXT = 300

NEW, CHANGED, UNCHANGED = "new", "changed", "unchanged"

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Run:
    """Who imports, when and why, and who is told how far it is."""

    by: User | None
    now: datetime
    reason: str
    progress: Progress

    @property
    def signed(self) -> dict[str, Any]:
        """What every operation wants to know of whoever calls it."""
        return {"by": self.by, "now": self.now, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file: what its columns say, without those that are empty."""

    number: int
    values: Mapping[str, Any]
    of_workbook: bool = False

    def amount(self, column: str, currency: str) -> str | None:
        """What a column says, in full: a spreadsheet keeps 812.50 as the number 812.5. None where it is empty."""
        text: str | None = self.values.get(column)
        places = CURRENCIES.get(currency, 0)
        whole, _, part = (text or "").partition(".")
        return f"{whole}.{part:0<{places}}" if self.of_workbook and 0 < len(part) < places else text


@dataclass
class Result:
    """What became, or would become, of the rows: how many of what, and the first MAX_SHOWN that are not unchanged.

    A shown row is (line, outcome, what it is, a sentence).
    """

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    shown: list[tuple[int, str, str, str]] = field(default_factory=list)

    def tell(self, line: Line, outcome: str, subject: object, sentence: str = "") -> None:
        self.outcomes[outcome] += 1
        if outcome != UNCHANGED and len(self.shown) < MAX_SHOWN:
            self.shown.append((line.number, outcome, str(subject), sentence[:MAX_SHOWN_TEXT]))

    @property
    def counts(self) -> dict[str, int]:
        """How many rows there are, and what became of how many."""
        return {"rows": self.rows, **self.outcomes}

    def as_json(self) -> dict[str, Any]:
        """As the database keeps it."""
        return {
            "rows": self.rows,
            "outcomes": dict(self.outcomes),
            "shown": [list(one) for one in self.shown],
        }


class LineFaults:
    """The faults of a whole file, each with its line and column."""

    def __init__(self) -> None:
        self.found = Found()

    def add(self, line: Line, column: str, reason: str) -> None:
        self.found.add("file_cannot_be_used", at(line.number, column), reason)

    def refused(self, line: Line, refusal: Refusal, column: str) -> None:
        """What an operation refused: its fields are columns; what has no field is of `column`."""
        if not isinstance(refusal, Invalid):
            self.add(line, column, refusal.sentence)
            return
        for error in refusal.errors:
            self.add(line, error.path, error.reason)

    def raise_if_any(self) -> None:
        self.found.raise_if_any()

    def __len__(self) -> int:
        return len(self.found.errors)


def parse(kind: Kind, content: bytes) -> list[Line]:
    """Every row. Invalid with every fault that can be seen without the database; Refusal `body_too_large`."""
    faults, directory = Found(), Directory({}, {})
    of_workbook = content.startswith(ZIP)
    lines: list[Line] = []
    for number, cells in entries_of(rows_of(content, days=True), kind.columns, faults):
        if len(lines) >= MAX_ROWS:
            raise refused(at(number), f"the file has more than {MAX_ROWS:,} rows")
        faults.prefix = f"{at(number)}, "
        lines.append(Line(number, read(cells, kind.columns, directory, faults), of_workbook))
        faults.prefix = ""
    faults.raise_if_any()
    return lines

"""Reads a frozen ledger for display: sums of its rows by window, by exclusion, by bucket and by local day.

Sums only: which instant counts how much was decided when the statement was made, and stands in the rows.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

from reports.pdf.clock import Clock
from slaservice.rules.evidence import parse_instant
from slaservice.rules.intervals import SECOND


class Row(NamedTuple):
    """One stretch of the period in one bucket; instants in microseconds, `loss` the share that is lost."""

    start: int
    end: int
    bucket: str
    eligible: bool
    loss: Fraction
    windows: tuple[str, ...]
    exclusion: str | None
    marks: tuple[str, ...]

    @property
    def seconds(self) -> Fraction:
        """How long it is."""
        return Fraction(self.end - self.start, SECOND)

    @property
    def lost(self) -> Fraction:
        """Seconds."""
        return self.loss * (self.end - self.start) / SECOND


class Day(NamedTuple):
    """A local day of one ledger: seconds of it that are eligible, lost and excluded."""

    date: date
    eligible: Fraction
    lost: Fraction
    excluded: Fraction


@dataclass(frozen=True, slots=True)
class Ledger:
    """The rows of one signal in time order; they cover the period without gap or overlap."""

    component: str | None
    rows: tuple[Row, ...]

    def downtime(self) -> Fraction:
        """Seconds lost."""
        return sum((row.lost for row in self.rows if row.loss), Fraction(0))

    def seconds(self, bucket: str, *, eligible: bool) -> Fraction:
        """Seconds in a bucket, of the rows that are part of the eligible time or of those that are not."""
        return Fraction(
            sum(r.end - r.start for r in self.rows if r.bucket == bucket and r.eligible == eligible), SECOND
        )

    def eligible(self) -> Fraction:
        """Seconds of the eligible time."""
        return Fraction(sum(row.end - row.start for row in self.rows if row.eligible), SECOND)

    def within(self, start: int, end: int) -> Iterable[Row]:
        """The rows that touch [start, end)."""
        first = max(0, bisect_right(self.rows, start, key=lambda row: row.start) - 1)
        for row in self.rows[first:]:
            if row.start >= end:
                return
            if row.end > start:
                yield row

    def days(self, clock: Clock) -> list[Day]:
        """The local days of the period."""
        days = []
        for day, start, end in clock.days():
            eligible = lost = excluded = Fraction(0)
            for row in self.within(start, end):
                length = Fraction(min(row.end, end) - max(row.start, start), SECOND)
                eligible += length if row.eligible else 0
                excluded += length if row.bucket == "excluded" else 0
                lost += length * row.loss if row.loss else 0
            days.append(Day(day, eligible, lost, excluded))
        return days


def read(result: Mapping[str, Any]) -> tuple[Ledger, ...]:
    """The ledgers of a result: one, or one for each component where their ratios are combined."""
    return tuple(Ledger(part["component"], tuple(map(read_row, part["rows"]))) for part in result["ledger"])


def read_row(row: Mapping[str, Any]) -> Row:
    """A row of a result's ledger."""
    return Row(
        parse_instant(row["start"]),
        parse_instant(row["end"]),
        row["bucket"],
        row["eligible"],
        Fraction(row["loss"]),
        tuple(row["windows"]),
        row["exclusion"],
        tuple(row["marks"]),
    )


def lost_by_window(ledgers: Iterable[Ledger]) -> dict[str, Fraction]:
    """Seconds that each window decided. A row without a window is named by its bucket."""
    lost: dict[str, Fraction] = defaultdict(Fraction)
    for ledger in ledgers:
        for row in ledger.rows:
            if row.loss:
                lost[row.windows[0] if row.windows else row.bucket] += row.lost
    return dict(lost)


def excluded_by_exclusion(ledgers: Iterable[Ledger]) -> dict[str, Fraction]:
    """Seconds that each exclusion took out."""
    times: Counter[str] = Counter()
    for ledger in ledgers:
        for row in ledger.rows:
            if row.exclusion is not None:
                times[row.exclusion] += row.end - row.start
    return {name: Fraction(time, SECOND) for name, time in times.items()}


def lost_by_loss(ledger: Ledger) -> list[tuple[Fraction, Fraction]]:
    """(loss, seconds at that loss), the highest first: what the downtime is the sum of."""
    times: Counter[Fraction] = Counter()
    for row in ledger.rows:
        if row.loss:
            times[row.loss] += row.end - row.start
    return [(loss, Fraction(times[loss], SECOND)) for loss in sorted(times, reverse=True)]

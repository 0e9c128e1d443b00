"""A statement’s ledger as tables for spreadsheets: what each column says of a row. One of them is in every PDF too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from reports.buckets import Clause, Commitment, buckets
from reports.pdf.ledger import Row
from slaservice.history.admin.exports import Column
from slaservice.rules.evidence import instant_text
from slaservice.rules.exact import fixed, rounded

PLACES = 12
"""Decimals of what is no finite decimal, such as a third."""

Json = Mapping[str, Any]


class BucketRow(NamedTuple):
    """A row of the ledger, read once for all its columns."""

    commitment: str
    component: str | None
    row: Row
    clauses: Sequence[Clause]


class WindowRow(NamedTuple):
    """A recorded outage as one commitment judges it, by its number on paper: seconds it decided, or why it counts nothing."""

    commitment: str
    number: int
    name: str
    outage: Json
    incident: Json
    lost: Fraction
    dropped: str | None


def decimal(value: Fraction) -> Decimal:
    """Exact where it is a decimal of at most PLACES, else rounded."""
    text = fixed(rounded(value, PLACES, "half_even"), PLACES)
    return Decimal(text.rstrip("0").rstrip("."))


BUCKETS: list[Column] = [
    Column("Commitment", lambda one: one.commitment),
    Column("Component", lambda one: one.component),
    Column("Start", lambda one: instant_text(one.row.start)),
    Column("End", lambda one: instant_text(one.row.end)),
    Column("Seconds", lambda one: decimal(one.row.seconds)),
    Column("Bucket", lambda one: one.row.bucket),
    Column("Eligible", lambda one: one.row.eligible),
    Column("Loss", lambda one: decimal(one.row.loss)),
    Column("Lost seconds", lambda one: decimal(one.row.lost)),
    Column("Windows", lambda one: ", ".join(one.row.windows)),
    Column("Exclusion", lambda one: one.row.exclusion),
    Column("Marks", lambda one: ", ".join(one.row.marks)),
    Column("Clause", lambda one: ", ".join(clause.number for clause in one.clauses if clause.number)),
    Column("Terms", lambda one: " ".join(clause.sentence for clause in one.clauses)),
]

WINDOWS: list[Column] = [
    Column("Commitment", lambda one: one.commitment),
    Column("Number", lambda one: one.number),
    Column("Window", lambda one: one.name),
    Column("Incident", lambda one: one.incident.get("reference")),
    Column("Title", lambda one: one.incident.get("title")),
    Column("Component", lambda one: one.outage["component"]),
    Column("Severity", lambda one: one.outage["severity"]),
    Column("Affected share", lambda one: decimal(Fraction(one.outage["affected_share"]))),
    Column("Start", lambda one: one.outage["start"]),
    Column("End", lambda one: one.outage["end"]),
    Column("Counted seconds", lambda one: decimal(one.lost)),
    Column("Counts nothing because", lambda one: one.dropped),
]


def bucket_rows(found: Sequence[Commitment]) -> Iterator[BucketRow]:
    """Every row of every ledger."""
    for one in buckets(found):
        row = one.row
        yield BucketRow(one.commitment.id, one.component, row, one.commitment.clauses_of(row))


def window_rows(found: Sequence[Commitment]) -> Iterator[WindowRow]:
    """Every recorded outage of every commitment."""
    for one in found:
        dropped = {drop["id"]: drop["reason"] for drop in one.case["expected"]["reasons"]["dropped_windows"]}
        for number, (name, outage) in enumerate(one.outages.items(), 1):
            incident, lost = one.incidents.get(name, {}), one.lost.get(name, Fraction(0))
            yield WindowRow(one.id, number, name, outage, incident, lost, dropped.get(name))


TABLES: Mapping[str, tuple[list[Column], Callable[[Sequence[Commitment]], Iterator[Any]]]] = {
    "buckets": (BUCKETS, bucket_rows),
    "windows": (WINDOWS, window_rows),
}
"""By name: its columns, and its rows."""

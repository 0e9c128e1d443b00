"""A statement’s ledger as tables for spreadsheets: what each column says of a row. One of them is in every PDF too."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from reports.buckets import Clause, buckets, commitments
from reports.pdf import facts
from reports.pdf.incidents import window_note
from reports.pdf.language import ENGLISH, speaking
from reports.pdf.ledger import Row
from slaservice.history.admin.exports import Column
from slaservice.rules.evidence import instant_text
from slaservice.rules.exact import fixed, rounded
from slaservice.rules.signal import window_name

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
    """A recorded outage as one commitment judges it, by its number on paper: seconds it decided, and why these are none, or fewer
    than it lasted."""

    commitment: str
    number: int
    name: str
    outage: Json
    incident: Json
    lost: Fraction
    less: str


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
    Column("Counts less because", lambda one: one.less),
]


def bucket_rows(document: Json) -> Iterator[BucketRow]:
    """Every row of every ledger."""
    for one in buckets(commitments(document)):
        row = one.row
        yield BucketRow(one.commitment.id, one.component, row, one.commitment.clauses_of(row))


def window_rows(document: Json) -> Iterator[WindowRow]:
    """Every recorded outage of every commitment, in English whatever the paper speaks: columns are read by programs too."""
    for one in commitments(document):
        case = facts.read(one.case, document)
        judged = [(window_name(outage, place), outage) for place, outage in enumerate(case.evidence.outages)]
        for number, (name, outage) in enumerate(judged, 1):
            incident, lost = one.incidents.get(name, {}), one.lost.get(name, Fraction(0))
            with speaking(ENGLISH):
                less = window_note(case, name, outage, lost)
            yield WindowRow(one.id, number, name, one.outages[name], incident, lost, less)


TABLES: Mapping[str, tuple[list[Column], Callable[[Json], Iterator[Any]]]] = {
    "buckets": (BUCKETS, bucket_rows),
    "windows": (WINDOWS, window_rows),
}
"""By name: its columns, and its rows."""

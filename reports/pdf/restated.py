"""What a restatement changes, as a small table: before and now, for every commitment and for the credit owed in total."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from reports.pdf import figures
from reports.pdf.facts import Document
from reports.pdf.text import printable

_NONE = "–"


@dataclass(frozen=True, slots=True)
class Restated:
    """One commitment: its name, and (before, now) of downtime, uptime and credit; a dash where a revision has it not."""

    name: str
    downtime: tuple[str, str]
    uptime: tuple[str, str]
    credit: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Difference:
    """To the revision `of`: its commitments, and (before, now) of what is owed for all of them."""

    of: str
    rows: list[Restated]
    owed: tuple[str, str]


def difference_of(document: Document) -> Difference | None:
    """None for what restates nothing."""
    found = document.get("difference")
    if found is None:
        return None
    owed = (_money(found, found["owed_before"]), _money(found, found["owed_after"]))
    return Difference(printable(found["of"], 60), [_restated(found, one) for one in found["cases"]], owed)


def _restated(found: Document, one: Mapping[str, Any]) -> Restated:
    before, now = (_shown(found, side) for side in (one["before"], one["after"]))
    down, up, credit = zip(before, now, strict=True)
    return Restated(printable(one["id"], 80), down, up, credit)


def _shown(found: Document, side: Mapping[str, Any] | None) -> tuple[str, str, str]:
    if side is None:
        return _NONE, _NONE, _NONE
    return (
        figures.brief(Fraction(side["downtime_seconds"])),
        figures.percent(Fraction(side["uptime_percent"]), 3),
        _money(found, side["credit_amount"]),
    )


def _money(found: Document, amount: str) -> str:
    return figures.money(Fraction(amount), found["currency"], len(amount.partition(".")[2]))

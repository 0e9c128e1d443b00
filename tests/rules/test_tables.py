"""Holes and overlaps of a credit table are told, never refused."""

from typing import Any

import pytest

from slaservice.rules.documents import parse_terms
from slaservice.rules.tables import remarks
from tests.rules.samples import terms


def row(
    low: str | None, high: str | None, *, low_closed: bool = True, high_closed: bool = False
) -> dict[str, Any]:
    return {"from": low, "from_closed": low_closed, "to": high, "to_closed": high_closed, "credit": "10"}


def said(*rows: dict[str, Any], **more: Any) -> list[str]:
    table = [{"type": "brackets", "quantity": "uptime_percent", "ranges": list(rows)}]
    return [sentence for _, sentence in remarks(parse_terms(terms(credit__rules=table, **more)))]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("99", "99.9"), row(None, "99")], []),
        ([row(None, "99"), row("99", "99.9")], []),  # whatever the order
        ([row("99", "99.9", low_closed=False), row(None, "99")], ["At exactly 99 there is no credit."]),
        ([row("99.1", "99.9"), row(None, "99")], ["Between 99 and 99.1 there is no credit."]),
        (
            [row("98.5", "99.9"), row(None, "99")],
            ["Two rows overlap between 98.5 and 99: the one that is listed first counts."],
        ),
        (
            [row("99", "99.9"), row(None, "99", high_closed=True)],
            ["At exactly 99 two rows overlap: the one that is listed first counts."],
        ),
        ([row(None, "99.5")], ["Between 99.5 and the commitment of 99.9 there is no credit."]),
        ([row(None, None)], []),
        (
            [row(None, "99"), row(None, "99.9")],
            ["Two rows overlap between the lowest value and 99: the one that is listed first counts."],
        ),
        (
            [row("99", None), row("99.5", None)],
            ["Two rows overlap between 99.5 and the highest value: the one that is listed first counts."],
        ),
        ([row("99", "99.9"), row(None, "98"), row("98", "99")], []),
        ([row("0.5", None), row("0", "0.5")], []),  # nothing below 0 is looked for
        (
            [row("99.5", "99.8"), row("98", "99"), row(None, "98")],
            [
                "Between 99 and 99.5 there is no credit.",
                "Between 99.8 and the commitment of 99.9 there is no credit.",
            ],
        ),
    ],
)
def test_what_a_table_leaves_open_is_said(rows: list[dict[str, Any]], expected: list[str]) -> None:
    assert said(*rows) == expected


def test_above_the_commitment_nothing_is_missing() -> None:
    assert said(row(None, "99.5"), credit__gate={"kind": "always"}) == []


def test_every_rule_is_looked_at_and_named_by_its_path() -> None:
    table = {"type": "brackets", "quantity": "runs", "ranges": [row("1", "2"), row("3", "4")]}
    meter = {"type": "metered", "quantity": "runs", "step": "1", "round": "exact", "rate": "1"}
    assert remarks(parse_terms(terms(credit__rules=[table, meter, table]))) == [
        ("credit.rules[0].ranges", "Between 2 and 3 there is no credit."),
        ("credit.rules[2].ranges", "Between 2 and 3 there is no credit."),
    ]

"""The ladder: 'below 99.9: 10, below 99: 25, below 95: 100', short for the explicit ranges of a credit table.

Each rung reaches to the next one in its direction, the last one to the end. Rungs may stand in any order; their ranges stand in
the same, so that the n-th rung is the n-th range.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slaservice.rules.exact import parse_exact


@dataclass(frozen=True, slots=True)
class Direction:
    """`down`: rungs lead to lower values. `closed`: a rung's own bound belongs to it."""

    words: str
    down: bool
    closed: bool


DIRECTIONS = {
    "below": Direction("below", down=True, closed=False),
    "at_most": Direction("at most", down=True, closed=True),
    "above": Direction("above", down=False, closed=False),
    "at_least": Direction("at least", down=False, closed=True),
}

Rung = tuple[str, str]
"""Bound and credit, as texts."""


def ranges_of(rungs: Sequence[Rung], direction: str) -> list[dict[str, Any]]:
    """The ranges that a ladder stands for. A bound that is no number makes a range of its own, for the rules to refuse."""
    way = DIRECTIONS[direction]
    return [_range(bound, _next(bound, rungs, way), credit, way) for bound, credit in rungs]


def _range(bound: str, beyond: str | None, credit: str, way: Direction) -> dict[str, Any]:
    near, far = ("to", "from") if way.down else ("from", "to")
    row = {near: bound, f"{near}_closed": way.closed, far: beyond}
    row[f"{far}_closed"] = (not way.closed) if way.down or beyond is not None else True
    return row | {"credit": credit}


def _next(bound: str, rungs: Sequence[Rung], way: Direction) -> str | None:
    """The bound at which the next rung takes over; None on the last one."""
    here = _value(bound)
    further = [
        (value, text)
        for text, _ in rungs
        if here is not None
        and (value := _value(text)) is not None
        and (value < here if way.down else value > here)
    ]
    if not further:
        return None
    return (max if way.down else min)(further)[1]


def _value(text: str) -> Any:
    try:
        return parse_exact(text)
    except ValueError:
        return None


def ladder_of(ranges: Sequence[Mapping[str, Any]]) -> tuple[str, list[Rung]] | None:
    """Direction and rungs, where the ranges are exactly those of a ladder."""
    for direction, way in DIRECTIONS.items():
        near = "to" if way.down else "from"
        rungs = [(row[near], row["credit"]) for row in ranges if row[near] is not None]
        if len(rungs) == len(ranges) and ranges_of(rungs, direction) == list(ranges):
            return direction, rungs
    return None

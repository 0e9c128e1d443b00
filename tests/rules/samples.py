"""Small case documents to start from: `terms(...)` and `case(...)` with what a test wants to say, by dotted path."""

from copy import deepcopy
from typing import Any

Json = dict[str, Any]

_TERMS: Json = {
    "commitment_percent": "99.9",
    "signal": {"severity_weight": {"down": "1", "partial": "3/10", "degraded": "0"}},
    "components": {"names": ["main"]},
    "credit": {
        "rules": [
            {
                "type": "brackets",
                "quantity": "uptime_percent",
                "ranges": [
                    {"from": "99", "from_closed": True, "to": "99.9", "to_closed": False, "credit": "10"},
                    {"from": None, "from_closed": True, "to": "99", "to_closed": False, "credit": "25"},
                ],
            }
        ]
    },
    "money": {"currency": "USD"},
}
_INPUT: Json = {"period": {"kind": "calendar", "year": 2026, "month": 4, "timezone": "UTC"}, "fee": "1000.00"}


def changed(document: Json, changes: Json) -> Json:
    """A copy with values put at dotted paths; a value of `...` takes the field away."""
    copy = deepcopy(document)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place: Any = copy
        for step in parents:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
        if value is ...:
            del place[last]
        elif isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
    return copy


def terms(**changes: Any) -> Json:
    """Terms, changed at paths written with double underscores: `shape__quantum_seconds=60`."""
    return changed(_TERMS, {path.replace("__", "."): value for path, value in changes.items()})


def outage(start: str, end: str | None, severity: str = "down", component: str = "main", **more: Any) -> Json:
    """A window on a day of April 2026: `outage("10 12:00", "10 12:30")`."""
    return {
        "component": component,
        "start": at(start),
        "end": None if end is None else at(end),
        "severity": severity,
        **more,
    }


def at(text: str) -> str:
    """'10 12:00' or '10 12:00:05.25' as an instant of April 2026 in UTC; a full date stays as it is."""
    day, clock = text.split(" ")
    date = day if "-" in day else f"2026-04-{day}"
    return f"{date}T{clock if clock.count(':') == 2 else clock + ':00'}Z"


def case(*outages: Json, terms: Json | None = None, **more: Any) -> Json:
    """A case of April 2026 with these outages; `more` are other fields of the input."""
    return {
        "terms": terms or deepcopy(_TERMS),
        "input": {**deepcopy(_INPUT), "outages": list(outages), **more},
    }

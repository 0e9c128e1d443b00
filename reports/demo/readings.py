"""What four readings of the same public record make of a month: `python -m reports.demo.readings`.

The definition, not the data, sets the number. The demonstration bills by the last of the four; the others
stand beside it, so that nobody has to take that on trust. Standard library only: it counts independently of
the rules and of the importer.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
RANK = {"operational": 0, "degraded_performance": 1, "partial_outage": 2, "major_outage": 3}
WEIGHTS = (Fraction(1), Fraction(3, 10))
"""What a partial outage weighs; a major outage weighs 1, degraded performance 0."""

_MICROSECOND = timedelta(microseconds=1)

Json = dict[str, Any]
Readings = dict[str, list["Window"]]


@dataclass(frozen=True)
class Window:
    """One component at one severity in `[start, end)`; `cleared` is false where no update ever ended it."""

    reference: str
    incident: str
    component: str
    start: datetime
    end: datetime
    severity: str
    cleared: bool = True


def load(name: str) -> Json:
    """One of this folder's JSON files."""
    loaded: Json = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return loaded


def instant(text: str) -> datetime:
    """An aware UTC datetime from ISO 8601."""
    return datetime.fromisoformat(text).astimezone(UTC)


def codes(customers: Json) -> dict[str, str]:
    """Component id of the feed -> our code."""
    return {component["feed_id"]: component["code"] for component in customers["components"]}


def oldest_first(incident: Json) -> list[Json]:
    """The incident's updates by the time at which they say it happened."""
    return sorted(incident["incident_updates"], key=lambda update: instant(update["display_at"]))


def posted(feed: Json, code: dict[str, str]) -> list[Window]:
    """Incident by incident: stretches of equal status that is not operational, as the importer proposes."""
    return [window for incident in feed["incidents"] for window in _posted(incident, code)]


def _posted(incident: Json, code: dict[str, str]) -> list[Window]:
    states: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for update in oldest_first(incident):
        for affected in update["affected_components"] or ():
            states[affected["code"]].append((instant(update["display_at"]), affected["new_status"]))
    windows = []
    for external, changes in states.items():
        stretches = _stretches(changes, instant(incident["resolved_at"]))
        for number, (start, end, severity, cleared) in enumerate(stretches, start=1):
            reference = f"{incident['id']}/{code[external]}/{number}"
            windows.append(Window(reference, incident["id"], code[external], start, end, severity, cleared))
    return windows


def _stretches(
    changes: list[tuple[datetime, str]], close: datetime
) -> list[tuple[datetime, datetime, str, bool]]:
    """(start, end, status, cleared) of every stretch with length and a status that is not operational."""
    found: list[tuple[datetime, datetime, str, bool]] = []
    since, current = changes[0]
    for at, status in [*changes[1:], (close, "")]:
        if status != current:
            if current != "operational" and at > since:
                found.append((since, at, current, status != ""))
            since, current = at, status
    return found


def lifecycle(feed: Json, code: dict[str, str]) -> list[Window]:
    """Incident by incident, started to resolved, at the worst status posted; only what left operational."""
    worst: dict[tuple[str, str], Window] = {}
    for window in posted(feed, code):
        key = (window.incident, window.component)
        if key not in worst or RANK[window.severity] > RANK[worst[key].severity]:
            worst[key] = window
    times = {i["id"]: (instant(i["started_at"]), instant(i["resolved_at"])) for i in feed["incidents"]}
    return [
        Window(w.reference, w.incident, w.component, *times[w.incident], w.severity) for w in worst.values()
    ]


def last_writer(feed: Json, code: dict[str, str]) -> list[Window]:
    """All incidents in one sequence: a component has the status that was posted last, by whomever."""
    changes: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    updates = [update for incident in feed["incidents"] for update in incident["incident_updates"]]
    for update in sorted(updates, key=lambda update: instant(update["display_at"])):
        for affected in update["affected_components"] or ():
            changes[affected["code"]].append((instant(update["display_at"]), affected["new_status"]))
    return [
        Window("", "", code[external], start, end, severity, cleared)
        for external, sequence in changes.items()
        for start, end, severity, cleared in _stretches(sequence, sequence[-1][0])
    ]


def confirmed(feed: Json, decisions: Json, code: dict[str, str]) -> list[Window]:
    """What the decisions leave: the stated window where it is exact, else the posted status."""
    proposed = {window.reference: window for window in posted(feed, code)}
    windows = []
    for decision in decisions["decisions"]:
        incident = decision["incident"]
        windows += [proposed[reference] for reference in decision.get("confirm", ())]
        for correction in decision.get("correct", ()):
            was = proposed[correction["window"]]
            span = instant(correction["start"]), instant(correction["end"])
            severity = correction.get("severity", was.severity)
            windows.append(Window(was.reference, incident, was.component, *span, severity))
        for record in decision.get("record", ()):
            span = instant(record["start"]), instant(record["end"])
            windows.append(Window("", incident, record["component"], *span, record["severity"]))
    return windows


def downtime(
    windows: Iterable[Window], component: str, start: datetime, end: datetime, partial: Fraction
) -> Fraction:
    """Seconds lost by a component in `[start, end)`: between any two edges the highest weight counts."""
    weight = {"major_outage": Fraction(1), "partial_outage": partial}
    touching = [
        (max(w.start, start), min(w.end, end), weight[w.severity])
        for w in windows
        if w.component == component and w.severity in weight and w.start < end and w.end > start
    ]
    edges = sorted({edge for span in touching for edge in span[:2]})
    lost = Fraction(0)
    for left, right in pairwise(edges):
        loss = max((w for a, b, w in touching if a <= left and right <= b), default=Fraction(0))
        lost += loss * ((right - left) // _MICROSECOND)
    return lost / 1_000_000


def percent(lost: Fraction, length: timedelta) -> str:
    """Uptime in percent with six decimals, rounded down."""
    millionths = int((1 - lost / Fraction(length // _MICROSECOND, 1_000_000)) * 100_000_000)
    return f"{millionths // 1_000_000}.{millionths % 1_000_000:06}"


def readings(feed: Json, decisions: Json, code: dict[str, str]) -> Readings:
    """Every reading by its name in the table."""
    by_feed: dict[str, Callable[[Json, dict[str, str]], list[Window]]] = {
        "incident lifecycle": lifecycle,
        "last writer wins": last_writer,
        "posted status": posted,
    }
    read = {name: reading(feed, code) for name, reading in by_feed.items()}
    return read | {"confirmed": confirmed(feed, decisions, code)}


def table(year: int, month: int) -> list[str]:
    """A month in UTC as a Markdown table: component, weight of a partial outage, uptime by each reading."""
    customers = load("customers.json")
    found = readings(load("feed.json"), load("decisions.json"), codes(customers))
    start = datetime(year, month, 1, tzinfo=UTC)
    end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
    names = " | ".join(found)
    lines = [f"| component | partial weighs | {names} |", "| --- | --- |" + " ---: |" * len(found)]
    for component in customers["components"]:
        for weight in WEIGHTS:
            lost = [downtime(windows, component["code"], start, end, weight) for windows in found.values()]
            uptimes = [f"{percent(each, end - start)} %" for each in lost]
            cells = [component["name"], f"{float(weight):g}", *uptimes]
            lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    print("\n".join(table(2026, 4)))

"""What five readings of the same public record make of April: `python -m reports.demo.readings`, kept as READINGS.md.

The definition, not the data, sets the number. The demonstration bills by the last of the five; the others
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
WEIGHTS = {"1": Fraction(1), "0.3": Fraction("0.3")}
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


def stated(feed: Json, decisions: Json, code: dict[str, str]) -> list[Window]:
    """Only the exact windows that texts state, of the components that they were confirmed for."""
    by_text = {
        (decision["incident"], instant(entry["start"]), instant(entry["end"]))
        for decision in decisions["decisions"]
        for entry in [*decision.get("correct", ()), *decision.get("record", ())]
        if entry["basis"] == "stated_window"
    }
    return [w for w in confirmed(feed, decisions, code) if (w.incident, w.start, w.end) in by_text]


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
    return read | {
        "stated alone": stated(feed, decisions, code),
        "confirmed": confirmed(feed, decisions, code),
    }


APRIL = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
TARGETS = ("99.9", "99.8", "99.5", "99", "98")
SHOWN_DIFFERENCES = 8

READINGS = {
    "incident lifecycle": "an incident from its start to its resolution, for each component that it took out of operational, "
    "at the worst status posted for it",
    "last writer wins": "all updates of all incidents in one sequence: a component has the status that was posted last, by "
    "whomever, as the page showed it",
    "posted status": "incident by incident: each component from the update that set its status to the one that changed or "
    "cleared it",
    "stated alone": "only the exact windows that texts state; an incident whose text times nothing did not happen",
    "confirmed": "what the demonstration bills by: the stated window where it is exact, else the posted status "
    "(`decisions.json`)",
}

ABOUT = """\
# April 2026 by five readings

One public record, 49 incidents, read in five ways. Made by `python -m reports.demo.readings > reports/demo/READINGS.md`; a test
holds this page to that.
"""

MEASURE = """
April has 2,592,000 seconds, in UTC. A major outage weighs 1, degraded performance nothing, a partial outage 1 or 0.3. Where
two overlap, the heavier counts, once. Uptime is rounded down.

## Uptime
"""

DECIDED = """
Last writer wins and posted status part only at Claude Console: an update took it down and none of that incident ever set it
back, so that on the page it stood at major outage for 16 hours, until somebody posted about it again. Stated alone is blind
wherever nobody wrote a window down, which is most of the time.

## Targets that the reading decides

Where the readings disagree, without the blind one. The data is the same; what is owed is not.
"""

FARTHEST = """
## Where text and posting differ most

Seconds of April at full weight: from start to resolution, as posted, as confirmed, and the argument of `decisions.json`.
"""


def page() -> str:
    """The whole of READINGS.md."""
    customers, feed, decisions = (load(f"{name}.json") for name in ("customers", "feed", "decisions"))
    found = readings(feed, decisions, codes(customers))
    names = {component["code"]: component["name"] for component in customers["components"]}
    lines = [
        ABOUT,
        *_header("reading", "what counts"),
        *(_row(*reading) for reading in READINGS.items()),
        MEASURE,
        *_uptimes(found, names),
        DECIDED,
        *_disagreements(found, names),
        FARTHEST,
        *_differences(found, decisions, names),
    ]
    return "\n".join(lines) + "\n"


def _uptime(windows: list[Window], component: str, weight: Fraction) -> str:
    start, end = APRIL
    return percent(downtime(windows, component, start, end, weight), end - start)


def _uptimes(found: Readings, names: dict[str, str]) -> list[str]:
    """Component, weight of a partial outage, uptime by each reading."""
    lines = _header("component", "partial weighs", *found, numbers=len(found))
    for code, name in names.items():
        for written, weight in WEIGHTS.items():
            uptimes = [f"{_uptime(windows, code, weight)} %" for windows in found.values()]
            lines.append(_row(name, written, *uptimes))
    return lines


def _disagreements(found: Readings, names: dict[str, str]) -> list[str]:
    lines = _header("component", "partial weighs", "target", "met by", "missed by")
    for code, name in names.items():
        for written, weight in WEIGHTS.items():
            uptimes = {
                reading: Fraction(_uptime(windows, code, weight))
                for reading, windows in found.items()
                if reading != "stated alone"
            }
            for target in TARGETS:
                met = [reading for reading, uptime in uptimes.items() if uptime >= Fraction(target)]
                missed = [reading for reading in uptimes if reading not in met]
                if met and missed:
                    cells = name, written, f"{target} %", ", ".join(met), ", ".join(missed)
                    lines.append(_row(*cells))
    return lines


def _differences(found: Readings, decisions: Json, names: dict[str, str]) -> list[str]:
    """The incidents for which what was confirmed is farthest from what was posted, and why."""
    why = {decision["incident"]: decision["because"] for decision in decisions["decisions"]}
    lost: dict[str, dict[tuple[int, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    for incident, code in sorted({(w.incident, w.component) for w in found["posted status"]}):
        lost[incident][_seconds(found, incident, code)].append(names[code])
    by_how_much = {name: max(abs(b - c) for _, b, c in figures) for name, figures in lost.items()}
    far = sorted((name for name in lost if by_how_much[name]), key=lambda name: (-by_how_much[name], name))
    lines = _header("incident", "components", "lifecycle", "posted", "confirmed", "because")
    for incident in far[:SHOWN_DIFFERENCES]:
        for number, (seconds, components) in enumerate(sorted(lost[incident].items())):
            reason = "as above" if number else why[incident]
            lines.append(
                _row(f"`{incident}`", ", ".join(components), *(f"{one:,}" for one in seconds), reason)
            )
    return lines


def _seconds(found: Readings, incident: str, code: str) -> tuple[int, ...]:
    return tuple(
        round(downtime([w for w in found[name] if w.incident == incident], code, *APRIL, Fraction(1)))
        for name in ("incident lifecycle", "posted status", "confirmed")
    )


def _header(*cells: str, numbers: int = 0) -> list[str]:
    rules = ["---"] * (len(cells) - numbers) + ["---:"] * numbers
    return [_row(*cells), _row(*rules)]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(page(), end="")

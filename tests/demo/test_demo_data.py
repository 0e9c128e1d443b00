"""The demonstration's decisions are complete, fit what an importer proposes, and follow their own policy.

Proposals are derived here from the feed alone (reports/demo/readings.py), without the importer.
"""

import re
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import combinations
from typing import Any

import pytest

from reports.demo import readings
from reports.demo.readings import RANK, Window, downtime, instant
from tests.servers import ROOT

Json = dict[str, Any]

CUSTOMERS = readings.load("customers.json")
FEED = readings.load("feed.json")
DECIDED = readings.load("decisions.json")
README = (readings.FOLDER / "README.md").read_text(encoding="utf-8")
CODES = readings.codes(CUSTOMERS)
INCIDENTS = {incident["id"]: incident for incident in FEED["incidents"]}
DECISIONS = {decision["incident"]: decision for decision in DECIDED["decisions"]}
POSTED = {window.reference: window for window in readings.posted(FEED, CODES)}
CONFIRMED = readings.confirmed(FEED, DECIDED, CODES)

APRIL = datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 1, tzinfo=UTC)
SECONDS_SHORT = timedelta(seconds=1)


def proposals_of(incident: str) -> dict[str, Window]:
    return {reference: window for reference, window in POSTED.items() if window.incident == incident}


def traps(decision: Json) -> set[str]:
    return set(decision["trap"].split("; ")) if "trap" in decision else set()


def texts(incident: Json) -> str:
    return "\n".join(update["body"] for update in incident["incident_updates"])


def posted_states(incident: Json) -> dict[str, set[str]]:
    """Component code -> every status that the incident's updates gave it."""
    states: dict[str, set[str]] = defaultdict(set)
    for update in incident["incident_updates"]:
        for affected in update["affected_components"] or ():
            states[CODES[affected["code"]]].add(affected["new_status"])
    return states


def test_the_quarter_is_there_in_full_newest_first() -> None:
    created = [incident["created_at"] for incident in FEED["incidents"]]
    assert created == sorted(created, reverse=True)
    assert Counter(at[:7] for at in created) == {"2026-04": 49, "2026-05": 41, "2026-06": 48}
    assert len(INCIDENTS) == len(created)


def test_updates_are_newest_first_and_have_names_of_their_own() -> None:
    for incident in FEED["incidents"]:
        shown = [instant(update["display_at"]) for update in incident["incident_updates"]]
        assert shown == sorted(shown, reverse=True), incident["id"]
    names = [update["id"] for incident in FEED["incidents"] for update in incident["incident_updates"]]
    assert len(names) == len(set(names))


def test_every_incident_is_decided_once_in_the_order_in_which_they_came() -> None:
    assert [d["incident"] for d in DECIDED["decisions"]] == [i["id"] for i in reversed(FEED["incidents"])]


@pytest.mark.parametrize("incident", DECISIONS)
def test_every_proposal_of_an_incident_is_confirmed_corrected_or_withdrawn_once(incident: str) -> None:
    decision = DECISIONS[incident]
    corrected = [correction["window"] for correction in decision.get("correct", ())]
    decided = [*decision.get("confirm", ()), *corrected, *decision.get("withdraw", ())]
    assert Counter(decided) == Counter(proposals_of(incident).keys())


def test_every_decision_gives_a_reason_of_its_own() -> None:
    reasons = [decision["because"] for decision in DECIDED["decisions"]]
    assert all(len(reason) > 30 and reason.endswith(".") for reason in reasons)
    assert [reason for reason, count in Counter(reasons).items() if count > 1] == []


@pytest.mark.parametrize("incident", DECISIONS)
def test_what_is_written_down_ends_after_it_starts_and_says_on_what_it_rests(incident: str) -> None:
    decision = DECISIONS[incident]
    assert set(decision) <= {"incident", "trap", "because", "confirm", "correct", "withdraw", "record"}
    for entry in [*decision.get("correct", ()), *decision.get("record", ())]:
        assert entry["start"].endswith("Z") and entry["end"].endswith("Z")
        assert instant(entry["start"]) < instant(entry["end"])
        assert entry["basis"] in {"stated_window", "posted_status", "operator"}
    for entry in decision.get("correct", ()):
        was = POSTED[entry["window"]]
        assert (instant(entry["start"]), instant(entry["end"])) != (was.start, was.end), "corrects nothing"
    for entry in decision.get("record", ()):
        assert entry["component"] in CODES.values() and entry["severity"] in RANK


def test_a_stated_window_can_be_found_in_the_text() -> None:
    for incident, decision in DECISIONS.items():
        for entry in [*decision.get("correct", ()), *decision.get("record", ())]:
            if entry["basis"] == "stated_window":
                clocks = {entry["start"][11:16], entry["end"][11:16]}
                assert clocks <= set(re.findall(r"\d\d:\d\d", texts(INCIDENTS[incident]))), incident


def test_a_text_that_is_ambiguous_is_never_used() -> None:
    doubt = re.compile(r"\[Note:|approximately")
    doubtful = {name for name, incident in INCIDENTS.items() if doubt.search(texts(incident))}
    assert len(doubtful) == 13
    for incident in doubtful:
        decision = DECISIONS[incident]
        assert not decision.keys() & {"correct", "withdraw", "record"}


def test_a_stated_window_goes_to_all_that_left_operational_at_the_worst_status_posted() -> None:
    for incident, decision in DECISIONS.items():
        stated = [c for c in decision.get("correct", ()) if c["basis"] == "stated_window"]
        if not stated:
            continue
        proposed = sorted(proposals_of(incident).values(), key=_rank)
        worst = {window.component: window for window in proposed}
        assert "confirm" not in decision, incident
        assert {POSTED[c["window"]].component for c in stated} == set(worst), incident
        for correction in stated:
            was = POSTED[correction["window"]]
            assert correction.get("severity", was.severity) == worst[was.component].severity


def _rank(window: Window) -> int:
    return RANK[window.severity]


def test_a_status_that_was_never_cleared_is_not_confirmed_as_posted() -> None:
    confirmed = {reference for decision in DECIDED["decisions"] for reference in decision.get("confirm", ())}
    assert {reference for reference, window in POSTED.items() if not window.cleared}.isdisjoint(confirmed)


def test_listed_is_not_down() -> None:
    down = {(window.incident, window.component) for window in CONFIRMED}
    for incident, states in ((name, posted_states(incident)) for name, incident in INCIDENTS.items()):
        for component, seen in states.items():
            assert seen != {"operational"} or (incident, component) not in down


def test_where_nothing_was_posted_no_more_than_degraded_is_recorded() -> None:
    unposted = [window for window in CONFIRMED if not posted_states(INCIDENTS[window.incident])]
    assert {window.incident for window in unposted} == {"hsgj6gh6rlck", "t6v0k97s0802"}
    assert {window.severity for window in unposted} == {"degraded_performance"}


def test_confirmed_windows_of_a_component_overlap_only_where_the_file_argues_two_outages() -> None:
    found: dict[frozenset[str], set[str]] = defaultdict(set)
    for one, other in combinations(CONFIRMED, 2):
        if one.component == other.component and one.start < other.end and other.start < one.end:
            found[frozenset((one.incident, other.incident))].add(one.component)
    argued = {frozenset(o["incidents"]): set(o["components"]) for o in DECIDED["overlaps"] if o["because"]}
    assert found == argued
    assert all(len(incidents) == 2 for incidents in found), "an incident overlaps itself"


def test_nothing_that_is_confirmed_lasts_longer_than_a_day_or_crosses_a_month() -> None:
    for window in CONFIRMED:
        assert window.end - window.start < timedelta(days=1), window
        assert (window.start.month, window.end.month) in {(4, 4), (5, 5), (6, 6)}, window


def never_cleared(incident: Json) -> bool:
    return any(not window.cleared for window in proposals_of(incident["id"]).values())


def backdated(incident: Json) -> bool:
    return any(
        abs(instant(update["display_at"]) - instant(update["created_at"])) > SECONDS_SHORT
        for update in incident["incident_updates"]
    )


def label_differs(incident: Json) -> bool:
    worst = max((_rank(window) for window in proposals_of(incident["id"]).values()), default=0)
    return bool(incident["impact"] != ("none", "minor", "major", "critical")[worst])


def several_severities(incident: Json) -> bool:
    seen = defaultdict(set)
    for window in proposals_of(incident["id"]).values():
        seen[window.component].add(window.severity)
    return any(len(severities) > 1 for severities in seen.values())


NAMED: dict[str, Callable[[Json], bool]] = {
    "never cleared": never_cleared,
    "several severities": several_severities,
    "listed, not down": lambda i: {"operational"} in posted_states(i).values(),
    "null components": lambda i: any(u["affected_components"] is None for u in i["incident_updates"]),
    "empty component list": lambda i: not i["components"] and bool(posted_states(i)),
    "resolved before started": lambda i: instant(i["resolved_at"]) < instant(i["started_at"]),
    "backfill|backdated update": backdated,
    "impact label above the statuses|impact label below the statuses": label_differs,
}


@pytest.mark.parametrize("names", NAMED)
def test_a_trap_that_can_be_counted_is_named_wherever_it_stands(names: str) -> None:
    named = {incident for incident, decision in DECISIONS.items() if traps(decision) & set(names.split("|"))}
    assert named == {incident for incident, facts in INCIDENTS.items() if NAMED[names](facts)}


def test_the_readme_tells_of_every_trap_with_its_incidents() -> None:
    lines = [line for line in README.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    told = {row[0]: set(row[1].split()) for row in rows if len(row) == 3}
    found: dict[str, set[str]] = defaultdict(set)
    for incident, decision in DECISIONS.items():
        for trap in traps(decision):
            found[trap].add(incident)
    assert {trap: told[trap] for trap in told if trap not in {"trap", "---"}} == found


def test_the_page_of_readings_is_what_its_command_says() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "reports.demo.readings"], capture_output=True, check=True, cwd=ROOT
    )
    assert said.stdout.decode() == (readings.FOLDER / "READINGS.md").read_text(encoding="utf-8")


def test_every_reading_stands_on_its_page_for_every_component_at_both_weights() -> None:
    page = readings.page()
    assert list(readings.readings(FEED, DECIDED, CODES)) == list(readings.READINGS)
    for component in CUSTOMERS["components"]:
        for weight in ("1", "0.3"):
            assert f"\n| {component['name']} | {weight} |" in page
    assert all(f"\n| {reading} | " in page for reading in readings.READINGS)


def test_stated_alone_counts_a_window_only_where_a_text_states_it() -> None:
    alone = readings.stated(FEED, DECIDED, CODES)
    assert {window.incident for window in alone} < {window.incident for window in CONFIRMED}
    assert set(alone) < set(CONFIRMED)
    only = [window for window in alone if window.incident == "9l93x2ht4s5w"]
    assert downtime(only, "claude-ai", *APRIL, Fraction(1)) == 4680
    assert not [window for window in alone if window.incident == "cbffv7jf2jck"]


def test_the_incident_of_28_april_by_each_reading() -> None:
    def lost(windows: list[Window], component: str, partial: str = "1") -> Fraction:
        only = [window for window in windows if window.incident == "9l93x2ht4s5w"]
        return downtime(only, component, *APRIL, Fraction(partial))

    posted = list(POSTED.values())
    assert lost(CONFIRMED, "claude-ai") == lost(CONFIRMED, "claude-api") == 4680
    assert lost(posted, "claude-ai") == Fraction("4671.577")
    assert lost(posted, "claude-api") == Fraction("4090.123")
    assert lost(posted, "claude-api", "0.3") == Fraction("1227.0369")
    assert lost(readings.lifecycle(FEED, CODES), "claude-ai") == Fraction("5637.516")
    for listed_only in ("claude-console", "claude-government"):
        assert lost(posted, listed_only) == lost(CONFIRMED, listed_only) == 0


def test_last_writer_wins_shortens_an_outage_that_a_neighbour_reset() -> None:
    day = datetime(2026, 6, 3, tzinfo=UTC), datetime(2026, 6, 4, tzinfo=UTC)
    page = readings.last_writer(FEED, CODES)
    assert int(downtime(page, "claude-code", *day, Fraction(1))) == 10376
    assert int(downtime(CONFIRMED, "claude-code", *day, Fraction(1))) == 11983


def test_where_severities_overlap_the_worse_one_counts_once() -> None:
    def window(start: int, end: int, severity: str) -> Window:
        at, until = (datetime(2026, 4, 2, hour, tzinfo=UTC) for hour in (start, end))
        return Window("", "", "claude-api", at, until, severity)

    nested = [window(1, 5, "partial_outage"), window(2, 3, "major_outage")]
    nested.append(window(4, 7, "degraded_performance"))
    assert downtime(nested, "claude-api", *APRIL, Fraction(3, 10)) == 3600 * (1 + 3 * Fraction(3, 10))

"""The traps that real status pages set, each with data of the same shape, through the import to what operators are asked.

What a page posted becomes proposals, never facts; what it leaves open becomes a question beside the proposal. Messages of
monitors have their traps in tests/outages/webhooks, a page that lies while it is polled in tests/outages/importers.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from slaservice.outages.importers.statuspage import ImportResult, import_feed
from slaservice.outages.models import FeedComponent, Incident, Maintenance, OutageWindow
from slaservice.rules.refusal import Invalid
from tests.factories.outages import (
    NOW,
    Json,
    a_feed,
    a_feed_incident,
    a_mapping,
    a_tier,
    an_update,
    april,
)

pytestmark = pytest.mark.django_db

UP, DEGRADED, PARTIAL, MAJOR = "operational", "degraded_performance", "partial_outage", "major_outage"
CODES = {"web": "claude-web", "api": "claude-api", "code": "claude-code", "console": "console"}
PLACEHOLDER = {"name": "No components were affected by this update."}

Said = list[tuple[str, datetime, datetime | None, str]]


@pytest.fixture(autouse=True)
def explained() -> None:
    a_tier()
    for key, code in CODES.items():
        a_mapping(key, code)


def imported(*incidents: Json, **parts: Any) -> ImportResult:
    result = import_feed(feed=a_feed(*incidents, **parts), source="statuspage", by=None, now=NOW)
    again = import_feed(feed=a_feed(*incidents, **parts), source="statuspage", by=None, now=NOW)
    assert again.changed_nothing
    return result


def proposed() -> Said:
    """Every proposal: component, start, end, severity."""
    rows = OutageWindow.objects.select_related("component").order_by("start", "component__code", "end")
    assert {row.state for row in rows} <= {"proposed"}
    return [(row.component.code, row.start, row.end, row.severity) for row in rows]


def asked() -> str:
    """The note of the one proposal."""
    return OutageWindow.objects.get().note


def june(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 6, day, hour, minute, second, tzinfo=UTC)


def test_listed_is_not_down() -> None:
    """28 April: Console was listed and said to be affected, and operational in every update."""
    imported(
        a_feed_incident(
            "i",
            an_update("investigating", "17:41:55.480", {"web": (UP, MAJOR), "console": (UP, UP)}),
            an_update("monitoring", "18:59:47.057", {"web": (MAJOR, UP), "console": (UP, UP)}),
            an_update("resolved", "19:15:52.858", {"web": (UP, UP), "console": (UP, UP)}),
            components=[{"id": "web", "name": "claude.ai"}, {"id": "console", "name": "Console"}],
        )
    )
    assert proposed() == [
        ("claude-web", april(10, 17, 41, 55, 480_000), april(10, 18, 59, 47, 57_000), MAJOR),
    ]  # fmt: skip


def test_an_empty_list_of_components_hides_nothing_and_an_update_without_components_ends_nothing() -> None:
    """5 June: `components` is [], two updates have null, four components were in partial outage."""
    changes = dict.fromkeys(("web", "api", "code", "console"), (UP, PARTIAL))
    back = dict.fromkeys(changes, (PARTIAL, UP))
    imported(
        a_feed_incident(
            "i",
            an_update("investigating", "15:19:26", changes),
            an_update("identified", "15:43:00", None),
            an_update("monitoring", "17:13:32", back),
            an_update("resolved", "18:28:04", None, body="Opus 4.5 recovered at 17:29 UTC."),
            components=[],
        )
    )
    assert proposed() == [
        (code, april(10, 15, 19, 26), april(10, 17, 13, 32), PARTIAL) for code in sorted(CODES.values())
    ]


def test_an_impact_that_says_more_or_less_than_the_components_decides_nothing() -> None:
    for impact in ("none", "critical", "no_such_impact"):
        story = (an_update("investigating", "12:00:00", {"api": (UP, DEGRADED)}),
                 an_update("resolved", "13:00:00", {"api": (DEGRADED, UP)}))  # fmt: skip
        imported(a_feed_incident(impact, *story, impact=impact))
    assert {severity for _, _, _, severity in proposed()} == {DEGRADED}


@pytest.mark.parametrize("sentinel", [PLACEHOLDER, {**PLACEHOLDER, "code": None}, {"name": "", "id": None}])
def test_a_placeholder_is_no_component(sentinel: Json) -> None:
    imported(a_feed_incident("i", an_update("resolved", "12:00:00", [sentinel])))
    assert proposed() == []
    assert FeedComponent.objects.count() == len(CODES)


def test_a_component_is_its_id_whatever_it_was_called_that_year() -> None:
    names = (
        "console.anthropic.com",
        "platform.claude.com (formerly console.anthropic.com)",
        "Claude Console – neu",
    )
    for number, name in enumerate(names):
        entry = {"code": "console", "name": name, "old_status": UP, "new_status": MAJOR}
        back = {**entry, "old_status": MAJOR, "new_status": UP}
        imported(a_feed_incident(f"i{number}", an_update("investigating", f"0{number}:00:00", [entry]),
                                 an_update("resolved", f"0{number}:30:00", [back])))  # fmt: skip
    assert {code for code, *_ in proposed()} == {"console"}
    assert FeedComponent.objects.count() == len(CODES)


def test_a_stamp_that_is_rewritten_in_bulk_changes_nothing() -> None:
    def written(stamp: str) -> Json:
        updates = [an_update("investigating", "12:00:00", {"api": (UP, PARTIAL)}, updated_at=stamp),
                   an_update("resolved", "13:00:00", {"api": (PARTIAL, UP)}, updated_at=stamp)]  # fmt: skip
        return a_feed_incident("i", *updates, updated_at=stamp)

    imported(written("2026-04-10T13:00:00Z"))
    assert imported(written("2026-08-14T10:28:00Z")).changed_nothing


def test_an_incident_that_was_resolved_before_it_started_is_kept_and_claims_nothing() -> None:
    imported(
        a_feed_incident(
            "i",
            an_update("resolved", "08:00:00", None),
            created_at="2026-04-10T08:00:00Z", resolved_at="2026-04-10T08:00:00Z", started_at="2026-04-10T11:38:10Z",
        )
    )  # fmt: skip
    incident = Incident.objects.get()
    assert incident.started_at is not None and incident.resolved_at is not None
    assert incident.resolved_at - incident.started_at == -timedelta(seconds=13_090)
    assert proposed() == []


def test_a_backfill_of_no_length_is_kept_and_its_text_is_not_turned_into_an_outage() -> None:
    """Posted on 1 April for a window of the closed March that stands in the text alone: that is for a person."""
    said = "Between 17:45 UTC on March 31 and 05:52 UTC on April 1 some requests failed."
    instant = "2026-04-01T07:01:00Z"
    posted = an_update("resolved", instant, {"api": (UP, UP)}, body=said)
    imported(a_feed_incident("i", posted, created_at=instant, started_at=instant, resolved_at=instant))
    assert proposed() == []
    assert Incident.objects.get().updates.get().body == said


def test_of_two_incidents_that_overlap_each_claims_what_it_said_and_asks_about_the_other() -> None:
    """3 June: the page showed the last writer's word; the first incident never heard of the second."""
    first = a_feed_incident(
        "0w1b",
        an_update("investigating", "2026-06-03T04:17:05Z", {"code": (UP, PARTIAL)}),
        an_update("resolved", "2026-06-03T07:36:48Z", {"code": (UP, UP)}),
    )
    second = a_feed_incident(
        "thp2",
        an_update("investigating", "2026-06-03T07:10:01Z", {"code": (PARTIAL, DEGRADED)}),
        an_update("resolved", "2026-06-03T07:28:39Z", {"code": (DEGRADED, UP)}),
    )
    imported(second, first)
    assert proposed() == [
        ("claude-code", june(3, 4, 17, 5), june(3, 7, 36, 48), PARTIAL),
        ("claude-code", june(3, 7, 10, 1), june(3, 7, 28, 39), DEGRADED),
    ]
    long = OutageWindow.objects.get(severity=PARTIAL)
    assert "it was reset without an update of this incident" in long.note


def test_a_silent_reset_makes_weeks_of_outage_and_says_so() -> None:
    """Set on 13 June, operational an hour later without a word, resolved on 1 July: 18.8 days by its own account."""
    imported(
        a_feed_incident(
            "s9w8",
            an_update("investigating", "2026-06-13T00:50:00Z", {"api": (UP, DEGRADED)}),
            an_update("resolved", "2026-07-01T09:26:00Z", {"api": (UP, UP)}),
        ),
        a_feed_incident(
            "1trj",
            an_update("investigating", "2026-06-13T02:03:00Z", {"api": (UP, PARTIAL)}),
            an_update("resolved", "2026-06-13T03:00:00Z", {"api": (PARTIAL, UP)}),
        ),
    )
    assert [end - start for _, start, end, _ in proposed() if end] == [
        timedelta(days=18, hours=8, minutes=36), timedelta(minutes=57),
    ]  # fmt: skip
    assert "so the outage may have ended earlier" in OutageWindow.objects.get(severity=DEGRADED).note


def test_a_component_that_nothing_ever_reset_ends_with_the_incident_and_is_asked_about() -> None:
    imported(
        a_feed_incident(
            "124y",
            an_update("investigating", "12:00:00", {"console": (UP, MAJOR), "api": (UP, PARTIAL)}),
            an_update("resolved", "13:00:00", {"api": (PARTIAL, UP)}),
            components=[{"id": "api", "name": "API"}],
        )
    )
    assert proposed() == [
        ("claude-api", april(10, 12), april(10, 13), PARTIAL),
        ("console", april(10, 12), april(10, 13), MAJOR),
    ]
    assert "No update ever set the component back" in OutageWindow.objects.get(severity=MAJOR).note


def test_an_incident_that_resolves_from_partial_to_partial_is_asked_about() -> None:
    imported(
        a_feed_incident(
            "q93x",
            an_update("investigating", "12:00:00", {"api": (UP, PARTIAL)}),
            an_update("resolved", "13:00:00", {"api": (PARTIAL, PARTIAL)}),
        )
    )
    assert proposed() == [("claude-api", april(10, 12), april(10, 13), PARTIAL)]
    assert "No update ever set the component back" in asked()


def test_a_neighbour_that_inherits_a_status_is_asked_whether_it_is_its_own() -> None:
    imported(
        a_feed_incident(
            "zqsk",
            an_update("investigating", "12:30:00", {"api": (PARTIAL, PARTIAL)}),
            an_update("resolved", "13:00:00", {"api": (PARTIAL, UP)}),
        )
    )
    assert "it may have come from another incident" in asked()


def test_a_relapse_a_late_change_of_degree_and_components_that_came_later_are_windows_of_their_own() -> None:
    imported(
        a_feed_incident(
            "xmhs",
            an_update("investigating", "12:00:00", {"api": (UP, PARTIAL)}),
            an_update("identified", "12:16:00", {"api": (PARTIAL, PARTIAL), "web": (UP, DEGRADED)}),
            an_update("monitoring", "12:40:00", {"api": (PARTIAL, UP), "web": (DEGRADED, UP)}),
            an_update("investigating", "12:50:00", {"api": (UP, MAJOR)}, id="relapse"),
            an_update("monitoring", "13:00:00", {"api": (MAJOR, DEGRADED)}, id="better"),
            an_update("resolved", "13:00:17", {"api": (DEGRADED, UP)}),
        )
    )
    assert proposed() == [
        ("claude-api", april(10, 12), april(10, 12, 40), PARTIAL),
        ("claude-web", april(10, 12, 16), april(10, 12, 40), DEGRADED),
        ("claude-api", april(10, 12, 50), april(10, 13), MAJOR),
        ("claude-api", april(10, 13), april(10, 13, 0, 17), DEGRADED),
    ]


@pytest.mark.parametrize(
    ("began", "ended", "length"),
    [
        ("2026-04-10T23:50:00Z", "2026-04-11T00:10:00Z", 20),  # midnight
        ("2026-04-30T23:00:00Z", "2026-05-01T01:00:00Z", 120),  # a month's edge
        ("2026-04-10T15:46:00-07:00", "2026-04-11T00:00:00Z", 74),  # Pacific time, filed as midnight UTC
        ("2024-11-03T00:30:00-07:00", "2024-11-03T01:30:00-08:00", 120),  # the night that has an hour twice
        ("2024-03-10T01:30:00-08:00", "2024-03-10T03:30:00-07:00", 60),  # and the one that lacks one
        ("2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00", 60),
    ],
)
def test_an_outage_is_as_long_as_it_was_across_every_edge(began: str, ended: str, length: int) -> None:
    imported(
        a_feed_incident(
            "i",
            an_update("investigating", began, {"api": (UP, PARTIAL)}, id="u1"),
            an_update("resolved", ended, {"api": (PARTIAL, UP)}, id="u2"),
        )
    )
    [(_, start, end, _)] = proposed()
    assert end is not None and end - start == timedelta(minutes=length)
    assert start.utcoffset() == timedelta(0)


def test_what_was_typed_weeks_later_happened_when_it_is_displayed() -> None:
    imported(
        a_feed_incident(
            "i",
            an_update("investigating", "12:00:00", {"api": (UP, PARTIAL)}, created_at="2026-05-06T09:00:00Z"),
            an_update("resolved", "13:00:00", {"api": (PARTIAL, UP)}, created_at="2026-05-06T09:01:00Z"),
        )
    )
    assert proposed() == [("claude-api", april(10, 12), april(10, 13), PARTIAL)]


def test_a_status_that_nobody_has_heard_of_is_kept_in_its_own_word() -> None:
    imported(
        a_feed_incident(
            "i",
            an_update("panicking", "12:00:00", {"api": (UP, "On Fire – 🔥")}),
            an_update("resolved", "13:00:00", {"api": ("On Fire – 🔥", UP)}),
        )
    )
    assert proposed() == [("claude-api", april(10, 12), april(10, 13), "on_fire")]


def test_a_maintenance_starts_when_it_starts_and_not_when_it_was_announced() -> None:
    """Posted on 13 December for the 15th: `started_at` is the announcement; and no component was ever set."""
    planned = a_feed_incident(
        "m",
        an_update("scheduled", "2024-12-13T18:39:00Z"),
        an_update("in_progress", "2024-12-15T01:00:05Z"),
        an_update("completed", "2024-12-15T03:12:00Z"),
        status="completed", impact="maintenance", resolved_at="2024-12-15T03:12:00Z",
        scheduled_for="2024-12-15T01:00:00Z", scheduled_until="2024-12-15T05:00:00Z",
        components=[{"id": "api", "name": "API"}],
    )  # fmt: skip
    imported(scheduled_maintenances=[planned])
    row = Maintenance.objects.get()
    assert (row.announced_at, row.start, row.end) == (
        datetime(2024, 12, 13, 18, 39, tzinfo=UTC),
        datetime(2024, 12, 15, 1, 0, 5, tzinfo=UTC),
        datetime(2024, 12, 15, 3, 12, tzinfo=UTC),
    )
    assert (row.planned_start, row.planned_end) == (
        datetime(2024, 12, 15, 1, tzinfo=UTC),
        datetime(2024, 12, 15, 5, tzinfo=UTC),
    )
    assert proposed() == []


def test_a_feed_cannot_take_the_name_of_what_people_record() -> None:
    with pytest.raises(Invalid) as refused:
        import_feed(feed=a_feed(), source="operator", by=None, now=NOW)
    assert refused.value.code == "source_is_of_people"


def test_names_bodies_and_unknown_fields_are_kept_as_they_are() -> None:
    name, body = "Störung – “API” ’26 日本語", "Line one\nline two — Ελληνικά"
    raw = a_feed_incident(
        "i", an_update("resolved", "12:00:00", None, body=body), name=name, reminder_intervals="[]"
    )
    imported(raw)
    incident = Incident.objects.get()
    assert (incident.title, incident.updates.get().body, incident.payload) == (name, body, raw)

"""A real HTTP server plays a page that edits, truncates, renames, hangs and lies: every fact is kept, and the poller goes on."""

import copy
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError
from django.test import override_settings

from slaservice.outages import operations
from slaservice.outages.importers import fetching, polling
from slaservice.outages.importers.fetching import Limits
from slaservice.outages.models import (
    ComponentStatus,
    FeedComponent,
    Incident,
    IncidentUpdate,
    Maintenance,
    OutageWindow,
    PolledFeed,
)
from slaservice.outages.operations.feeds import create_feed, poll_soon
from slaservice.rules.refusal import Refusal
from tests.factories.outages import (
    NOW,
    Json,
    a_feed_incident,
    a_mapping,
    a_tier,
    an_outage_in_the_feed,
    an_update,
    april,
)
from tests.lying_page import LyingPage, lying_page

pytestmark = pytest.mark.django_db

INCIDENTS, PLANNED, SUMMARY = (
    f"/api/v2/{name}.json" for name in ("incidents", "scheduled-maintenances", "summary")
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    a_tier()
    limits = Limits(deadline=1.0, connect=0.5, read=0.3, most_bytes=1_000_000)
    monkeypatch.setattr(fetching, "LIMITS", limits)


@pytest.fixture
def page() -> Iterator[LyingPage]:
    with lying_page() as page, override_settings(FETCH_PRIVATE_HOSTS=["127.0.0.1"]):
        shows(page)
        yield page


@pytest.fixture
def feed(page: LyingPage) -> PolledFeed:
    a_mapping("c1", "api", source="page")
    return create_feed(source="page", url=f"{page.url}/", seconds=60, by=None, now=NOW)


def shows(page: LyingPage, *incidents: Json, planned: tuple[Json, ...] = (), **statuses: str) -> None:
    """The three documents of an honest page."""
    page.shows(INCIDENTS, {"page": {"id": "p"}, "incidents": list(incidents)})
    page.shows(PLANNED, {"page": {"id": "p"}, "scheduled_maintenances": list(planned)})
    components = [{"id": key, "name": f"Name of {key}", "status": status} for key, status in statuses.items()]
    page.shows(SUMMARY, {"page": {"id": "p"}, "components": components})


def polled(feed: PolledFeed, *, later: int = 0) -> PolledFeed:
    """The row after a poll, so many minutes later; it must have been due."""
    row = polling.poll(feed=feed.pk, now=NOW + timedelta(minutes=later))
    assert row is not None
    return row


def everything() -> list[Any]:
    models = (Incident, IncidentUpdate, FeedComponent, OutageWindow, Maintenance, ComponentStatus)
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_a_page_is_read_and_the_second_time_it_changes_nothing(page: LyingPage, feed: PolledFeed) -> None:
    shows(page, an_outage_in_the_feed(), c1="operational")
    row = polled(feed)
    assert (row.failure, row.failures, row.succeeded_at) == ("", 0, NOW)
    assert OutageWindow.objects.get().source == "page"
    before = everything()
    page.paths()
    assert polled(feed, later=2).failure == ""
    assert everything() == before


def test_a_page_that_has_not_changed_is_not_sent_again(page: LyingPage, feed: PolledFeed) -> None:
    shows(page, an_outage_in_the_feed())
    polled(feed)
    page.asked.clear()
    polled(feed, later=2)
    assert all(
        "If-None-Match" in asked for path, asked in page.asked if path in (INCIDENTS, PLANNED, SUMMARY)
    )
    assert len(page.asked) == 3
    page.asked.clear()
    polled(feed, later=7 * 60)
    assert not any("If-None-Match" in asked for _, asked in page.asked)


def test_what_waited_is_proposed_once_it_is_explained_although_the_page_did_not_change(
    page: LyingPage, feed: PolledFeed
) -> None:
    shows(page, an_outage_in_the_feed(code="c2"))
    row = polled(feed)
    assert "c2" in row.questions["incidents"][0]
    a_mapping("c2", "code", source="page")
    row = polled(feed, later=2)
    assert row.questions == {}
    assert OutageWindow.objects.get().component.code == "code"


def test_a_feed_that_is_not_due_or_paused_is_left_alone(page: LyingPage, feed: PolledFeed) -> None:
    polled(feed)
    assert polling.due_feeds(now=NOW + timedelta(seconds=59)) == []
    assert polling.poll(feed=feed.pk, now=NOW + timedelta(seconds=59)) is None
    assert polling.due_feeds(now=NOW + timedelta(seconds=60)) == [feed.pk]
    PolledFeed.objects.update(enabled=False)
    assert polling.due_feeds(now=NOW + timedelta(minutes=2)) == []
    assert polling.poll(feed=feed.pk, now=NOW + timedelta(minutes=2)) is None


def test_while_one_polls_nobody_else_does_and_who_dies_costs_a_lease(
    page: LyingPage, feed: PolledFeed
) -> None:
    assert polling._leased(feed.pk, NOW) is not None
    assert polling.poll(feed=feed.pk, now=NOW + timedelta(minutes=4, seconds=59)) is None
    assert polling.poll(feed=feed.pk, now=NOW + timedelta(minutes=5)) is not None


def test_an_incident_that_cannot_be_read_is_named_and_the_others_are_kept(
    page: LyingPage, feed: PolledFeed
) -> None:
    bad: list[Any] = [
        {"id": "no-time", "incident_updates": [{"id": "u", "status": "resolved"}]},
        "no object",
        an_outage_in_the_feed("nul", name="a\0b"),
        an_outage_in_the_feed("long", status="x" * 61),
    ]
    shows(page, an_outage_in_the_feed("good"), *bad, an_outage_in_the_feed("fine"))
    row = polled(feed)
    assert sorted(Incident.objects.values_list("external_id", flat=True)) == ["fine", "good"]
    assert OutageWindow.objects.count() == 2
    named = row.questions["incidents"]
    assert [next(word for word in ("no-time", "None", "nul", "long") if word in one) for one in named] == [
        "no-time", "None", "nul", "long",
    ]  # fmt: skip
    shows(page, an_outage_in_the_feed("nul"), an_outage_in_the_feed("good"), an_outage_in_the_feed("fine"))
    assert polled(feed, later=2).questions == {}
    assert Incident.objects.count() == 3


def test_one_that_is_refused_when_it_is_recorded_keeps_no_other_away(
    page: LyingPage, feed: PolledFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    from slaservice.outages.importers.statuspage import writing

    honest = writing._import

    def refuses(incidents: Any, proposer: Any) -> None:
        honest(incidents, proposer)
        if any(one.external_id == "odd" for one in incidents):
            raise Refusal("odd", "This one cannot be recorded.")

    monkeypatch.setattr(writing, "_import", refuses)
    shows(page, an_outage_in_the_feed("a"), an_outage_in_the_feed("odd"), an_outage_in_the_feed("b"))
    row = polled(feed)
    assert sorted(Incident.objects.values_list("external_id", flat=True)) == ["a", "b"]
    assert row.questions["incidents"] == ["odd was left out: This one cannot be recorded."]


LIES: dict[str, tuple[str, Any]] = {
    # what the page does: the name of the failure, and how it is done
    "half a document": ("content_is_not_json", lambda page: page.answers(INCIDENTS, 200, b'{"incidents": [')),
    "breaks off": ("fetch_failed", lambda page: page.breaks_off(INCIDENTS, b'{"incidents": []}')),
    "hangs": ("fetch_timed_out", lambda page: page.hangs(INCIDENTS)),
    "drips": ("fetch_timed_out", lambda page: page.drips(INCIDENTS)),
    "is down": ("answer_is_not_200", lambda page: page.answers(INCIDENTS, 503)),
    "refuses": ("answer_is_not_200", lambda page: page.answers(INCIDENTS, 405)),
    "metadata": ("address_is_not_public", lambda page: page.redirects(INCIDENTS, "http://169.254.169.254/latest")),
    "bomb": ("answer_is_too_large", lambda page: page.zips(INCIDENTS, b" " * 30_000_000)),
    "large": ("answer_is_too_large", lambda page: page.answers(INCIDENTS, 200, b" " * 1_000_001)),
    "deep": ("content_is_not_json", lambda page: page.answers(INCIDENTS, 200, b"[" * 20_000)),
    "twice": ("content_is_not_json", lambda page: page.answers(INCIDENTS, 200, b'{"incidents":[],"incidents":[]}')),
    "NUL": ("content_is_not_json", lambda page: page.answers(INCIDENTS, 200, b'{"incidents":[]}\0')),
    "HTML": ("content_is_not_json", lambda page: page.answers(INCIDENTS, 200, b"<html>Down</html>")),
    "a list": ("invalid_feed", lambda page: page.shows(INCIDENTS, [])),
    "no list": ("invalid_feed", lambda page: page.shows(INCIDENTS, {"incidents": None})),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_page_that_lies_loses_nothing_and_is_read_again(
    page: LyingPage, feed: PolledFeed, lie: str
) -> None:
    shows(page, an_outage_in_the_feed(), c1="operational")
    polled(feed)
    before = everything()
    code, does = LIES[lie]
    does(page)
    row = polled(feed, later=5)
    assert row.failure.startswith(f"incidents: {code}: ")
    assert (row.failures, row.failed_at) == (1, NOW + timedelta(minutes=5))
    assert everything() == before
    assert SUMMARY in page.paths()
    shows(page, an_outage_in_the_feed(), an_outage_in_the_feed("inc2"), c1="operational")
    row = polled(feed, later=10)
    assert (row.failure, row.failures) == ("", 0)
    assert Incident.objects.count() == 2


def test_a_page_that_fails_is_asked_later_and_later_but_once_an_hour(
    page: LyingPage, feed: PolledFeed
) -> None:
    page.answers(INCIDENTS, 500)
    waits = []
    now = NOW
    for _ in range(8):
        row = polling.poll(feed=feed.pk, now=now)
        assert row is not None
        waits.append(int((row.due_at - now).total_seconds()) // 60)
        now = row.due_at
    assert waits == [2, 4, 8, 16, 32, 60, 60, 60]


def test_an_error_of_our_own_stands_on_the_row_and_the_next_poll_comes(
    page: LyingPage, feed: PolledFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(**values: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(polling, "import_what_can_be", breaks)
    with pytest.raises(ZeroDivisionError):
        polling.poll(feed=feed.pk, now=NOW)
    row = PolledFeed.objects.get()
    assert "an error of our own" in row.failure
    assert row.due_at == NOW + timedelta(minutes=2)


def test_what_the_page_edits_is_a_proposed_correction_of_what_was_confirmed(
    page: LyingPage, feed: PolledFeed
) -> None:
    shows(page, an_outage_in_the_feed())
    polled(feed)
    window = operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    edited = copy.deepcopy(an_outage_in_the_feed())
    edited["incident_updates"][1]["display_at"] = "2026-04-10T13:20:00Z"
    edited["updated_at"] = "2026-08-14T10:28:00Z"
    shows(page, edited)
    polled(feed, later=2)
    window.refresh_from_db()
    assert (window.state, window.end) == ("confirmed", april(10, 13))
    correction = OutageWindow.objects.get(supersedes=window)
    assert (correction.state, correction.end) == ("proposed", april(10, 13, 20))
    before = everything()
    polled(feed, later=4)
    assert everything() == before


def test_a_component_that_is_renamed_stays_the_same(page: LyingPage, feed: PolledFeed) -> None:
    shows(page, an_outage_in_the_feed())
    polled(feed)
    later = an_outage_in_the_feed("inc2", components=[{"id": "c1", "name": "Another name"}])
    shows(page, later, an_outage_in_the_feed())
    polled(feed, later=2)
    assert FeedComponent.objects.get().name == "Another name"
    assert {window.component.code for window in OutageWindow.objects.all()} == {"api"}


OPEN = a_feed_incident(
    "old", an_update("investigating", "12:00:00", {"c1": ("operational", "partial_outage")})
)


def test_an_incident_that_fell_out_of_the_list_is_asked_for_until_it_is_over(
    page: LyingPage, feed: PolledFeed
) -> None:
    shows(page, OPEN)
    polled(feed)
    shows(page, an_outage_in_the_feed("new"))
    page.shows("/incidents/old.json", an_outage_in_the_feed("old"))
    page.paths()
    polled(feed, later=2)
    assert "/incidents/old.json" in page.paths()
    assert Incident.objects.get(external_id="old").status == "resolved"
    ends = OutageWindow.objects.filter(external_id__startswith="old/", state="proposed")
    assert [window.end for window in ends] == [april(10, 13)]


def test_one_that_the_page_has_taken_away_stays_and_is_named(page: LyingPage, feed: PolledFeed) -> None:
    shows(page, OPEN)
    polled(feed)
    shows(page)
    row = polled(feed, later=2)
    assert row.questions["incidents one by one"] == [
        "old is no longer published. What was recorded of it stays."
    ]
    assert row.failure == ""
    assert OutageWindow.objects.get().state == "proposed"


def test_a_page_that_answers_with_another_incident_is_not_believed(page: LyingPage, feed: PolledFeed) -> None:
    shows(page, OPEN)
    polled(feed)
    shows(page)
    page.shows("/incidents/old.json", an_outage_in_the_feed("other"))
    assert "id: is not old" in polled(feed, later=2).failure
    assert [one.external_id for one in Incident.objects.all()] == ["old"]


def test_many_that_fell_out_are_asked_for_in_turns(
    page: LyingPage, feed: PolledFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "ASKED_FOR_AT_ONCE", 2)
    incidents = [{**copy.deepcopy(OPEN), "id": f"old{number}"} for number in range(3)]
    shows(page, *incidents)
    polled(feed)
    shows(page)
    for incident in incidents:
        page.shows(f"/incidents/{incident['id']}.json", {"incident": incident})
    turns = []
    for turn in range(1, 4):
        page.paths()
        polled(feed, later=2 * turn)
        turns.append([path[11:15] for path in page.paths() if path.startswith("/incidents/")])
    assert turns == [["old0", "old1"], ["old2", "old0"], ["old1", "old2"]]


def test_what_is_over_is_asked_for_again_for_some_weeks(page: LyingPage, feed: PolledFeed) -> None:
    shows(page, an_outage_in_the_feed("late", created_at="2026-06-20T12:00:00Z", started_at="2026-06-20T12:00:00Z"),
          an_outage_in_the_feed("long-ago"))  # fmt: skip
    polled(feed)
    shows(page)
    page.paths()
    polled(feed, later=2)
    assert [path for path in page.paths() if path.startswith("/incidents/")] == ["/incidents/late.json"]


def test_a_status_is_kept_when_it_changes_and_only_then(page: LyingPage, feed: PolledFeed) -> None:
    for minute, status in enumerate(
        ("operational", "operational", "partial_outage", "on_fire", "operational")
    ):
        shows(page, c1=status, c2="operational")
        polled(feed, later=2 * minute)
    seen = ComponentStatus.objects.filter(external_id="c1").order_by("at")
    assert [(one.status, int((one.at - NOW).total_seconds()) // 60) for one in seen] == [
        ("operational", 0), ("partial_outage", 4), ("on_fire", 6), ("operational", 8),
    ]  # fmt: skip
    assert ComponentStatus.objects.filter(external_id="c2").count() == 1


def test_a_silent_reset_is_asked_about(page: LyingPage, feed: PolledFeed) -> None:
    shows(page, OPEN, c1="partial_outage")
    assert polled(feed).questions == {}
    shows(page, OPEN, c1="operational")
    [question] = polled(feed, later=2).questions["summary"]
    assert "old/api/1 is still open, but the page reads operational" in question
    assert OutageWindow.objects.get().end is None
    assert polled(feed, later=4).questions["summary"] == [question]


def test_a_component_of_the_summary_that_cannot_be_read_keeps_no_other_away(
    page: LyingPage, feed: PolledFeed
) -> None:
    page.shows(
        SUMMARY,
        {"components": [{"id": "c1", "status": 5}, 7, {"id": "c2", "name": "a\0", "status": "operational"}]},
    )
    row = polled(feed)
    assert len(row.questions["summary"]) == 2
    assert [(one.external_id, one.name) for one in ComponentStatus.objects.all()] == [
        ("c2", "a\N{REPLACEMENT CHARACTER}")
    ]
    page.shows(SUMMARY, {"components": None})
    assert "summary: invalid_summary" in polled(feed, later=2).failure


@pytest.mark.parametrize("key", ["c\0", "c\x1b[31m", "c\ud800", "c\x85"])
def test_a_component_whose_id_cannot_be_kept_is_left_out_and_named(
    page: LyingPage, feed: PolledFeed, key: str
) -> None:
    page.shows(
        SUMMARY,
        {"components": [{"id": key, "status": "operational"}, {"id": "c2", "status": "operational"}]},
    )
    row = polled(feed)
    [question] = row.questions["summary"]
    assert question == f"components[0] of the summary, {key!a}, cannot be read."
    assert [one.external_id for one in ComponentStatus.objects.all()] == ["c2"]


def test_a_summary_of_more_components_than_a_page_has_is_refused(page: LyingPage, feed: PolledFeed) -> None:
    page.shows(SUMMARY, {"components": [{"id": f"c{number}", "status": "x"} for number in range(2001)]})
    assert "summary: invalid_summary: components: has more than 2,000 entries" in polled(feed).failure
    assert not ComponentStatus.objects.exists()


def test_a_maintenance_was_announced_when_it_was_typed_whatever_the_page_says_of_when_that_was(
    page: LyingPage, feed: PolledFeed
) -> None:
    announced = an_update("scheduled", "09:00:00", created_at="2026-04-12T09:00:00Z")
    planned = a_feed_incident(
        "m1", announced,
        an_update("in_progress", "2026-04-15T01:05:00Z"),
        an_update("completed", "2026-04-15T02:30:00Z"),
        status="completed", impact="maintenance", resolved_at="2026-04-15T02:30:00Z",
        scheduled_for="2026-04-15T01:00:00Z", scheduled_until="2026-04-15T03:00:00Z",
        components=[{"id": "c1", "name": "API"}],
    )  # fmt: skip
    shows(page, planned=(planned,))
    polled(feed)
    maintenance = Maintenance.objects.get()
    assert maintenance.announced_at == april(12, 9)
    assert (maintenance.start, maintenance.end) == (april(15, 1, 5), april(15, 2, 30))
    assert (maintenance.planned_start, maintenance.planned_end) == (april(15, 1), april(15, 3))


def test_a_page_at_another_address_is_read_from_the_beginning(page: LyingPage, feed: PolledFeed) -> None:
    from slaservice.outages.operations.feeds import change_feed

    polled(feed)
    row = change_feed(feed=feed, url="https://status.example.com", by=None, now=NOW)
    assert (row.validators, row.due_at) == ({}, NOW)
    for wrong in ({"url": "ftp://x"}, {"seconds": 1}, {"source": "other"}):
        with pytest.raises(Refusal):
            change_feed(feed=feed, by=None, now=NOW, **wrong)
    with pytest.raises(Refusal, match="polled already"):
        create_feed(source="page", url=page.url, by=None, now=NOW)


UNSTORABLE: dict[str, tuple[str, bytes]] = {
    "an id": (INCIDENTS, b'{"incidents":[{"id":"a\\u0000b"}]}'),
    "an id with half a character": (INCIDENTS, b'{"incidents":[{"id":"\\ud800"}]}'),
    "a key": (INCIDENTS, b'{"incidents":[{"id":"ab","x\\u0000":"y"}]}'),
    "a key that stands twice": (INCIDENTS, b'{"incidents":[],"a\\u0000":1,"a\\u0000":2}'),
    "a component": (SUMMARY, b'{"components":[{"id":"c\\u0000","status":"operational"}]}'),
}


@pytest.mark.parametrize("what", UNSTORABLE)
def test_what_cannot_be_stored_is_named_and_breaks_no_bookkeeping(
    page: LyingPage, feed: PolledFeed, what: str
) -> None:
    shows(page, c1="major_outage")
    path, body = UNSTORABLE[what]
    page.answers(path, 200, body)
    row = polled(feed)
    assert (row.succeeded_at or row.failed_at) == NOW
    assert row.failure or row.questions
    assert "\0" not in row.failure + str(row.questions) + str(row.validators)
    assert ComponentStatus.objects.count() == (path == INCIDENTS)


def test_a_document_that_the_database_refuses_keeps_no_other_away(
    page: LyingPage, feed: PolledFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(**values: Any) -> None:
        raise DataError("It holds what cannot be stored.")

    monkeypatch.setattr(polling, "import_what_can_be", refuses)
    shows(page, c1="major_outage")
    row = polled(feed)
    assert [line.split(": ")[:2] for line in row.failure.splitlines()] == [
        ["incidents", "cannot_be_stored"], ["scheduled-maintenances", "cannot_be_stored"],
    ]  # fmt: skip
    assert ComponentStatus.objects.get().external_id == "c1"


def test_what_is_heard_while_a_page_is_polled_starts_no_second_poll_beside_it(
    page: LyingPage, feed: PolledFeed
) -> None:
    soon = NOW + timedelta(seconds=2)
    assert polling._leased(feed.pk, NOW) is not None
    poll_soon(feed=feed, now=soon)
    assert polling.poll(feed=feed.pk, now=soon) is None
    polled(feed, later=5)
    poll_soon(feed=feed, now=NOW + timedelta(minutes=5, seconds=1))
    assert polled(feed, later=6).due_at == NOW + timedelta(minutes=7)

"""A page that edits, renames and drops: every fact is kept, and each page is asked in its turn."""

import copy
from datetime import timedelta

import pytest

from slaservice.outages import operations
from slaservice.outages.importers import polling
from slaservice.outages.models import FeedComponent, Incident, Maintenance, OutageWindow, PolledFeed
from slaservice.outages.operations.feeds import create_feed, poll_soon
from slaservice.rules.refusal import Refusal
from tests.factories.outages import NOW, a_feed_incident, a_mapping, an_outage_in_the_feed, an_update, april
from tests.lying_page import LyingPage
from tests.outages.importers.polling.pages import INCIDENTS, OPEN, PLANNED, SUMMARY, everything, polled, shows

pytestmark = pytest.mark.django_db


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

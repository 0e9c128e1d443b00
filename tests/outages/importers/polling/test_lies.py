"""A page that truncates, hangs, lies and holds what cannot be stored: nothing is lost, and it is read again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DataError

from slaservice.outages.importers import polling
from slaservice.outages.models import ComponentStatus, Incident, OutageWindow, PolledFeed
from slaservice.rules.refusal import Refusal
from tests.factories.outages import NOW, an_outage_in_the_feed
from tests.lying_page import LyingPage
from tests.outages.importers.polling.pages import INCIDENTS, SUMMARY, everything, polled, shows

pytestmark = pytest.mark.django_db


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

"""What a page says of its components now: kept when it changes, named where it cannot be read, asked about where it reset."""

import pytest

from slaservice.outages.models import ComponentStatus, OutageWindow, PolledFeed
from tests.factories.outages import NOW
from tests.lying_page import LyingPage
from tests.outages.importers.polling.pages import OPEN, SUMMARY, polled, shows

pytestmark = pytest.mark.django_db


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

"""What the beat rings for: a page that is due, a message that was received; running a task twice is harmless."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.test import override_settings

from slaservice.outages import tasks
from slaservice.outages.models import Incident, OutageWindow
from slaservice.outages.operations.feeds import create_feed
from slaservice.outages.operations.hooks import receive
from tests.factories.messages import a_hook, alerts, an_alert, means
from tests.factories.outages import NOW, a_feed, a_tier, an_outage_in_the_feed
from tests.lying_page import LyingPage, lying_page

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> Iterator[LyingPage]:
    a_tier()
    with lying_page() as page, override_settings(FETCH_PRIVATE_HOSTS=["127.0.0.1"]):
        page.shows("/api/v2/incidents.json", a_feed(an_outage_in_the_feed()))
        page.shows("/api/v2/scheduled-maintenances.json", {"scheduled_maintenances": []})
        page.shows("/api/v2/summary.json", {"components": []})
        create_feed(source="page", url=page.url, by=None, now=NOW)
        yield page


def test_the_beat_rings_once_for_each_page_that_is_due(
    page: LyingPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(tasks.poll_feed, "delay", rung.append)
    with time_machine.travel(NOW - timedelta(seconds=1), tick=False):
        tasks.poll_feeds()
    assert rung == []
    with time_machine.travel(NOW, tick=False):
        tasks.poll_feeds()
        for feed in rung * 3:
            tasks.poll_feed(feed)
        tasks.poll_feeds()
    assert len(rung) == 1
    assert page.paths().count("/api/v2/incidents.json") == 1
    assert Incident.objects.count() == 1


def test_a_ring_for_what_is_not_there_does_nothing(db: None) -> None:
    tasks.poll_feed(123_456)
    tasks.read_messages()


def test_without_workers_a_command_does_the_same(page: LyingPage) -> None:
    hook, _ = a_hook()
    means(hook, "api", "api")
    receive(hook=hook, body=json.dumps(alerts(an_alert())).encode(), key="", subject="", now=NOW)
    said = StringIO()
    call_command("poll_feeds", stdout=said)
    assert said.getvalue() == "page: read\nmessages read: 1\n"
    assert Incident.objects.count() == OutageWindow.objects.filter(source=hook.name).count() == 1
    call_command("poll_feeds", stdout=said)
    assert said.getvalue().endswith("messages read: 0\n")

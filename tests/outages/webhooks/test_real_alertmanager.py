"""A real Alertmanager posts to the running site what amtool tells it; the windows are right, after a restart of either too."""

import json
import os
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from slaservice.celery import app
from slaservice.outages import operations
from slaservice.outages.importers.webhooks import read_owed
from slaservice.outages.models import Hook, HookMessage, OutageWindow
from tests.factories.messages import a_hook, alerts, an_alert, means
from tests.monitoring import Alertmanager, Site
from tests.servers import eventually, with_database

pytestmark = pytest.mark.distributed

Span = tuple[str, datetime, datetime | None]


def some_time_ago(minutes: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=minutes)


@pytest.fixture
def environment(transactional_db: None, redis_url: str) -> dict[str, str]:
    database = with_database(settings.DATABASE_URL, connection.settings_dict["NAME"])
    return {**os.environ, "DATABASE_URL": database, "REDIS_URL": redis_url, "LOCAL": "true"}


@pytest.fixture
def site(environment: dict[str, str], tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "site").mkdir()
    site = Site(tmp_path / "site")
    site.start(environment)
    yield site
    site.stop()


@pytest.fixture
def hook(transactional_db: None) -> tuple[Hook, str]:
    made = a_hook()
    for word in ("api", "console"):
        means(made[0], word, word)
    return made


@pytest.fixture
def alertmanager(site: Site, hook: tuple[Hook, str], tmp_path: Path) -> Iterator[Alertmanager]:
    (tmp_path / "alertmanager").mkdir()
    running = Alertmanager(tmp_path / "alertmanager")
    start(running, site, hook)
    yield running
    running.stop()


def start(alertmanager: Alertmanager, site: Site, hook: tuple[Hook, str]) -> None:
    alertmanager.start(url=f"{site.url}/hooks/alertmanager/{hook[0].name}", token=hook[1])


def windows() -> list[Span]:
    """What is proposed or confirmed, after what was received has been read."""
    read_owed(now=timezone.now())
    rows = OutageWindow.objects.filter(state__in=("proposed", "confirmed")).select_related("component")
    return sorted(((row.component.code, row.start, row.end) for row in rows), key=str)


def become(*expected: Span, of: Alertmanager, site: Site) -> None:
    """Waits until the windows are these."""
    eventually(
        lambda: windows() == sorted(expected, key=str),
        otherwise=lambda: f"{windows()}\n{HookMessage.objects.count()}\n{of.log()}\n{site.log()}",
    )


def test_alerts_fire_repeat_and_end(alertmanager: Alertmanager, site: Site, hook: Any) -> None:
    begun, over = some_time_ago(20), some_time_ago(5)
    alertmanager.add("ApiIsDown", start=begun, component="api", severity="critical")
    become(("api", begun, None), of=alertmanager, site=site)
    posts = alertmanager.notifications()
    eventually(lambda: alertmanager.notifications() >= posts + 2, otherwise=alertmanager.log)
    assert windows() == [("api", begun, None)]
    assert OutageWindow.objects.count() == 1
    alertmanager.add("ApiIsDown", start=begun, end=over, component="api", severity="critical")
    become(("api", begun, over), of=alertmanager, site=site)
    assert "It fails – schlimm" in OutageWindow.objects.latest("pk").note


def test_one_group_holds_what_fires_and_what_is_over(
    alertmanager: Alertmanager, site: Site, hook: Any
) -> None:
    first, second, over = some_time_ago(30), some_time_ago(20), some_time_ago(2)
    for place, begun in (("a", first), ("b", second)):
        alertmanager.add("Down", start=begun, component="api", place=place)
    alertmanager.add("Down", start=second, component="console")
    become(("api", first, None), ("api", second, None), ("console", second, None), of=alertmanager, site=site)
    alertmanager.add("Down", start=first, end=over, component="api", place="a")
    become(("api", first, over), ("api", second, None), ("console", second, None), of=alertmanager, site=site)
    mixed = [bytes(one.body) for one in HookMessage.objects.all()]
    assert any(b'"status":"firing"' in body and b'"status":"resolved"' in body for body in mixed)


def test_an_alert_is_the_same_after_a_restart_of_alertmanager(
    alertmanager: Alertmanager, site: Site, hook: Any
) -> None:
    """It forgets its alerts; Prometheus sends those that still fire again, as amtool does here."""
    begun, over = some_time_ago(20), some_time_ago(1)
    alertmanager.add("ApiIsDown", start=begun, component="api")
    become(("api", begun, None), of=alertmanager, site=site)
    operations.confirm(window=OutageWindow.objects.get(), by=None, now=timezone.now())
    alertmanager.stop()
    start(alertmanager, site, hook)
    assert alertmanager.firing() == []
    alertmanager.add("ApiIsDown", start=begun, component="api")
    eventually(lambda: alertmanager.notifications() >= 1, otherwise=alertmanager.log)
    assert windows() == [("api", begun, None)]
    alertmanager.add("ApiIsDown", start=begun, end=over, component="api")
    become(("api", begun, None), ("api", begun, over), of=alertmanager, site=site)
    [confirmed, correction] = OutageWindow.objects.order_by("revision")
    assert (confirmed.state, correction.state, correction.supersedes) == ("confirmed", "proposed", confirmed)


def test_what_happened_while_the_site_was_down_is_told_when_it_is_back(
    alertmanager: Alertmanager, site: Site, hook: Any, environment: dict[str, str]
) -> None:
    begun, later, over = some_time_ago(20), some_time_ago(10), some_time_ago(1)
    alertmanager.add("ApiIsDown", start=begun, component="api")
    become(("api", begun, None), of=alertmanager, site=site)
    site.stop()
    alertmanager.add("ApiIsDown", start=begun, end=over, component="api")
    alertmanager.add("ConsoleIsDown", start=later, component="console")
    eventually(lambda: "connection refused" in alertmanager.log(), otherwise=alertmanager.log)
    site.start(environment)
    become(("api", begun, over), ("console", later, None), of=alertmanager, site=site)


def test_a_message_is_taken_within_a_second_while_the_broker_is_frozen(
    environment: dict[str, str], hook: tuple[Hook, str], tmp_path: Path
) -> None:
    site = Site(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as frozen:  # takes connections and never says a word
        site.start({**environment, "REDIS_URL": f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"})
        try:
            waited = [_posting(site, hook, alerts(an_alert(f"f{number}"))) for number in range(5)]
        finally:
            site.stop()
    assert HookMessage.objects.count() == 5
    assert max(waited[1:]) < 1, waited  # the first one opens the connection to the database


def _posting(site: Site, hook: tuple[Hook, str], message: object) -> float:
    """How long the answer took, in seconds."""
    headers = {"Authorization": f"Bearer {hook[1]}", "Content-Type": "application/json"}
    address = f"{site.url}/hooks/alertmanager/{hook[0].name}"
    began = time.monotonic()
    with urlopen(Request(address, json.dumps(message).encode(), headers), timeout=30) as answer:
        assert answer.status == 202
    return time.monotonic() - began


def test_a_worker_reads_what_was_received(
    alertmanager: Alertmanager, site: Site, hook: Any, celery_workers: Any
) -> None:
    begun = some_time_ago(20)
    workers = celery_workers(1)
    alertmanager.add("ApiIsDown", start=begun, component="api")
    eventually(HookMessage.objects.exists, otherwise=alertmanager.log)
    app.send_task("slaservice.outages.tasks.read_messages")
    eventually(OutageWindow.objects.exists, otherwise=workers.log)
    assert OutageWindow.objects.get().start == begun

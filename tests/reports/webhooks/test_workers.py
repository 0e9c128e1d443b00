"""Several workers at once, and one that is killed: each event is made once, sent once, or sent again under the same id."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from reports import tasks
from reports.models import WebhookDelivery, WebhookEvent
from reports.models.webhooks import LEASE, WebhookPosition
from reports.webhooks import events, sending
from slaservice.history import sealing
from tests.factories.accounts import NOW, a_contract
from tests.factories.reports import CLOSED, an_issued
from tests.factories.webhooks import a_delivery, an_endpoint, numbers, send_all
from tests.lying_page import Handler, LyingPage
from tests.processes import _environment
from tests.reports.test_races import at_once
from tests.servers import ROOT, Workers, eventually

pytestmark = pytest.mark.django_db(transaction=True)


def ids(receiver: LyingPage) -> list[str]:
    return [headers["webhook-id"] for headers, _ in receiver.posted]


def slowly(receiver: LyingPage) -> Callable[[Handler], None]:
    def act(handler: Handler) -> None:
        receiver.over.wait(0.02)
        handler.say(204, b"")

    return act


def test_workers_at_once_send_each_event_once_and_in_order(receiver: LyingPage) -> None:
    receiver.acts["/hooks"] = slowly(receiver)
    endpoint = an_endpoint(url=f"{receiver.url}/hooks")
    rows = [a_delivery(endpoint, about=f"object {number % 4}") for number in range(24)]
    for _ in range(10):
        at_once(*[lambda: send_all(endpoint, NOW) for _ in range(4)])
        if not WebhookDelivery.objects.filter(delivered_at__isnull=True).exists():
            break
    assert Counter(ids(receiver)) == Counter(row.event.public_id for row in rows)
    arrived = numbers(receiver.posted)
    for about in range(4):
        expected = [row.event.data["number"] for row in rows[about::4]]
        assert [number for number in arrived if number in expected] == expected


def test_workers_that_look_at_one_delivery_at_once_send_it_once(
    receiver: LyingPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All have read the row before the first takes it."""
    import threading

    endpoint = an_endpoint(url=f"{receiver.url}/hooks")
    row = a_delivery(endpoint)
    together, taken = threading.Barrier(4), sending._taken

    def behind_the_barrier(*args: object) -> bool:
        together.wait(10)
        return taken(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "_taken", behind_the_barrier)
    found = at_once(*[lambda: sending.send(delivery=row.pk, now=NOW) for _ in range(4)])
    assert Counter(found) == {True: 1, None: 3}
    assert len(receiver.posted) == 1


def test_sweeps_at_once_make_each_event_once() -> None:
    contracts = [a_contract() for _ in range(5)]
    for contract in contracts:
        an_endpoint(contract.customer, events=["statement.issued"])
        an_issued(contract)
    sealing.seal(now=CLOSED)
    WebhookPosition.objects.get_or_create(
        pk=1
    )  # else it is the making of the row that lets one after the other in
    made = at_once(*[lambda: events.follow(now=CLOSED) for _ in range(4)])
    assert sorted(made, key=str) == [0, 0, 0, 5]
    assert WebhookEvent.objects.count() == WebhookDelivery.objects.count() == 5


def test_a_worker_that_is_killed_before_it_notes_an_answer_is_made_good(receiver: LyingPage) -> None:
    endpoint = an_endpoint(url=f"{receiver.url}/hooks")
    row = a_delivery(endpoint)
    killed: list[int] = []

    def kill(handler: Handler) -> None:
        os.kill(worker.pid, signal.SIGKILL)
        killed.append(worker.wait())

    receiver.acts["/hooks"] = kill
    worker = subprocess.Popen(
        [sys.executable, "manage.py", "send_webhooks"],
        cwd=ROOT,
        env={**_environment(), "WEBHOOK_PRIVATE_HOSTS": receiver.server_name},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    eventually(lambda: killed == [-signal.SIGKILL], within=60)
    receiver.answers("/hooks", 200)
    assert send_all(endpoint, timezone.now()) == (0, 0)
    assert send_all(endpoint, timezone.now() + LEASE + timedelta(seconds=1)) == (1, 0)
    assert ids(receiver) == [row.event.public_id] * 2


def test_the_beat_rings_for_every_endpoint_that_is_owed_something(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(tasks.send_webhooks, "delay", rung.append)
    waits, paused, idle = (an_endpoint() for _ in range(3))
    type(paused).objects.filter(pk=paused.pk).update(not_before=timezone.now() + timedelta(hours=1))
    for endpoint in (waits, paused):
        a_delivery(endpoint)
    tasks.ring_for_webhooks()
    assert rung == [waits.pk]
    assert idle.state == "active"


@pytest.fixture
def private_loopback(monkeypatch: pytest.MonkeyPatch, receiver: LyingPage) -> None:
    """For worker processes, which read the environment."""
    monkeypatch.setenv("WEBHOOK_PRIVATE_HOSTS", receiver.server_name)


@pytest.mark.distributed
def test_through_real_workers_a_statement_is_told_once(
    private_loopback: None, celery_workers: Callable[..., Workers], receiver: LyingPage
) -> None:
    contract = a_contract()
    an_endpoint(contract.customer, f"{receiver.url}/hooks", events=["statement.issued"])
    an_issued(contract)
    sealing.seal(now=CLOSED)
    celery_workers(2)
    for _ in range(5):
        tasks.ring_for_webhooks()
    eventually(lambda: WebhookDelivery.objects.filter(delivered_at__isnull=False).exists())
    for _ in range(5):
        tasks.ring_for_webhooks()
    assert len(set(ids(receiver))) == len(receiver.posted) == 1

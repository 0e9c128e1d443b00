"""Several at once, on connections of their own: the same message twice, firing beside resolved, one sweep beside another."""

import json
from collections.abc import Callable
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from slaservice.outages.importers import polling, webhooks
from slaservice.outages.importers.webhooks import reading
from slaservice.outages.models import Hook, HookMessage, OutageWindow
from slaservice.outages.operations.feeds import create_feed
from slaservice.outages.operations.hooks import receive
from tests.factories.messages import a_hook, alerts, an_alert, means, posted
from tests.factories.outages import NOW, april

pytestmark = pytest.mark.django_db(transaction=True)

FIRING, RESOLVED = alerts(an_alert()), alerts(an_alert(ends="2026-04-10T13:00:00Z"))


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """What each returned; what it raised is raised here."""
    barrier, ends = Barrier(len(deeds)), [AssertionError("it did not end")] * len(deeds)

    def run(number: int, deed: Callable[[], Any]) -> None:
        try:
            barrier.wait(timeout=10)
            ends[number] = deed()
        except Exception as problem:  # noqa: BLE001
            ends[number] = AssertionError(repr(problem))
        finally:
            connection.close()

    threads = [Thread(target=run, args=(number, deed)) for number, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    for end in ends:
        if isinstance(end, AssertionError):
            raise end
    return ends


@pytest.fixture
def hook() -> tuple[Hook, str]:
    made = a_hook()
    means(made[0], "api", "api")
    return made


def test_one_message_that_comes_several_times_at_once_is_kept_once(hook: tuple[Hook, str]) -> None:
    with override_settings(REDIS_URL=""):
        answers = at_once(*[lambda: posted(*hook, FIRING).status_code] * 5)
    assert answers == [202] * 5
    assert HookMessage.objects.count() == OutageWindow.objects.count() == 1


@pytest.mark.parametrize("turn", range(3))
def test_sweeps_side_by_side_read_each_message_once(hook: tuple[Hook, str], turn: int) -> None:
    for number in range(6):
        message = {**(FIRING, RESOLVED)[number % 2], "groupKey": str(number)}
        body = json.dumps(message).encode()
        receive(hook=hook[0], body=body, key="", subject="", now=NOW)
    at_once(*[lambda: webhooks.read_owed(now=NOW)] * 3)
    webhooks.read_owed(now=NOW)  # what each of them left to another
    assert list(HookMessage.objects.values_list("attempts", flat=True)) == [1] * 6
    [window] = OutageWindow.objects.filter(state="proposed")
    assert (window.start, window.end) == (april(10, 12), april(10, 13))


def test_a_feed_is_leased_to_one_of_many(hook: tuple[Hook, str]) -> None:
    feed = create_feed(source="page", url="https://status.example.com", by=None, now=NOW)
    taken = at_once(*[lambda: polling._leased(feed.pk, NOW) is not None] * 5)
    assert sorted(taken) == [False] * 4 + [True]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer and no locks of rows")
def test_a_message_comes_in_while_another_of_its_hook_is_read(
    hook: tuple[Hook, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(hook=hook[0], body=json.dumps(FIRING).encode(), key="", subject="", now=NOW)
    honest, reads, answered = reading.READERS["alertmanager"], Event(), Event()

    def slow(*args: Any) -> Any:
        reads.set()
        answered.wait(timeout=4)
        return honest(*args)

    def post() -> bool:
        reads.wait(timeout=10)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        assert posted(*hook, RESOLVED).status_code == 202
        # Both are owed still, but the hook is somebody else's just now.
        assert webhooks.read_owed(now=timezone.now()) == 2
        assert not OutageWindow.objects.exists()
        answered.set()
        return True

    monkeypatch.setitem(reading.READERS, "alertmanager", slow)
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        assert at_once(lambda: webhooks.read_owed(now=NOW), post) == [1, True]
    monkeypatch.undo()
    assert list(HookMessage.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 0]
    assert webhooks.read_owed(now=timezone.now()) == 1
    assert OutageWindow.objects.get(state="proposed").end == april(10, 13)

"""Real worker processes on a real Redis, on the database of the test that started them."""

import os
import signal
from collections.abc import Callable

import pytest
import redis
from django.contrib.auth.models import Group

from slaservice.celery import app
from tests.servers import Workers, eventually

pytestmark = pytest.mark.distributed

PROBES = "tests.wiring.probes"


def names(start: str) -> list[str]:
    return list(Group.objects.filter(name__startswith=start).values_list("name", flat=True))


def test_two_workers_work_side_by_side_on_the_database_of_the_test(
    celery_workers: Callable[..., Workers],
) -> None:
    workers = celery_workers(2, include=PROBES)
    for number in range(2):
        app.send_task(f"{PROBES}.meet", [number, 2])
    eventually(lambda: len(names("met ")) == 2, otherwise=workers.log)
    assert len({name.split(" in ")[1] for name in names("met ")}) == 2


def test_a_task_whose_process_is_killed_is_done_by_another(celery_workers: Callable[..., Workers]) -> None:
    workers = celery_workers(1, include=PROBES)
    app.send_task(f"{PROBES}.end_the_second_time")
    eventually(lambda: names("first run in "), otherwise=workers.log)
    os.kill(int(names("first run in ")[0].split()[-1]), signal.SIGKILL)
    eventually(lambda: names("second run"), otherwise=workers.log)


def test_a_message_stands_in_one_queue_only(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        app.send_task("one")
        app.send_task("two", queue="documents")
        assert (client.llen("default"), client.llen("documents")) == (1, 1)

"""The close through real workers: two processes on a real Redis give what one process gives, to the byte."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from reports import closing, making, store, tasks
from reports.models import ServiceCredit, Statement, StatementFile
from tests.factories.accounts import TERMS, a_contract, a_customer, a_promise, an_agreement
from tests.factories.reports import CLOSED, MONTH, a_draft, an_issued, an_outage, april
from tests.servers import Workers, eventually

pytestmark = pytest.mark.distributed


def contracts(count: int) -> None:
    """Contracts of several zones and terms, so that chunks differ."""
    customer = a_customer()
    zones = ("Europe/Berlin", "UTC", "Asia/Kolkata", "America/New_York")
    for index in range(count):
        terms = {**TERMS, "commitment_percent": f"99.{index % 90 + 10}"}
        a_contract(
            customer, agreement=an_agreement(timezone=zones[index % 4], promises=[a_promise(terms=terms)])
        )


def documents() -> dict[str, str]:
    return dict(Statement.objects.order_by("contract__number").values_list("contract__number", "body"))


def closed_here() -> dict[str, str]:
    """What one process makes of the month, and then takes back: the books do not forget otherwise."""
    with transaction.atomic():
        closing.close(month=MONTH, now=CLOSED)
        found = documents()
        transaction.set_rollback(True)
    return found


def test_two_workers_close_a_month_as_one_process_does(
    celery_workers: Callable[..., Workers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "CHUNK", 50)
    contracts(120)
    an_outage()
    an_outage(april(20, 3), april(20, 4, 30, 5), severity="partial_outage")
    here = closed_here()
    celery_workers(2)
    assert tasks.close_month(MONTH) == 3
    eventually(lambda: Statement.objects.count() == 120)
    assert documents() == here
    assert ServiceCredit.objects.count() == Statement.objects.filter(credit_minor__gt=0).count()


def test_the_same_message_many_times_closes_once(celery_workers: Callable[..., Workers]) -> None:
    contracts(3)
    celery_workers(2)
    for _ in range(20):
        tasks.close_month(MONTH)
    eventually(lambda: Statement.objects.count() == 3)
    eventually(lambda: _idle())
    assert Statement.objects.count() == 3


def _idle() -> bool:
    import redis
    from django.conf import settings

    with redis.Redis.from_url(settings.REDIS_URL) as client:
        return client.llen("default") == 0 and not client.hlen("unacked")


def test_documents_are_made_by_workers_with_the_bytes_that_this_process_makes(
    celery_workers: Callable[..., Workers], documents_dir: Any
) -> None:
    an_outage()
    issued = an_issued(statement=a_draft(a_contract()))
    celery_workers(2)
    tasks.sweep()
    eventually(StatementFile.objects.exists, within=60)
    made = StatementFile.objects.get()
    assert store.fetch(made.sha256) == making.render(issued)


def test_no_message_is_sent_from_within_a_transaction() -> None:
    """Operations never enqueue: only tasks name a task, and they hold no transaction open."""
    import ast
    from pathlib import Path

    root = Path(__file__).parents[2]
    for folder in ("slaservice", "accounts", "reports"):
        for path in (root / folder).rglob("*.py"):
            calls = [
                node.attr
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Attribute) and node.attr in ("delay", "apply_async", "send_task")
            ]
            assert not calls or path.name == "tasks.py", path
    assert not connection.in_atomic_block

"""The settings of the distributed engine, each the answer to a fault, and what the beat rings for."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from slaservice.celery import app

ROOT = Path(__file__).parents[2]
SOURCES = [
    path for part in ("slaservice", "accounts", "reports") for path in sorted((ROOT / part).rglob("*.py"))
]

SETTINGS = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "worker_prefetch_multiplier": 1,
    "task_ignore_result": True,
    "result_backend": None,
    "accept_content": ["json"],
    "task_serializer": "json",
    "task_time_limit": 300,
    "task_soft_time_limit": 240,
    "worker_soft_shutdown_timeout": 30,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "worker_max_tasks_per_child": 500,
    "task_default_queue": "default",
    "timezone": "UTC",
    "broker_transport_options": {
        "visibility_timeout": 900,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
    },
}


@pytest.mark.parametrize("name", SETTINGS)
def test_celery_is_set_as_agreed(name: str) -> None:
    assert app.conf[name] == SETTINGS[name]


def test_no_task_runs_eagerly_anywhere() -> None:
    assert not app.conf.task_always_eager


def test_a_second_copy_never_starts_while_the_first_may_still_run() -> None:
    assert app.conf.task_time_limit < app.conf.broker_transport_options["visibility_timeout"]


def test_without_redis_nothing_is_sent_to_a_broker_that_nobody_named() -> None:
    named = settings.REDIS_URL or "redis-url-is-not-set://"
    assert app.conf.broker_url == named


def test_the_beat_only_pings_and_every_ping_is_a_task_that_exists() -> None:
    app.loader.import_default_modules()
    pings = {entry["task"]: entry["schedule"] for entry in app.conf.beat_schedule.values()}
    assert pings == {
        "reports.tasks.close_blocked": 3600.0,
        "reports.tasks.close_due": 60.0,
        "reports.tasks.follow": 10.0,
        "reports.tasks.issue_due": 60.0,
        "reports.tasks.lapse_credits": 60.0,
        "reports.tasks.reckon_exposure": 300.0,
        "reports.tasks.ring_for_mail": 30.0,
        "reports.tasks.ring_for_webhooks": 5.0,
        "reports.tasks.sweep": 10.0,
        "reports.tasks.tell_finance": 3600.0,
        "slaservice.history.tasks.anchor_whole": 3600.0,
        "slaservice.history.tasks.seal": 5.0,
        "slaservice.outages.tasks.poll_feeds": 10.0,
        "slaservice.outages.tasks.read_messages": 5.0,
    }
    assert set(pings) <= set(app.tasks)


def test_documents_are_made_in_a_queue_of_their_own() -> None:
    route = app.amqp.router.route({}, "reports.tasks.make_document")
    assert route["queue"].name == "documents"
    assert (
        app.amqp.router.route({}, "reports.tasks.close_chunk").get("queue", app.amqp.queues["default"]).name
        == "default"
    )


def test_a_time_stamping_authority_that_is_silent_holds_up_no_making() -> None:
    assert app.amqp.router.route({}, "reports.tasks.sign_document")["queue"].name == "signatures"


FORBIDDEN_NAMES = {"chain", "chord", "chunks", "group", "signature", "subtask"}
FORBIDDEN_ARGUMENTS = {"countdown", "eta", "link"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_task_waits_for_a_time_or_for_another(path: Path) -> None:
    """Chords are lost or run twice, ETAs pile up: what is due and what is done is asked of the database."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("celery"):
            assert not {name.name for name in node.names} & FORBIDDEN_NAMES
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "apply_async":
            assert not {keyword.arg for keyword in node.keywords} & FORBIDDEN_ARGUMENTS

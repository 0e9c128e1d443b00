"""Fixtures for every test: a database of the run's own, quick passwords, documents in a temporary folder.

The same tests run on SQLite and on PostgreSQL (tests/run.py). A test marked `distributed` has PostgreSQL,
Redis and, through `celery_workers`, real worker processes; it commits, and the tables are emptied after it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
import redis
from django.conf import settings
from django.db import connection, connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from tests.browser import Visitor, Visits, browser
from tests.emptying import emptier
from tests.servers import Workers, with_database


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("distributed") is None:
        return
    if connection.vendor != "postgresql" or not settings.REDIS_URL:
        pytest.fail(
            "distributed: needs DATABASE_URL (PostgreSQL) and REDIS_URL; `make test` starts both",
            pytrace=False,
        )
    if "PYTEST_XDIST_WORKER" in os.environ:
        pytest.fail("distributed: all such tests share one Redis; run them without -n", pytrace=False)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, not in shared memory, which has neither WAL nor a busy timeout: connections as in life."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        # No test outlives a power cut.
        connection.settings_dict["OPTIONS"]["init_command"] += "; PRAGMA synchronous=OFF"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        migrated = connection.creation.serialize_db_to_string()
    with patch.object(
        connection.ops, "execute_sql_flush", emptier(connection.ops.execute_sql_flush, migrated)
    ):
        yield


@pytest.fixture(scope="session", autouse=True)
def settings_of_the_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    # Tests of limits set their own; customers of two tests may have one number.
    with override_settings(
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        DOCUMENTS_DIR=tmp_path_factory.mktemp("documents"),
        ANCHORS_DIR=tmp_path_factory.mktemp("anchors"),
        API_RATE_LIMIT=0,
    ):
        yield


@pytest.fixture
def documents_dir(tmp_path: Path) -> Iterator[Path]:
    """A documents folder for this test alone; `celery_workers` write there too."""
    folder = tmp_path / "documents"
    with override_settings(DOCUMENTS_DIR=folder):
        yield folder


@pytest.fixture
def redis_url() -> str:
    """A Redis, emptied."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()
    return settings.REDIS_URL


@pytest.fixture
def celery_workers(
    transactional_db: None, redis_url: str, documents_dir: Path, tmp_path: Path
) -> Iterator[Callable[..., Workers]]:
    """`celery_workers(2)` starts two worker processes on this test's own database and waits till they are ready.

    `include` names a module of tasks that only the test has.
    """
    environment = {
        **os.environ,
        "DATABASE_URL": with_database(settings.DATABASE_URL, connection.settings_dict["NAME"]),
        "REDIS_URL": redis_url,
        "DOCUMENTS_DIR": str(documents_dir),
    }
    started: list[Workers] = []

    def start(count: int = 2, *, include: str = "") -> Workers:
        folder = tmp_path / f"workers-{len(started)}"
        workers = Workers(count, folder=folder, environment=environment, include=include)
        started.append(workers)
        workers.wait_until_ready()
        return workers

    yield start
    for workers in started:
        workers.stop()


@pytest.fixture
def visits(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visits]:
    """A browser on this test's own database; see tests/browser.py."""
    # Playwright runs an event loop in this thread: Django would refuse its ORM, and under it takes a connection of its own.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    # What is left open keeps the test database from being dropped; the server's threads keep nothing.
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 0)
    with browser() as opened:
        yield Visits(opened, live_server.url)
        connections.close_all()


@pytest.fixture
def visit(visits: Visits) -> Iterator[Visitor]:
    """Opens pages; nothing that a page complains of goes unheard."""
    yield visits
    assert visits.complaints == []

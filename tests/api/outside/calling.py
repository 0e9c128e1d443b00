"""Requests in this process, each of which leaves no trace: what it did is rolled back as soon as it is answered."""

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection, transaction
from django.test import Client, override_settings

from tests.api.outside.schema import Known

Json = Any


def a_seed(part: int = 0) -> int:
    """Another one for each part and each database, and the same every time: what `make test` tries is known. `make proof` tries
    what nobody knows.
    """
    return 1_000 * (connection.vendor == "postgresql") + part


@contextmanager
def without_limits() -> Iterator[None]:
    """As often as one likes, no pause after keys that are not valid, and every paper is the same small one, made at once."""
    with (
        override_settings(API_RATE_LIMIT=0, REDIS_URL=""),
        patch("reports.making.render", lambda statement: b"%PDF-1.7\n"),
        patch("reports.making.renderer", lambda: "a test"),
    ):
        yield


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written here is written no more afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Tracebacks(logging.Handler):
    """What the site logs of errors while it answers."""

    def __init__(self) -> None:
        super().__init__(level=logging.ERROR)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.found.append(self.format(record))


@contextmanager
def tracebacks() -> Iterator[list[str]]:
    """Those that were logged meanwhile."""
    handler = Tracebacks()
    logging.getLogger().addHandler(handler)
    try:
        yield handler.found
    finally:
        logging.getLogger().removeHandler(handler)


class Outsider:
    """Whoever sends requests with this key, or with none."""

    def __init__(self, key: str = "") -> None:
        self.authorization = f"Bearer {key}" if key else ""
        headers = {"authorization": self.authorization} if key else {}
        self.client = Client(headers=headers, raise_request_exception=False)
        self.sent = 0

    def send(
        self,
        method: str,
        address: str,
        *,
        body: Json = None,
        raw: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        media_type: str = "application/json",
    ) -> Any:
        """The answer. A write has an Idempotency-Key of its own unless it is given one."""
        self.sent += 1
        content = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        named = {"Idempotency-Key": f"outside-{self.sent}"} if method not in ("GET", "HEAD") else {}
        with undone():
            return self.client.generic(
                method, address, content, content_type=media_type, headers={**named, **(headers or {})}
            )

    def call(self, known: Known, values: list[str], *, body: Json = None, query: str = "") -> Any:
        """An operation of the schema, with these in its path."""
        address = known.address(values) + (f"?{query}" if query else "")
        return self.send(known.method, address, body=known.body() if body is None else body)


@contextmanager
def quiet() -> Iterator[None]:
    """No line for each refusal: there are thousands."""
    logger = logging.getLogger("django.request")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)

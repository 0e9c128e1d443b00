"""Every answer has an id of ours, by which log lines and problems can be found; what a caller sends stays in the log."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.test import Client

from slaservice import request_ids
from slaservice.logs import JsonFormatter
from tests.api.told import told

pytestmark = pytest.mark.urls("tests.api.views")

OURS = re.compile(r"rq_[0-9a-f]{32}")


@pytest.fixture
def api() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def logged() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Reads the lines of JSON that were written since the test began."""
    stream = StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)


@pytest.mark.parametrize(
    "address", ["/healthz", "/api/nothing", "/nothing", "/api/raise/unforeseen", "/api/raise/invalid"]
)
def test_every_answer_has_an_id_of_its_own(api: Client, address: str) -> None:
    first, second = api.get(address)["Request-Id"], api.get(address)["Request-Id"]
    assert OURS.fullmatch(first) and OURS.fullmatch(second) and first != second


def test_a_problem_names_the_request(api: Client) -> None:
    response = api.get("/api/raise/unforeseen")
    assert told(response, 500, "internal_error")["request_id"] == response["Request-Id"]


def test_what_a_caller_names_its_request_is_not_sent_back(api: Client) -> None:
    response = api.get("/api/raise/invalid", headers={"Request-Id": "job-7"})
    assert OURS.fullmatch(response["Request-Id"]) and b"job-7" not in response.content


@pytest.mark.parametrize(
    "what", ["unforeseen", "refusal"]
)  # logged further in, and after the last middleware
def test_every_line_about_a_request_has_both_ids(api: Client, logged: Any, what: str) -> None:
    response = api.get(f"/api/raise/{what}", headers={"Request-Id": "job-7"})
    [line] = logged()
    assert (line["request_id"], line["callers_request_id"]) == (response["Request-Id"], "job-7")


def test_a_line_of_our_own_while_a_request_is_answered_has_its_id(
    api: Client, logged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.api.views import Raise

    monkeypatch.setattr(Raise, "initial", lambda *_, **__: logging.getLogger("slaservice").warning("here"))
    response = api.get("/api/raise/refusal")
    assert [line["request_id"] for line in logged() if line["message"] == "here"] == [response["Request-Id"]]


def test_a_line_outside_of_a_request_has_no_id(api: Client, logged: Any) -> None:
    api.get("/healthz")
    logging.getLogger("slaservice").warning("between two requests")
    assert "request_id" not in logged()[-1]


@pytest.mark.parametrize("sent", ["", "x" * 101, "two words", "a\tb", "é", "\x7f"])
def test_an_id_that_is_no_name_is_not_kept(sent: str) -> None:
    assert request_ids.new(sent).callers == ""


def test_a_name_of_a_hundred_signs_is_kept() -> None:
    assert request_ids.new("x" * 100).callers == "x" * 100


@pytest.mark.parametrize(
    "line",
    [
        {"message": "Not Found: /api/v1/statements/{key}"},
        {"caller": "{key}"},
        {"exception": "no such key: {key}"},
    ],
)
def test_no_line_holds_a_key(line: dict[str, str]) -> None:
    key = "sla_Ab3dEf7h_" + "s3cret-_" * 5 + "abc"
    record = logging.LogRecord(
        "x", logging.WARNING, "x.py", 1, line.get("message", "").format(key=key), None, None
    )
    if "exception" in line:
        fault = ValueError(line["exception"].format(key=key))
        record.exc_info = (ValueError, fault, None)
    before = request_ids.current.set(request_ids.new(line.get("caller", "").format(key=key)))
    try:
        text = JsonFormatter().format(record)
    finally:
        request_ids.current.reset(before)
    assert "s3cret" not in text
    assert "sla_Ab3dEf7h_" in text

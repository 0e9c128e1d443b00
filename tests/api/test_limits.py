"""How often a caller may call: exactly so often, by customer and by address, told in headers; no Redis ends the API."""

import logging
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.test import Client, RequestFactory

from slaservice.api import limits
from slaservice.api.client_address import client_address
from tests.api.told import told
from tests.factories.accounts import a_customer, a_key

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.views")]

LIMIT = 5
FAILURES = 3
NO_KEY = "sla_00000000_" + "x" * 43


@pytest.fixture(autouse=True)
def limited(settings: Any) -> Iterator[None]:
    settings.API_RATE_LIMIT, settings.API_FAILED_KEYS_LIMIT, settings.REDIS_URL = LIMIT, FAILURES, ""
    limits._counter.cache_clear()
    yield
    limits._counter.cache_clear()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the process counts by; a test moves them."""
    seconds = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    return seconds


def get(text: str = "", address: str = "127.0.0.1", **headers: str) -> Any:
    if text:
        headers["Authorization"] = f"Bearer {text}"
    return Client().get("/api/me", headers=headers, REMOTE_ADDR=address)


def statuses(calls: int, text: str = "", address: str = "127.0.0.1") -> list[int]:
    return [get(text, address).status_code for _ in range(calls)]


def test_exactly_so_many_calls_are_admitted() -> None:
    text = a_key()[1]
    assert statuses(LIMIT + 2, text) == [200] * LIMIT + [429] * 2


def test_every_answer_says_what_is_left(clock: list[float]) -> None:
    text = a_key()[1]
    told_so = []
    for _ in range(LIMIT + 1):
        response = get(text)
        assert response["RateLimit-Policy"] == f'"minute";q={LIMIT};w=60'
        told_so.append(response["RateLimit"])
        clock[0] += 2.5
    assert told_so == [
        '"minute";r=4;t=60', '"minute";r=3;t=58', '"minute";r=2;t=55', '"minute";r=1;t=53', '"minute";r=0;t=50',
        '"minute";r=0;t=48',
    ]  # fmt: skip


def test_a_call_too_many_is_told_how_long_to_wait(clock: list[float]) -> None:
    text = a_key()[1]
    statuses(LIMIT, text)
    clock[0] += 20.5
    response = get(text)
    told(response, 429, "too_many_requests")
    assert response["Retry-After"] == "40"
    clock[0] += 40
    assert get(text).status_code == 200


def test_a_customers_keys_share_its_limit_and_no_other_customer_has_it() -> None:
    customer = a_customer()
    first, second, other = a_key(customer)[1], a_key(customer)[1], a_key()[1]
    assert statuses(3, first) + statuses(3, second) == [200] * 5 + [429]
    assert statuses(1, other) == [200]


def test_a_call_that_is_refused_counts_too() -> None:
    text = a_key()[1]
    refused = [
        Client().get("/api/other", headers={"Authorization": f"Bearer {text}"}).status_code
        for _ in range(LIMIT)
    ]
    assert refused == [403] * LIMIT
    assert statuses(1, text) == [429]


def test_calls_without_a_key_count_by_their_address() -> None:
    assert statuses(LIMIT + 1) == [401] * LIMIT + [429]
    assert statuses(1, address="192.0.2.7") == [401]


def test_keys_cannot_be_guessed_fast_and_who_guesses_does_not_learn_a_hit() -> None:
    text = a_key()[1]
    assert statuses(FAILURES + 1, NO_KEY) == [401] * FAILURES + [429]
    assert statuses(1, text) == [429]
    assert statuses(1, text, address="192.0.2.7") == [200]


def test_a_key_in_the_address_counts_as_one_that_is_not_valid() -> None:
    text = a_key()[1]
    answers = [Client().get(f"/api/me?token={text}") for _ in range(FAILURES + 1)]
    assert [answer.status_code for answer in answers] == [400] * FAILURES + [429]
    assert statuses(1, text) == [429]
    assert statuses(1, text, "10.0.0.9") == [200]


def test_failures_within_the_limit_do_no_harm() -> None:
    text = a_key()[1]
    assert statuses(FAILURES, NO_KEY) == [401] * FAILURES
    assert statuses(LIMIT, text) == [200] * LIMIT


@pytest.mark.urls("slaservice.urls")
def test_messages_of_monitors_are_not_limited() -> None:
    told_so = [
        Client().post("/hooks/alertmanager/nobody", b"{}", content_type="application/json").status_code
        for _ in range(LIMIT + 1)
    ]
    assert told_so == [401] * (LIMIT + 1)


def test_no_limit_is_no_limit(settings: Any) -> None:
    settings.API_RATE_LIMIT = 0
    text = a_key()[1]
    assert statuses(3 * LIMIT, text) == [200] * 3 * LIMIT
    assert "RateLimit" not in get(text)
    assert statuses(FAILURES + 2, NO_KEY) == [401] * (FAILURES + 2)


def test_the_process_forgets_windows_that_are_over(clock: list[float]) -> None:
    counter = limits.InProcess()
    for number in range(10_001):
        counter(str(number), "")
    clock[0] += 61
    counter("one more", "")
    assert len(counter._windows) == 1


@pytest.mark.parametrize(
    ("peer", "forwarded", "behind_proxy", "address"),
    [
        ("192.0.2.7", "", False, "192.0.2.7"),
        ("192.0.2.7", "198.51.100.1", False, "192.0.2.7"),  # who says so is nobody of ours
        ("10.0.0.1", "198.51.100.1", True, "198.51.100.1"),
        ("10.0.0.1", "203.0.113.9, 198.51.100.1", True, "198.51.100.1"),  # only the last is the proxy's
        ("10.0.0.1", "", True, "10.0.0.1"),
        ("10.0.0.1", "nonsense", True, "unknown"),
        ("", "", False, "unknown"),  # a socket of the file system
        ("::ffff:192.0.2.7", "", False, "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "", False, "2001:db8:1:2::/64"),
    ],
)
def test_the_address_is_what_can_be_trusted(
    settings: Any, peer: str, forwarded: str, behind_proxy: bool, address: str
) -> None:
    settings.BEHIND_PROXY = behind_proxy
    forged: dict[str, Any] = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=peer, **forged)) == address


def test_a_thousand_forged_headers_are_one_client(settings: Any) -> None:
    settings.BEHIND_PROXY = True
    seen = {
        client_address(
            RequestFactory().get("/", HTTP_X_FORWARDED_FOR=f"10.{n // 256}.{n % 256}.1, 198.51.100.1")
        )
        for n in range(1000)
    }
    assert seen == {"198.51.100.1"}


@pytest.fixture(params=["gone", "frozen"])
def dead_redis(request: Any) -> Iterator[str]:
    """Nothing listens, or somebody listens and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        if request.param == "gone":
            server.close()
        yield f"redis://127.0.0.1:{port}/0"


def test_without_an_answer_of_redis_the_api_goes_on(
    dead_redis: str, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.REDIS_URL = dead_redis
    text = a_key()[1]
    begin = time.monotonic()
    with caplog.at_level(logging.WARNING, "slaservice.api.limits"):
        assert statuses(3 * LIMIT, text) == [200] * 3 * LIMIT
    assert time.monotonic() - begin < 3
    assert len([one for one in caplog.records if one.name == "slaservice.api.limits"]) == 1


def test_redis_is_asked_again_after_a_pause_and_the_log_is_not_filled(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    counter, asked = limits.InRedis("redis://127.0.0.1:1/0"), []

    def count(**_: Any) -> Any:
        asked.append(1)
        if len(asked) < 3:
            raise redis.TimeoutError
        return [1, 60_000, 0, -2]

    counter._count = count
    answers = []
    for seconds in (0, 4.9, 0.1, 4.9, 0.1, 0):
        clock[0] += seconds
        answers.append(counter("a", "b"))
    assert [answer is None for answer in answers] == [True, True, True, True, False, False]
    assert len(asked) == 4
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]

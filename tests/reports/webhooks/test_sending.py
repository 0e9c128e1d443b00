"""Sending: what is owed arrives once, in order about each object, however the other end behaves."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.core.management import call_command
from django.test import override_settings
from standardwebhooks import Webhook

from reports.models import WebhookDelivery, WebhookEndpoint
from reports.models.webhooks import BACK_OFF, LEASE
from reports.operations.webhooks import replay
from reports.webhooks import posting, queries, sending
from reports.webhooks.posting import Limits
from reports.webhooks.signing import secrets_of
from slaservice.history.models import Entry
from tests.factories.accounts import NOW, a_key
from tests.factories.webhooks import a_delivery, an_endpoint, numbers, send_all
from tests.lying_page import Handler, LyingPage

pytestmark = pytest.mark.django_db


@pytest.fixture
def endpoint(receiver: LyingPage) -> WebhookEndpoint:
    return an_endpoint(url=f"{receiver.url}/hooks")


def fresh(row: WebhookDelivery) -> WebhookDelivery:
    return WebhookDelivery.objects.select_related("event", "endpoint").get(pk=row.pk)


def test_what_is_owed_arrives_signed_in_the_form_of_the_specification(
    receiver: LyingPage, endpoint: WebhookEndpoint
) -> None:
    row = a_delivery(endpoint)
    assert send_all(endpoint, NOW) == (1, 0)
    ((headers, body),) = receiver.posted
    with time_machine.travel(NOW, tick=False):
        shown = Webhook(secrets_of(endpoint, NOW).current).verify(body, headers)
    assert shown == {"type": "outage.recorded", "timestamp": "2026-05-04T09:30:00Z", "data": row.event.data}
    sent = {name.lower(): value for name, value in headers.items()}
    assert sent["webhook-id"] == row.event.public_id
    assert sent["content-type"] == "application/json"
    row = fresh(row)
    assert (row.state, row.status, row.attempts, row.delivered_at) == ("delivered", 204, 1, NOW)


def test_what_was_delivered_is_not_sent_again(receiver: LyingPage, endpoint: WebhookEndpoint) -> None:
    a_delivery(endpoint)
    assert [send_all(endpoint, NOW), send_all(endpoint, NOW + timedelta(days=1))] == [(1, 0), (0, 0)]
    assert len(receiver.posted) == 1


def test_every_attempt_has_the_same_id_and_the_same_bytes_and_a_time_of_its_own(
    receiver: LyingPage, endpoint: WebhookEndpoint
) -> None:
    a_delivery(endpoint)
    receiver.answers("/hooks", 500)
    send_all(endpoint, NOW)
    receiver.answers("/hooks", 200)
    send_all(endpoint, NOW + timedelta(hours=1))
    (first, body), (second, again) = receiver.posted
    assert body == again
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3600


@pytest.mark.parametrize("status", [199 + 102, 302, 400, 404, 429, 500, 503])
def test_only_a_status_of_success_is_one(receiver: LyingPage, endpoint: WebhookEndpoint, status: int) -> None:
    row = a_delivery(endpoint)
    receiver.answers("/hooks", status, location="/elsewhere")
    assert send_all(endpoint, NOW) == (0, 1)
    row = fresh(row)
    assert (row.state, row.status, row.problem) == ("owed", status, f"It answered {status}.")
    assert receiver.paths() == ["/hooks"]  # no redirect is followed


def test_a_delivery_waits_longer_after_each_failure_and_is_given_up_after_days(
    receiver: LyingPage, endpoint: WebhookEndpoint
) -> None:
    row = a_delivery(endpoint)
    receiver.answers("/hooks", 500)
    now = NOW
    for wait in BACK_OFF:
        WebhookEndpoint.objects.update(not_before=None, failing_since=None, failures=0)
        assert send_all(endpoint, now) == (0, 1)
        assert send_all(endpoint, now + wait - timedelta(seconds=1)) == (0, 0)
        now += wait
    row = fresh(row)
    assert (row.attempts, row.state) == (len(BACK_OFF), "owed")
    WebhookEndpoint.objects.update(not_before=None, failing_since=None, failures=0)
    assert send_all(endpoint, now) == (0, 1)
    assert fresh(row).state == "failed"
    assert sum(BACK_OFF, timedelta()) > timedelta(days=5)
    assert send_all(endpoint, now + timedelta(days=30)) == (0, 0)


def test_the_next_event_about_an_object_waits_for_the_earlier_one(
    receiver: LyingPage, endpoint: WebhookEndpoint
) -> None:
    first, second = a_delivery(endpoint, about="a"), a_delivery(endpoint, about="a")
    other = a_delivery(endpoint, about="b")
    receiver.answers("/hooks", 500)
    assert send_all(endpoint, NOW) == (0, 1)
    receiver.answers("/hooks", 200)
    receiver.posted.clear()
    later = NOW + timedelta(seconds=5)
    WebhookDelivery.objects.filter(pk=first.pk).update(not_before=NOW + timedelta(hours=1))
    assert sending.send(delivery=second.pk, now=later) is None
    assert sending.send(delivery=other.pk, now=later) is True
    # The endpoint answers again; what failed by itself goes on waiting, and what comes after it too.
    assert send_all(endpoint, later) == (0, 0)
    assert send_all(endpoint, NOW + timedelta(hours=1)) == (2, 0)
    assert numbers(receiver.posted) == [row.event.data["number"] for row in (other, first, second)]


Post = Callable[..., int]


def test_what_fails_by_itself_backs_off_alone_for_five_days(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others come all the time and arrive."""
    bad = a_delivery(endpoint)
    number = bad.event.data["number"]
    tried: list[datetime] = []
    now = NOW

    def post(url: str, *, body: bytes, headers: object) -> int:
        if json.loads(body)["data"]["number"] != number:
            return 204
        tried.append(now)
        return 500

    monkeypatch.setattr(sending, "post", post)
    for hour in range(24 * 6):
        now = NOW + timedelta(hours=hour)
        other = a_delivery(endpoint, at=now)
        for second in (0, 5, 10, 310):
            now = NOW + timedelta(hours=hour, seconds=second)
            for ready in queries.endpoints_owed(now):
                assert ready == endpoint.pk
                send_all(endpoint, now)
        assert fresh(other).state == "delivered"
    row = fresh(bad)
    assert row.given_up_at is not None
    assert row.given_up_at - NOW >= timedelta(days=5)
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert all(wait >= least for wait, least in zip(waits, BACK_OFF, strict=True))


def test_what_failed_with_its_endpoint_is_due_once_that_answers(
    receiver: LyingPage, endpoint: WebhookEndpoint
) -> None:
    receiver.answers("/hooks", 503)
    rows = [a_delivery(endpoint) for _ in range(2)]
    for hour in range(48):
        send_all(endpoint, NOW + timedelta(hours=hour))
    assert sum(fresh(row).attempts for row in rows) == 48
    receiver.answers("/hooks", 200)
    assert send_all(endpoint, NOW + timedelta(hours=48)) == (2, 0)


def test_an_endpoint_at_which_an_attempt_is_under_way_is_sent_nothing_else(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [a_delivery(endpoint) for _ in range(3)]
    other = an_endpoint()
    a_delivery(other)
    seen: list[object] = []

    def post(url: str, *, body: bytes, headers: object) -> int:
        seen.append([queries.endpoints_owed(NOW), sending.send(delivery=rows[-1].pk, now=NOW)])
        return 204

    monkeypatch.setattr(sending, "post", post)
    sending.send(delivery=rows[0].pk, now=NOW)
    assert seen == [[[other.pk], None]]
    assert queries.endpoints_owed(NOW) == [endpoint.pk, other.pk]


@pytest.mark.parametrize("status", [410, 500])
def test_what_the_old_address_answers_does_not_count_on_a_new_one(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    row = a_delivery(endpoint)

    def post(url: str, *, body: bytes, headers: object) -> int:
        WebhookEndpoint.objects.update(url="https://new.example/")
        return status

    monkeypatch.setattr(sending, "post", post)
    send_all(endpoint, NOW)
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failures, endpoint.not_before) == ("active", 0, None)
    assert (fresh(row).state, fresh(row).not_before) == ("owed", None)


def test_an_outcome_is_of_its_own_attempt_and_of_none_since_a_replay(
    endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = a_delivery(endpoint)

    def post(url: str, *, body: bytes, headers: object) -> int:
        replay(delivery=fresh(row), key=a_key(endpoint.customer)[0], now=NOW)
        assert sending._taken(fresh(row), NOW + timedelta(seconds=1))
        return 204

    monkeypatch.setattr(sending, "post", post)
    send_all(endpoint, NOW)
    assert (fresh(row).state, fresh(row).attempts) == ("owed", 1)


def test_what_was_given_up_lets_the_next_one_go(receiver: LyingPage, endpoint: WebhookEndpoint) -> None:
    first, second = a_delivery(endpoint, about="a"), a_delivery(endpoint, about="a")
    WebhookDelivery.objects.filter(pk=first.pk).update(given_up_at=NOW)
    assert send_all(endpoint, NOW) == (1, 0)
    assert fresh(second).state == "delivered"


def test_another_endpoint_waits_for_nobody(receiver: LyingPage, endpoint: WebhookEndpoint) -> None:
    broken = an_endpoint(endpoint.customer, f"{receiver.url}/broken")
    a_delivery(broken, about="a")
    send_all(broken, NOW)
    a_delivery(endpoint, about="a")
    assert send_all(endpoint, NOW) == (1, 0)


def test_an_endpoint_that_fails_is_left_alone_whatever_is_owed(
    receiver: LyingPage, endpoint: WebhookEndpoint
) -> None:
    for _ in range(50):
        a_delivery(endpoint)
    receiver.answers("/hooks", 500)
    at = NOW
    for minutes in range(0, 600, 10):
        at = NOW + timedelta(minutes=minutes)
        send_all(endpoint, at)
    assert len(receiver.posted) < 20
    assert queries.endpoints_owed(at) == []


def test_a_receiver_that_was_down_for_a_day_gets_everything_in_order_with_stable_ids(
    receiver: LyingPage, endpoint: WebhookEndpoint
) -> None:
    receiver.answers("/hooks", 503)
    rows: list[WebhookDelivery] = []
    now = NOW
    while now < NOW + timedelta(days=1):
        rows.append(a_delivery(endpoint, about=f"object {len(rows) % 5}", at=now))
        for ready in queries.endpoints_owed(now):
            assert ready == endpoint.pk
            send_all(endpoint, now)
        now += timedelta(minutes=10)
    assert len(rows) == 144
    attempts = [headers["webhook-id"] for headers, _ in receiver.posted]
    receiver.posted.clear()
    receiver.answers("/hooks", 200)
    recovered = now
    while WebhookDelivery.objects.filter(delivered_at__isnull=True).exists():
        now += timedelta(minutes=1)
        assert now < recovered + timedelta(hours=2)
        for _ in queries.endpoints_owed(now):
            send_all(endpoint, now)
    ids = [headers["webhook-id"] for headers, _ in receiver.posted]
    assert sorted(ids) == sorted(row.event.public_id for row in rows)
    assert set(attempts) <= set(ids)
    for number in range(5):
        about = [json.loads(body)["data"] for _, body in receiver.posted]
        told = [data["number"] for data in about if data["about"] == f"object {number}"]
        assert told == sorted(told)


def test_an_attempt_that_died_before_it_was_noted_is_made_again_with_the_same_id(
    receiver: LyingPage, endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = a_delivery(endpoint)

    class KilledError(BaseException):
        pass

    def killed(*args: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(sending, "_delivered", killed)
        with pytest.raises(KilledError):
            send_all(endpoint, NOW)
    assert len(receiver.posted) == 1
    assert send_all(endpoint, NOW + LEASE - timedelta(seconds=1)) == (0, 0)
    assert send_all(endpoint, NOW + LEASE) == (1, 0)
    assert {headers["webhook-id"] for headers, _ in receiver.posted} == {row.event.public_id}
    assert len(receiver.posted) == 2
    assert fresh(row).attempts == 2


def test_an_attempt_under_way_is_nobody_elses(
    receiver: LyingPage, endpoint: WebhookEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = a_delivery(endpoint)
    inner: list[bool | None] = []
    post = posting.post

    def at_once(url: str, **options: object) -> int:
        inner.append(sending.send(delivery=row.pk, now=NOW))
        return post(url, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(sending, "post", at_once)
    assert send_all(endpoint, NOW) == (1, 0)
    assert inner == [None]
    assert len(receiver.posted) == 1


def test_an_endpoint_that_is_gone_is_disabled_and_says_so(
    receiver: LyingPage, endpoint: WebhookEndpoint
) -> None:
    a_delivery(endpoint)
    receiver.answers("/hooks", 410)
    send_all(endpoint, NOW)
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.why) == ("disabled", "It answered 410: it is gone for good.")
    assert Entry.objects.filter(action="webhooks.disable", object_id=endpoint.pk).count() == 1
    receiver.answers("/hooks", 200)
    assert send_all(endpoint, NOW + timedelta(days=1)) == (0, 0)
    assert queries.endpoints_owed(NOW + timedelta(days=1)) == []


@pytest.mark.parametrize(("days", "state"), [(4.9, "active"), (5, "disabled")])
def test_an_endpoint_that_fails_for_five_days_is_disabled(
    receiver: LyingPage, endpoint: WebhookEndpoint, days: float, state: str
) -> None:
    receiver.answers("/hooks", 500)
    a_delivery(endpoint)
    send_all(endpoint, NOW)
    a_delivery(endpoint)
    send_all(endpoint, NOW + timedelta(days=days))
    endpoint.refresh_from_db()
    assert endpoint.state == state
    assert (endpoint.why == "It failed for 5 days. It answered 500.") == (state == "disabled")


def test_one_success_starts_the_five_days_anew(receiver: LyingPage, endpoint: WebhookEndpoint) -> None:
    for day, status in enumerate((500, 500, 200, 500, 500, 500)):
        receiver.answers("/hooks", status)
        a_delivery(endpoint)
        send_all(endpoint, NOW + timedelta(days=day))
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.failing_since) == ("active", NOW + timedelta(days=3))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting, "LIMITS", Limits(deadline=0.5, connect=0.3, most_bytes=100))


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("misbehaves", ["hangs", "drips"])
def test_an_endpoint_that_keeps_us_waiting_has_failed_by_the_deadline(
    receiver: LyingPage, endpoint: WebhookEndpoint, misbehaves: str
) -> None:
    getattr(receiver, misbehaves)("/hooks")
    row = a_delivery(endpoint)
    began = datetime.now()  # noqa: DTZ005
    assert send_all(endpoint, NOW) == (0, 1)
    assert (datetime.now() - began).total_seconds() < 3  # noqa: DTZ005
    assert (fresh(row).status, fresh(row).problem) == (None, "127.0.0.1 did not answer in time.")


def test_of_a_huge_answer_little_is_read_and_nothing_is_kept(
    receiver: LyingPage, endpoint: WebhookEndpoint
) -> None:
    receiver.answers("/hooks", 200, b"secret " * 10_000_000)
    row = a_delivery(endpoint)
    assert send_all(endpoint, NOW) == (1, 0)
    assert fresh(row).problem == ""
    receiver.answers("/hooks", 500, b"secret " * 1000)
    row = a_delivery(endpoint)
    send_all(endpoint, NOW)
    assert fresh(row).problem == "It answered 500."


def test_an_answer_that_breaks_off_is_none(receiver: LyingPage, endpoint: WebhookEndpoint) -> None:
    receiver.breaks_off("/hooks", b"half")
    row = a_delivery(endpoint)
    assert send_all(endpoint, NOW) == (0, 1)
    assert fresh(row).problem.startswith("127.0.0.1 could not be reached")


def test_who_answers_with_nonsense_has_failed(receiver: LyingPage, endpoint: WebhookEndpoint) -> None:
    def greet(handler: Handler) -> None:
        handler.wfile.write(b"SMTP 220 hello\r\n\r\n")

    receiver.acts["/hooks"] = greet
    a_delivery(endpoint)
    assert send_all(endpoint, NOW) == (0, 1)


def test_nobody_listens(receiver: LyingPage, endpoint: WebhookEndpoint) -> None:
    WebhookEndpoint.objects.update(url="http://127.0.0.1:1/hooks")
    row = a_delivery(endpoint)
    with override_settings(WEBHOOK_PRIVATE_HOSTS=["127.0.0.1:1"]):
        assert send_all(endpoint, NOW) == (0, 1)
    assert fresh(row).status is None


def test_a_name_that_turns_out_to_be_of_an_inner_network_is_not_called(
    receiver: LyingPage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The address was public when it was entered. Its owner is told no more than of a name that nobody knows."""
    import socket

    endpoint = an_endpoint(url=f"https://innocent.example:{receiver.server.server_port}/hooks")
    row = a_delivery(endpoint)
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", receiver.server.server_port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: answer)
    assert send_all(endpoint, NOW) == (0, 1)
    assert fresh(row).problem == "innocent.example could not be reached."
    assert "inner network" in caplog.text
    assert (receiver.posted, receiver.asked) == ([], [])


def test_the_command_does_it_without_workers(
    receiver: LyingPage, endpoint: WebhookEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    a_delivery(endpoint)
    call_command("send_webhooks")
    receiver.answers("/hooks", 500)
    a_delivery(endpoint)
    call_command("send_webhooks")
    assert capsys.readouterr().out.splitlines() == [
        "0 events made, 1 deliveries sent, 0 failed.",
        "0 events made, 0 deliveries sent, 1 failed.",
    ]


def test_what_is_due_goes_oldest_first(receiver: LyingPage, endpoint: WebhookEndpoint) -> None:
    rows = [a_delivery(endpoint) for _ in range(12)]
    assert send_all(endpoint, NOW) == (12, 0)
    assert numbers(receiver.posted) == [row.event.data["number"] for row in rows]

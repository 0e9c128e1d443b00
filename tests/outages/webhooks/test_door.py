"""The door that every message comes through: who is let in, what is kept, and how little stands in its way."""

import json
import logging
import time
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from celery.app.task import Task
from django.db import IntegrityError, transaction
from django.test import Client, override_settings
from django.utils import timezone

from slaservice.outages.importers import webhooks
from slaservice.outages.importers.webhooks import reading
from slaservice.outages.models import Hook, HookMessage, OutageWindow
from slaservice.outages.operations.feeds import create_feed
from slaservice.outages.operations.hooks import change_hook, create_hook, process_again, renew_token
from slaservice.outages.queries import unrecorded_messages
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ADMINISTRATOR, OPERATOR
from tests.factories.messages import (
    SECRET,
    a_component_change,
    a_hook,
    alerts,
    an_alert,
    an_event,
    means,
    outcome,
    posted,
    signature,
)
from tests.factories.outages import NOW, a_person, a_tier, last_entry

pytestmark = pytest.mark.django_db

MESSAGE = json.dumps(alerts(an_alert())).encode()


@pytest.fixture(autouse=True)
def read_at_once() -> Any:
    """As where there is no broker."""
    with override_settings(REDIS_URL="", HOOK_SECRETS={"our-pagerduty": SECRET}):
        yield


def test_a_message_is_kept_as_it_was_received_and_read() -> None:
    hook, token = a_hook()
    means(hook, "api", "api")
    answer = posted(hook, token, MESSAGE)
    assert (answer.status_code, answer.json()) == (202, {"received": True})
    kept = HookMessage.objects.get()
    assert bytes(kept.body) == MESSAGE
    assert kept.processed_at is not None
    assert OutageWindow.objects.get().source == "our-alertmanager"


def test_a_message_never_changes_and_never_goes() -> None:
    hook, token = a_hook()
    posted(hook, token, MESSAGE)
    with pytest.raises(IntegrityError, match="stays as it was received"), transaction.atomic():
        HookMessage.objects.update(body=b"{}")
    with pytest.raises(IntegrityError, match="stays as it was received"), transaction.atomic():
        HookMessage.objects.all().delete()


WRONG: dict[str, tuple[str, dict[str, str]]] = {
    "no token": ("alertmanager/our-alertmanager", {}),
    "another token": ("alertmanager/our-alertmanager", {"authorization": "Bearer no"}),
    "no scheme": ("alertmanager/our-alertmanager", {"authorization": "TOKEN"}),
    "a password": ("alertmanager/our-alertmanager", {"authorization": "Basic TOKEN"}),
    "no such hook": ("alertmanager/nobody", {"authorization": "Bearer TOKEN"}),
    "another kind": ("pagerduty/our-alertmanager", {"authorization": "Bearer TOKEN"}),
    "not signed": ("pagerduty/our-pagerduty", {}),
    "signed with another secret": ("pagerduty/our-pagerduty", {"x-pagerduty-signature": signature(MESSAGE, "no")}),
    "another body signed": ("pagerduty/our-pagerduty", {"x-pagerduty-signature": signature(b"{}")}),
    "another version": ("pagerduty/our-pagerduty", {"x-pagerduty-signature": "v2=00, v1=, ,"}),
    "a token in the wrong place": ("statuspage/our-statuspage/no", {"authorization": "Bearer TOKEN"}),
    "a signature that is no text": ("pagerduty/our-pagerduty", {"x-pagerduty-signature": "v1=\u00e4"}),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_who_cannot_prove_who_they_are_leaves_nothing_behind(wrong: str) -> None:
    _, token = a_hook()
    a_hook("pagerduty")
    page = create_feed(source="page", url="https://status.example.com", by=None, now=NOW)
    a_hook("statuspage", feed=page)
    path, headers = WRONG[wrong]
    said = {name: value.replace("TOKEN", token) for name, value in headers.items()}
    answer = Client().post(f"/hooks/{path}", MESSAGE, "application/json", headers=said)
    assert answer.status_code == 401
    assert answer.json()["code"] == "hook_not_proven"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not HookMessage.objects.exists()


@pytest.mark.parametrize(
    "header",
    ["{right}", "v1=00,{right}", " {right} , v1=00", "v2=xyz,v1=zzz,{right}"],
)
def test_one_signature_of_several_is_enough(header: str) -> None:
    hook, _ = a_hook("pagerduty")
    body = json.dumps(an_event("triggered", "12:00:00")).encode()
    said = header.format(right=signature(body))
    assert posted(hook, "", body, **{"x-pagerduty-signature": said}).status_code == 202


def test_without_a_secret_in_the_environment_no_signature_fits() -> None:
    hook, _ = a_hook("pagerduty")
    for secrets in ({}, {"our-pagerduty": ""}):
        with override_settings(HOOK_SECRETS=secrets):
            for secret in ("", "nobody's"):
                said = {"x-pagerduty-signature": signature(MESSAGE, secret)}
                assert posted(hook, "", MESSAGE, **said).status_code == 401


def test_a_hook_that_is_switched_off_takes_nothing() -> None:
    hook, token = a_hook()
    change_hook(hook=hook, enabled=False, by=None, now=NOW)
    assert posted(hook, token, MESSAGE).status_code == 401


def test_a_new_token_ends_the_old_one_and_neither_is_in_the_database() -> None:
    hook, old = a_hook()
    new = renew_token(hook=hook, by=None, now=NOW, reason="It was in a chat.")
    assert posted(hook, old, MESSAGE).status_code == 401
    assert posted(hook, new, MESSAGE).status_code == 202
    assert not {old, new} & set(map(str, Hook.objects.values_list("token_hmac", flat=True)))
    assert old not in json.dumps(last_entry(hook).data)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"1",
        b'{"a":1,"a":2}',
        b"[" * 20_000,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b'{"a":"\xff"}',
        b'{"a":NaN}',
        MESSAGE + b"\0",
    ],
    ids=["nothing", "half", "a list", "a number", "twice", "deep", "33 deep", "not UTF-8", "NaN", "NUL"],
)
def test_what_is_no_strict_json_is_refused_by_name_and_quickly(body: bytes) -> None:
    hook, token = a_hook()
    began = time.monotonic()
    answer = posted(hook, token, body)
    assert time.monotonic() - began < 1
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_json")
    assert not HookMessage.objects.exists()


def test_a_body_has_a_largest_size() -> None:
    hook, token = a_hook()
    largest = b'{"a":"' + b"x" * (1_000_000 - 8) + b'"}'
    assert posted(hook, token, largest).status_code == 202
    answer = posted(hook, token, largest + b" ")
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_only_posting_is_possible() -> None:
    a_hook()
    for method in ("get", "put", "delete", "head", "options"):
        assert getattr(Client(), method)("/hooks/alertmanager/our-alertmanager").status_code == 405


def test_no_token_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    page = create_feed(source="page", url="https://status.example.com", by=None, now=NOW)
    hook, token = a_hook("statuspage", feed=page)
    with caplog.at_level(logging.DEBUG):
        posted(hook, token, b"{")
        Client().get(f"/hooks/statuspage/{hook.name}/{token}")
        Client().post(f"/hooks/statuspage/other/{token}")
    assert "refused" in caplog.text
    assert token not in caplog.text


def test_no_broker_stands_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a broker the request only keeps the message: nothing is published, so nothing can hang."""

    def publish(*args: Any, **options: Any) -> None:
        raise AssertionError("a request published")

    monkeypatch.setattr(Celery, "send_task", publish)
    monkeypatch.setattr(Task, "apply_async", publish)
    hook, token = a_hook()
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        began = time.monotonic()
        assert posted(hook, token, MESSAGE).status_code == 202
        assert time.monotonic() - began < 1
    assert HookMessage.objects.get().processed_at is None
    assert webhooks.read_owed(now=timezone.now()) == 1
    assert HookMessage.objects.get().processed_at is not None


def test_the_same_message_again_is_one_message() -> None:
    hook, token = a_hook()
    means(hook, "api", "api")
    for _ in range(3):
        assert posted(hook, token, MESSAGE).status_code == 202
    assert HookMessage.objects.count() == OutageWindow.objects.count() == 1


def test_a_message_that_cannot_be_read_is_tried_later_and_later_and_then_left_to_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook, token = a_hook()
    means(hook, "api", "api")

    def breaks(*args: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(reading.READERS, "alertmanager", breaks)
    assert posted(hook, token, MESSAGE).status_code == 202
    tries = 1
    for minutes in range(1, 100):
        tries += webhooks.read_owed(now=timezone.now() + timedelta(minutes=minutes))
    message = HookMessage.objects.get()
    assert (tries, message.attempts) == (8, 8)
    assert "an error of our own" in message.outcome
    monkeypatch.undo()
    process_again(message=message, by=None, now=timezone.now())
    webhooks.read_owed(now=timezone.now())
    assert OutageWindow.objects.count() == 1


def test_one_that_breaks_keeps_no_other_away(monkeypatch: pytest.MonkeyPatch) -> None:
    hook, token = a_hook()
    means(hook, "api", "api")
    honest = reading.READERS["alertmanager"]

    def breaks(hook: Any, message: HookMessage, content: Any, now: Any) -> Any:
        if content["groupKey"] == "bad":
            raise ZeroDivisionError
        return honest(hook, message, content, now)

    monkeypatch.setitem(reading.READERS, "alertmanager", breaks)
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        posted(hook, token, alerts(an_alert("bad"), groupKey="bad"))
        posted(hook, token, alerts(an_alert("good")))
    assert webhooks.read_owed(now=timezone.now()) == 2
    assert OutageWindow.objects.get().external_id.startswith("good/")


def test_what_waited_for_a_component_is_read_once_any_of_them_is_explained() -> None:
    hook, token = a_hook()
    two = [an_alert("f1", labels={"component": "one"}), an_alert("f2", labels={"component": "two"})]
    posted(hook, token, alerts(*two))
    assert outcome() == "one means no component here yet.\ntwo means no component here yet."
    assert webhooks.read_owed(now=timezone.now()) == 0
    for word, count in (("one", 1), ("two", 2)):
        means(hook, word, f"our-{word}")
        assert webhooks.read_owed(now=timezone.now()) == 1
        assert OutageWindow.objects.count() == count
    assert webhooks.read_owed(now=timezone.now()) == 0


def test_before_there_is_a_tier_a_message_waits() -> None:
    hook, token = create_hook(name="early", kind="alertmanager", by=None, now=NOW)
    means(hook, "api", "api")
    posted(hook, token, MESSAGE)
    assert HookMessage.objects.get().processed_at is None
    assert "customer tiers first" in outcome()
    a_tier()
    webhooks.read_owed(now=timezone.now() + timedelta(minutes=1))
    assert OutageWindow.objects.count() == 1


def test_a_hook_is_made_by_an_administrator_and_checked() -> None:
    with pytest.raises(Refusal, match="administrator"):
        create_hook(name="x", kind="alertmanager", by=a_person(OPERATOR), now=NOW)
    with pytest.raises(Invalid) as wrong:
        create_hook(name="A b", kind="nagios", severity="!", component_label="", severities={"a": "B!"},
                    by=a_person(ADMINISTRATOR), now=NOW)  # fmt: skip
    assert [error.path for error in wrong.value.errors] == [
        "name", "severity", "component_label", "kind", "severities.a",
    ]  # fmt: skip
    with pytest.raises(Invalid, match="polled feed"):
        create_hook(name="x", kind="statuspage", by=None, now=NOW)
    create_hook(name="x", kind="alertmanager", by=None, now=NOW)
    with pytest.raises(Refusal, match="already"):
        create_hook(name="x", kind="alertmanager", by=None, now=NOW)
    with pytest.raises(Refusal, match="PagerDuty signs"):
        renew_token(
            hook=create_hook(name="p", kind="pagerduty", by=None, now=NOW)[0], by=None, now=NOW, reason="x"
        )


def test_a_status_page_is_answered_well_whatever_it_posts() -> None:
    """A page drops the subscriber that answers anything but 2xx."""
    page = create_feed(source="page", url="https://status.example.com", by=None, now=NOW)
    hook, token = a_hook("statuspage", feed=page)
    messages: tuple[Any, ...] = (
        {},
        {"incident": 5},
        {"component_update": {}},
        a_component_change(),
        {"incident": {"id": "a\0b"}},
    )
    for message in messages:
        assert posted(hook, token, message).status_code == 202


def test_a_message_that_breaks_once_its_component_is_explained_is_put_off_and_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook, token = a_hook()
    posted(hook, token, MESSAGE)
    means(hook, "api", "api")

    def breaks(*args: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(reading.READERS, "alertmanager", breaks)
    start = timezone.now()
    tries = sum(webhooks.read_owed(now=start + timedelta(minutes=10 * turn)) for turn in range(60))
    assert tries == 8
    assert HookMessage.objects.get().due_at <= start + timedelta(hours=10)
    assert [message.hook for message in unrecorded_messages()] == [hook]


def test_another_component_that_is_explained_makes_a_given_up_message_due_again() -> None:
    hook, token = a_hook()
    two = [an_alert("f1", labels={"component": "one"}), an_alert("f2", labels={"component": "two"})]
    posted(hook, token, alerts(*two))
    HookMessage.objects.update(processed_at=None, attempts=8)
    means(hook, "two", "our-two")
    assert webhooks.read_owed(now=timezone.now()) == 1
    assert OutageWindow.objects.get().external_id.startswith("f2/")
    assert not unrecorded_messages().exists()


def test_the_pause_never_grows_beyond_an_hour_and_a_message_that_was_read_is_left_alone() -> None:
    hook, token = a_hook()
    posted(hook, token, MESSAGE)
    before = HookMessage.objects.values().get()
    reading._put_off(before["id"], "late\0", NOW)
    assert HookMessage.objects.values().get() == before
    HookMessage.objects.update(processed_at=None, attempts=10_000)
    reading._put_off(before["id"], "late\0", NOW)
    assert HookMessage.objects.get().due_at == NOW + timedelta(minutes=42, seconds=40)


def test_what_cannot_even_be_put_off_ends_no_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    hook, token = a_hook()
    means(hook, "api", "api")
    honest = reading.READERS["alertmanager"]

    def breaks(hook: Any, message: HookMessage, content: Any, now: Any) -> Any:
        if content["groupKey"] == "bad":
            raise ZeroDivisionError
        return honest(hook, message, content, now)

    monkeypatch.setitem(reading.READERS, "alertmanager", breaks)
    monkeypatch.setattr(reading, "_try_later", breaks)
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        posted(hook, token, alerts(an_alert("bad"), groupKey="bad"))
        posted(hook, token, alerts(an_alert("good")))
    assert webhooks.read_owed(now=timezone.now()) == 2
    assert OutageWindow.objects.get().external_id.startswith("good/")

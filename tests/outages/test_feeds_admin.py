"""Pages that are polled and hooks on the desk: who may change them, what is shown once, and that a secret is never shown."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from slaservice.outages.models import ComponentStatus, Hook, HookMessage, PolledFeed
from slaservice.outages.operations.feeds import create_feed
from slaservice.outages.operations.hooks import receive, token_opens
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, OPERATOR, ROLES
from tests.factories.messages import a_hook
from tests.factories.outages import NOW, a_person, a_tier, actions_on

pytestmark = pytest.mark.django_db

MODELS = ("polledfeed", "componentstatus", "hook", "hookmessage")


def logged_in(*roles: str) -> Client:
    client = Client()
    client.force_login(a_person(*roles))
    return client


def address(model: str, page: str = "changelist", *arguments: Any) -> str:
    return reverse(f"admin:outages_{model}_{page}", args=arguments)


@pytest.fixture
def rows() -> dict[str, Any]:
    feed = create_feed(source="page", url="https://status.example.com", by=None, now=NOW)
    PolledFeed.objects.update(questions={"incidents": ["<b>What?</b>"]}, failure="incidents: fetch_timed_out")
    hook, _ = a_hook()
    receive(hook=hook, body=b'{"alerts":["<script>"]}', key="", subject="", now=NOW)
    status = ComponentStatus.objects.create(
        source="page",
        external_id="c1",
        name="API",
        status="operational",
        at=NOW,
        seen_at=NOW,
        seen_in="summary",
    )
    return {
        "polledfeed": feed,
        "componentstatus": status,
        "hook": hook,
        "hookmessage": HookMessage.objects.get(),
    }


@pytest.mark.parametrize("role", ROLES)
def test_everybody_may_read(rows: dict[str, Any], role: str) -> None:
    client = logged_in(role)
    for model in MODELS:
        assert client.get(address(model)).status_code == 200
        page = client.get(address(model, "change", rows[model].pk))
        assert page.status_code == 200
        assert '<script>"' not in page.text
        assert rows["hook"].token_hmac not in page.text
    assert "&lt;b&gt;What?" in client.get(address("polledfeed", "change", rows["polledfeed"].pk)).text


@pytest.mark.parametrize(
    ("model", "page", "may"),
    [("polledfeed", "edit", {OPERATOR, ADMINISTRATOR}), ("polledfeed", "poll", {OPERATOR, ADMINISTRATOR}),
     ("hook", "edit", {ADMINISTRATOR}), ("hook", "renew", {ADMINISTRATOR}), ("hookmessage", "process", {ADMINISTRATOR})],
)  # fmt: skip
def test_who_may_change_what(rows: dict[str, Any], model: str, page: str, may: set[str]) -> None:
    for role in ROLES:
        answer = logged_in(role).get(address(model, page, rows[model].pk))
        assert answer.status_code == (200 if role in may else 403)


def test_a_page_is_entered_changed_and_asked_for(rows: dict[str, Any]) -> None:
    client = logged_in(OPERATOR)
    wrong = client.post(address("polledfeed", "add"), {"source": "two", "url": "ftp://x", "seconds": 60})
    assert "must start with https://" in wrong.text
    client.post(
        address("polledfeed", "add"),
        {"source": "two", "url": "https://two.example/", "seconds": 60, "enabled": "on"},
    )
    feed = PolledFeed.objects.get(source="two")
    assert (feed.url, feed.enabled) == ("https://two.example", True)
    client.post(
        address("polledfeed", "edit", feed.pk), {"url": feed.url, "seconds": 90, "reason": "Too often."}
    )
    feed.refresh_from_db()
    assert (feed.seconds, feed.enabled) == (90, False)
    assert actions_on(feed) == ["feeds.create", "feeds.change"]
    assert client.post(address("polledfeed", "poll", feed.pk)).status_code == 302


def test_a_token_is_shown_once() -> None:
    a_tier()
    client = logged_in(ADMINISTRATOR)
    form = {"name": "prometheus", "kind": "alertmanager", "component_label": "service", "severity": "major_outage",
            "severities": '{"warning": "degraded_performance"}', "enabled": "on"}  # fmt: skip
    shown = client.post(address("hook", "add"), form)
    hook = Hook.objects.get()
    token = shown.context["token"]
    assert token_opens(hook, token)
    assert "no-store" in shown.headers["Cache-Control"]
    assert "/hooks/alertmanager/prometheus" in shown.text
    assert token not in client.get(address("hook", "change", hook.pk)).text
    assert "already" in client.post(address("hook", "add"), form).text
    assert client.post(address("hook", "renew", hook.pk), {"reason": ""}).context["form"].errors
    again = client.post(address("hook", "renew", hook.pk), {"reason": "It was in a chat."}).context["token"]
    hook.refresh_from_db()
    assert token_opens(hook, again) and not token_opens(hook, token)
    assert actions_on(hook) == ["hooks.create", "hooks.renew"]
    client.post(address("hook", "edit", hook.pk), {**form, "severities": "", "reason": "Simpler."})
    hook.refresh_from_db()
    assert hook.severities == {}
    assert Client().post(address("hook", "renew", hook.pk), {"reason": "x"}).status_code == 302
    assert logged_in(AUDITOR).post(address("hook", "renew", hook.pk), {"reason": "x"}).status_code == 403


def test_what_pagerduty_signs_with_is_only_said_to_be_there(settings: Any) -> None:
    hook, token = a_hook("pagerduty")
    assert token == ""
    page = address("hook", "change", hook.pk)
    assert "is NOT there" in logged_in(OPERATOR).get(page).text
    settings.HOOK_SECRETS = {"our-pagerduty": "hidden-text"}
    shown = logged_in(OPERATOR).get(page).text
    assert "HOOK_SECRETS is there" in shown
    assert "hidden-text" not in shown


def test_a_message_is_put_back_into_the_queue(rows: dict[str, Any]) -> None:
    HookMessage.objects.update(attempts=8)
    logged_in(ADMINISTRATOR).post(address("hookmessage", "process", rows["hookmessage"].pk), {"reason": ""})
    assert HookMessage.objects.get().attempts == 0

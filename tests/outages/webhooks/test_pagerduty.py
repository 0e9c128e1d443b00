"""PagerDuty's events in any order: each opening is an outage until its end, or until it was opened again."""

import itertools
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import override_settings

from slaservice.outages import operations
from slaservice.outages.models import Hook, HookMessage, OutageWindow
from tests.factories.messages import SECRET, Json, a_hook, an_event, means, outcome, posted
from tests.factories.outages import NOW, april

pytestmark = pytest.mark.django_db

TRIGGERED, RESOLVED = an_event("triggered", "10:00:00"), an_event("resolved", "10:30:00")
REOPENED, OVER = an_event("reopened", "11:00:00.123456789"), an_event("resolved", "11:45:00", event="last")


@pytest.fixture(autouse=True)
def read_at_once() -> Any:
    with (
        override_settings(REDIS_URL="", HOOK_SECRETS={"our-pagerduty": SECRET}),
        time_machine.travel(NOW, tick=False),
    ):
        yield


@pytest.fixture
def hook() -> tuple[Hook, str]:
    made = a_hook("pagerduty")
    means(made[0], "PA2P440", "api")
    return made


def alive() -> list[tuple[datetime, datetime | None]]:
    rows = OutageWindow.objects.filter(state__in=("proposed", "confirmed")).order_by("start")
    return [(row.start, row.end) for row in rows]


def test_an_incident_is_a_proposed_window_from_when_it_was_triggered(hook: tuple[Hook, str]) -> None:
    assert posted(*hook, TRIGGERED).status_code == 202
    window = OutageWindow.objects.get()
    assert (window.basis, window.start, window.end) == ("monitor", april(10, 10), None)
    assert window.note == "API: Störung — API"
    assert window.evidence_url == "https://example.pagerduty.com/incidents/PCPZE64"


@pytest.mark.parametrize("order", list(itertools.permutations([TRIGGERED, RESOLVED, REOPENED, OVER])))
def test_the_order_of_events_says_nothing(hook: tuple[Hook, str], order: tuple[Json, ...]) -> None:
    for message in order + order:
        posted(*hook, message)
    assert alive() == [
        (april(10, 10), april(10, 10, 30)), (april(10, 11, 0, 0, 123456), april(10, 11, 45)),
    ]  # fmt: skip
    assert HookMessage.objects.count() == 4


def test_an_incident_that_was_opened_again_had_ended_by_then(hook: tuple[Hook, str]) -> None:
    posted(*hook, TRIGGERED)
    posted(*hook, REOPENED)
    assert alive() == [
        (april(10, 10), april(10, 11, 0, 0, 123457)), (april(10, 11, 0, 0, 123456), None),
    ]  # fmt: skip


def test_a_confirmed_window_is_corrected_by_proposal_only(hook: tuple[Hook, str]) -> None:
    posted(*hook, TRIGGERED)
    confirmed = operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    posted(*hook, RESOLVED)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.end) == ("confirmed", None)
    assert OutageWindow.objects.get(supersedes=confirmed).end == april(10, 10, 30)


def test_an_end_without_a_beginning_waits(hook: tuple[Hook, str]) -> None:
    posted(*hook, RESOLVED)
    assert alive() == []
    assert "nothing has said when it began" in outcome()
    posted(*hook, TRIGGERED)
    assert alive() == [(april(10, 10), april(10, 10, 30))]


def test_an_event_is_one_by_its_id_and_not_by_its_bytes(hook: tuple[Hook, str]) -> None:
    posted(*hook, TRIGGERED)
    posted(*hook, {**TRIGGERED, "retry": 2})
    assert HookMessage.objects.count() == 1


def test_incidents_are_kept_apart(hook: tuple[Hook, str]) -> None:
    posted(*hook, TRIGGERED)
    posted(*hook, an_event("triggered", "10:10:00", incident="OTHER"))
    posted(*hook, an_event("resolved", "10:20:00", incident="OTHER"))
    assert alive() == [(april(10, 10), None), (april(10, 10, 10), april(10, 10, 20))]


@pytest.mark.parametrize("kind", ["acknowledged", "annotated", "something.new"])
def test_other_events_are_kept_and_do_nothing(hook: tuple[Hook, str], kind: str) -> None:
    posted(*hook, an_event(kind, "10:00:00"))
    assert f"incident.{kind}: nothing to do" in outcome()
    assert alive() == []


def test_an_unknown_service_is_a_question(hook: tuple[Hook, str]) -> None:
    posted(*hook, an_event("triggered", "10:00:00", service="NEW"))
    assert outcome() == "NEW means no component here yet."


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"event": None},
        {"event": {"event_type": "incident.triggered", "id": "x" * 300}},
        {"event": {"event_type": "incident.triggered", "occurred_at": "soon", "data": {"id": "a\0"}}},
        {"event": {"event_type": 5, "id": "a\0b", "data": []}},
    ],
)
def test_a_message_of_another_shape_is_kept_and_named(hook: tuple[Hook, str], message: Json) -> None:
    assert posted(*hook, message).status_code == 202
    assert HookMessage.objects.count() == 1
    assert outcome() != ""

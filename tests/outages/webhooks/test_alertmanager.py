"""Alerts become windows: once, whatever the order, however often, and never a confirmed fact."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import override_settings

from slaservice.outages import operations
from slaservice.outages.importers import webhooks
from slaservice.outages.importers.webhooks import sightings
from slaservice.outages.models import FeedComponent, Hook, OutageWindow
from slaservice.outages.operations.hooks import change_hook
from slaservice.outages.queries import unrecorded_messages
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import OPERATOR
from tests.factories.messages import Json, a_hook, alerts, an_alert, means, outcome, posted
from tests.factories.outages import NOW, a_component, a_person, a_tier, april

pytestmark = pytest.mark.django_db

FIRING = alerts(an_alert())
RESOLVED = alerts(an_alert(ends="2026-04-10T13:00:00Z"), status="resolved")


@pytest.fixture(autouse=True)
def read_at_once() -> Any:
    with override_settings(REDIS_URL=""), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def hook() -> tuple[Hook, str]:
    a_tier("enterprise")
    a_tier("free")
    made = a_hook()
    means(made[0], "api", "api")
    return made


def alive() -> list[tuple[str, datetime, datetime | None]]:
    """What is proposed or confirmed."""
    rows = OutageWindow.objects.filter(state__in=("proposed", "confirmed")).order_by("start", "reference")
    return [(row.reference, row.start, row.end) for row in rows]


def test_a_firing_alert_is_a_proposed_window_that_is_still_open(hook: tuple[Hook, str]) -> None:
    posted(*hook, FIRING)
    window = OutageWindow.objects.get()
    assert (window.state, window.basis, window.severity) == ("proposed", "monitor", "major_outage")
    assert (window.component.code, window.start, window.end) == ("api", april(10, 12), None)
    assert [tier.code for tier in window.tiers.order_by("code")] == ["enterprise", "free"]
    assert window.note == "ApiIsDown: More than half of all requests fail"
    assert window.evidence_url == "http://prometheus:9090/graph?g0.expr=up"


@pytest.mark.parametrize(
    "order", list(itertools.permutations([FIRING, RESOLVED, {**FIRING, "groupKey": "again"}]))
)
def test_the_order_of_messages_says_nothing(hook: tuple[Hook, str], order: tuple[Json, ...]) -> None:
    for message in order + order:
        posted(*hook, message)
    [(_, start, end)] = alive()
    assert (start, end) == (april(10, 12), april(10, 13))


def test_one_message_holds_what_fires_and_what_is_over(hook: tuple[Hook, str]) -> None:
    over = an_alert("f1", starts="2026-04-10T10:00:00Z", ends="2026-04-10T11:00:00Z")
    posted(*hook, alerts(over, an_alert("f2")))
    assert [(start, end) for _, start, end in alive()] == [
        (april(10, 10), april(10, 11)), (april(10, 12), None),
    ]  # fmt: skip


def test_the_same_alert_that_fires_again_later_is_another_outage(hook: tuple[Hook, str]) -> None:
    posted(*hook, RESOLVED)
    posted(*hook, alerts(an_alert(starts="2026-04-10T15:00:00Z")))
    assert [(start, end) for _, start, end in alive()] == [
        (april(10, 12), april(10, 13)), (april(10, 15), None),
    ]  # fmt: skip


def test_the_end_of_a_confirmed_window_is_a_proposed_correction(hook: tuple[Hook, str]) -> None:
    posted(*hook, FIRING)
    confirmed = operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    posted(*hook, RESOLVED)
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.end) == ("confirmed", None)
    correction = OutageWindow.objects.get(supersedes=confirmed)
    assert (correction.state, correction.end) == ("proposed", april(10, 13))
    done = operations.confirm(window=correction, by=None, now=NOW)
    posted(*hook, {**RESOLVED, "groupKey": "again"})
    assert [row.pk for row in OutageWindow.objects.filter(state__in=("proposed", "confirmed"))] == [done.pk]


def test_what_a_person_said_of_severity_and_tiers_stays_in_the_correction(hook: tuple[Hook, str]) -> None:
    posted(*hook, FIRING)
    operations.correct(window=OutageWindow.objects.get(), severity="partial_outage", tiers=[a_tier("free")],
                       reason="Half of it.", by=None, now=NOW)  # fmt: skip
    posted(*hook, RESOLVED)
    correction = OutageWindow.objects.get(state="proposed")
    assert (correction.severity, correction.end) == ("partial_outage", april(10, 13))
    assert [tier.code for tier in correction.tiers.all()] == ["free"]


def test_what_a_person_withdrew_is_not_proposed_again(hook: tuple[Hook, str]) -> None:
    posted(*hook, FIRING)
    operations.withdraw(window=OutageWindow.objects.get(), reason="A test.", by=a_person(OPERATOR), now=NOW)
    posted(*hook, RESOLVED)
    assert alive() == []


def test_of_two_ends_the_later_one_counts_whichever_comes_first(hook: tuple[Hook, str]) -> None:
    later = alerts(an_alert(ends="2026-04-10T13:30:00Z"))
    for fingerprint, order in (("f1", (RESOLVED, later)), ("f2", (later, RESOLVED))):
        for message in order:
            posted(*hook, {**message, "alerts": [{**message["alerts"][0], "fingerprint": fingerprint}]})
    assert [end for _, _, end in alive()] == [april(10, 13, 30), april(10, 13, 30)]


@pytest.mark.parametrize(
    ("starts", "ends"),
    [
        ("2026-04-10T12:00:00.432911368Z", "2026-04-10T13:00:00.000000001Z"),
        ("2026-04-10T14:00:00.432911368+02:00", "2026-04-10T08:00:00.000000001-05:00"),
    ],
)
def test_times_finer_than_a_microsecond_and_with_offsets_widen_the_window(
    hook: tuple[Hook, str], starts: str, ends: str
) -> None:
    posted(*hook, alerts(an_alert(starts=starts, ends=ends)))
    assert [(start, end) for _, start, end in alive()] == [
        (datetime(2026, 4, 10, 12, 0, 0, 432911, UTC), datetime(2026, 4, 10, 13, 0, 0, 1, UTC))
    ]


def test_a_severity_is_what_the_hook_says_it_means_and_else_the_usual_one(hook: tuple[Hook, str]) -> None:
    change_hook(hook=hook[0], severities={"warning": "degraded_performance"}, severity="partial_outage",
                by=None, now=NOW)  # fmt: skip
    for number, word in enumerate(("warning", "critical", "Ünbekannt", "")):
        posted(*hook, alerts(an_alert(f"f{number}", labels={"severity": word})))
    assert [row.severity for row in OutageWindow.objects.order_by("external_id")] == [
        "degraded_performance", "partial_outage", "partial_outage", "partial_outage",
    ]  # fmt: skip


def test_a_hook_may_speak_of_some_tiers_alone(hook: tuple[Hook, str]) -> None:
    change_hook(hook=hook[0], tiers=[a_tier("free")], by=None, now=NOW)
    posted(*hook, FIRING)
    assert [tier.code for tier in OutageWindow.objects.get().tiers.all()] == ["free"]


def test_an_unknown_component_is_a_question_and_an_alert_without_one_is_asked_about_by_its_name(
    hook: tuple[Hook, str],
) -> None:
    nameless = an_alert("f1")
    del nameless["labels"]["component"]
    posted(*hook, alerts(nameless, an_alert("f2", labels={"component": "Störung – zentral"}), an_alert("f3")))
    asked = FeedComponent.objects.filter(source="our-alertmanager", component=None)
    assert sorted(asked.values_list("external_id", flat=True)) == ["Störung – zentral", "alertname=ApiIsDown"]
    assert [reference.split("/")[1] for reference, _, _ in alive()] == ["f3"]


ODD: dict[str, tuple[Any, str]] = {
    "an unknown status": (an_alert(status="suppressed"), "the status 'suppressed' is not known"),
    "no start": (an_alert(starts="0001-01-01T00:00:00Z"), "it has no start"),
    "resolved at no time": (an_alert(status="resolved"), "it is resolved at no time"),
    "an end before its start": (an_alert(ends="2026-04-10T11:00:00Z"), "it ends before it starts"),
    "no length": (an_alert(ends="2026-04-10T12:00:00Z"), "it ends before it starts"),
    "no time": (an_alert(starts="yesterday"), "startsAt"),
    "no zone": (an_alert(starts="2026-04-10T12:00:00"), "startsAt"),
    "no object": (7, "it is no object"),
    "labels that are no table": (an_alert() | {"labels": []}, "labels"),
    "the future": (an_alert(starts="2090-01-01T00:00:00Z"), "must have started already"),
}


@pytest.mark.parametrize("odd", ODD)
def test_an_alert_that_says_nothing_usable_is_named_and_keeps_no_other_away(
    hook: tuple[Hook, str], odd: str
) -> None:
    alert, reason = ODD[odd]
    assert posted(*hook, alerts(alert, an_alert("good"))).status_code == 202
    assert [reference.split("/")[1] for reference, _, _ in alive()] == ["good"]
    assert reason in outcome()


def test_text_that_cannot_be_stored_loses_no_alert(hook: tuple[Hook, str]) -> None:
    odd = an_alert("a\0b\ud800", annotations={"summary": "x\0\ud800é" * 2000}, generatorURL="javascript:1\0")
    import json

    posted(*hook, json.dumps(alerts(odd)).encode())
    window = OutageWindow.objects.get()
    assert "\0" not in window.note + window.external_id
    assert window.evidence_url == ""


def test_alerts_that_alertmanager_left_out_are_told_of(hook: tuple[Hook, str]) -> None:
    posted(*hook, alerts(an_alert(), truncatedAlerts=3, notification_reason="x", routeLabels={}))
    assert "left out 3 alerts" in outcome()
    posted(*hook, {"version": "4"})
    assert "no list of alerts" in outcome()


def test_an_alert_without_a_fingerprint_is_known_by_its_labels(hook: tuple[Hook, str]) -> None:
    posted(*hook, alerts(an_alert("")))
    posted(*hook, alerts(an_alert("", ends="2026-04-10T13:00:00Z")))
    assert [end for _, _, end in alive()] == [april(10, 13)]


def test_a_component_of_ours_may_be_meant_by_many_alerts(hook: tuple[Hook, str]) -> None:
    a_component("api")
    posted(*hook, alerts(*(an_alert(f"f{number}") for number in range(20))))
    assert len(alive()) == 20


def test_an_alert_that_starts_in_the_future_by_our_clock_is_recorded_once_our_clock_is_there(
    hook: tuple[Hook, str],
) -> None:
    early = an_alert("early", starts=(NOW + timedelta(minutes=30)).isoformat())
    posted(*hook, alerts(early, an_alert("good")))
    assert [reference.split("/")[1] for reference, _, _ in alive()] == ["good"]
    assert "must have started already" in outcome()
    assert webhooks.read_owed(now=NOW + timedelta(minutes=29)) == 0
    assert webhooks.read_owed(now=NOW + timedelta(minutes=30)) == 1
    assert [reference.split("/")[1] for reference, _, _ in alive()] == ["good", "early"]
    assert not unrecorded_messages().exists()


def test_an_alert_that_stays_in_the_future_is_left_to_a_person(hook: tuple[Hook, str]) -> None:
    posted(*hook, alerts(an_alert(starts="2090-01-01T00:00:00Z")))
    assert not unrecorded_messages().exists()
    for hour in range(1, 20):
        webhooks.read_owed(now=NOW + timedelta(hours=hour))
    assert unrecorded_messages().count() == 1


def test_what_can_never_be_recorded_of_a_message_can_be_found(hook: tuple[Hook, str]) -> None:
    posted(*hook, alerts(an_alert("good")))
    assert not unrecorded_messages().exists()
    posted(*hook, alerts(an_alert("good"), an_alert("odd", status="suppressed")))
    posted(*hook, alerts(an_alert("good"), an_alert("b")))
    assert "suppressed" in unrecorded_messages().get().outcome
    assert webhooks.read_owed(now=NOW + timedelta(days=1)) == 0


def test_a_later_end_than_the_one_a_person_withdrew_is_still_proposed(hook: tuple[Hook, str]) -> None:
    person = a_person(OPERATOR)
    posted(*hook, FIRING)
    operations.confirm(window=OutageWindow.objects.get(), by=person, now=NOW)
    posted(*hook, RESOLVED)
    operations.withdraw(
        window=OutageWindow.objects.get(state="proposed"), reason="It went on.", by=person, now=NOW
    )
    posted(*hook, {**RESOLVED, "groupKey": "again"})
    assert [end for _, _, end in alive()] == [None]
    posted(*hook, alerts(an_alert(ends="2026-04-10T14:00:00Z")))
    assert OutageWindow.objects.get(state="proposed").end == april(10, 14)


def test_what_an_operation_refuses_for_good_can_be_found_and_keeps_no_other_away(
    hook: tuple[Hook, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = sightings._record

    def refuses(hook: Hook, sighting: Any, *args: Any, **values: Any) -> str:
        if sighting.external_id.startswith("odd/"):
            raise Refusal("odd", "This one cannot be recorded.")
        return honest(hook, sighting, *args, **values)

    monkeypatch.setattr(sightings, "_record", refuses)
    posted(*hook, alerts(an_alert("odd"), an_alert("good")))
    assert [reference.split("/")[1] for reference, _, _ in alive()] == ["good"]
    assert "This one cannot be recorded." in unrecorded_messages().get().outcome

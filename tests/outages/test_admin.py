"""The operators' desk: facts are recorded, confirmed, corrected and withdrawn there, and never edited."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from slaservice.outages.models import Component, CustomerTier, FeedComponent, Maintenance, OutageWindow
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, OPERATOR, ROLES
from tests.factories.outages import (
    NOW,
    a_component,
    a_maintenance,
    a_mapping,
    a_person,
    a_planned_maintenance,
    a_proposal,
    a_tier,
    a_window,
    actions_on,
    an_incident,
    april,
)

pytestmark = pytest.mark.django_db

MODELS = ["component", "customertier", "feedcomponent", "incident", "maintenance", "outagewindow"]


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


def logged_in(*roles: str) -> tuple[Client, User]:
    person, client = a_person(*roles), Client()
    client.force_login(person)
    return client, person


def address(row: Any, page: str = "change") -> str:
    return reverse(f"admin:outages_{row._meta.model_name}_{page}", args=[row.pk])


def page_of(model: str, page: str = "changelist") -> str:
    return reverse(f"admin:outages_{model}_{page}")


def one_of_each() -> list[Any]:
    a_mapping("c1", "api")
    incident = an_incident(payload={"id": "x"})
    incident.updates.create(
        external_id="u",
        displayed_at=april(10, 12),
        body="<script>",
        transitions=[["c1", "a", "b"], ["c2", "a", "a"]],
    )
    window = a_window(
        incident=incident, evidence_url="https://example.com/log", affected_count=1, affected_of=3, end=None
    )
    return [a_component(), a_tier(), FeedComponent.objects.get(), incident, a_maintenance(), window]


def test_every_role_reads_every_page_and_nobody_edits_or_deletes() -> None:
    rows = one_of_each()
    for role in ROLES:
        client, _ = logged_in(role)
        for row in rows:
            shown = client.get(address(row))
            assert shown.status_code == 200
            assert b'name="_save"' not in shown.content
            assert b"<script>" not in shown.content.replace(b'<script src="', b"")
            assert client.post(address(row), {"name": "x"}).status_code == 403
            assert client.post(address(row, "delete"), {"post": "yes"}).status_code == 403
            assert client.get(page_of(row._meta.model_name)).status_code == 200
            assert client.get(address(row, "history")).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_without_a_role_there_is_nothing_to_see(model: str) -> None:
    client, person = logged_in("choir")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    assert client.get(page_of(model)).status_code == 403
    assert client.get(page_of(model, "add")).status_code == 403


# Outage windows.


def a_form(**values: Any) -> dict[str, Any]:
    """What an operator types about an outage of the API on 10 April."""
    usual = {
        "component": a_component().pk, "tiers": [a_tier().pk], "start": "2026-04-10 12:00", "end": "2026-04-10T16:00:00+02:00",
        "severity": "major_outage", "basis": "operator", "affected_count": "", "affected_of": "", "incident": "",
        "cause": "", "note": "", "evidence_url": "",
    }  # fmt: skip
    return {**usual, **values}


def test_an_operator_records_an_outage_that_waits_for_confirmation() -> None:
    client, operator = logged_in(OPERATOR)
    incident = an_incident("abc")
    form = a_form(
        incident="abc",
        affected_count="1",
        affected_of="3",
        cause="A disk",
        tiers=[a_tier().pk, a_tier("free").pk],
    )
    answer = client.post(page_of("outagewindow", "add"), form)
    window = OutageWindow.objects.get()
    assert answer.headers["Location"] == address(window)
    assert (window.state, window.proposed_by, window.incident, window.cause) == (
        "proposed",
        operator,
        incident,
        "A disk",
    )
    assert (window.start, window.end) == (april(10, 12), april(10, 14))
    assert (window.affected_count, window.affected_of) == (1, 3)
    assert {tier.code for tier in window.tiers.all()} == {"enterprise", "free"}


def test_an_operator_may_confirm_at_once() -> None:
    client, operator = logged_in(OPERATOR)
    client.post(page_of("outagewindow", "add"), a_form(confirm="on"))
    window = OutageWindow.objects.get()
    assert (window.state, window.confirmed_by) == ("confirmed", operator)


def test_the_form_starts_with_every_tier() -> None:
    client, _ = logged_in(OPERATOR)
    a_tier("enterprise"), a_tier("free")
    assert client.get(page_of("outagewindow", "add")).content.count(b"checked") == 2


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"end": "2026-04-10 11:00"}, "The outage must end after it starts"),
        ({"start": "2027-01-01 00:00", "end": ""}, "must have started already"),
        ({"tiers": []}, "This field is required"),
        ({"affected_count": "1"}, "Give both how many were affected"),
        ({"incident": "nobody knows it"}, "not one of the available choices"),
        ({"evidence_url": "javascript:alert(1)"}, "must start with https://"),
        ({"severity": "Major Outage"}, "Enter a valid"),
    ],
)
def test_what_is_refused_is_told_at_the_field_with_what_was_typed(values: dict[str, Any], told: str) -> None:
    client, _ = logged_in(OPERATOR)
    answer = client.post(page_of("outagewindow", "add"), a_form(cause="typed by hand", **values))
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert "typed by hand" in answer.content.decode()
    assert not OutageWindow.objects.exists()


def test_a_proposal_is_confirmed_on_its_page() -> None:
    client, operator = logged_in(OPERATOR)
    proposal = a_proposal()
    assert address(proposal, "confirm") in client.get(address(proposal)).content.decode()
    assert client.get(address(proposal, "confirm")).status_code == 200
    answer = client.post(address(proposal, "confirm"), {"reason": ""}, follow=True)
    assert f"{proposal} is confirmed." in answer.content.decode()
    proposal.refresh_from_db()
    assert (proposal.state, proposal.confirmed_by) == ("confirmed", operator)
    assert address(proposal, "confirm") not in client.get(address(proposal)).content.decode()


def test_opening_a_page_changes_nothing() -> None:
    client, _ = logged_in(OPERATOR)
    proposal = a_proposal()
    for page in ("confirm", "correct", "withdraw", "change", "history"):
        client.get(address(proposal, page))
    proposal.refresh_from_db()
    assert proposal.state == "proposed"
    assert actions_on(proposal) == ["outages.propose"]


def test_a_correction_starts_from_what_stands_to_the_microsecond() -> None:
    client, _ = logged_in(OPERATOR)
    window = a_window(
        april(10, 12, 0, 0, 480_001),
        april(10, 14),
        tiers=[a_tier(), a_tier("free")],
        incident=an_incident("abc"),
    )
    page = client.get(address(window, "correct")).content.decode()
    assert 'value="2026-04-10 12:00:00.480001"' in page
    assert 'value="abc"' in page
    same = a_form(
        start="2026-04-10 12:00:00.480001", end="2026-04-10 14:00:00.000000", incident="abc", reason="None",
        tiers=[a_tier().pk, a_tier("free").pk],
    )  # fmt: skip
    assert "already says exactly this" in client.post(address(window, "correct"), same).content.decode()


@pytest.mark.parametrize(
    ("typed", "basis", "note"),
    [
        ({"end": "2026-04-10 13:00", "basis": ""}, "operator", ""),
        ({"end": "2026-04-10 13:00", "basis": "stated_window"}, "stated_window", ""),
        ({"end": "2026-04-10 13:00", "basis": "", "note": "The log says so"}, "operator", "The log says so"),
        ({"cause": "A disk", "basis": ""}, "posted_status", "Is the end right?"),
    ],
)
def test_a_correction_rests_on_the_operator_unless_it_says_on_what(
    typed: dict[str, str], basis: str, note: str
) -> None:
    client, _ = logged_in(OPERATOR)
    window = a_proposal(basis="posted_status", note="Is the end right?")
    client.post(address(window, "correct"), a_form(**{"note": window.note, "reason": "Looked", **typed}))
    corrected = OutageWindow.objects.get(revision=2)
    assert (corrected.basis, corrected.note) == (basis, note)


def test_a_correction_is_a_new_revision_and_its_page_is_shown() -> None:
    client, operator = logged_in(OPERATOR)
    window = a_window()
    answer = client.post(address(window, "correct"), a_form(end="2026-04-10 13:00", reason="The proxy's log"))
    corrected = OutageWindow.objects.get(revision=2)
    assert answer.headers["Location"] == address(corrected)
    assert (corrected.end, corrected.confirmed_by) == (april(10, 13), operator)
    page = client.get(address(corrected)).content.decode()
    assert address(window) in page  # every revision is at hand


def test_a_withdrawal_asks_for_its_reason() -> None:
    client, _ = logged_in(OPERATOR)
    window = a_window()
    assert "This field is required" in client.post(address(window, "withdraw"), {}).content.decode()
    client.post(address(window, "withdraw"), {"reason": "Load test"})
    window.refresh_from_db()
    assert (window.state, window.close_reason) == ("withdrawn", "Load test")


def test_what_somebody_else_decided_meanwhile_is_told() -> None:
    client, _ = logged_in(OPERATOR)
    proposal = a_proposal()
    OutageWindow.objects.filter(pk=proposal.pk).update(state="withdrawn", closed_at=NOW, close_reason="x")
    answer = client.post(address(proposal, "confirm"), {"reason": ""}, follow=True)
    assert "does not allow this now" in answer.content.decode()


@pytest.mark.parametrize("page", ["confirm", "correct", "withdraw"])
def test_only_an_operator_decides(page: str) -> None:
    proposal = a_proposal()
    for role in set(ROLES) - {OPERATOR}:
        client, _ = logged_in(role)
        assert address(proposal, page) not in client.get(address(proposal)).content.decode()
        assert client.get(address(proposal, page)).status_code == 403
        assert client.post(address(proposal, page), a_form(reason="x")).status_code == 403
    assert client.get(page_of("outagewindow", "add")).status_code == 403
    proposal.refresh_from_db()
    assert proposal.state == "proposed"


def _confirm_all(client: Client, model: str, rows: list[Any]) -> str:
    chosen = {"action": "confirm_selected", "_selected_action": [row.pk for row in rows]}
    return client.post(page_of(model), chosen, follow=True).content.decode()


def test_many_windows_are_confirmed_at_once_and_what_cannot_be_is_told_by_name() -> None:
    client, operator = logged_in(OPERATOR)
    proposals, decided = [a_proposal() for _ in range(3)], a_window()
    said = _confirm_all(client, "outagewindow", [*proposals, decided])
    assert "Confirmed: 3." in said
    assert f"{decided.reference} is confirmed and cannot become confirmed." in said
    assert OutageWindow.objects.filter(state="confirmed", confirmed_by=operator).count() == 3


def test_the_bulk_action_is_an_operator_s() -> None:
    client, _ = logged_in(AUDITOR)
    proposal = a_proposal()
    assert "confirm_selected" not in client.get(page_of("outagewindow")).content.decode()
    _confirm_all(client, "outagewindow", [proposal])
    proposal.refresh_from_db()
    assert proposal.state == "proposed"


def test_the_list_costs_the_same_for_ten_windows_and_for_fifty() -> None:
    client, _ = logged_in(OPERATOR)
    counts = []
    for size in (10, 40):
        for _ in range(size):
            a_window(tiers=[a_tier(), a_tier("free")], by=None)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(page_of("outagewindow")).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_windows_are_found_by_state_and_by_incident() -> None:
    client, _ = logged_in(OPERATOR)
    a_proposal(reference="waiting", incident=an_incident("abc"))
    a_window(reference="decided")
    for question in ("?state__exact=proposed", "?q=abc"):
        page = client.get(page_of("outagewindow") + question).content.decode()
        assert "waiting" in page
        assert "decided" not in page


# Maintenance.


def test_maintenance_goes_the_same_way() -> None:
    client, operator = logged_in(OPERATOR)
    form = {
        "title": "New disks", "component": "", "tiers": [a_tier().pk], "category": "scheduled_maintenance",
        "start": "2026-07-20 02:00", "end": "2026-07-20 04:00", "announced_at": "2026-07-01 08:00", "note": "",
    }  # fmt: skip
    client.post(page_of("maintenance", "add"), form)
    row = Maintenance.objects.get()
    assert (row.state, row.component, row.proposed_by) == ("proposed", None, operator)
    assert "Confirmed: 1." in _confirm_all(client, "maintenance", [row])
    client.post(address(row, "correct"), {**form, "end": "2026-07-20 05:00", "reason": "Took longer"})
    corrected = Maintenance.objects.get(revision=2)
    assert corrected.end.hour == 5
    client.post(address(corrected, "withdraw"), {"reason": "Never done"})
    corrected.refresh_from_db()
    assert corrected.state == "withdrawn"


def test_maintenance_is_confirmed_on_its_page() -> None:
    client, _ = logged_in(OPERATOR)
    row = a_planned_maintenance()
    client.post(address(row, "confirm"), {"reason": ""})
    row.refresh_from_db()
    assert row.state == "confirmed"


# What we run.


def test_a_component_is_entered_and_renamed_and_keeps_its_code() -> None:
    client, _ = logged_in(ADMINISTRATOR)
    client.post(
        page_of("component", "add"),
        {"code": "api", "name": "API", "position": "1", "starts_on": "", "ends_on": ""},
    )
    component = Component.objects.get()
    form = {
        "name": "The API",
        "position": "2",
        "starts_on": "2026-01-01",
        "ends_on": "",
        "reason": "Sold as such",
    }
    client.post(address(component, "edit"), form)
    component.refresh_from_db()
    assert (component.code, component.name, component.position) == ("api", "The API", 2)
    assert actions_on(component) == ["components.create", "components.change"]
    taken = client.post(page_of("component", "add"), {"code": "api", "name": "Another", "position": "1"})
    assert "The code api is taken." in taken.content.decode()


def test_a_tier_is_entered_and_renamed() -> None:
    client, _ = logged_in(OPERATOR)
    client.post(page_of("customertier", "add"), {"code": "pro", "name": "Pro", "position": "1"})
    tier = CustomerTier.objects.get()
    client.post(address(tier, "edit"), {"name": "Professional", "position": "1", "reason": ""})
    tier.refresh_from_db()
    assert (tier.code, tier.name) == ("pro", "Professional")


def test_an_operator_says_what_a_feed_means() -> None:
    client, _ = logged_in(OPERATOR)
    question = FeedComponent.objects.create(source="statuspage", external_id="c1", name="API")
    component = a_component()
    assert "nobody has said yet" in client.get(page_of("feedcomponent")).content.decode()
    client.post(address(question, "map"), {"component": component.pk, "reason": ""})
    question.refresh_from_db()
    assert question.component == component
    assert client.get(page_of("feedcomponent", "add")).status_code == 403


def test_an_incident_s_page_shows_updates_changes_and_windows() -> None:
    client, _ = logged_in(AUDITOR)
    *_, incident, _, window = one_of_each()
    page = client.get(address(incident)).content.decode()
    assert "&lt;script&gt;" in page
    assert "c1: a → b; c2: a<" in page
    assert address(window) in page

"""The operators' API: what a program proposes, confirms, corrects and withdraws is what an operator would by hand."""

from typing import Any

import pytest

from slaservice.history.models import Entry
from slaservice.outages.models import Maintenance, OutageWindow
from slaservice.rules.workflow import OPERATOR
from tests.factories.outages import (
    NOON,
    a_component,
    a_person,
    a_proposal,
    a_tier,
    a_window,
    actions_on,
    an_incident,
    april,
)
from tests.factories.programs import Program, a_maintenance_entry, an_outage_entry, paths, told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def codes() -> None:
    a_component()
    a_tier()
    a_tier("free")


# propose


def test_a_proposed_outage_is_shown_as_it_was_understood() -> None:
    operator = a_person(OPERATOR)
    incident = an_incident("inc1")
    entry = an_outage_entry(
        start="2026-04-10T14:00:00.5+02:00",
        tiers=["free", "enterprise"],
        incident="statuspage:inc1",
        affected_count=1,
        affected_of=3,
        source="monitor-7",
        external_id="m/1",
        evidence_url="https://status.example.com/inc1",
        basis="monitor",
    )
    response = Program(operator).post("outages", entry)
    assert response.status_code == 201
    shown = response.json()
    row = OutageWindow.objects.get(pk=shown["id"])
    assert (row.start, row.incident, row.proposed_by) == (
        april(10, 12, microsecond=500_000),
        incident,
        operator,
    )
    assert shown["start"] == "2026-04-10T12:00:00.500000Z"
    assert shown["end"] == "2026-04-10T14:00:00Z"
    assert shown["tiers"] == ["enterprise", "free"]
    assert {name: shown[name] for name in ("state", "revision", "reference", "incident", "basis")} == {
        "state": "proposed",
        "revision": 1,
        "reference": "monitor-7/m/1",
        "incident": "statuspage:inc1",
        "basis": "monitor",
    }
    assert shown["proposed"]["by"] == operator.username
    assert (shown["confirmed"], shown["closed"], shown["supersedes"]) == (None, None, None)
    assert response["Cache-Control"] == "private, no-store"
    assert actions_on(row) == ["outages.propose"]


def test_an_outage_without_an_end_is_still_open_and_rests_on_the_operator() -> None:
    program = Program()
    entry = an_outage_entry()
    del entry["end"]
    for body in (entry, {**entry, "end": None}):
        shown = program.post("outages", body).json()
        assert (shown["end"], shown["basis"]) == (None, "operator")


def test_a_proposal_alone_does_not_count() -> None:
    Program().post("outages", an_outage_entry())
    assert not OutageWindow.objects.filter(state="confirmed").exists()


def test_every_fault_of_an_entry_is_told_at_once_with_its_field() -> None:
    entry = {
        "component": "apy",
        "tiers": ["enterprise", "fre"],
        "start": "2026-04-10T12:00:00",
        "end": "10 April",
        "severety": "major_outage",
        "affected_count": "1",
        "incident": "statuspage:none",
        "source": "Monitor 7",
    }
    response = Program().post("outages", entry)
    problem = told(response, 400, "field_is_not_known")
    assert paths(response) == [
        "affected_count",
        "component",
        "end",
        "external_id",
        "incident",
        "severety",
        "severity",
        "source",
        "start",
        "tiers",
    ]
    reasons = {error["path"]: error["reason"] for error in problem["errors"]}
    assert reasons["start"] == 'has no offset: write "Z" or "+02:00" behind it'
    assert reasons["component"] == "'apy' is no component; there are: api"
    assert problem["remedy"]
    assert not OutageWindow.objects.exists()


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"end": "2026-04-10T12:00:00Z"}, "end"),  # no length
        ({"end": "2026-04-10T11:00:00Z"}, "end"),
        ({"start": "2098-01-01T00:00:00Z", "end": None}, "start"),  # in the future
        ({"start": "1999-12-31T23:59:59Z"}, "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "start"),
        ({"start": "9999-12-31T23:59:59-14:00"}, "start"),
        ({"start": "2026-04-10T23:59:60Z"}, "start"),  # a leap second
        ({"start": "2026-02-30T00:00:00Z"}, "start"),
        ({"start": "2026-04-10T12:00:00.1234567Z"}, "start"),
        ({"start": "２026-04-10T12:00:00Z"}, "start"),
        ({"start": 1775822400}, "start"),
        ({"tiers": []}, "tiers"),
        ({"tiers": "enterprise"}, "tiers"),
        ({"tiers": [["enterprise"]]}, "tiers"),
        ({"severity": "Major Outage"}, "severity"),
        ({"severity": None}, "severity"),
        ({"basis": "rumour"}, "basis"),
        ({"affected_count": 2, "affected_of": 1}, "affected_count"),
        ({"affected_count": 1}, "affected_count"),
        ({"affected_count": True, "affected_of": 1}, "affected_count"),
        ({"affected_count": 10**17, "affected_of": 10**17}, "affected_count"),
        ({"evidence_url": "javascript:alert(1)"}, "evidence_url"),
        ({"note": "x" * 4001}, "note"),
        ({"source": "monitor"}, "external_id"),
        ({"external_id": "m/1"}, "source"),
        ({"state": "confirmed"}, "state"),
        ({"confirmed_at": "2026-04-10T12:00:00Z"}, "confirmed_at"),
        ({"id": 7}, "id"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(values: dict[str, Any], path: str) -> None:
    response = Program().post("outages", an_outage_entry(**values))
    assert response.status_code == 400, response.content
    assert path in paths(response)
    assert not OutageWindow.objects.exists()


def test_a_source_tells_a_thing_once() -> None:
    program = Program()
    entry = an_outage_entry(source="monitor-7", external_id="m/1")
    assert program.post("outages", entry).status_code == 201
    told(program.post("outages", entry), 409, "already_recorded")


# confirm, correct, withdraw


def test_a_proposal_is_confirmed_and_then_counts() -> None:
    operator = a_person(OPERATOR)
    row = a_proposal()
    response = Program(operator).post(f"outages/{row.pk}/confirm")
    assert response.status_code == 200
    assert response.json()["confirmed"]["by"] == operator.username
    row.refresh_from_db()
    assert (row.state, row.confirmed_by) == ("confirmed", operator)
    told(Program(operator).post(f"outages/{row.pk}/confirm"), 409, "state_does_not_allow_it")


def test_a_correction_is_a_new_revision_with_its_reason() -> None:
    row = a_window()
    shown = (
        Program()
        .post(f"outages/{row.pk}/correct", {"end": "2026-04-10T13:00:00Z", "reason": "The log says so"})
        .json()
    )
    assert (shown["revision"], shown["state"], shown["supersedes"]) == (2, "confirmed", row.pk)
    assert (shown["end"], shown["start"], shown["basis"]) == (
        "2026-04-10T13:00:00Z",
        "2026-04-10T12:00:00Z",
        "operator",
    )
    detail = Program().get(f"outages/{row.pk}").json()
    assert [(one["revision"], one["state"]) for one in detail["revisions"]] == [
        (1, "superseded"),
        (2, "confirmed"),
    ]
    assert detail["closed"]["reason"] == "The log says so"


def test_an_open_outage_is_closed_by_a_correction() -> None:
    row = a_window(NOON, None)
    body = {"end": "2026-04-10T13:00:00Z", "reason": "It is over"}
    assert Program().post(f"outages/{row.pk}/correct", body).json()["end"] == "2026-04-10T13:00:00Z"


def test_a_window_is_withdrawn_for_a_reason() -> None:
    row = a_window()
    response = Program().post(f"outages/{row.pk}/withdraw", {})
    assert (response.status_code, paths(response)) == (400, ["reason"])
    shown = Program().post(f"outages/{row.pk}/withdraw", {"reason": "A drill"}).json()
    assert (shown["state"], shown["closed"]["reason"]) == ("withdrawn", "A drill")


@pytest.mark.parametrize("verb", ["correct", "withdraw"])
@pytest.mark.parametrize("reason", [None, "", "  \n", 7, ["why"]])
def test_what_was_decided_is_not_undone_without_a_word(verb: str, reason: Any) -> None:
    row = a_window()
    body = {"reason": reason} | ({"severity": "partial_outage"} if verb == "correct" else {})
    response = Program().post(f"outages/{row.pk}/{verb}", body)
    assert response.status_code == 400
    assert "reason" in paths(response)
    row.refresh_from_db()
    assert row.state == "confirmed"


@pytest.mark.parametrize(
    ("verb", "values", "path"),
    [
        ("correct", {"severity": "partial_outage", "end": "soon"}, "end"),
        ("correct", {"severity": "partial_outage", "state": "proposed"}, "state"),
        ("correct", {"severity": "partial_outage", "source": "other"}, "source"),
        ("correct", {"severity": "partial_outage", "start": None}, "start"),
        ("withdraw", {"severity": "partial_outage"}, "severity"),
        ("confirm", {"end": "2026-04-10T13:00:00Z"}, "end"),
    ],
)
def test_a_verb_that_says_something_unusable_does_nothing(
    verb: str, values: dict[str, Any], path: str
) -> None:
    row = a_proposal() if verb == "confirm" else a_window()
    response = Program().post(f"outages/{row.pk}/{verb}", {"reason": "Log", **values})
    assert (response.status_code, paths(response)) == (400, [path])
    assert OutageWindow.objects.get().state == row.state


def test_what_changes_nothing_is_no_correction() -> None:
    row = a_window()
    body = {"severity": "major_outage", "reason": "To be sure"}
    told(Program().post(f"outages/{row.pk}/correct", body), 409, "nothing_to_correct")


@pytest.mark.parametrize("pk", ["0", "7", "9223372036854775807", "9223372036854775808", "9" * 40])
@pytest.mark.parametrize("verb", ["", "/confirm", "/correct", "/withdraw"])
def test_what_is_not_there_is_not_found(pk: str, verb: str) -> None:
    call = Program().post if verb else Program().get
    told(call(f"outages/{pk}{verb}"), 404, "not_found")


# maintenance


def test_maintenance_is_recorded_confirmed_corrected_and_withdrawn() -> None:
    program = Program()
    plan = {"planned_start": "2026-04-20T01:00:00Z", "planned_end": "2026-04-20T03:00:00Z"}
    shown = program.post("maintenance", a_maintenance_entry(**plan)).json()
    assert (shown["component"], shown["announced_at"]) == ("*", "2026-04-13T09:00:00Z")
    assert {name: shown[name] for name in plan} == plan
    pk = shown["id"]
    assert program.post(f"maintenance/{pk}/confirm").json()["state"] == "confirmed"
    body = {"component": "api", "announced_at": None, "reason": "Nobody was told"}
    corrected = program.post(f"maintenance/{pk}/correct", body).json()
    assert (corrected["component"], corrected["announced_at"], corrected["revision"]) == ("api", None, 2)
    program.post(f"maintenance/{corrected['id']}/withdraw", {"reason": "Not done"})
    assert sorted(Maintenance.objects.values_list("state", flat=True)) == ["superseded", "withdrawn"]


def test_maintenance_of_everything_has_to_be_said() -> None:
    entry = a_maintenance_entry()
    del entry["component"]
    response = Program().post("maintenance", entry)
    assert (response.status_code, paths(response)) == (400, ["component"])
    assert paths(Program().post("maintenance", {**entry, "component": None})) == ["component"]


def test_history_names_the_person_whom_the_key_acts_as() -> None:
    operator = a_person(OPERATOR)
    Program(operator).post("outages", an_outage_entry())
    assert Entry.objects.get(action="outages.propose").actor == operator

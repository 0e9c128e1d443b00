"""Incidents by hand, what operators say of any incident, and how fast it was answered."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from slaservice.outages import operations
from slaservice.outages.importers.statuspage import import_feed
from slaservice.outages.models import Incident, IncidentUpdate
from slaservice.outages.queries import response_of
from slaservice.rules.intervals import instant
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import AUDITOR, OPERATOR
from tests.factories.outages import (
    NOW,
    a_component,
    a_feed,
    a_person,
    a_tier,
    a_window,
    actions_on,
    an_incident,
    an_outage_in_the_feed,
    april,
    last_entry,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=1)


def an_opened(**values: Any) -> Incident:
    """Errors since noon of 10 April, opened by hand."""
    usual: dict[str, Any] = {
        "title": "Errors",
        "started_at": april(10, 12),
        "body": "We look.",
        "by": None,
        "now": NOW,
    }
    return operations.open_incident(**{**usual, **values})


def told(incident: Incident, status: str, hour: int, minute: int = 0, **values: Any) -> IncidentUpdate:
    usual: dict[str, Any] = {"body": "So it is.", "at": april(10, hour, minute), "by": None, "now": NOW}
    return operations.add_update(incident=incident, status=status, **{**usual, **values})


def times_of(incident: Incident) -> tuple[Any, ...]:
    incident.refresh_from_db()
    return incident.status, incident.identified_at, incident.monitoring_at, incident.resolved_at


# By hand.


def test_an_operator_opens_an_incident_with_its_first_update() -> None:
    operator = a_person(OPERATOR)
    incident = an_opened(by=operator, impact="major", public_url="https://status.example.com/1")
    (update,) = incident.updates.all()
    assert (incident.source, incident.status, incident.started_at) == (
        "operator",
        "investigating",
        april(10, 12),
    )
    assert (update.status, update.body, update.displayed_at) == ("investigating", "We look.", april(10, 12))
    assert (update.posted_at, update.posted_by, update.by_hand) == (NOW, operator, True)
    assert actions_on(incident) == ["incidents.open", "incidents.update"]


def test_two_incidents_without_an_id_are_two_and_one_with_a_known_id_is_refused() -> None:
    assert an_opened().external_id != an_opened().external_id
    an_opened(external_id="INC-7")
    with pytest.raises(Refusal) as refused:
        an_opened(external_id="INC-7")
    assert refused.value.code == "already_recorded"


def test_its_status_and_times_follow_from_its_updates() -> None:
    incident = an_opened()
    told(incident, "identified", 12, 20)
    told(incident, "monitoring", 13)
    told(incident, "resolved", 14)
    told(incident, "postmortem", 20)
    assert times_of(incident) == ("postmortem", april(10, 12, 20), april(10, 13), april(10, 14))


def test_an_update_that_says_it_goes_on_opens_it_again() -> None:
    incident = an_opened()
    told(incident, "resolved", 13)
    told(incident, "investigating", 14)
    assert times_of(incident) == ("investigating", None, None, None)


def test_an_update_may_speak_of_earlier_and_then_stands_where_it_belongs() -> None:
    incident = an_opened()
    told(incident, "resolved", 14)
    told(incident, "identified", 13)
    assert times_of(incident) == ("resolved", april(10, 13), None, april(10, 14))


def test_an_update_without_a_time_speaks_of_now() -> None:
    update = told(an_opened(), "monitoring", 1, at=None, now=LATER)
    assert update.displayed_at == update.posted_at == LATER


def test_every_fault_of_an_incident_is_told_at_once() -> None:
    with pytest.raises(Invalid) as invalid:
        an_opened(
            title=" ", body="", status="scheduled", started_at=NOW + timedelta(days=1), public_url="ftp://x"
        )
    assert [error.path for error in invalid.value.errors] == [
        "title",
        "public_url",
        "status",
        "body",
        "started_at",
    ]
    assert not Incident.objects.exists()


def test_the_updates_of_a_feed_are_the_feed_s() -> None:
    with pytest.raises(Refusal) as refused:
        told(an_incident(), "resolved", 14)
    assert refused.value.code == "incident_of_a_feed"


def test_only_operators_speak_of_incidents() -> None:
    auditor, incident = a_person(AUDITOR), an_opened()
    for act in (
        lambda: an_opened(by=auditor),
        lambda: told(incident, "resolved", 14, by=auditor),
        lambda: operations.describe_incident(incident=incident, root_cause="A disk", by=auditor, now=NOW),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert refused.value.code == "not_permitted"


@pytest.mark.parametrize(
    "change", [{"body": "Nothing happened"}, {"displayed_at": LATER}, {"by_hand": False}]
)
def test_what_a_person_posted_stays_as_it_was_posted(change: dict[str, Any]) -> None:
    update = told(an_opened(), "resolved", 14)
    with pytest.raises(IntegrityError, match="stays as it was posted"), transaction.atomic():
        IncidentUpdate.objects.filter(pk=update.pk).update(**change)
    with pytest.raises(IntegrityError, match="stays as it was posted"), transaction.atomic():
        IncidentUpdate.objects.filter(pk=update.pk).delete()


# What an operator says of it.


def test_what_was_said_of_an_incident_stays_in_the_history() -> None:
    operator, incident = a_person(OPERATOR), an_incident()
    operations.describe_incident(
        incident=incident, root_cause="A disk", public_impact="No logins", by=operator, now=NOW
    )
    described = operations.describe_incident(
        incident=incident, root_cause="A cable", reason="Found it", by=operator, now=LATER
    )
    assert (described.root_cause, described.public_impact) == ("A cable", "No logins")
    entry = last_entry(incident)
    assert (entry.action, entry.reason, entry.actor) == ("incidents.describe", "Found it", operator)
    assert entry.data == {"before": {"root_cause": "A disk"}, "after": {"root_cause": "A cable"}}


def test_saying_the_same_again_is_no_news() -> None:
    incident = an_opened()
    for _ in range(2):
        operations.describe_incident(incident=incident, postmortem="Learnt", by=None, now=LATER)
    assert actions_on(incident).count("incidents.describe") == 1


def test_a_link_to_the_postmortem_is_a_web_address() -> None:
    with pytest.raises(Invalid) as invalid:
        operations.describe_incident(
            incident=an_opened(),
            postmortem_url="javascript:alert(1)",
            root_cause="x" * 20_001,
            by=None,
            now=NOW,
        )
    assert [error.path for error in invalid.value.errors] == ["postmortem_url", "root_cause"]


def test_only_what_is_described_is_described() -> None:
    with pytest.raises(Refusal) as refused:
        operations.describe_incident(incident=an_opened(), status="resolved", by=None, now=NOW)
    assert refused.value.code == "field_is_not_known"


def test_a_feed_s_later_edit_leaves_what_operators_said() -> None:
    a_tier()
    import_feed(feed=a_feed(an_outage_in_the_feed()), source="statuspage", by=None, now=NOW)
    incident = Incident.objects.get()
    operations.describe_incident(incident=incident, root_cause="A disk", by=None, now=NOW)
    edited = a_feed(an_outage_in_the_feed(name="Other words"))
    import_feed(feed=edited, source="statuspage", by=None, now=LATER)
    incident.refresh_from_db()
    assert (incident.title, incident.root_cause) == ("Other words", "A disk")


# How fast it was answered.


def test_times_follow_from_confirmed_windows_and_updates() -> None:
    incident = an_opened(now=april(10, 12, 10))
    told(incident, "identified", 12, 20)
    told(incident, "resolved", 14, 30)
    a_window(april(10, 11, 55), april(10, 13), incident=incident)
    a_window(april(10, 12), april(10, 14), incident=incident)
    operations.withdraw(
        window=a_window(april(10, 1), None, incident=incident), by=None, now=LATER, reason="No"
    )
    found = response_of(incident)
    assert found is not None
    assert found.began == instant(april(10, 11, 55))
    assert found.acknowledged == instant(april(10, 12, 10))
    assert found.identified == instant(april(10, 12, 20))
    assert found.mitigated == instant(april(10, 14))
    assert found.resolved == instant(april(10, 14, 30))


# On the desk.


@pytest.fixture
def operator() -> Iterator[Client]:
    client = Client()
    client.force_login(a_person(OPERATOR))
    with time_machine.travel(LATER, tick=False):
        yield client


def page(incident: Incident, name: str) -> str:
    return reverse(f"admin:outages_incident_{name}", args=[incident.pk])


def test_an_incident_is_opened_and_told_about_on_the_desk(operator: Client) -> None:
    form = {
        "title": "Errors",
        "started_at": "2026-04-10 12:00",
        "status": "investigating",
        "body": "<b>We look</b>",
    }
    answer = operator.post(reverse("admin:outages_incident_add"), form)
    incident = Incident.objects.get()
    assert answer.headers["Location"] == page(incident, "change")
    operator.post(page(incident, "update"), {"status": "resolved", "at": "2026-04-10 14:30", "body": "Over."})
    a_window(incident=incident)
    shown = operator.get(page(incident, "change")).content.decode()
    assert "&lt;b&gt;We look&lt;/b&gt;" in shown
    assert "resolved: after 2:30:00, at 2026-04-10 14:30:00 UTC" in shown
    assert "mitigated: after 2:00:00" in shown
    assert "identified: not known" in shown


def test_what_is_said_of_an_incident_is_said_on_the_desk(operator: Client) -> None:
    incident = an_incident()
    said = {
        "public_impact": "No logins",
        "root_cause": "A disk",
        "postmortem": "",
        "postmortem_url": "https://x.example",
    }
    operator.post(page(incident, "describe"), {**said, "reason": ""})
    shown = operator.get(page(incident, "change")).content.decode()
    assert "No logins" in shown and 'href="https://x.example"' in shown
    assert page(incident, "update") not in shown
    assert 'value="https://x.example"' in operator.get(page(incident, "describe")).content.decode()


def test_an_incident_without_a_window_shows_no_times(operator: Client) -> None:
    assert "no confirmed window" in operator.get(page(an_opened(), "change")).content.decode()


# How often a component fails.


def test_the_page_of_a_component_shows_its_last_months(operator: Client) -> None:
    """On 1 July: 2 h and 4 h in April, of 720; nothing in May; what is still open in June."""
    a_window()
    a_window(april(20), april(20, 4))
    a_window(datetime(2026, 6, 30, 12, tzinfo=UTC), None)
    shown = operator.get(reverse("admin:outages_component_change", args=[a_component().pk])).content.decode()
    assert "2026-04: 2 failures, MTTR 3:00:00, MTBF 14 days, 21:00:00" in shown
    assert "2026-05: no failure" in shown
    assert "2026-06: 1 failure, none over yet, MTBF 29 days, 12:00:00" in shown

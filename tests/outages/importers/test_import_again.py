"""A feed that changes: what is proposed follows it, and what was confirmed never does by itself."""

from datetime import timedelta
from typing import Any

import pytest

from slaservice.outages import operations
from slaservice.outages.models import Incident, IncidentUpdate, OutageWindow
from tests.factories.outages import (
    NOW,
    Json,
    a_component,
    a_feed_incident,
    a_mapping,
    an_outage_in_the_feed,
    an_update,
    april,
    last_entry,
)
from tests.outages.importers.feeds import everything, imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiers")]

UP, DEGRADED, PARTIAL, MAJOR = "operational", "degraded_performance", "partial_outage", "major_outage"


def lasting(minutes: int, **values: Any) -> Json:
    """The same incident, cleared later."""
    incident = an_outage_in_the_feed(**values)
    incident["incident_updates"][1]["display_at"] = f"2026-04-10T13:{minutes:02}:00Z"
    return incident


def test_a_changed_incident_keeps_in_history_what_it_said_before() -> None:
    first = an_outage_in_the_feed(name="Errors")
    imported(first)
    second = an_outage_in_the_feed(name="Errors in the API")
    second["incident_updates"][0]["body"] = "It was a disk."
    second["incident_updates"].insert(0, an_update("postmortem", "2026-04-12T09:00:00Z"))
    later = NOW + timedelta(days=1)
    assert imported(second, now=later).incidents_changed == 1
    incident = Incident.objects.get()
    assert (incident.title, incident.payload) == ("Errors in the API", second)
    assert [update.body for update in incident.updates.all()][-2:] == ["It was a disk.", "We are on it."]
    entry = last_entry(incident)
    assert (entry.action, entry.at, entry.data["before"]["payload"]) == ("incidents.change", later, first)


def test_an_update_that_the_feed_drops_stays_as_evidence() -> None:
    imported(an_outage_in_the_feed())
    shorter = an_outage_in_the_feed()
    del shorter["incident_updates"][1]
    imported(shorter)
    assert IncidentUpdate.objects.count() == 3


def test_a_proposal_follows_the_feed_while_nobody_has_decided() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    result = imported(lasting(20))
    assert (result.windows_proposed, result.corrections_proposed, result.proposals_withdrawn) == (1, 0, 1)
    states = list(OutageWindow.objects.order_by("revision").values_list("reference", "state", "end"))
    assert states == [
        ("inc1/api/1", "withdrawn", april(10, 13)), ("inc1/api/1@2", "proposed", april(10, 13, 20)),
    ]  # fmt: skip


def test_a_confirmed_window_never_changes_by_an_import_a_correction_is_proposed() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    confirmed = operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    result = imported(lasting(20))
    assert (result.windows_proposed, result.corrections_proposed) == (0, 1)
    proposed = OutageWindow.objects.get(state="proposed")
    assert (proposed.supersedes, proposed.revision, proposed.end) == (confirmed, 2, april(10, 13, 20))
    assert "The feed has changed" in proposed.note
    confirmed.refresh_from_db()
    assert (confirmed.state, confirmed.end) == ("confirmed", april(10, 13))


def test_the_same_change_is_proposed_once() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    imported(lasting(20))
    before = everything()
    assert imported(lasting(20)).changed_nothing
    assert everything() == before


def test_a_feed_that_changes_again_replaces_its_own_proposal() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    confirmed = operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    imported(lasting(20))
    imported(lasting(25))
    proposed = OutageWindow.objects.get(state="proposed")
    assert (proposed.revision, proposed.supersedes, proposed.end) == (3, confirmed, april(10, 13, 25))
    assert OutageWindow.objects.get(revision=2).state == "withdrawn"


def test_a_feed_that_returns_to_what_was_confirmed_withdraws_its_proposal() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    imported(lasting(20))
    result = imported(an_outage_in_the_feed())
    assert (result.corrections_proposed, result.proposals_withdrawn) == (0, 1)
    assert dict(OutageWindow.objects.values_list("revision", "state")) == {1: "confirmed", 2: "withdrawn"}


def test_an_open_window_is_closed_by_a_proposed_correction_unless_the_operator_closed_it_so() -> None:
    a_mapping("c1", "api")
    going_on = a_feed_incident("inc1", an_update("investigating", "12:00:00", {"c1": (UP, PARTIAL)}))
    imported(going_on)
    window = operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    assert window.end is None
    operations.correct(window=window, end=april(10, 13), by=None, now=NOW, reason="We saw it come back")
    result = imported(an_outage_in_the_feed("inc1"))
    assert (result.incidents_changed, result.corrections_proposed) == (1, 0)


def test_words_that_change_propose_nothing() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    result = imported(an_outage_in_the_feed(name="Another title", impact="critical"))
    assert (result.incidents_changed, result.corrections_proposed) == (1, 0)


def test_a_withdrawn_window_is_proposed_anew_when_the_feed_says_something_else() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    operations.withdraw(window=OutageWindow.objects.get(), by=None, now=NOW, reason="Not ours")
    result = imported(lasting(20))
    assert (result.windows_proposed, result.corrections_proposed) == (1, 0)
    assert OutageWindow.objects.get(state="proposed").supersedes is None


def silent(**values: Any) -> Json:
    """The same incident after its page took everything about components back."""
    incident = an_outage_in_the_feed(**values)
    for update in incident["incident_updates"]:
        update["affected_components"] = None
    return incident


def test_a_proposal_that_the_feed_takes_back_is_withdrawn() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    result = imported(silent())
    assert (result.proposals_withdrawn, result.questions) == (1, [])
    assert OutageWindow.objects.get().close_reason == "The feed no longer says so."


def test_a_confirmed_window_that_the_feed_takes_back_is_a_question() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    operations.confirm(window=OutageWindow.objects.get(), by=None, now=NOW)
    result = imported(silent())
    assert "inc1/api/1 is confirmed, but the feed no longer says so." in result.questions[0]
    assert OutageWindow.objects.get().state == "confirmed"


def test_a_proposal_under_the_wrong_component_moves_when_its_meaning_is_mended() -> None:
    a_mapping("c1", "web")
    imported(an_outage_in_the_feed())
    a_mapping("c1", "api")
    assert imported(an_outage_in_the_feed()).proposals_withdrawn == 1
    assert OutageWindow.objects.get(state="proposed").component == a_component("api")


def test_what_was_stored_in_a_way_that_can_no_longer_be_read_is_read_anew() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    Incident.objects.update(payload={"id": None})
    result = imported(an_outage_in_the_feed())
    assert (result.incidents_changed, result.windows_proposed, OutageWindow.objects.count()) == (1, 0, 1)

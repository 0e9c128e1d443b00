"""What a status page posts to its subscribers: the page becomes due, and what is new is kept even if it cannot be read now."""

import copy
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import override_settings

from slaservice.outages.importers.statuspage import import_feed
from slaservice.outages.models import ComponentStatus, Hook, Incident, OutageWindow, PolledFeed
from slaservice.outages.operations.feeds import create_feed
from slaservice.outages.queries import unrecorded_messages
from tests.factories.messages import Json, a_component_change, a_hook, a_page_message, outcome, posted
from tests.factories.outages import NOW, a_feed, a_mapping, a_tier, an_outage_in_the_feed, an_update, april

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def read_at_once() -> Any:
    with override_settings(REDIS_URL=""), time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def hook() -> tuple[Hook, str]:
    feed = create_feed(source="page", url="https://status.example.com", by=None, now=NOW)
    PolledFeed.objects.update(due_at=NOW + timedelta(days=10_000))
    a_mapping("c1", "api", source="page")
    return a_hook("statuspage", feed=feed)


def as_posted(incident: Json) -> Json:
    """An incident as a message has it: no changes of components, no start."""
    posted_one = copy.deepcopy(incident)
    for update in posted_one["incident_updates"]:
        del update["affected_components"]
    return {**posted_one, "started_at": None, "backfilled": False, "impact_override": None}


def imported(*incidents: Json) -> None:
    a_tier()
    import_feed(feed=a_feed(*incidents), source="page", by=None, now=NOW)


def test_an_incident_that_nobody_has_seen_is_kept_under_the_page_s_source(hook: tuple[Hook, str]) -> None:
    posted(*hook, a_page_message(incident=as_posted(an_outage_in_the_feed("new"))))
    incident = Incident.objects.get()
    assert (incident.source, incident.external_id, incident.status) == ("page", "new", "resolved")
    assert incident.updates.count() == 3


def test_a_message_makes_the_page_due(hook: tuple[Hook, str]) -> None:
    posted(*hook, a_page_message(incident=as_posted(an_outage_in_the_feed())))
    assert PolledFeed.objects.get().due_at < NOW + timedelta(days=1000)


def test_a_message_never_takes_away_what_the_page_itself_has_said(hook: tuple[Hook, str]) -> None:
    imported(an_outage_in_the_feed())
    before = list(OutageWindow.objects.values())
    posted(*hook, a_page_message(incident=as_posted(an_outage_in_the_feed())))
    assert list(OutageWindow.objects.values()) == before
    assert outcome() == "Known already."


def test_a_new_update_is_added_and_an_old_message_turns_nothing_back(hook: tuple[Hook, str]) -> None:
    whole = an_outage_in_the_feed()
    opened = {**whole, "status": "investigating", "resolved_at": None,
              "incident_updates": whole["incident_updates"][-1:]}  # fmt: skip
    imported(opened)
    assert OutageWindow.objects.get().end is None
    posted(*hook, a_page_message(incident=as_posted(whole)))
    incident = Incident.objects.get()
    assert (incident.status, incident.updates.count()) == ("resolved", 3)
    window = OutageWindow.objects.get(state="proposed")
    assert (window.start, window.end) == (april(10, 12), april(10, 13, 30))
    assert "No update ever set the component back" in window.note
    stale = as_posted({**opened, "incident_updates": [an_update("investigating", "12:05:00", id="u-late")]})
    posted(*hook, a_page_message(incident=stale))
    incident.refresh_from_db()
    assert (incident.status, incident.updates.count()) == ("resolved", 4)
    imported(whole)
    assert OutageWindow.objects.get(state="proposed").end == april(10, 13)


def test_a_change_of_a_component_is_kept_once_with_the_page_s_own_time(hook: tuple[Hook, str]) -> None:
    posted(*hook, a_component_change())
    posted(*hook, {**a_component_change(), "meta": {"generated_at": "later"}})
    posted(*hook, a_component_change("e2", "operational", "12:30:00"))
    kept = ComponentStatus.objects.order_by("at")
    assert [(one.status, one.at, one.seen_in) for one in kept] == [
        ("partial_outage", april(10, 12), "pushed"), ("operational", april(10, 12, 30), "pushed"),
    ]  # fmt: skip


def test_what_says_nothing_is_named(hook: tuple[Hook, str]) -> None:
    posted(*hook, a_page_message())
    assert outcome() == "It holds neither an incident nor a component's change."
    posted(*hook, a_page_message(component_update={"id": "x"}))
    assert outcome() == "No status can be read in it."
    posted(*hook, a_page_message(incident={"id": "bad", "incident_updates": 5}))
    assert "'bad' cannot be read and was left out" in outcome()


def test_an_incident_that_cannot_be_read_can_be_found_and_odd_ids_of_updates_break_nothing(
    hook: tuple[Hook, str],
) -> None:
    imported(an_outage_in_the_feed("known"))
    posted(*hook, a_page_message(incident={"id": "known", "incident_updates": [{"id": {}}]}))
    posted(*hook, a_page_message(component_update={"id": "u\0", "component_id": "c1", "new_status": "x"}))
    incident, status = unrecorded_messages()
    assert ("'known' cannot be read" in incident.outcome, status.outcome) == (
        True, "No status can be read in it.",
    )  # fmt: skip
    assert not ComponentStatus.objects.exists()

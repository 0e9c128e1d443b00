"""From a feed to incidents, questions and proposals: once, and never a confirmed fact."""

import copy
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from slaservice.outages import operations
from slaservice.outages.importers.statuspage import import_feed
from slaservice.outages.models import FeedComponent, Incident, OutageWindow
from slaservice.rules.documents import canonical
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import AUDITOR, OPERATOR
from tests.factories.outages import (
    NOW,
    a_feed,
    a_feed_incident,
    a_mapping,
    a_person,
    actions_on,
    an_outage_in_the_feed,
    an_update,
    april,
    last_entry,
)
from tests.outages.importers.feeds import everything, imported

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tiers")]

UP, DEGRADED, PARTIAL, MAJOR = "operational", "degraded_performance", "partial_outage", "major_outage"


def test_an_incident_becomes_a_row_with_its_updates_and_what_was_received() -> None:
    raw = an_outage_in_the_feed("inc1", name="API — Störung", unknown_field={"kept": True})
    imported(raw)
    incident = Incident.objects.get()
    assert (incident.source, incident.external_id, incident.title) == ("statuspage", "inc1", "API — Störung")
    assert (incident.started_at, incident.resolved_at) == (april(10, 12), april(10, 13, 30))
    assert incident.monitoring_at == april(10, 13)
    assert incident.payload == raw
    assert incident.payload_sha256 == hashlib.sha256(canonical(raw)).hexdigest()
    assert [update.status for update in incident.updates.all()] == ["investigating", "monitoring", "resolved"]
    assert incident.updates.all()[0].transitions == [["c1", UP, PARTIAL]]
    assert actions_on(incident) == ["incidents.import"]


def test_more_new_components_than_a_person_can_answer_for_are_taken_up_by_and_by() -> None:
    changes = {f"c{number:03}": (UP, MAJOR) for number in range(523)}
    raw = a_feed_incident("inc1", an_update("investigating", "12:00:00", changes))
    result = imported(raw)
    assert FeedComponent.objects.count() == 500
    [question] = [one for one in result.questions if "more than the 500 new ones" in one]
    assert question.startswith("statuspage names 23 components more")
    assert "c500, c501, " in question and "c520" not in question
    assert len(result.questions) == 501
    again = imported(raw)
    assert FeedComponent.objects.count() == 523
    assert not any("new ones" in one for one in again.questions)
    a_mapping("c522")
    assert imported(raw).windows_proposed == 1


def test_a_component_that_nobody_has_explained_is_a_question_and_no_guess() -> None:
    result = imported(an_outage_in_the_feed(code="c1"))
    assert (result.incidents_new, result.windows_proposed) == (1, 0)
    assert FeedComponent.objects.get().component is None
    assert len(result.questions) == 1
    assert "Name of c1 (c1)" in result.questions[0]


def test_once_it_is_explained_the_next_import_proposes() -> None:
    imported(an_outage_in_the_feed())
    a_mapping("c1", "api")
    result = imported(an_outage_in_the_feed())
    assert (result.incidents_unchanged, result.windows_proposed, result.questions) == (1, 1, [])


def test_a_proposal_says_what_the_feed_posted_for_every_tier() -> None:
    a_mapping("c1", "api")
    assert imported(an_outage_in_the_feed("inc1")).windows_proposed == 1
    window = OutageWindow.objects.get()
    assert (window.reference, window.external_id, window.source) == ("inc1/api/1", "inc1/c1/1", "statuspage")
    assert (window.start, window.end, window.severity) == (april(10, 12), april(10, 13), PARTIAL)
    assert (window.state, window.basis, window.component.code) == ("proposed", "posted_status", "api")
    assert window.incident == Incident.objects.get()
    assert window.evidence_url == "https://status.example.com/inc1"
    assert {tier.code for tier in window.tiers.all()} == {"enterprise", "free"}
    assert actions_on(window) == ["outages.propose"]


def test_a_second_import_changes_nothing() -> None:
    a_mapping("c1", "api")
    incidents = [an_outage_in_the_feed("inc1"), an_outage_in_the_feed("inc2", code="c2")]
    imported(*incidents)
    before = everything()
    result = imported(*incidents, now=NOW + timedelta(days=1))
    assert result.changed_nothing
    assert everything() == before
    assert result.incidents_unchanged == 2


@pytest.mark.parametrize("decision", ["confirm", "withdraw", "correct"])
def test_what_an_operator_decided_is_not_asked_again(decision: str) -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed())
    window = OutageWindow.objects.get()
    decide: dict[str, Callable[[], Any]] = {
        "confirm": lambda: operations.confirm(window=window, by=None, now=NOW),
        "withdraw": lambda: operations.withdraw(window=window, by=None, now=NOW, reason="Not ours"),
        "correct": lambda: operations.correct(
            window=window, end=april(10, 14), by=None, now=NOW, reason="Log"
        ),
    }
    decide[decision]()
    before = everything()
    assert imported(an_outage_in_the_feed()).changed_nothing
    assert everything() == before


def test_an_incident_without_a_length_or_a_component_is_kept_and_proposes_nothing() -> None:
    a_mapping("c1", "api")
    backfill = a_feed_incident(
        "backfill", an_update("resolved", "12:00:00", created_at="2026-04-10T15:00:00Z"), started_at="2026-04-10T15:00:00Z"
    )  # fmt: skip
    zero = a_feed_incident("zero", an_update("resolved", "12:00:00", {"c1": (MAJOR, MAJOR)}))
    listed = a_feed_incident(
        "listed", an_update("resolved", "12:00:00", {"c1": (UP, UP)}), components=[{"id": "c1", "name": "API"}], impact="critical"
    )  # fmt: skip
    empty = a_feed_incident("empty")
    result = imported(backfill, zero, listed, empty)
    assert (result.incidents_new, result.windows_proposed) == (4, 0)


def test_what_is_never_cleared_is_proposed_with_a_question() -> None:
    a_mapping("c1", "api")
    imported(
        a_feed_incident(
            "i", an_update("identified", "12:00:00", {"c1": (UP, MAJOR)}), an_update("resolved", "13:00:00")
        )
    )
    window = OutageWindow.objects.get()
    assert window.end == april(10, 13)
    assert "Is it right?" in window.note


def test_a_renamed_component_is_the_same_component() -> None:
    a_mapping("c1", "api")
    old = an_outage_in_the_feed("old")
    new = an_outage_in_the_feed("new")
    for update in new["incident_updates"]:
        update["affected_components"][0]["name"] = "Claude Console (platform)"
    imported(old, new)
    assert OutageWindow.objects.filter(component__code="api").count() == 2
    assert FeedComponent.objects.count() == 1


def test_the_name_of_a_component_follows_the_page_but_not_its_old_incidents() -> None:
    imported(an_outage_in_the_feed(), now=NOW)
    import_feed(
        feed=a_feed(components=[{"id": "c1", "name": "Today’s name"}]), source="statuspage", by=None, now=NOW
    )
    assert FeedComponent.objects.get().name == "Today’s name"
    imported(an_outage_in_the_feed())
    assert FeedComponent.objects.get().name == "Today’s name"


def test_two_feed_components_that_mean_one_of_ours_make_two_windows_with_names_of_their_own() -> None:
    a_mapping("c1", "api")
    a_mapping("c2", "api")
    both = {"c1": (UP, MAJOR), "c2": (UP, PARTIAL)}
    clear = {"c1": (MAJOR, UP), "c2": (PARTIAL, UP)}
    imported(
        a_feed_incident(
            "i", an_update("identified", "12:00:00", both), an_update("resolved", "13:00:00", clear)
        )
    )
    assert set(OutageWindow.objects.values_list("reference", flat=True)) == {"i/api/1", "i/c2/1"}


def test_two_pages_may_use_the_same_ids() -> None:
    for source in ("one", "other", "third"):
        a_mapping("c1", "api", source=source)
        imported(an_outage_in_the_feed("i"), source=source)
    references = list(OutageWindow.objects.order_by("pk").values_list("reference", flat=True))
    assert references == ["i/api/1", "i/c1/1", "third/i/c1/1"]
    assert Incident.objects.count() == 3


def test_a_link_that_is_no_web_address_is_not_kept_as_one() -> None:
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed(shortlink="javascript:alert(1)"))
    assert Incident.objects.get().public_url == OutageWindow.objects.get().evidence_url == ""


# What is refused, and what is left for later.


def test_a_feed_with_one_mistake_leaves_nothing_behind() -> None:
    with pytest.raises(Invalid):
        imported(an_outage_in_the_feed("good"), an_outage_in_the_feed("bad", started_at="soon"))
    assert everything() == [[], [], [], []]


def test_an_outage_in_the_future_is_left_out_and_tried_again() -> None:
    a_mapping("c1", "api")
    early = april(10, 12, 30)
    result = imported(an_outage_in_the_feed(), now=early)
    assert (result.incidents_deferred, Incident.objects.count()) == (1, 0)
    assert "in the future" in result.questions[0]
    assert imported(an_outage_in_the_feed(), now=april(10, 13, 30)).windows_proposed == 1


def test_a_page_s_clock_may_be_ahead_by_a_little() -> None:
    a_mapping("c1", "api")
    assert imported(an_outage_in_the_feed(), now=april(10, 12, 57)).windows_proposed == 1


def test_without_tiers_there_is_nobody_to_affect() -> None:
    from slaservice.outages.models import CustomerTier

    CustomerTier.objects.all().delete()
    with pytest.raises(Refusal) as refused:
        imported(an_outage_in_the_feed())
    assert refused.value.code == "no_tiers"


def test_only_an_operator_imports() -> None:
    with pytest.raises(Refusal) as refused:
        imported(an_outage_in_the_feed(), by=a_person(AUDITOR))
    assert refused.value.code == "not_permitted"
    operator = a_person(OPERATOR)
    a_mapping("c1", "api")
    imported(an_outage_in_the_feed(), by=operator)
    assert OutageWindow.objects.get().proposed_by == last_entry(Incident.objects.get()).actor == operator


@pytest.mark.parametrize("source", ["", "Status Page", "x" * 61])
def test_a_source_has_a_name(source: str) -> None:
    with pytest.raises(Invalid):
        imported(an_outage_in_the_feed(), source=source)


def test_the_feed_is_left_as_it_came() -> None:
    feed = a_feed(an_outage_in_the_feed())
    before = copy.deepcopy(feed)
    import_feed(feed=feed, source="statuspage", by=None, now=NOW)
    assert feed == before


def test_a_hundred_incidents_cost_little_more_than_ten() -> None:
    a_mapping("c1", "api")
    counts = []
    for name, size in (("a", 10), ("b", 100)):
        with CaptureQueriesContext(connection) as queries:
            imported(*(an_outage_in_the_feed(f"{name}{number}") for number in range(size)))
        counts.append(len(queries))
    assert OutageWindow.objects.count() == 110
    assert counts[1] <= counts[0] + 10  # SQLite takes rows in smaller batches

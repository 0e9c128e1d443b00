"""Scheduled maintenance of a feed: planned until it is done, announced when it was posted, confirmed by a person."""

from typing import Any

import pytest

from slaservice.outages import operations
from slaservice.outages.importers.statuspage import ImportResult, import_feed
from slaservice.outages.models import Incident, Maintenance, OutageWindow
from tests.factories.outages import NOW, Json, a_feed_incident, a_mapping, a_tier, an_update, april

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def known() -> None:
    a_tier()
    a_mapping("c1", "api")


def a_plan(*updates: Json, **values: Any) -> Json:
    """Maintenance of c1, posted on 13 April for 20 April from 2 to 4."""
    posted = an_update("scheduled", "2026-04-13T09:00:00Z")
    return a_feed_incident(
        "m1", posted, *updates,
        **{
            "name": "New disks", "impact": "maintenance", "components": [{"id": "c1", "name": "API"}],
            "scheduled_for": "2026-04-20T02:00:00Z", "scheduled_until": "2026-04-20T04:00:00Z", **values,
        },
    )  # fmt: skip


def imported(*plans: Json) -> ImportResult:
    feed = {"page": {}, "scheduled_maintenances": list(plans)}
    return import_feed(feed=feed, source="statuspage", by=None, now=NOW)


BEGUN = an_update("in_progress", "2026-04-20T02:05:00Z")
DONE = an_update("completed", "2026-04-20T05:10:00Z")


def test_a_plan_is_proposed_as_announced() -> None:
    assert imported(a_plan()).maintenance_proposed == 1
    row = Maintenance.objects.get()
    assert (row.start, row.end, row.announced_at) == (april(20, 2), april(20, 4), april(13, 9))
    assert (row.reference, row.external_id, row.title) == ("m1/api", "m1/c1", "New disks")
    assert (row.state, row.category, row.component) == ("proposed", "scheduled_maintenance", row.component)
    assert [tier.code for tier in row.tiers.all()] == ["enterprise"]
    assert Incident.objects.get().impact == "maintenance"
    assert not OutageWindow.objects.exists()


def test_what_was_done_counts_and_the_plan_stands_beside_it() -> None:
    imported(a_plan(BEGUN, DONE))
    row = Maintenance.objects.get()
    assert (row.start, row.end) == (april(20, 2, 5), april(20, 5, 10))
    assert (row.planned_start, row.planned_end) == (april(20, 2), april(20, 4))


def test_a_second_import_changes_nothing_and_a_longer_one_proposes_a_correction() -> None:
    imported(a_plan())
    assert imported(a_plan()).changed_nothing
    confirmed = operations.confirm_maintenance(maintenance=Maintenance.objects.get(), by=None, now=NOW)
    result = imported(a_plan(BEGUN, DONE))
    assert (result.maintenance_proposed, result.corrections_proposed) == (0, 1)
    proposed = Maintenance.objects.get(state="proposed")
    assert (proposed.supersedes, proposed.end) == (confirmed, april(20, 5, 10))


def test_what_lists_no_component_or_has_no_span_proposes_nothing() -> None:
    for plan in (a_plan(components=[]), a_plan(scheduled_until="2026-04-20T02:00:00Z", id="m2")):
        result = imported(plan)
        assert (result.incidents_new, result.maintenance_proposed) == (1, 0)


def test_a_component_that_nobody_has_explained_is_a_question_here_too() -> None:
    result = imported(a_plan(components=[{"id": "c9", "name": "New"}]))
    assert result.maintenance_proposed == 0
    assert "New (c9)" in result.questions[0]


def test_components_under_maintenance_are_not_down() -> None:
    under = {"c1": ("operational", "under_maintenance")}
    imported(
        a_plan(
            {**BEGUN, "affected_components": an_update("x", "12:00:00", under)["affected_components"]}, DONE
        )
    )
    assert not OutageWindow.objects.exists()

"""What a row may be, said to the database: each check is broken through bulk_create or update(), which skip Python."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, models, transaction

from slaservice.outages.models import (
    Component,
    CustomerTier,
    FeedComponent,
    Incident,
    IncidentUpdate,
    Maintenance,
    OutageWindow,
    OutageWindowTier,
)
from tests.factories.outages import (
    NOW,
    a_component,
    a_person,
    a_proposal,
    a_tier,
    a_window,
    an_incident,
    april,
)

pytestmark = pytest.mark.django_db

EARLY, LATE = datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
NOON, ONE = april(10, 12), april(10, 13)
SOON = NOW + timedelta(seconds=1)
CONFIRMED: dict[str, Any] = {"state": "confirmed", "confirmed_at": NOW}
WITHDRAWN: dict[str, Any] = {"state": "withdrawn", "closed_at": NOW, "close_reason": "Not ours"}


def a_row(model: type[models.Model], **values: Any) -> models.Model:
    """A row that the database takes, not yet written."""
    fact: dict[str, Any] = {
        "reference": "r",
        "source": "s",
        "external_id": "e",
        "proposed_at": NOW,
        "start": NOON,
        "end": ONE,
    }
    usual: dict[type[models.Model], dict[str, Any]] = {
        Component: {"code": "c", "name": "C"},
        CustomerTier: {"code": "t", "name": "T"},
        FeedComponent: {"source": "s", "external_id": "e"},
        Incident: {"source": "s", "external_id": "e", "payload_sha256": "0" * 64},
        IncidentUpdate: {"external_id": "e", "displayed_at": NOON},
        OutageWindow: {**fact, "severity": "major_outage", "basis": "operator"},
        Maintenance: {**fact, "category": "scheduled_maintenance", "title": "T"},
    }
    chosen = {**usual[model], **values}
    if model is OutageWindow:
        chosen.setdefault("component", a_component())
    if model is IncidentUpdate:
        chosen.setdefault("incident", an_incident())
    return model(**chosen)


def write(row: models.Model) -> None:
    with transaction.atomic():
        type(row)._default_manager.bulk_create([row])
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (OutageWindow, {}),
        (OutageWindow, {"end": None}),
        (OutageWindow, {"end": NOON + timedelta(microseconds=1)}),
        (OutageWindow, {"start": FIRST, "end": LAST}),
        (OutageWindow, {"affected_count": 0, "affected_of": 1}),
        (OutageWindow, {"affected_count": 7, "affected_of": 7}),
        (OutageWindow, CONFIRMED),
        (OutageWindow, {**CONFIRMED, **WITHDRAWN}),
        (OutageWindow, {**CONFIRMED, **WITHDRAWN, "state": "superseded"}),
        (OutageWindow, WITHDRAWN),
        (Maintenance, {}),
        (Maintenance, {"announced_at": None}),
        (Incident, {"started_at": ONE, "resolved_at": NOON}),
        (Component, {"starts_on": date(2026, 4, 1), "ends_on": date(2026, 4, 2)}),
        (FeedComponent, {}),
        (IncidentUpdate, {"posted_at": None}),
    ],
)
def test_what_can_happen_is_taken(model: type[models.Model], values: dict[str, Any]) -> None:
    write(a_row(model, **values))
    assert model._default_manager.exists()


@pytest.mark.parametrize(
    ("model", "values", "name"),
    [
        (OutageWindow, {"end": NOON}, "outage_window_ends_after_it_starts"),
        (OutageWindow, {"end": NOON - timedelta(microseconds=1)}, "outage_window_ends_after_it_starts"),
        (OutageWindow, {"start": EARLY}, "outage_window_lies_between_2000_and_2100"),
        (OutageWindow, {"end": LATE}, "outage_window_lies_between_2000_and_2100"),
        (OutageWindow, {"start": LATE, "end": None}, "outage_window_lies_between_2000_and_2100"),
        (OutageWindow, {"proposed_at": LATE}, "outage_window_record_lies_between_2000_and_2100"),
        (OutageWindow, {"affected_count": 1}, "outage_window_affects_a_share_of_at_most_one"),
        (OutageWindow, {"affected_of": 1}, "outage_window_affects_a_share_of_at_most_one"),
        (OutageWindow, {"affected_count": 2, "affected_of": 1}, "outage_window_affects_a_share_of_at_most_one"),
        (OutageWindow, {"affected_count": -1, "affected_of": 1}, "outage_window_affects_a_share_of_at_most_one"),
        (OutageWindow, {"affected_count": 0, "affected_of": 0}, "outage_window_affects_a_share_of_at_most_one"),
        (OutageWindow, {"affected_count": 1, "affected_of": 10**15 + 1}, "outage_window_affects_a_share_of_at_most_one"),
        (OutageWindow, {"basis": "hearsay"}, "outage_window_basis_is_known"),
        (OutageWindow, {"severity": ""}, "outage_window_severity_is_not_blank"),
        (OutageWindow, {"state": "approved"}, "outage_window_state_is_known"),
        (OutageWindow, {"revision": 0}, "outage_window_revisions_start_at_1"),
        (OutageWindow, {"reference": ""}, "outage_window_reference_is_not_blank"),
        (OutageWindow, {"source": ""}, "outage_window_reference_is_not_blank"),
        (OutageWindow, {"external_id": ""}, "outage_window_reference_is_not_blank"),
        # the state and who did what when
        (OutageWindow, {"state": "confirmed"}, "outage_window_was_confirmed_at_a_time"),
        (OutageWindow, {"confirmed_at": NOW}, "outage_window_is_not_confirmed_while_proposed"),
        (OutageWindow, {**WITHDRAWN, "closed_at": None}, "outage_window_is_closed_at_a_time_for_a_reason"),
        (OutageWindow, {**WITHDRAWN, "close_reason": ""}, "outage_window_is_closed_at_a_time_for_a_reason"),
        (OutageWindow, {**CONFIRMED, "closed_at": NOW}, "outage_window_is_closed_at_a_time_for_a_reason"),
        (OutageWindow, {**CONFIRMED, "close_reason": "x"}, "outage_window_is_closed_at_a_time_for_a_reason"),
        (OutageWindow, {**CONFIRMED, "proposed_at": SOON}, "outage_window_goes_forward_in_time"),
        (OutageWindow, {**WITHDRAWN, "proposed_at": SOON}, "outage_window_goes_forward_in_time"),
        (OutageWindow, {**WITHDRAWN, "confirmed_at": SOON}, "outage_window_goes_forward_in_time"),
        (Maintenance, {"end": NOON}, "maintenance_ends_after_it_starts"),
        (Maintenance, {"announced_at": EARLY}, "maintenance_announcement_lies_between_2000_and_2100"),
        (Maintenance, {"category": "beta"}, "maintenance_category_is_known"),
        (Maintenance, {"title": ""}, "maintenance_title_is_not_blank"),
        (Maintenance, {"state": "confirmed"}, "maintenance_was_confirmed_at_a_time"),
        (Incident, {"source": ""}, "incident_is_not_blank"),
        (Incident, {"resolved_at": LATE}, "incident_lies_between_2000_and_2100"),
        (IncidentUpdate, {"displayed_at": EARLY}, "incident_update_lies_between_2000_and_2100"),
        (IncidentUpdate, {"external_id": ""}, "incident_update_is_not_blank"),
        (Component, {"code": ""}, "component_is_not_blank"),
        (Component, {"starts_on": date(2026, 4, 1), "ends_on": date(2026, 4, 1)}, "component_ends_after_it_starts"),
        (CustomerTier, {"name": ""}, "customer_tier_is_not_blank"),
        (FeedComponent, {"external_id": ""}, "feed_component_is_not_blank"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_the_database(
    model: type[models.Model], values: dict[str, Any], name: str
) -> None:
    with pytest.raises(IntegrityError, match=name):
        write(a_row(model, **values))


@pytest.mark.parametrize(
    ("model", "field", "longest"),
    [
        (OutageWindow, "severity", 60), (OutageWindow, "reference", 200), (OutageWindow, "external_id", 200),
        (OutageWindow, "source", 60), (OutageWindow, "note", 4000), (OutageWindow, "cause", 4000),
        (OutageWindow, "evidence_url", 500), (Maintenance, "title", 500), (Maintenance, "note", 4000),
        (Incident, "title", 500), (Incident, "impact", 60), (Incident, "external_id", 200),
        (IncidentUpdate, "external_id", 200), (IncidentUpdate, "status", 60), (Component, "code", 60),
        (Component, "name", 120), (CustomerTier, "code", 60), (CustomerTier, "name", 120),
        (FeedComponent, "source", 60), (FeedComponent, "name", 200),
    ],
)  # fmt: skip
def test_a_text_has_a_length_on_sqlite_too(model: type[models.Model], field: str, longest: int) -> None:
    with pytest.raises((IntegrityError, DataError)):
        write(a_row(model, **{field: "x" * (longest + 1)}))
    write(a_row(model, **{field: "x" * longest}))


def test_nobody_is_named_for_what_was_not_done() -> None:
    person = a_person("operator")
    for field in ("confirmed_by", "closed_by"):
        with pytest.raises(IntegrityError, match="names_nobody_for_what_was_not_done"):
            write(a_row(OutageWindow, **{field: person}))


def test_a_thing_is_recorded_once() -> None:
    write(a_row(OutageWindow))
    for values in (
        {"reference": "other"},
        {"external_id": "other"},
    ):  # the source's id again, the reference again
        with pytest.raises(IntegrityError):
            write(a_row(OutageWindow, **values))
    write(a_row(OutageWindow, reference="other", source="another source"))
    write(a_row(Incident))
    with pytest.raises(IntegrityError):
        write(a_row(Incident))


def test_a_window_is_superseded_once() -> None:
    first = a_window()
    later = {"supersedes": first, "revision": 2, "source": first.source, "external_id": first.external_id}
    write(a_row(OutageWindow, reference="a", **later, **CONFIRMED))
    with pytest.raises(IntegrityError):
        write(a_row(OutageWindow, reference="b", **{**later, "revision": 3}, **CONFIRMED))
    write(a_row(OutageWindow, reference="b", **{**later, "revision": 3}))


def test_a_window_has_one_proposed_correction_at_a_time() -> None:
    first = a_window()
    later = {"supersedes": first, "source": first.source, "external_id": first.external_id}
    write(a_row(OutageWindow, reference="a", **later, revision=2))
    with pytest.raises(IntegrityError):
        write(a_row(OutageWindow, reference="b", **later, revision=3))
    OutageWindow.objects.filter(reference="a").update(**WITHDRAWN)
    write(a_row(OutageWindow, reference="b", **later, revision=3))


def test_a_first_revision_supersedes_nothing() -> None:
    with pytest.raises(IntegrityError, match="outage_window_supersedes_an_earlier_revision"):
        write(a_row(OutageWindow, supersedes=a_window()))


def test_a_window_names_a_tier_once() -> None:
    proposal, tier = a_proposal(), a_tier()
    with pytest.raises(IntegrityError), transaction.atomic():
        OutageWindowTier.objects.bulk_create([OutageWindowTier(window=proposal, tier=tier)])


def test_update_is_held_to_the_same_as_insert() -> None:
    proposal = a_proposal()
    for values in ({"end": NOON}, {"state": "confirmed"}, {"affected_count": 1}, {"start": EARLY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OutageWindow.objects.filter(pk=proposal.pk).update(**values)


def test_what_facts_rest_on_is_not_deleted() -> None:
    window = a_window(incident=an_incident())
    assert window.incident is not None
    for kept in (window.component, window.tiers.get(), window.incident):
        with pytest.raises(models.ProtectedError):
            kept.delete()

"""What was decided stays: no route changes a fact that is no longer proposed, on either database."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from slaservice.outages import operations
from slaservice.outages.models import Maintenance, MaintenanceTier, OutageWindow, OutageWindowTier
from tests.factories.outages import (
    NOW,
    a_component,
    a_maintenance,
    a_person,
    a_planned_maintenance,
    a_proposal,
    a_tier,
    a_window,
    an_incident,
)

pytestmark = pytest.mark.django_db

END_OF_LIFE = {"state", "closed_at", "closed_by", "close_reason"}
KINDS: dict[str, tuple[Callable[..., Any], Callable[..., Any], Any, str]] = {
    "window": (a_proposal, a_window, OutageWindowTier, "window"),
    "maintenance": (a_planned_maintenance, a_maintenance, MaintenanceTier, "maintenance"),
}


def another(row: models.Model, field: Any) -> Any:
    """A value for the field that differs from the row's and breaks no other rule."""
    value = getattr(row, field.attname)
    if field.is_relation:
        return _related(row, field.name).pk
    if isinstance(field, models.DateTimeField):
        return (value or NOW) + timedelta(seconds=1 if value is None or field.name != "start" else -1)
    if isinstance(field, models.IntegerField):
        return (value or 0) + 1000
    choices = [choice for choice, _ in field.choices or () if choice != value]
    return choices[0] if choices else f"{value}x"


def _related(row: models.Model, name: str) -> models.Model:
    if name == "component":
        return a_component("other")
    if name == "incident":
        return an_incident("other")
    if name == "supersedes":
        return a_window() if isinstance(row, OutageWindow) else a_maintenance()
    return a_person("operator")


FACTS = [
    (kind, field.name)
    for kind, model in (("window", OutageWindow), ("maintenance", Maintenance))
    for field in model._meta.concrete_fields
    if field.name not in END_OF_LIFE
]


@pytest.mark.parametrize(("kind", "name"), FACTS)
def test_no_column_of_a_confirmed_fact_changes(kind: str, name: str) -> None:
    row = KINDS[kind][1]()
    field = type(row)._meta.get_field(name)
    values = {field.attname: another(row, field)}
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(**values)


@pytest.mark.parametrize("name", sorted(END_OF_LIFE))
@pytest.mark.parametrize("kind", KINDS)
def test_what_was_withdrawn_stays_as_it_was_withdrawn(kind: str, name: str) -> None:
    row = KINDS[kind][1]()
    end = {"state": "withdrawn", "closed_at": NOW, "close_reason": "Not ours"}
    type(row).objects.filter(pk=row.pk).update(**end)
    back = {"state": "confirmed", "closed_at": None, "close_reason": ""}
    changed = {
        "closed_by": a_person("operator"),
        "close_reason": "Changed my mind",
        "closed_at": NOW + timedelta(1),
    }
    for values in (back, {name: changed.get(name, "superseded")}):
        with pytest.raises(IntegrityError, match="stays so"), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**values)


@pytest.mark.parametrize("kind", KINDS)
def test_a_confirmed_fact_is_not_proposed_again(kind: str) -> None:
    row = KINDS[kind][1]()
    for values in ({"state": "proposed"}, {"state": "proposed", "confirmed_at": None, "confirmed_by": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            type(row).objects.filter(pk=row.pk).update(**values)


@pytest.mark.parametrize("kind", KINDS)
def test_a_confirmed_fact_is_not_deleted(kind: str) -> None:
    row = KINDS[kind][1]()
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        row.delete()
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        type(row).objects.filter(pk=row.pk)._raw_delete("default")


@pytest.mark.parametrize("kind", KINDS)
def test_the_tiers_of_a_confirmed_fact_neither_come_nor_change_nor_go(kind: str) -> None:
    _, confirmed, tier_model, owner = KINDS[kind]
    row, other = confirmed(), a_tier("free")
    mine = tier_model.objects.filter(**{owner: row})
    routes: list[Callable[[], Any]] = [
        lambda: tier_model.objects.bulk_create([tier_model(**{owner: row, "tier": other})]),
        lambda: mine.update(tier=other),
        lambda: mine.delete(),
        lambda: row.tiers.clear(),
        lambda: row.tiers.add(other),
    ]
    for route in routes:
        with pytest.raises(IntegrityError, match="the tiers of a fact"), transaction.atomic():
            route()


@pytest.mark.parametrize("kind", KINDS)
def test_no_tier_moves_from_a_proposal_to_a_confirmed_fact(kind: str) -> None:
    proposed, confirmed, tier_model, owner = KINDS[kind]
    row, proposal = confirmed(), proposed(tiers=[a_tier("free")])
    with pytest.raises(IntegrityError, match="the tiers of a fact"), transaction.atomic():
        tier_model.objects.filter(**{owner: proposal}).update(**{owner: row})


@pytest.mark.parametrize("kind", KINDS)
def test_a_proposal_is_still_free(kind: str) -> None:
    proposed, _, tier_model, owner = KINDS[kind]
    proposal = proposed()
    type(proposal).objects.filter(pk=proposal.pk).update(note="Seen")
    tier_model.objects.filter(**{owner: proposal}).update(tier=a_tier("free"))
    proposal.refresh_from_db()
    assert proposal.note == "Seen"
    assert proposal.tiers.get() == a_tier("free")


def test_raw_sql_and_upserts_are_refused_like_the_rest() -> None:
    window = a_window()
    with (
        pytest.raises(IntegrityError, match="outages_outagewindow"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE outages_outagewindow SET severity = 'none'")
    copy = OutageWindow.objects.get(pk=window.pk)
    copy.severity = "none"
    with pytest.raises(IntegrityError, match="outages_outagewindow"), transaction.atomic():
        OutageWindow.objects.bulk_create(
            [copy], update_conflicts=True, update_fields=["severity"], unique_fields=["id"]
        )


def test_a_correction_leaves_the_corrected_row_as_it_was() -> None:
    window = a_window()
    operations.correct(
        window=window, end=window.start + timedelta(hours=1), by=None, now=NOW, reason="Log of the proxy"
    )
    old = OutageWindow.objects.get(pk=window.pk)
    assert {
        name: getattr(old, name) for name in ("start", "end", "severity", "basis", "reference", "revision")
    } == {
        name: getattr(window, name) for name in ("start", "end", "severity", "basis", "reference", "revision")
    }
    assert old.state == "superseded"

"""Gaps of the measurement: recorded, confirmed, corrected and withdrawn like every fact, and the same for every tier."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from slaservice.outages.models import MeasurementGap
from slaservice.outages.operations import confirm_gap, correct_gap, record_gap, withdraw_gap
from slaservice.outages.queries import gaps_known, gaps_proposed_touching
from slaservice.rules.refusal import Invalid, Refusal
from tests.factories.outages import NOW, a_component, a_person, actions_on, april, last_entry

pytestmark = pytest.mark.django_db

NOON, TWO = april(10, 12), april(10, 14)
LATER = NOW + timedelta(hours=1)


def a_proposed_gap(**values: Any) -> MeasurementGap:
    """Nothing measured the API from noon to two on 10 April."""
    chosen = {"start": NOON, "end": TWO, "cause": "The probe was down.", "by": None, "now": NOW, **values}
    chosen.setdefault("component", a_component())
    return record_gap(**chosen)


def a_gap(**values: Any) -> MeasurementGap:
    return confirm_gap(gap=a_proposed_gap(**values), by=None, now=values.get("now", NOW))


def found(**values: Any) -> list[MeasurementGap]:
    chosen = {"components": [a_component().pk], "start": april(1), "end": april(30), **values}
    return list(gaps_known(**chosen))


def test_a_gap_counts_once_it_is_confirmed() -> None:
    operator = a_person("operator")
    gap = a_proposed_gap(by=operator)
    assert found() == []
    assert list(gaps_proposed_touching(start=NOON, end=TWO)) == [gap]
    confirmed = confirm_gap(gap=gap, by=operator, now=LATER)
    assert (confirmed.state, confirmed.confirmed_by) == ("confirmed", operator)
    assert found() == [gap]
    assert list(gaps_proposed_touching(start=NOON, end=TWO)) == []
    assert actions_on(gap) == ["gaps.propose", "gaps.confirm"]


def test_a_correction_is_a_new_revision_and_both_are_known_each_in_its_time() -> None:
    gap = a_gap(end=None)
    closed = correct_gap(gap=gap, end=TWO, by=None, now=LATER, reason="The probe is back")
    assert (closed.revision, closed.supersedes, closed.end) == (2, gap, TWO)
    assert found() == [closed]
    assert [one.end for one in found(known_at=NOW)] == [None]
    assert last_entry(closed).data["before"]["end"] is None
    with pytest.raises(Refusal, match="has no tiers"):
        correct_gap(gap=closed, tiers=(), by=None, now=LATER, reason="x")


def test_a_withdrawn_gap_does_not_count_and_says_why() -> None:
    gap = withdraw_gap(gap=a_gap(), by=None, now=LATER, reason="The logs were found")
    assert (gap.state, gap.close_reason) == ("withdrawn", "The logs were found")
    assert found() == []


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"end": NOON}, "end"),
        ({"cause": " "}, "cause"),
        ({"start": NOON.replace(tzinfo=None)}, "start"),
        ({"end": NOW + timedelta(minutes=6)}, "end"),
        ({"start": NOW + timedelta(minutes=6), "end": None}, "start"),
        ({"end": datetime(2101, 1, 1, tzinfo=NOW.tzinfo)}, "end"),
    ],
)
def test_what_is_wrong_is_named_by_its_field(values: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        a_proposed_gap(**values)
    assert [error.path for error in refused.value.errors] == [path]


def test_only_operators_record_gaps() -> None:
    with pytest.raises(Refusal, match="for: operator"):
        a_proposed_gap(by=a_person("finance clerk"))


def test_the_same_report_of_a_monitor_is_one_gap() -> None:
    a_proposed_gap(source="probe", external_id="g-1")
    with pytest.raises(Refusal) as refused:
        a_proposed_gap(source="probe", external_id="g-1")
    assert refused.value.code == "already_recorded"


FACTS: list[tuple[str, Callable[[], Any]]] = [
    ("component", lambda: a_component("web")),
    ("start", lambda: NOON - timedelta(seconds=1)),
    ("end", lambda: TWO + timedelta(seconds=1)),
    ("cause", lambda: "Other"),
    ("note", lambda: "Other"),
    ("confirmed_at", lambda: LATER),
    ("reference", lambda: "G-other"),
]


@pytest.mark.parametrize(("name", "value"), FACTS)
def test_what_a_confirmed_gap_says_never_changes(name: str, value: Callable[[], Any]) -> None:
    a_gap()
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        MeasurementGap.objects.update(**{name: value()})


def test_a_confirmed_gap_is_not_deleted_and_a_withdrawn_one_stays_so() -> None:
    gap = a_gap()
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        models.QuerySet(MeasurementGap)._raw_delete(using="default")
    withdraw_gap(gap=gap, by=None, now=LATER, reason="Found")
    back = {"state": "confirmed", "closed_at": None, "close_reason": ""}
    with pytest.raises(IntegrityError, match="stays so"), transaction.atomic():
        MeasurementGap.objects.update(**back)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"end": NOON}, "ends_after_it_starts"),
        ({"cause": ""}, "cause_is_not_blank"),
        ({"state": "confirmed"}, "was_confirmed_at_a_time"),
        ({"start": NOON.replace(year=1999)}, "between_2000_and_2100"),
    ],
)
def test_the_database_refuses_by_name_what_may_not_be(values: dict[str, Any], name: str) -> None:
    chosen: dict[str, Any] = {
        "component": a_component(),
        "start": NOON,
        "end": TWO,
        "cause": "c",
        "reference": "r",
        "source": "s",
        "external_id": "e",
        "proposed_at": NOW,
        **values,
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        MeasurementGap.objects.bulk_create([MeasurementGap(**chosen)])

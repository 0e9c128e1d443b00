"""Gaps and request counts on the operators' desk: entered by forms, changed by verbs, read by every role."""

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

from slaservice.outages.models import MeasurementGap, RequestCount
from slaservice.outages.operations import (
    RequestCountRow,
    confirm_gap,
    record_gap,
    record_request_counts,
)
from slaservice.rules.workflow import AUDITOR, OPERATOR, ROLES
from tests.factories.outages import NOW, a_component, a_person, a_tier, april

pytestmark = pytest.mark.django_db


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


def a_gap(hour: int = 12) -> MeasurementGap:
    return record_gap(
        component=a_component(),
        start=april(10, hour),
        end=april(10, hour + 1),
        cause="Probe",
        by=None,
        now=NOW,
    )


def a_count(minute: int = 0) -> RequestCount:
    row = RequestCountRow(a_component(), a_tier(), april(10, 12, minute), 60, 1000, 10)
    record_request_counts(rows=[row], source="probe", by=None, now=NOW)
    return RequestCount.objects.get(start=row.start)


def the_gap() -> dict[str, Any]:
    return {
        "component": a_component().pk,
        "start": "2026-04-10 12:00",
        "end": "",
        "cause": "The probe was down",
        "note": "",
    }


def test_an_operator_records_a_gap_and_may_confirm_it_at_once() -> None:
    client, operator = logged_in(OPERATOR)
    assert client.get(page_of("measurementgap", "add")).status_code == 200
    client.post(page_of("measurementgap", "add"), the_gap())
    gap = MeasurementGap.objects.get()
    assert (gap.state, gap.proposed_by, gap.start, gap.end) == ("proposed", operator, april(10, 12), None)
    client.post(page_of("measurementgap", "add"), {**the_gap(), "end": "2026-04-10 13:00", "confirm": "on"})
    assert MeasurementGap.objects.filter(state="confirmed", end=april(10, 13)).exists()


def test_a_gap_is_confirmed_corrected_and_withdrawn_on_its_page() -> None:
    client, _ = logged_in(OPERATOR)
    gap = a_gap()
    client.post(address(gap, "confirm"), {"reason": ""})
    page = client.get(address(gap, "correct")).content.decode()
    assert "Probe" in page
    client.post(
        address(gap, "correct"), {**the_gap(), "end": "2026-04-10 14:00", "reason": "It went on for longer"}
    )
    second = MeasurementGap.objects.get(revision=2)
    assert (second.state, second.end) == ("confirmed", april(10, 14))
    client.post(address(second, "withdraw"), {"reason": "The logs were found"})
    second.refresh_from_db()
    assert second.state == "withdrawn"


def test_what_is_refused_is_told_on_the_form() -> None:
    client, _ = logged_in(OPERATOR)
    answer = client.post(page_of("measurementgap", "add"), {**the_gap(), "end": "2026-04-10 11:00"})
    assert "The gap must end after it starts" in answer.content.decode()
    assert not MeasurementGap.objects.exists()


def test_an_operator_adds_a_count_and_corrects_it_for_a_reason() -> None:
    client, operator = logged_in(OPERATOR)
    typed = {"component": a_component().pk, "tier": a_tier().pk, "start": "2026-04-10 12:00", "seconds": 300}
    client.post(page_of("requestcount", "add"), {**typed, "total": 10, "failed": 1})
    count = RequestCount.objects.get()
    assert (count.total, count.failed, count.source, count.recorded_by) == (10, 1, "operator", operator)
    answer = client.post(page_of("requestcount", "add"), {**typed, "total": 10, "failed": 2})
    assert "Give a reason to correct that" in answer.content.decode()
    client.post(
        address(count, "correct"), {"seconds": 300, "total": 10, "failed": 2, "reason": "Counted anew"}
    )
    second = RequestCount.objects.get(revision=2)
    assert (second.failed, second.reason, second.state) == (2, "Counted anew", "counts")
    page = client.get(address(count)).content.decode()
    assert address(second) in page
    assert address(count, "correct") not in page


def test_an_operator_withdraws_a_count_and_records_it_again_for_a_reason() -> None:
    client, _ = logged_in(OPERATOR)
    count = a_count()
    assert client.get(address(count, "withdraw")).status_code == 200
    client.post(address(count, "withdraw"), {"reason": "Another machine"})
    count.refresh_from_db()
    assert (count.state, RequestCount.objects.count()) == ("replaced", 1)
    assert address(count, "withdraw") not in client.get(address(count)).content.decode()
    typed = {"component": a_component().pk, "tier": a_tier().pk, "start": "2026-04-10 12:00", "seconds": 60}
    answer = client.post(page_of("requestcount", "add"), {**typed, "total": 10, "failed": 1})
    assert "Give a reason to record it again" in answer.content.decode()
    client.post(
        page_of("requestcount", "add"), {**typed, "total": 10, "failed": 1, "reason": "It was this one"}
    )
    assert RequestCount.objects.get(replaced_at=None).revision == 2


@pytest.mark.parametrize("model", ["measurementgap", "requestcount"])
def test_every_role_reads_and_operators_alone_record(model: str) -> None:
    row = a_gap() if model == "measurementgap" else a_count()
    for role in ROLES:
        client, _ = logged_in(role)
        assert client.get(page_of(model)).status_code == 200
        assert client.get(address(row)).status_code == 200
        allowed = role == OPERATOR
        assert client.get(page_of(model, "add")).status_code == (200 if allowed else 403)
        assert client.get(address(row, "correct")).status_code == (200 if allowed else 403)


@pytest.mark.parametrize("model", ["measurementgap", "requestcount"])
def test_a_list_takes_the_same_queries_for_two_rows_and_for_twenty(model: str) -> None:
    client, _ = logged_in(AUDITOR)
    make = (lambda n: confirm_gap(gap=a_gap(n), by=None, now=NOW)) if model == "measurementgap" else a_count

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(page_of(model))
        return len(captured)

    for number in range(2):
        make(number)
    few = queries()
    for number in range(2, 20):
        make(number)
    assert queries() == few

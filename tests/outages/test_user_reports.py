"""Counts of user reports: recorded once, never changed, never downtime, and drawn beside the window with their onset."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from slaservice.outages import operations
from slaservice.outages.admin import series
from slaservice.outages.models import OutageWindow, UserReports
from slaservice.outages.operations import UserReportsRow
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import AUDITOR, OPERATOR
from tests.factories.outages import NOW, a_component, a_person, a_window, actions_on, april, last_entry

pytestmark = pytest.mark.django_db

QUARTER = 900
DAY_BEFORE = april(9, 12)


def counts(
    *values: int, since: datetime = DAY_BEFORE, channel: str = "website", seconds: int = QUARTER
) -> list[UserReportsRow]:
    """One count after the other."""
    return [
        UserReportsRow(a_component(), channel, since + timedelta(seconds=number * seconds), seconds, value)
        for number, value in enumerate(values)
    ]


def recorded(rows: Sequence[UserReportsRow], **values: Any) -> tuple[int, int]:
    result = operations.record_user_reports(
        rows=rows, **{"source": "tracker", "by": None, "now": NOW, **values}
    )
    return result.added, result.unchanged


def faults_of(rows: Sequence[UserReportsRow], **values: Any) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as invalid:
        recorded(rows, **values)
    return [(error.path, error.reason) for error in invalid.value.errors]


def test_recording_the_same_again_changes_nothing() -> None:
    assert recorded(counts(1, 2, 3)) == (3, 0)
    assert recorded(counts(1, 2, 3)) == (0, 3)
    assert recorded(counts(1, 2, 3, 4) * 2) == (1, 7)
    assert UserReports.objects.count() == 4


def test_history_tells_of_a_batch_once_for_each_component() -> None:
    operator = a_person(OPERATOR)
    recorded(counts(1, 2, 3), by=operator)
    recorded(counts(1, 2, 3), by=operator)
    component = a_component()
    assert actions_on(component) == ["reports.record"]
    assert last_entry(component).data == {
        "source": "tracker",
        "intervals": 3,
        "first": "2026-04-09T12:00:00+00:00",
        "last": "2026-04-09T12:30:00+00:00",
    }


def test_a_count_is_recorded_for_good_and_nothing_of_a_wrong_batch_is_kept() -> None:
    recorded(counts(1, 2))
    ((path, reason),) = faults_of(counts(1, 7, 3))
    assert path == "rows[1].count" and "2 are recorded" in reason
    assert UserReports.objects.count() == 2


def test_another_source_and_another_channel_are_another_series() -> None:
    recorded(counts(1, 2))
    assert recorded(counts(7, 8), source="other") == (2, 0)
    assert recorded(counts(7, 8, channel="app")) == (2, 0)


def test_intervals_of_one_series_do_not_overlap() -> None:
    recorded(counts(1, 2))
    hour = counts(5, seconds=3600)
    assert [path for path, _ in faults_of(hour)] == ["rows[0].seconds"]
    assert recorded(counts(5, since=april(12), seconds=3600)) == (1, 0)
    within = counts(5, since=april(12, 0, 45))
    assert [path for path, _ in faults_of(within)] == ["rows[0].seconds"]


def test_a_row_is_compared_with_its_neighbours_whatever_length_the_series_has_elsewhere() -> None:
    """A batch over days in which the series has hours first, and minutes later."""
    hours, minutes = april(1, 10), april(5, 10)
    recorded(counts(100, since=hours, seconds=3600) + counts(5, since=minutes, seconds=60))
    within = counts(7, since=hours + timedelta(minutes=30), seconds=60)
    further = counts(1, since=minutes + timedelta(minutes=1), seconds=60)
    for rows in (within + further, further + within):
        ((_, reason),) = faults_of(rows)
        assert "beside it last 3600 s" in reason
    longer = counts(8, since=minutes - timedelta(hours=1), seconds=3600)
    assert [path for path, _ in faults_of(further + longer)] == ["rows[1].seconds"]
    assert recorded(counts(100, 101, since=hours, seconds=3600) + further) == (2, 1)


def test_two_lengths_in_one_batch_are_refused() -> None:
    assert [path for path, _ in faults_of(counts(1, 2) + counts(1, seconds=300))] == ["rows[2].seconds"]


def test_every_fault_of_every_row_is_told_at_once() -> None:
    component = a_component()
    wrong = [
        UserReportsRow(component, "fax", april(9), QUARTER, -1),
        UserReportsRow(component, "app", april(9), 0, 1),
        UserReportsRow(component, "app", april(9, 0, 1), QUARTER, 1),
        UserReportsRow(component, "app", NOW.replace(minute=30), QUARTER, 1),
    ]
    assert [path for path, _ in faults_of(wrong, source="")] == [
        "source",
        "rows[0].channel",
        "rows[0].count",
        "rows[1].seconds",
        "rows[2].start",
        "rows[3].start",
    ]


def test_only_operators_record_them() -> None:
    with pytest.raises(Refusal) as refused:
        recorded(counts(1), by=a_person(AUDITOR))
    assert refused.value.code == "not_permitted"


def test_ten_rows_and_a_thousand_are_compared_in_as_many_queries() -> None:
    def queries(rows: list[UserReportsRow]) -> int:
        with CaptureQueriesContext(connection) as captured:
            recorded(rows)
        return sum(one["sql"].startswith("SELECT") for one in captured)

    few = queries(counts(*range(10)))
    assert queries(counts(*range(1000), since=april(20), seconds=60)) == few == 2


@pytest.mark.parametrize("change", [{"count": 7}, {"seconds": 60}, {"source": "other"}])
def test_a_series_is_added_to_and_never_changed(change: dict[str, Any]) -> None:
    recorded(counts(1))
    for act in (lambda: UserReports.objects.update(**change), lambda: UserReports.objects.all().delete()):
        with pytest.raises(IntegrityError, match="only ever added"), transaction.atomic():
            act()


@pytest.mark.parametrize(
    "values", [{"count": -1}, {"seconds": 0}, {"seconds": 86_401}, {"channel": "fax"}, {"source": ""}]
)
def test_the_database_knows_what_a_count_is(values: dict[str, Any]) -> None:
    usual: dict[str, Any] = {
        "component": a_component(), "source": "tracker", "channel": "app", "start": april(9), "seconds": 60, "count": 1,
        "recorded_at": NOW,
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        UserReports.objects.bulk_create([UserReports(**{**usual, **values})])


# Beside a window.


def a_day_and_a_peak(window: OutageWindow, *, early: int) -> None:
    """Two or three reports a quarter of an hour for a day, and sixty from `early` quarters before the window on."""
    usual = [2, 3] * 48
    since = window.start - timedelta(seconds=QUARTER * (len(usual) + early))
    recorded(counts(*usual, *[60] * 8, since=since))
    recorded(counts(*[1] * (len(usual) + 8), since=since, channel="app"))


def test_the_series_is_drawn_beside_the_window_with_the_onset_that_it_suggests() -> None:
    window = a_window()
    a_day_and_a_peak(window, early=2)
    drawn = str(series.beside(window))
    assert "reports stand out from 2026-04-10 11:30:00 UTC, 0:30:00 before the recorded start" in drawn
    assert "app: reports do not stand out before the window ends" in drawn
    assert drawn.count("<svg") == 1 and drawn.count("#b3261e") == 1
    assert "max 60" in drawn and "max 1<" in drawn


def test_reports_are_evidence_and_change_no_window() -> None:
    window = a_window()
    before = list(OutageWindow.objects.values())
    a_day_and_a_peak(window, early=2)
    series.beside(window)
    assert list(OutageWindow.objects.values()) == before


def test_an_open_window_and_one_without_reports_are_drawn_too() -> None:
    assert series.beside(a_window(april(20), april(21))) == "none recorded"
    window = a_window(end=None)
    a_day_and_a_peak(window, early=-1)
    assert "0:15:00 after the recorded start" in str(series.beside(window))


def test_a_source_s_name_is_text_in_the_drawing() -> None:
    window = a_window()
    recorded(counts(*[1] * 20, since=window.start), source="<script>")
    assert "<script>" not in str(series.beside(window))


def test_the_desk_shows_it_to_everybody_who_sees_the_window() -> None:
    window = a_window()
    a_day_and_a_peak(window, early=0)
    client = Client()
    client.force_login(a_person(AUDITOR))
    shown = client.get(reverse("admin:outages_outagewindow_change", args=[window.pk])).content.decode()
    assert '<svg xmlns="http://www.w3.org/2000/svg" role="img"' in shown
    assert client.get(reverse("admin:outages_userreports_changelist")).status_code == 200
    one = UserReports.objects.first()
    assert one and client.get(reverse("admin:outages_userreports_change", args=[one.pk])).status_code == 200

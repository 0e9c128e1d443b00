"""Request counts: recorded in bulk, again without effect, corrected only for a reason, and never rewritten."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from slaservice.history.models import Entry
from slaservice.outages.models import RequestCount
from slaservice.outages.operations import (
    CountsRecorded,
    RequestCountRow,
    record_request_counts,
    withdraw_request_counts,
)
from slaservice.outages.queries import request_counts_touching
from slaservice.rules.refusal import Invalid, Refusal
from tests.factories.outages import NOW, a_component, a_person, a_tier, actions_on, april, last_entry

pytestmark = pytest.mark.django_db

FIVE = 300


def a_row(start: datetime | None = None, **values: Any) -> RequestCountRow:
    """Five minutes of the API for the enterprise tier from noon on 10 April: 1,000 requests, of which 10 failed."""
    chosen = {"seconds": FIVE, "total": 1000, "failed": 10, **values}
    chosen.setdefault("component", a_component())
    chosen.setdefault("tier", a_tier())
    return RequestCountRow(start=start or april(10, 12), **chosen)


def record(*rows: RequestCountRow, **values: Any) -> CountsRecorded:
    return record_request_counts(rows=rows, **{"source": "prometheus", "by": None, "now": NOW, **values})


def faults_of(*rows: RequestCountRow, **values: Any) -> list[str]:
    with pytest.raises(Invalid) as refused:
        record(*rows, **values)
    return [error.path for error in refused.value.errors]


def counted() -> list[tuple[int, int]]:
    return list(RequestCount.objects.filter(replaced_at=None).values_list("total", "failed"))


def test_a_count_says_who_recorded_it_when_and_where_it_is_from() -> None:
    operator = a_person("operator")
    assert record(a_row(), by=operator) == CountsRecorded(added=1)
    count = RequestCount.objects.get()
    assert (count.source, count.recorded_by, count.recorded_at, count.reason, count.revision) == (
        "prometheus",
        operator,
        NOW,
        "",
        1,
    )
    entry = last_entry(a_component())
    assert (entry.action, entry.actor) == ("requests.record", operator)
    assert entry.data["rows"] == 1


def test_only_operators_record_counts() -> None:
    with pytest.raises(Refusal, match="for: operator"):
        record(a_row(), by=a_person("finance clerk"))


def test_the_same_counts_again_change_nothing_and_say_nothing() -> None:
    rows = [a_row(), a_row(april(10, 13))]
    record(*rows)
    entries = Entry.objects.count()
    assert record(*rows, now=NOW + timedelta(days=1)) == CountsRecorded(unchanged=2)
    assert (RequestCount.objects.count(), Entry.objects.count()) == (2, entries)


def test_the_same_row_twice_in_one_batch_counts_once() -> None:
    assert record(a_row(), a_row()) == CountsRecorded(added=1, unchanged=1)


@pytest.mark.parametrize("change", [{"failed": 11}, {"total": 1001}, {"seconds": 60}])
def test_other_values_for_a_recorded_interval_are_refused_by_name(change: dict[str, Any]) -> None:
    record(a_row())
    with pytest.raises(Invalid, match="300 s with 1000 requests, of which 10 failed") as refused:
        record(a_row(april(10, 13)), a_row(**change))
    assert refused.value.code == "request_count_is_recorded_otherwise"
    assert counted() == [(1000, 10)]


def test_a_correction_for_a_reason_replaces_the_count_and_keeps_what_it_was() -> None:
    operator, later = a_person("operator"), NOW + timedelta(hours=1)
    record(a_row())
    done = record(a_row(failed=0), a_row(april(10, 13)), reason="Probes counted", by=operator, now=later)
    assert done == CountsRecorded(added=1, corrected=1)
    before, after = RequestCount.objects.filter(start=april(10, 12)).order_by("revision")
    assert (before.failed, before.replaced_at) == (10, later)
    assert (after.failed, after.revision, after.recorded_by, after.reason) == (
        0,
        2,
        operator,
        "Probes counted",
    )
    assert RequestCount.objects.get(start=april(10, 13)).reason == ""
    entry = last_entry(after)
    assert (entry.action, entry.reason) == ("requests.correct", "Probes counted")
    assert (entry.data["before"]["failed"], entry.data["after"]["failed"]) == (10, 0)
    assert actions_on(a_component()) == ["requests.record", "requests.record"]


def test_what_counted_then_is_still_found_as_known_then() -> None:
    record(a_row())
    record(a_row(failed=0), reason="Probes counted", now=NOW + timedelta(hours=1))

    def failed(known_at: datetime | None) -> list[int]:
        found = request_counts_touching(
            components=[a_component().pk],
            tiers=[a_tier().pk],
            start=april(1),
            end=april(30),
            known_at=known_at,
        )
        return [count.failed for count in found]

    assert failed(NOW - timedelta(seconds=1)) == []
    assert failed(NOW) == [10]
    assert failed(NOW + timedelta(hours=1)) == failed(None) == [0]


def test_a_correction_is_not_earlier_than_what_it_corrects() -> None:
    record(a_row())
    with pytest.raises(Refusal, match="which is later"):
        record(a_row(failed=0), reason="Probes counted", now=NOW - timedelta(seconds=1))


def withdraw(*starts: datetime, **values: Any) -> list[RequestCount]:
    rows = list(RequestCount.objects.filter(start__in=starts, replaced_at=None))
    return withdraw_request_counts(
        rows=rows, **{"reason": "It began at noon", "by": None, "now": NOW, **values}
    )


def test_what_was_recorded_by_mistake_is_withdrawn_and_the_right_interval_takes_its_time() -> None:
    operator, later = a_person("operator"), NOW + timedelta(hours=1)
    record(a_row(april(10, 12, 2)))
    assert faults_of(a_row(), reason="It began at noon") == ["rows[0].start"]
    (wrong,) = withdraw(april(10, 12, 2), by=operator, now=later)
    assert (wrong.replaced_at, counted()) == (later, [])
    entry = last_entry(wrong)
    assert (entry.action, entry.actor, entry.reason) == ("requests.withdraw", operator, "It began at noon")
    assert entry.data == {"before": {"seconds": FIVE, "total": 1000, "failed": 10}}
    assert record(a_row(), now=later) == CountsRecorded(added=1)


def test_what_was_withdrawn_is_recorded_again_only_for_a_reason() -> None:
    record(a_row())
    record(a_row(failed=9), reason="Probes counted")
    withdraw(april(10, 12))
    with pytest.raises(Invalid, match="Give a reason to record it again") as refused:
        record(a_row(), a_row(april(10, 13)))
    assert refused.value.code == "request_count_was_withdrawn"
    assert record(a_row(), reason="It was right") == CountsRecorded(added=1)
    again = RequestCount.objects.get(replaced_at=None)
    assert (again.revision, again.reason) == (3, "It was right")


def test_only_operators_withdraw_and_say_why_and_only_what_counts() -> None:
    record(a_row(), a_row(april(10, 13)))
    rows = list(RequestCount.objects.order_by("start"))
    with pytest.raises(Refusal, match="for: operator"):
        withdraw(april(10, 12), by=a_person("finance clerk"))
    for reason in (" ", "x" * 3901, "\x00"):
        with pytest.raises(Invalid):
            withdraw(april(10, 12), reason=reason)
    with pytest.raises(Refusal, match="recorded later"):
        withdraw(april(10, 12), now=NOW - timedelta(seconds=1))
    withdraw(april(10, 12))
    with pytest.raises(Refusal, match="already"):
        withdraw_request_counts(rows=rows, reason="Both", by=None, now=NOW)
    assert counted() == [(1000, 10)]


def test_every_fault_of_every_row_is_told_at_once() -> None:
    record(a_row())
    paths = faults_of(
        a_row(failed=1001),
        a_row(total=-1, failed=0, seconds=0),
        a_row(start=april(10, 13).replace(tzinfo=None)),
        a_row(start=NOW + timedelta(seconds=1)),
        a_row(failed=9),
        a_row(april(10, 14)),
    )
    assert paths == [
        "rows[0].failed",
        "rows[1].seconds",
        "rows[1].total",
        "rows[2].start",
        "rows[3].start",
        "rows[4].start",
    ]
    assert counted() == [(1000, 10)]
    assert faults_of(a_row(), source=" ") == ["source"]
    assert faults_of(a_row(failed=9), a_row(april(10, 13)), a_row(april(10, 13), failed=9)) == [
        "rows[0].start",
        "rows[2].start",
    ]


OVERLAPPING: list[tuple[str, Callable[[], RequestCountRow]]] = [
    ("begins within it", lambda: a_row(april(10, 12, 4))),
    ("ends within it", lambda: a_row(april(10, 11, 56))),
    ("holds it", lambda: a_row(april(10, 11), seconds=7200)),
    ("holds it by weeks", lambda: a_row(april(1), seconds=14 * 86400)),
]


@pytest.mark.parametrize(("name", "row"), OVERLAPPING)
def test_requests_are_not_counted_twice_by_intervals_that_overlap(
    name: str, row: Callable[[], RequestCountRow]
) -> None:
    assert faults_of(a_row(), row()) == ["rows[0].start" if name != "begins within it" else "rows[1].start"]
    record(a_row())
    assert faults_of(row(), reason="Whatever") == ["rows[0].start"]


def test_a_recorded_month_is_not_counted_again_by_an_interval_within_it() -> None:
    record(a_row(april(1), seconds=30 * 86400))
    assert faults_of(a_row(april(29))) == ["rows[0].start"]


def test_intervals_that_touch_and_those_of_other_components_and_tiers_do_not_overlap() -> None:
    rows = [
        a_row(),
        a_row(april(10, 12, 5)),
        a_row(april(10, 11, 55)),
        a_row(component=a_component("web"), seconds=60),
        a_row(tier=a_tier("free"), seconds=3600),
    ]
    assert record(*rows).added == 5
    assert record(*rows).unchanged == 5


def test_an_hour_may_be_corrected_into_its_minutes() -> None:
    record(a_row(seconds=3600))
    minutes = [a_row(april(10, 12, minute), seconds=60) for minute in range(60)]
    assert record(*minutes, reason="Finer") == CountsRecorded(added=59, corrected=1)


def _queries(rows: list[RequestCountRow]) -> int:
    with CaptureQueriesContext(connection) as captured:
        record(*rows)
    return len(captured)


def test_the_queries_are_the_same_for_a_thousand_rows_whatever_is_recorded() -> None:
    api, tier = a_component(), a_tier()
    minutes = [
        a_row(april(1) + timedelta(minutes=n), seconds=60, component=api, tier=tier) for n in range(4000)
    ]
    first, second = _queries(minutes[:1000]), _queries(minutes[1000:2000])
    assert first == second <= 40
    assert _queries(minutes[2000:4000]) <= 2 * first
    assert _queries(minutes) <= 12


# the database


def a_count(**values: Any) -> RequestCount:
    """A row that the database takes, not yet written."""
    chosen = {
        "component": a_component(),
        "tier": a_tier(),
        "start": april(10, 12),
        "seconds": FIVE,
        "total": 10,
        "failed": 1,
        "source": "s",
        "recorded_at": NOW,
        **values,
    }
    return RequestCount(**chosen)


def write(*counts: RequestCount) -> None:
    with transaction.atomic():
        RequestCount.objects.bulk_create(counts)


@pytest.mark.parametrize(
    "values",
    [
        {"failed": 10},
        {"failed": 0, "total": 0},
        {"seconds": 1},
        {"seconds": 31 * 86400},
        {"total": 10**15},
        {"revision": 2, "reason": "Counted anew"},
        {"replaced_at": NOW},
    ],
)
def test_the_database_takes_what_may_be(values: dict[str, Any]) -> None:
    write(a_count(**values))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"failed": 11}, "fails_at_most_all"),
        ({"failed": -1}, "fails_at_most_all"),
        ({"total": 10**15 + 1}, "fails_at_most_all"),
        ({"seconds": 0}, "lasts_a_second_to_31_days"),
        ({"seconds": 31 * 86400 + 1}, "lasts_a_second_to_31_days"),
        ({"revision": 2}, "corrected_for_a_reason"),
        ({"revision": 0}, "corrected_for_a_reason"),
        ({"replaced_at": NOW - timedelta(seconds=1)}, "goes_forward_in_time"),
        ({"source": ""}, "source_is_not_blank"),
        ({"start": NOW.replace(year=1999)}, "between_2000_and_2100"),
    ],
)
def test_the_database_refuses_by_name_what_may_not_be(values: dict[str, Any], name: str) -> None:
    with pytest.raises(IntegrityError, match=name):
        write(a_count(**values))


def test_one_revision_of_an_interval_counts() -> None:
    with pytest.raises(IntegrityError, match=r"one_revision_that_counts|tier_id, .*start"):
        write(a_count(), a_count(revision=2, reason="Counted anew"))


@pytest.mark.parametrize("values", [{"failed": 0}, {"total": 11}, {"source": "x"}, {"recorded_at": NOW}])
def test_a_count_is_never_rewritten(values: dict[str, Any]) -> None:
    write(a_count(recorded_at=NOW - timedelta(days=1)))
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        RequestCount.objects.update(**values)
    with pytest.raises(IntegrityError, match="never changed or deleted"), transaction.atomic():
        RequestCount.objects.all()._raw_delete(using="default")


def test_what_was_replaced_stays_so() -> None:
    write(a_count(replaced_at=NOW))
    for replaced_at in (None, NOW + timedelta(days=1)):
        with pytest.raises(IntegrityError, match="stays so"), transaction.atomic():
            RequestCount.objects.update(replaced_at=replaced_at)

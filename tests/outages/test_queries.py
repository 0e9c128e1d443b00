"""What counted when, as known when: the queries that a month is closed with."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from slaservice.outages import operations, queries
from slaservice.outages.models import IncidentUpdate
from tests.factories.outages import (
    NOW,
    a_component,
    a_maintenance,
    a_planned_maintenance,
    a_proposal,
    a_tier,
    a_window,
    an_incident,
    april,
)

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def asked(**values: Any) -> dict[str, Any]:
    """The API for the enterprise tier in April."""
    usual = {"components": [a_component().pk], "tiers": [a_tier().pk], "start": april(1), "end": MAY}
    return {**usual, **values}


def of_april(query: Callable[..., Any] = queries.windows_known, **values: Any) -> list[str]:
    """References of what a query finds."""
    return [row.reference for row in query(**asked(**values))]


@pytest.mark.parametrize(
    ("start", "end", "counts"),
    [
        (april(10), april(11), True),
        (april(1) - timedelta(days=1), april(1), False),  # ends exactly at the month's start
        (april(1) - timedelta(days=1), april(1) + MICROSECOND, True),
        (MAY, MAY + timedelta(hours=1), False),  # starts exactly at the month's end
        (MAY - MICROSECOND, MAY + timedelta(hours=1), True),
        (april(1) - timedelta(days=40), MAY + timedelta(days=10), True),
        (april(1) - timedelta(days=40), None, True),
        (MAY, None, False),
    ],
)
def test_a_window_counts_in_the_month_that_it_overlaps(
    start: datetime, end: datetime | None, counts: bool
) -> None:
    a_window(start, end, reference="w")
    assert of_april() == (["w"] if counts else [])


def test_only_confirmed_windows_count() -> None:
    a_proposal(reference="proposed")
    operations.withdraw(window=a_window(reference="withdrawn"), by=None, now=NOW, reason="Not ours")
    corrected = a_window(reference="corrected")
    operations.correct(window=corrected, end=april(10, 13), by=None, now=NOW, reason="Shorter")
    assert of_april() == ["corrected@2"]


def test_a_window_counts_for_its_component_and_its_tiers_once() -> None:
    both = [a_tier("enterprise"), a_tier("free")]
    a_window(reference="both", tiers=both)
    a_window(reference="free", tiers=[a_tier("free")])
    a_window(reference="web", component=a_component("web"))
    assert of_april() == ["both"]
    assert of_april(tiers=[tier.pk for tier in both]) == ["both", "free"]
    assert of_april(tiers=[]) == of_april(components=[]) == []
    assert of_april(components=[a_component("web").pk, a_component().pk]) == ["both", "web"]


def test_windows_come_in_order_of_their_start() -> None:
    a_window(april(20), april(21), reference="late")
    a_window(april(2), april(3), reference="early")
    assert of_april() == ["early", "late"]


def test_what_was_known_then_is_what_was_confirmed_by_then_and_closed_no_sooner() -> None:
    hours = [NOW + timedelta(hours=hour) for hour in range(4)]
    first = a_window(reference="w", now=hours[0])
    second = operations.correct(window=first, end=april(10, 13), by=None, now=hours[1], reason="Shorter")
    operations.withdraw(window=second, by=None, now=hours[2], reason="Not ours after all")
    known = [of_april(known_at=at) for at in (hours[0] - MICROSECOND, *hours)]
    assert known == [[], ["w"], ["w@2"], [], []]
    assert of_april(known_at=hours[1] - MICROSECOND) == ["w"]
    assert of_april(known_at=hours[2] - MICROSECOND) == ["w@2"]
    assert of_april() == []


def test_a_proposal_was_never_known() -> None:
    proposal = a_proposal(reference="w")
    operations.correct(
        window=proposal, end=april(10, 13), by=None, now=NOW + timedelta(hours=1), reason="Shorter"
    )
    assert of_april(known_at=NOW) == []


def test_a_month_takes_two_queries_whatever_it_holds(django_assert_num_queries: Callable[..., Any]) -> None:
    for count in (1, 20):
        for number in range(count):
            a_window(tiers=[a_tier("enterprise"), a_tier("free")], incident=an_incident(), note=str(number))
        question = asked()
        with django_assert_num_queries(2):
            known = queries.windows_known(**question)
            seen = [(row.component.code, str(row.incident), len(row.tiers.all())) for row in known]
        assert len(seen) >= count


# Runs that cross the edge of a month.

MARCH = april(1) - timedelta(days=31)


def connected(**values: Any) -> list[str]:
    return of_april(queries.windows_connected, **values)


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ([], []),
        ([("10:00", "12:00")], ["0"]),  # touches
        ([("10:00", "12:30")], ["0"]),  # overlaps
        ([("10:00", "11:59")], []),
        ([("10:00", "12:00"), ("08:00", "10:00"), ("07:00", "09:00")], ["2", "1", "0"]),
        ([("10:00", "12:00"), ("08:00", "09:59")], ["0"]),
        ([("08:00", "09:00"), ("07:00", "15:00")], ["1", "0"]),  # inside one that connects
    ],
)
def test_what_connects_to_a_window_of_the_month_is_found_before_it(
    before: list[tuple[str, str]], found: list[str]
) -> None:
    """The window of the month starts at noon of 31 March and lasts into April."""
    day = april(1) - timedelta(days=1)
    a_window(day.replace(hour=12), april(1, 1), reference="in")
    for number, (start, end) in enumerate(before):
        first, last = (day.replace(hour=int(at[:2]), minute=int(at[3:])) for at in (start, end))
        a_window(first, last, reference=str(number))
    assert connected() == [*found, "in"]


def test_what_connects_is_found_after_the_month_too() -> None:
    a_window(april(30, 23), MAY, reference="in")
    a_window(MAY, MAY + timedelta(hours=1), reference="touches")
    a_window(MAY + timedelta(minutes=30), MAY + timedelta(hours=2), reference="overlaps that")
    a_window(MAY + timedelta(hours=3), MAY + timedelta(hours=4), reference="stands apart")
    assert connected() == ["in", "touches", "overlaps that"]


def test_a_window_that_only_touches_the_month_is_not_of_it() -> None:
    a_window(april(1) - timedelta(hours=1), april(1), reference="before")
    a_window(MAY, MAY + timedelta(hours=1), reference="after")
    assert connected() == []
    a_window(april(1), april(1, 1), reference="in")
    assert connected() == ["before", "in"]


@pytest.mark.parametrize("days", [3, 50, 1100])
def test_a_run_is_found_however_far_back_it_reaches(days: int) -> None:
    steps = 20
    step = timedelta(days=days) / steps
    for number in range(steps):
        a_window(april(1) - step * (number + 1), april(1) - step * number, reference=f"{number:02}")
    a_window(april(1), april(1, 1), reference="in")
    assert connected() == [*(f"{number:02}" for number in reversed(range(steps))), "in"]


def test_an_open_window_connects_to_everything_after_it() -> None:
    a_window(april(30), None, reference="open")
    a_window(MAY + timedelta(days=5), MAY + timedelta(days=6), reference="later")
    assert connected() == ["open", "later"]


def test_what_does_not_count_connects_nothing() -> None:
    a_window(april(1), april(1, 1), reference="in")
    a_window(april(1) - timedelta(hours=2), april(1) - timedelta(hours=1), reference="apart")
    a_proposal(april(1) - timedelta(hours=1), april(1), reference="proposed")
    a_window(april(1) - timedelta(hours=1), april(1), reference="free", tiers=[a_tier("free")])
    a_window(april(1) - timedelta(hours=1), april(1), reference="web", component=a_component("web"))
    assert connected() == ["in"]
    assert connected(known_at=NOW - MICROSECOND) == []


def test_usually_one_query_more_finds_what_connects(django_assert_num_queries: Callable[..., Any]) -> None:
    for number in range(20):
        start = april(1) - timedelta(minutes=5 * number)
        a_window(start, start + timedelta(minutes=5))
    question = asked()
    with django_assert_num_queries(3):
        assert len(queries.windows_connected(**question)) == 20


# Maintenance, guards, evidence.


def test_maintenance_of_every_component_is_everybody_s() -> None:
    a_maintenance(reference="every")
    a_maintenance(reference="api", component=a_component())
    a_maintenance(reference="web", component=a_component("web"))
    a_maintenance(reference="free", tiers=[a_tier("free")])
    a_planned_maintenance(reference="proposed")
    assert of_april(queries.maintenance_known) == ["every", "api"]


def test_maintenance_is_as_known_then_too() -> None:
    later = NOW + timedelta(hours=1)
    row = a_maintenance(reference="m")
    operations.withdraw_maintenance(maintenance=row, by=None, now=later, reason="Never done")
    assert of_april(queries.maintenance_known, known_at=NOW) == ["m"]
    assert of_april(queries.maintenance_known, known_at=later) == of_april(queries.maintenance_known) == []


def test_a_close_finds_what_is_still_to_be_decided() -> None:
    a_proposal(reference="in")
    a_proposal(april(1) - timedelta(hours=1), april(1), reference="before")
    a_proposal(april(30), None, reference="open", tiers=[a_tier("free")])
    a_window(reference="decided")
    assert [row.reference for row in queries.proposed_touching(start=april(1), end=MAY)] == ["in", "open"]
    assert of_april(queries.proposed_touching) == ["in"]
    a_planned_maintenance(reference="planned")
    found = queries.maintenance_proposed_touching(start=april(1), end=MAY)
    assert [row.reference for row in found] == ["planned"]


def test_a_close_finds_what_is_still_open() -> None:
    later = NOW + timedelta(hours=1)
    window = a_window(april(30), None, reference="open")
    a_window(MAY, None, reference="opened later")
    a_window(reference="closed")
    operations.correct(window=window, end=MAY, by=None, now=later, reason="It is back")
    assert [row.reference for row in queries.open_windows(before=MAY)] == []
    assert [row.reference for row in queries.open_windows(before=MAY, known_at=NOW)] == ["open"]
    assert [row.reference for row in queries.open_windows(before=MAY + MICROSECOND)] == ["opened later"]


def test_the_incidents_of_windows_come_once_with_their_updates(
    django_assert_num_queries: Callable[..., Any],
) -> None:
    early, late = an_incident("early", started_at=april(2)), an_incident("late", started_at=april(3))
    an_incident("nobody's")
    for incident in (early, late):
        for at in (5, 4):
            IncidentUpdate.objects.create(incident=incident, external_id=str(at), displayed_at=april(at))
    windows = [a_window(incident=late), a_window(incident=early), a_window(incident=late), a_window()]
    with django_assert_num_queries(2):
        found = [
            (row.external_id, [u.external_id for u in row.updates.all()])
            for row in queries.incidents_of(windows)
        ]
    assert found == [("early", ["4", "5"]), ("late", ["4", "5"])]


def test_the_correction_that_waits_is_found_from_what_it_corrects() -> None:
    window = a_window()
    assert queries.pending_correction(window) is None
    facts = operations.OutageFacts(
        a_component(), (a_tier(),), april(10, 12), None, "major_outage", "posted_status"
    )
    draft = operations.Draft(facts, window.source, window.external_id, window.reference, 2, window)
    (proposed,) = operations.propose_outages(drafts=[draft], by=None, now=NOW)
    assert queries.pending_correction(window) == proposed

"""Guards: what looks wrong keeps from closing what it touches, until it is put right or waived with a reason."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports import closing, guards
from reports.models import ClosingBlock, Statement
from reports.operations import WAIVABLE, waive
from slaservice.outages.models import ComponentStatus, Hook, HookMessage, OutageWindow, PolledFeed
from slaservice.outages.operations import correct, record_gap, withdraw
from slaservice.outages.operations.feeds import create_feed
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import (
    a_component,
    a_contract,
    a_person,
    a_promise,
    a_proposed_exclusion,
    a_tier,
    an_agreement,
)
from tests.factories.outages import a_maintenance, a_mapping, an_incident
from tests.factories.reports import CLOSED, MONTH, a_count, a_gap, a_proposal, an_outage, april, gather_for

pytestmark = pytest.mark.django_db


def close(now: datetime = CLOSED) -> closing.CloseResult:
    return closing.close(month=MONTH, now=now)


def blocks() -> list[tuple[str, str]]:
    """Codes and subjects of what blocks April."""
    close()
    return list(ClosingBlock.objects.filter(resolved_at__isnull=True).values_list("code", "subject"))


def found(now: datetime = CLOSED) -> list[tuple[str, str]]:
    return [(guard.code, guard.subject) for guard in guards.guards_of(MONTH, now=now).guards]


def test_an_outage_that_is_open_for_longer_than_a_day_blocks_until_it_is_ended() -> None:
    contract = a_contract()
    window = an_outage(april(20, 12), still_open=True)
    assert blocks() == found() == [("open_too_long", window.reference)]
    correct(window=window, by=None, now=CLOSED, reason="it ended", end=april(20, 13))
    assert close().drafted == [contract.number]
    assert found() == []


@pytest.mark.parametrize(
    ("open_for", "blocked"), [(timedelta(hours=24), False), (timedelta(hours=24, microseconds=1), True)]
)
def test_a_day_is_not_too_long_yet(open_for: timedelta, blocked: bool) -> None:
    a_contract()
    an_outage(CLOSED - open_for, still_open=True)
    window = OutageWindow.objects.get()
    assert bool(list(guards.open_too_long([window], now=CLOSED))) is blocked


def test_two_windows_that_look_like_one_block_until_one_is_withdrawn() -> None:
    contract = a_contract()
    monitor = an_outage(april(10, 12), april(10, 14), source="monitor", external_id="m")
    page = an_outage(april(10, 12, 5), april(10, 13, 55), source="page", external_id="p")
    assert blocks() == found() == [("looks_like_a_duplicate", f"{monitor.reference} / {page.reference}")]
    withdraw(window=page, by=None, now=CLOSED, reason="the same")
    assert close().drafted == [contract.number]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"start": april(10, 12, 6)}, id="begins later"),
        pytest.param({"end": april(10, 14, 6)}, id="ends later"),
        pytest.param({"end": None}, id="still open"),
        pytest.param({"component": "web"}, id="another component"),
        pytest.param({"tier": "free"}, id="another tier"),
        pytest.param({"incident": "same"}, id="one incident's"),
    ],
)
def test_windows_that_differ_are_no_duplicates(other: dict[str, Any]) -> None:
    incident = an_incident()
    an_outage(incident=incident)
    an_outage(
        other.get("start"),
        other.get("end", april(10, 14)),
        still_open=other.get("end", 1) is None,
        component=a_component(other.get("component", "api")),
        tiers=[a_tier(other.get("tier", "enterprise"))],
        incident=incident if "incident" in other else an_incident(),
    )
    windows = OutageWindow.objects.prefetch_related("tiers")
    assert list(guards.duplicates(windows)) == []


def test_three_that_look_like_one_are_three_pairs_with_subjects_that_fit() -> None:
    for number in range(3):
        an_outage(reference=str(number) * 190)
    pairs = list(guards.duplicates(OutageWindow.objects.prefetch_related("tiers")))
    assert len(pairs) == 3
    assert max(len(pair.subject) for pair in pairs) <= 200


def test_a_window_that_reaches_into_the_future_blocks() -> None:
    """No operation records one; a clock that was set back can."""
    a_contract()
    window = an_outage(april(30, 12), april(30, 13))
    before = datetime(2026, 4, 30, 12, 30, tzinfo=UTC)
    assert [guard.subject for guard in guards.in_the_future([window], now=before)] == [window.reference]
    assert list(guards.in_the_future([window], now=april(30, 13))) == []


def test_every_guard_that_blocks_can_be_waived_with_a_reason() -> None:
    contract = a_contract()
    an_outage(april(20, 12), still_open=True)
    close()
    block = ClosingBlock.objects.get()
    waive(block=block, reason="it goes on, and is clipped", by=a_person(FINANCE_CLERK), now=CLOSED)
    assert close().drafted == [contract.number]
    assert {"open_too_long", "in_the_future", "looks_like_a_duplicate", "no_data"} <= WAIVABLE


def test_whatever_waits_for_a_decision_and_blocks_is_listed() -> None:
    contract = a_contract()
    exclusion = a_proposed_exclusion(contract)
    gap = record_gap(
        component=a_component(), start=april(3), end=april(4), cause="Probe", by=None, now=CLOSED
    )
    waiting = [("proposed_exclusion", exclusion.reference), ("proposed_gap", gap.reference)]
    assert sorted(blocks()) == sorted(found()) == waiting
    page = {guard.code: guard.sentence for guard in guards.guards_of(MONTH, now=CLOSED).guards}
    assert page == dict(ClosingBlock.objects.values_list("code", "sentence"))


def test_only_contracts_that_it_touches_are_blocked() -> None:
    a_contract()
    other = a_contract(agreement=an_agreement(tier="free"))
    an_outage(april(20, 12), still_open=True)
    assert close().drafted == [other.number]


# no data


def test_a_month_in_which_nobody_heard_of_a_watched_component_blocks() -> None:
    contract = a_contract()
    a_mapping()
    assert blocks() == found() == [("no_data", "api")]
    assert not Statement.objects.filter(contract=contract).exists()


def test_what_is_recorded_by_hand_alone_is_named_and_blocks_nothing() -> None:
    contract = a_contract()
    assert close().drafted == [contract.number]
    assert [component.code for component in guards.guards_of(MONTH, now=CLOSED).unwatched] == ["api"]


def a_poll(at: datetime) -> PolledFeed:
    return PolledFeed.objects.create(
        source="statuspage", url="https://status.example.com", due_at=at, succeeded_at=at
    )


def a_later_poll(entered: datetime) -> None:
    """Of a page that was entered then, by an operator."""
    feed = create_feed(source="statuspage", url="https://status.example.com", by=None, now=entered)
    PolledFeed.objects.filter(pk=feed.pk).update(succeeded_at=CLOSED)


def a_later_poll_with(known: object) -> None:
    a_poll(CLOSED)


def a_status(seen_at: datetime) -> ComponentStatus:
    return ComponentStatus.objects.create(
        source="statuspage",
        external_id="c1",
        status="operational",
        at=april(15),
        seen_at=seen_at,
        seen_in="summary",
    )


def a_message(at: datetime) -> HookMessage:
    hook = Hook.objects.create(name="statuspage", kind="alertmanager")
    return HookMessage.objects.create(
        hook=hook, key="k", body=b"{}", sha256="0" * 64, received_at=at, due_at=at
    )


SPOKEN: dict[str, Callable[[], object]] = {
    "a window, even one that was withdrawn": lambda: withdraw(
        window=an_outage(), by=None, now=CLOSED, reason="x"
    ),
    "maintenance of everything": lambda: a_maintenance(now=CLOSED),
    "a gap of the measurement": lambda: a_gap(april(10, 1), april(10, 2)),
    "request counts": lambda: a_count(april(10)),
    "an incident of its page": lambda: an_incident(started_at=april(15)),
    "a poll of its page": lambda: a_poll(april(15)),
    "a later poll of a page that was entered before": lambda: a_later_poll(april(29)),
    "a later poll of a page with an older incident": lambda: a_later_poll_with(
        an_incident(started_at=datetime(2026, 3, 1, tzinfo=UTC))
    ),
    "a later poll of a page with an older status": lambda: a_later_poll_with(
        a_status(datetime(2026, 3, 1, tzinfo=UTC))
    ),
    "a status that was seen": lambda: a_status(april(15)),
    "a message of its monitor": lambda: a_message(april(15)),
}


@pytest.mark.parametrize("said", SPOKEN)
def test_anything_that_was_heard_is_data(said: str) -> None:
    a_contract()
    a_mapping()
    SPOKEN[said]()
    assert "no_data" not in {code for code, _ in blocks()}


AFTER = april(30, 22)
"""The first instant of May in Berlin."""

SILENT: dict[str, Callable[[], object]] = {
    "an incident of the month before": lambda: an_incident(started_at=datetime(2026, 3, 1, tzinfo=UTC)),
    "an incident of the month after": lambda: an_incident(started_at=AFTER),
    "a status that was seen in the month after": lambda: a_status(AFTER),
    "a message of the month after": lambda: a_message(AFTER),
    "a poll of a page that was entered in the month after": lambda: a_later_poll(AFTER),
    "a poll of a page of which nothing is from before": lambda: a_later_poll_with(
        an_incident(started_at=AFTER)
    ),
    "a poll of the month before": lambda: a_poll(datetime(2026, 3, 31, 12, tzinfo=UTC)),
    "another page's incident": lambda: an_incident(started_at=april(15), source="elsewhere"),
    "another component's window": lambda: an_outage(component=a_component("web")),
}


@pytest.mark.parametrize("said", SILENT)
def test_what_says_nothing_about_it_is_no_data(said: str) -> None:
    a_contract()
    a_mapping()
    SILENT[said]()
    assert ("no_data", "api") in blocks()


def test_what_a_source_says_of_the_next_month_frees_nobody() -> None:
    """A monitor is mapped after a silent April, and speaks in May."""
    contract = a_contract()
    a_mapping()
    assert blocks() == [("no_data", "api")]
    an_incident(started_at=datetime(2026, 5, 4, tzinfo=UTC))
    assert blocks() == found() == [("no_data", "api")]
    assert not Statement.objects.filter(contract=contract).exists()


def test_a_month_is_looked_at_in_each_contracts_zone() -> None:
    """Noon of 30 April in New York is 1 May in Kiritimati, whose April is silent then."""
    a_mapping()
    early = a_contract(agreement=an_agreement(timezone="Pacific/Kiritimati"))
    late = a_contract(agreement=an_agreement(timezone="America/New_York"))
    an_outage(april(30, 16), april(30, 17))
    result = close()
    assert result.drafted == [late.number]
    assert [number for number, _ in result.blocked] == [early.number]


def test_quarters_are_looked_at_as_quarters() -> None:
    a_mapping()
    a_contract(agreement=an_agreement(period_months=3))
    an_outage()
    now = datetime(2026, 7, 3, tzinfo=UTC)
    assert [g.code for g in guards.guards_of("2026-06", now=now).guards] == []
    a_contract(starts_on=date(2026, 4, 1))
    assert [g.code for g in guards.guards_of("2026-06", now=now).guards] == ["no_data"]


def test_a_month_in_which_no_period_ends_has_no_guards() -> None:
    a_contract(agreement=an_agreement(period_months=12))
    a_proposal()
    assert guards.guards_of(MONTH, now=CLOSED).guards == []


def queries_of_blocks(contracts: int) -> int:
    for _ in range(contracts):
        a_contract(agreement=an_agreement(promises=[a_promise()]))
    gathered = gather_for(month=MONTH, contracts=closing.contracts_with_periods(MONTH), now=timezone.now())
    with CaptureQueriesContext(connection) as queries:
        guards.blocks_of(gathered, now=CLOSED)
    return len(queries)


def test_guards_take_the_same_queries_for_two_contracts_and_for_twenty() -> None:
    a_mapping()
    an_outage()
    assert queries_of_blocks(2) == queries_of_blocks(18)

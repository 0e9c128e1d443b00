"""The timetable asks what is due; a missed beat is made good, and asking twice does nothing twice."""

from datetime import UTC, datetime

import pytest
import time_machine

from reports import closing, tasks
from reports.models import ClosingBlock, Statement
from slaservice.outages.operations import withdraw
from tests.factories.accounts import a_contract, an_agreement
from tests.factories.reports import CLOSED, MONTH, a_proposal
from tests.factories.restatements import follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """What would be handed to workers; it is done at once, by the tasks' own code."""
    calls: list[tuple[str, list[int]]] = []

    def at_once(month: str, contracts: list[int], blocked: bool) -> None:
        calls.append((month, contracts))
        tasks.close_owed(month, contracts, blocked)

    monkeypatch.setattr(tasks.close_owed, "delay", at_once)
    return calls


def test_months_in_reach_run_from_three_months_back_to_this_one() -> None:
    assert tasks.months_in_reach(datetime(2026, 1, 5, tzinfo=UTC)) == [
        "2025-10",
        "2025-11",
        "2025-12",
        "2026-01",
    ]


def test_a_period_is_closed_by_itself_once_it_has_ended_in_its_zone(
    rung: list[tuple[str, list[int]]],
) -> None:
    tokyo = a_contract(agreement=an_agreement(timezone="Asia/Tokyo"))
    new_york = a_contract(agreement=an_agreement(timezone="America/New_York"))
    with time_machine.travel(datetime(2026, 4, 30, 14, 59, tzinfo=UTC), tick=False):
        tasks.close_due()
    assert rung == []
    with time_machine.travel(datetime(2026, 4, 30, 15, 0, tzinfo=UTC), tick=False):
        tasks.close_due()
        tasks.close_due()
    assert rung == [("2026-04", [tokyo.pk])]
    with time_machine.travel(datetime(2026, 5, 1, 4, 0, tzinfo=UTC), tick=False):
        tasks.close_due()
    assert rung[1:] == [("2026-04", [new_york.pk])]
    assert Statement.objects.count() == 2


def test_what_was_missed_while_the_beat_was_down_is_made_good(rung: list[tuple[str, list[int]]]) -> None:
    contract = a_contract()
    with time_machine.travel(datetime(2026, 7, 3, tzinfo=UTC), tick=False):
        tasks.close_due()
    assert [month for month, _ in rung] == ["2026-04", "2026-05", "2026-06"]
    assert Statement.objects.filter(contract=contract).count() == 3


def test_what_something_blocks_is_asked_again_by_the_hour_or_when_that_changes(
    rung: list[tuple[str, list[int]]],
) -> None:
    proposal = a_proposal()
    contracts = [a_contract().pk for _ in range(3)]
    with time_machine.travel(CLOSED, tick=False):
        for _ in range(3):
            tasks.close_due()
        assert rung == [(MONTH, contracts)]
        assert ClosingBlock.objects.count() == 3
        tasks.close_blocked()
        assert rung == [(MONTH, contracts)] * 2
        withdraw(window=proposal, by=None, now=CLOSED, reason="Nothing was down")
        follow(CLOSED)
    assert Statement.objects.count() == 3
    assert len(rung) == 2


def test_a_message_that_comes_twice_computes_nothing_again(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = a_contract()
    closed: list[list[int]] = []
    close = closing.close_chunk

    def noted(*, contracts: list[int], **values: object) -> closing.CloseResult:
        closed.append(list(contracts))
        return close(contracts=contracts, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(closing, "close_chunk", noted)
    with time_machine.travel(CLOSED, tick=False):
        for _ in range(3):
            tasks.close_owed(MONTH, [contract.pk])
    assert closed == [[contract.pk]]


def test_what_the_beat_rang_for_is_forgotten_when_it_rings_again_and_what_a_person_asked_for_is_not() -> None:
    assert tasks.close_owed.expires == 60
    assert tasks.close_chunk.expires is None

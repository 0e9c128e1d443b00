"""The timetable asks what is due; a missed beat is made good, and asking twice does nothing twice."""

from datetime import UTC, datetime

import pytest
import time_machine

from reports import tasks
from reports.models import Statement
from tests.factories.accounts import a_contract, an_agreement

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """What would be handed to workers; it is done at once, by the tasks' own code."""
    calls: list[tuple[str, list[int]]] = []

    def at_once(month: str, contracts: list[int]) -> None:
        calls.append((month, contracts))
        tasks.close_chunk(month, contracts)

    monkeypatch.setattr(tasks.close_chunk, "delay", at_once)
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

"""What running periods owe is reckoned in chunks: each alone, done once however often it is asked for, shown when all are."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import OperationalError

from reports import exposure, tasks
from reports.glance import glance
from reports.inputs import Gathered
from reports.models import Exposure, ExposureChunk, ExposureLine
from slaservice.rules.money import Money
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person
from tests.factories.reports import MONTH, an_outage, april

pytestmark = pytest.mark.django_db

NOON = april(10, 12)


@pytest.fixture(autouse=True)
def two_contracts_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exposure, "CHUNK", 2)


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The chunks that workers would be rung for; none of them hears it."""
    calls: list[int] = []
    monkeypatch.setattr(tasks.reckon_chunk, "delay", calls.append)
    return calls


def missed(contracts: int = 5) -> list[Any]:
    """Contracts that owe EUR 125.00 each for two hours of April."""
    an_outage(april(9), april(9, 2))
    return [a_contract() for _ in range(contracts)]


def ring(now: Any = NOON) -> None:
    with time_machine.travel(now, tick=False):
        tasks.reckon_exposure()


def running() -> Any:
    return glance(MONTH, user=a_person(FINANCE_CLERK), now=NOON).running


def test_the_beat_rings_for_chunks_and_works_nothing_out_itself(rung: list[int]) -> None:
    missed()
    ring()
    assert [len(one.contracts) for one in ExposureChunk.objects.filter(pk__in=rung).order_by("pk")] == [
        2, 2, 1,
    ]  # fmt: skip
    assert not ExposureLine.objects.exists()


def test_figures_are_shown_when_every_chunk_is_done_and_those_before_until_then(rung: list[int]) -> None:
    missed()
    exposure.reckon(now=april(9, 1))
    assert running().at == april(9, 1)
    ring()
    for chunk in rung:
        assert running().at == april(9, 1)
        tasks.reckon_chunk(chunk)
    shown = running()
    assert (shown.at, shown.worked_out, shown.owed) == (NOON, 5, [(5, Money(62_500, "EUR"))])
    assert Exposure.objects.count() == 1


def test_a_chunk_that_comes_twice_is_done_once(rung: list[int]) -> None:
    missed(3)
    ring()
    for chunk in (*rung, *rung):
        tasks.reckon_chunk(chunk)
    assert ExposureLine.objects.count() == 3


def test_a_chunk_that_was_lost_is_rung_for_again_and_speaks_of_the_same_instant(rung: list[int]) -> None:
    missed()
    ring()
    tasks.reckon_chunk(rung[0])
    first, rung[:] = rung[1:], []
    ring(NOON + timedelta(minutes=5))
    assert rung == first
    for chunk in rung:
        tasks.reckon_chunk(chunk)
    assert running().at == NOON


def test_a_reckoning_that_runs_for_too_long_is_left_and_another_begins(rung: list[int]) -> None:
    missed()
    ring()
    tasks.reckon_chunk(rung[0])
    left, rung[:] = rung[1:], []
    later = NOON + timedelta(minutes=61)
    ring(later)
    assert len(rung) == 3
    for chunk in (*left, *rung):
        tasks.reckon_chunk(chunk)
    assert running().at == later
    assert ExposureLine.objects.count() == 5


def test_where_nothing_may_owe_the_figures_are_whole_at_once(rung: list[int]) -> None:
    a_contract()
    ring()
    assert rung == []
    assert (running().at, running().worked_out) == (NOON, 0)


def test_what_ends_a_chunk_undoes_it_whole_and_no_other(
    rung: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    contracts = missed(4)
    ring()
    fail(monkeypatch, contracts[1].pk, OperationalError("canceling statement due to lock timeout"))
    with pytest.raises(OperationalError):
        tasks.reckon_chunk(rung[0])
    tasks.reckon_chunk(rung[1])
    assert list(ExposureChunk.objects.values_list("pk", flat=True)) == [rung[0]]
    owing = ExposureLine.objects.order_by("contract").values_list("contract", flat=True)
    assert list(owing) == [one.pk for one in contracts[2:]]


def test_an_error_of_our_own_hides_one_contract_and_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    contracts = missed(4)
    fail(monkeypatch, contracts[1].pk, ZeroDivisionError())
    exposure.reckon(now=NOON)
    shown = running()
    assert (shown.owed, shown.obstacles) == ([(3, Money(37_500, "EUR"))], 1)
    assert shown.an_obstacle == exposure.OUR_OWN_ERROR
    assert [record.getMessage() for record in caplog.records] == [
        f"What contract {contracts[1].number} owes cannot be worked out."
    ]


def fail(monkeypatch: pytest.MonkeyPatch, contract: int, fault: Exception) -> None:
    """Judging a contract ends in a fault."""
    credit = exposure._Judge.credit

    def or_fail(self: Any, gathered: Gathered, **values: Any) -> Money:
        if gathered.plan.contract.pk == contract:
            raise fault
        return credit(self, gathered, **values)

    monkeypatch.setattr(exposure._Judge, "credit", or_fail)

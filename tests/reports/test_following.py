"""Drafts follow facts: whatever changes what a closed month was judged by has it closed again, by itself and once."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contract
from reports import closing, following, tasks
from reports.inputs import Gathered, gather
from reports.models import Followed, Outdated, Statement
from reports.periods import Plan
from reports.touched import months_touched
from slaservice.history import sealing
from slaservice.history.models import Entry
from slaservice.outages.operations import change_component
from tests.factories.accounts import a_component, a_contract
from tests.factories.reports import MONTH, an_outage, april
from tests.factories.restatements import draft_of, follow

pytestmark = pytest.mark.django_db

JUNE = datetime(2026, 6, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def contract() -> Contract:
    """April and May are closed, neither is issued; everything is followed."""
    contract = a_contract(starts_on=date(2026, 3, 1))
    for month in (MONTH, "2026-05"):
        closing.close_chunk(month=month, contracts=[contract.pk], now=JUNE)
    sealing.seal(now=JUNE)
    following.catch_up(now=JUNE)
    return contract


def test_a_draft_follows_the_facts_by_itself(contract: Contract) -> None:
    an_outage(now=JUNE)
    follow(JUNE)
    assert draft_of(contract, MONTH).credit.amount_minor == 12_500
    assert not Outdated.objects.exists()


def test_the_name_of_a_component_is_on_the_drafts(contract: Contract) -> None:
    change_component(component=a_component("api"), by=None, now=JUNE, name="Interface")
    follow(JUNE)
    assert draft_of(contract, MONTH).lines.get().components == "Interface"


def test_thousands_of_facts_close_a_contracts_month_once(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hour in range(100):
        an_outage(
            april(2, hour % 20) + timedelta(days=hour // 20),
            april(2, hour % 20, 5) + timedelta(days=hour // 20),
            now=JUNE,
        )
    calls = closes(monkeypatch)
    follow(JUNE)
    assert calls == [(MONTH, [contract.pk])]


def closes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[int]]]:
    """Which closes are made from now on."""
    calls: list[tuple[str, list[int]]] = []
    close = closing.close_chunk

    def noted(*, month: str, contracts: Any, now: datetime) -> closing.CloseResult:
        calls.append((month, list(contracts)))
        return close(month=month, contracts=contracts, now=now)

    monkeypatch.setattr(closing, "close_chunk", noted)
    return calls


def test_what_was_followed_is_not_followed_again(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    an_outage(now=JUNE)
    follow(JUNE)
    read = Followed.objects.get().upto
    calls = closes(monkeypatch)
    follow(JUNE)
    assert calls == []
    assert Followed.objects.get().upto >= read
    # Read once more from the start: everything is closed again, and nothing changes.
    before = list(Statement.objects.order_by("pk").values())
    Followed.objects.update(upto=0)
    follow(JUNE)
    assert calls
    assert list(Statement.objects.order_by("pk").values()) == before


def test_history_is_read_in_batches_and_what_is_left_is_read_next(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "BATCH", 3)
    for hour in range(5):
        an_outage(april(10, hour), april(10, hour + 1), now=JUNE)
    sealing.seal(now=JUNE)
    assert following.follow() == 10  # proposed and confirmed
    assert following.follow() == 0
    assert Outdated.objects.count() == 1


def test_a_close_takes_away_the_marks_of_its_month_and_its_contracts_alone(contract: Contract) -> None:
    other = a_contract(starts_on=date(2026, 3, 1))
    left = {(contract.pk, "2026-05"), (other.pk, MONTH)}
    following.mark({(contract.pk, MONTH), *left})
    following.mark({(contract.pk, MONTH)})
    assert Outdated.objects.count() == 3
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=JUNE)
    assert set(Outdated.objects.values_list("contract", "month")) == left


def test_what_changes_while_a_month_is_closed_has_it_closed_again(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(plans: Sequence[Plan]) -> list[Gathered]:
        following.mark({(contract.pk, MONTH)})
        return gather(plans)

    monkeypatch.setattr(closing, "gather", meanwhile)
    following.mark({(contract.pk, MONTH)})
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=JUNE)
    assert Outdated.objects.count() == 1


def test_what_was_closed_meanwhile_is_not_closed_again(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    following.mark({(contract.pk, MONTH)})
    (chunk,) = following.outdated_chunks()
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=JUNE)
    calls = closes(monkeypatch)
    following.close_again(month=chunk[0], contracts=chunk[1], now=JUNE)
    assert calls == []


def test_the_beat_reads_history_and_rings_for_what_it_touches(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[tuple[str, list[int]]] = []
    monkeypatch.setattr(tasks.close_again, "delay", lambda month, contracts: rung.append((month, contracts)))
    an_outage(now=JUNE)
    sealing.seal(now=JUNE)
    tasks.follow()
    assert rung == [(MONTH, [contract.pk])]
    with time_machine.travel(JUNE, tick=False):
        tasks.close_again(*rung[0])
    tasks.follow()
    assert len(rung) == 1
    assert draft_of(contract, MONTH).met is False


def test_the_command_does_it_without_workers(contract: Contract, capsys: pytest.CaptureFixture[str]) -> None:
    an_outage(now=JUNE)
    with time_machine.travel(JUNE, tick=False):
        call_command("follow")
        call_command("follow")
    assert capsys.readouterr().out.splitlines() == [
        "1 months of contracts closed again.",
        "0 months of contracts closed again.",
    ]
    assert draft_of(contract, MONTH).met is False


def test_the_queries_are_the_same_for_one_fact_and_for_a_hundred_of_a_component(
    contract: Contract,
) -> None:
    an_outage(now=JUNE)
    few = queries_of_reading()
    for number in range(100):
        start = april(1) + timedelta(hours=number)
        an_outage(start, start + timedelta(minutes=5), now=JUNE)
    assert queries_of_reading() == few


def queries_of_reading() -> int:
    entries = list(Entry.objects.filter(object_type="outages.outagewindow"))
    with CaptureQueriesContext(connection) as queries:
        assert months_touched(entries)
    return len(queries)

"""What goes wrong with one contract keeps no other from being closed, and stands in the log by its number."""

from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError

from reports import closing, document, following, tasks
from reports.inputs import Gathered
from reports.models import Outdated, Statement
from reports.operations import issue_by_themselves
from slaservice.rules.refusal import Refusal
from tests.factories.accounts import a_contract
from tests.factories.reports import CLOSED, MONTH, a_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> dict[int, Exception]:
    """Contracts by id, and what working them out ends in."""
    faults: dict[int, Exception] = {}
    compute = document.compute

    def or_fail(gathered: Gathered) -> Any:
        if fault := faults.get(gathered.plan.contract.pk):
            raise fault
        return compute(gathered)

    monkeypatch.setattr(closing, "compute", or_fail)
    return faults


def closed() -> list[int]:
    return list(Statement.objects.order_by("contract").values_list("contract", flat=True))


def test_a_contract_that_fails_keeps_no_other_of_its_chunk_from_being_closed(
    failing: dict[int, Exception], caplog: pytest.LogCaptureFixture
) -> None:
    first, second, third = (a_contract() for _ in range(3))
    failing[second.pk] = ZeroDivisionError()
    result = closing.close(month=MONTH, now=CLOSED)
    assert closed() == [first.pk, third.pk]
    assert sorted(result.drafted) == sorted([first.number, third.number])
    assert result.blocked == [(second.number, closing.OUR_OWN_ERROR)]
    assert [record.getMessage() for record in caplog.records] == [
        f"{MONTH} of 3 contracts is closed one by one: together they fail.",
        f"{MONTH} of contract {second.number} cannot be closed.",
    ]


def test_what_is_no_contracts_fault_ends_the_chunk(failing: dict[int, Exception]) -> None:
    """Two hundred contracts that each wait five seconds for a lock would outlast the worker."""
    a_contract()
    failing[a_contract().pk] = OperationalError("canceling statement due to lock timeout")
    with pytest.raises(OperationalError):
        closing.close(month=MONTH, now=CLOSED)
    assert closed() == []


@pytest.mark.parametrize(
    "task",
    [
        lambda one: tasks.close_owed(MONTH, [one.contract_id]),
        lambda one: tasks.close_chunk(MONTH, [one.contract_id]),
        lambda one: tasks.close_again(MONTH, [one.contract_id]),
        lambda one: tasks.issue_by_themselves([one.pk]),
    ],
    ids=["owed", "chunk", "again", "issue"],
)
def test_the_end_of_a_tasks_time_is_no_contracts_fault(
    task: Callable[[Statement], None],
    failing: dict[int, Exception],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One by one, two hundred contracts would take the rest of the time until the process is killed."""
    draft = a_draft()
    following.mark({(draft.contract_id, MONTH)})
    monkeypatch.setattr(closing, "due", lambda **_: [draft.contract_id])
    failing[draft.contract_id] = SoftTimeLimitExceeded()
    with time_machine.travel(CLOSED, tick=False), pytest.raises(SoftTimeLimitExceeded):
        task(draft)
    assert caplog.records == []


def test_what_is_asked_for_wrongly_is_no_contracts_fault() -> None:
    with pytest.raises(Refusal):
        closing.close_each(month="April", contracts=[a_contract().pk], now=CLOSED)


def test_catching_up_ends_although_one_contract_cannot_be_closed(failing: dict[int, Exception]) -> None:
    good, bad = a_contract(), a_contract()
    failing[bad.pk] = ZeroDivisionError()
    following.mark({(good.pk, MONTH), (bad.pk, MONTH)})
    following.catch_up(now=CLOSED)
    assert closed() == [good.pk]
    assert list(Outdated.objects.values_list("contract", flat=True)) == [bad.pk]


def test_what_cannot_be_closed_once_more_does_not_issue_by_itself_and_keeps_no_other(
    failing: dict[int, Exception],
) -> None:
    good, bad = a_draft(), a_draft()
    failing[bad.contract_id] = ZeroDivisionError()
    issued = issue_by_themselves(statements=[good.pk, bad.pk], now=CLOSED)
    assert [one.pk for one in issued] == [good.pk]

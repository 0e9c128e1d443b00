"""Two at once: two closes, two decisions, two issues. One wins, the other is refused by name, and no number is lost."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from reports import closing
from reports.models import CreditDecision, NumberSeries, ServiceCredit, Statement
from reports.operations import adjust, approve, issue, reject
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person
from tests.factories.reports import CLOSED, MONTH, a_draft, a_missed_draft, an_approved, an_outage

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*runs: Callable[[], object]) -> list[object]:
    """Everything at the same time, each on a connection of its own; what each returned, or the Refusal it met.

    Whatever else one meets is raised once all have ended.
    """
    ready = threading.Barrier(len(runs))
    results: list[object] = [None] * len(runs)
    broken: list[Exception] = []

    def go(index: int, run: Callable[[], object]) -> None:
        ready.wait()
        try:
            results[index] = run()
        except Refusal as refusal:
            results[index] = refusal
        except Exception as problem:  # noqa: BLE001 - it is raised below
            broken.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=pair) for pair in enumerate(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for problem in broken:
        raise problem
    return results


def refusals(results: list[object]) -> list[str]:
    return sorted(result.code for result in results if isinstance(result, Refusal))


def test_several_closes_of_one_contract_draft_it_once() -> None:
    an_outage()
    contract = a_contract()
    results = at_once(
        *[lambda: closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED) for _ in range(4)]
    )
    assert refusals(results) == []
    assert Statement.objects.count() == ServiceCredit.objects.count() == 1
    assert sorted(len(result.drafted) for result in results if isinstance(result, closing.CloseResult)) == [
        0,
        0,
        0,
        1,
    ]


def test_of_approve_and_reject_at_once_one_wins() -> None:
    credit = a_missed_draft().credit
    one, other = a_person(FINANCE_APPROVER), a_person(FINANCE_APPROVER)
    seen = [ServiceCredit.objects.get(pk=credit.pk) for _ in range(2)]
    results = at_once(
        lambda: approve(credit=seen[0], by=one, now=CLOSED),
        lambda: reject(credit=seen[1], reason="no", by=other, now=CLOSED),
    )
    assert refusals(results) == ["credit_changed"]
    assert CreditDecision.objects.count() == 1


def test_an_amount_that_is_changed_while_it_is_approved_is_not_approved_unseen() -> None:
    credit = a_missed_draft().credit
    clerk, approver = a_person(FINANCE_CLERK), a_person(FINANCE_APPROVER)
    seen = [ServiceCredit.objects.get(pk=credit.pk) for _ in range(2)]
    results = at_once(
        lambda: adjust(credit=seen[0], amount="1.00", reason="x", by=clerk, now=CLOSED),
        lambda: approve(credit=seen[1], by=approver, now=CLOSED),
    )
    assert refusals(results) == ["credit_changed"]
    credit.refresh_from_db()
    assert (credit.state, credit.amount_minor) in {("adjusted", 100), ("approved", 12_500)}


def test_a_statement_that_two_issue_at_once_is_issued_once() -> None:
    draft = an_approved(a_missed_draft())
    clerks = [a_person(FINANCE_CLERK) for _ in range(2)]
    seen = [Statement.objects.get(pk=draft.pk) for _ in range(2)]
    results = at_once(
        *[
            lambda pair=pair: issue(statement=pair[0], by=pair[1], now=CLOSED)
            for pair in zip(seen, clerks, strict=True)
        ]
    )
    assert refusals(results) == ["already_issued"]
    assert NumberSeries.objects.get().last == 1


def test_numbers_given_out_at_once_have_no_gap_and_no_double() -> None:
    clerk = a_person(FINANCE_CLERK)
    drafts = [a_draft(a_contract()) for _ in range(6)]
    at_once(*[lambda draft=draft: issue(statement=draft, by=clerk, now=CLOSED) for draft in drafts])
    numbers = sorted(str(number) for number in Statement.objects.values_list("number", flat=True))
    assert numbers == [f"SLA-2026-{number:05}" for number in range(1, 7)]

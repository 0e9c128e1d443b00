"""Money that was rejected, or that nobody claimed in time, uses up no cap over a window; documents still say what was counted."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Contract
from reports import closing
from reports.models import ServiceCredit, Statement
from reports.operations import accept_claim, issue, lapse_due, reject
from slaservice.rules.__main__ import main
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_person
from tests.factories.money import BY_CUSTOMER, a_claim
from tests.factories.restatements import (
    LATE,
    QUARTER,
    a_contract_with,
    after,
    down,
    draft_of,
    drafted,
    follow,
    issue_month,
    longer,
)

pytestmark = pytest.mark.django_db

APRIL, MAY, JUNE = QUARTER
YEAR = {"kind": "amount", "value": "125", "per": "contract_year"}


@pytest.fixture(params=["commitment", "agreement"])
def capped(request: pytest.FixtureRequest) -> Any:
    """A contract that pays 125.00 a year at most, by its one commitment or by all of them; two hours down owe 125.00."""

    def contract(value: str = "125", **terms: Any) -> Contract:
        cap = {**YEAR, "value": value}
        if request.param == "commitment":
            return a_contract_with(cap=cap, **terms)
        return a_contract_with({"cap": cap}, cap=None, **terms)

    return contract


def close(contract: Contract, month: str) -> Statement:
    closing.close_chunk(month=month, contracts=[contract.pk], now=after(month))
    return draft_of(contract, month)


def issue_rejected(draft: Statement, now: Any) -> Statement:
    reject(credit=draft.credit, reason="agreed", by=a_person(FINANCE_APPROVER), now=now)
    return issue(statement=draft, by=a_person(FINANCE_CLERK), now=now)


def test_what_was_granted_uses_the_cap_up(capped: Any) -> None:
    contract = capped()
    down(APRIL), down(MAY)
    issue_month(contract, APRIL, now=after(APRIL))
    assert close(contract, MAY).credit_minor == 0


def test_what_was_rejected_leaves_the_cap_to_later_months(capped: Any, tmp_path: Path) -> None:
    contract = capped()
    down(APRIL), down(MAY)
    issue_rejected(close(contract, APRIL), after(APRIL))
    may = close(contract, MAY)
    assert may.credit_minor == 12_500
    (tmp_path / "may").write_text(may.body)
    assert main(["check", str(tmp_path / "may")]) == 0


def test_what_lapses_is_given_back_to_later_months_by_a_restatement(capped: Any) -> None:
    """May was issued while April's credit could still be claimed."""
    contract = capped(claim=BY_CUSTOMER)
    down(APRIL), down(MAY)
    issue_month(contract, APRIL, now=after(APRIL))
    may = issue_month(contract, MAY, now=after(MAY))
    assert (may.credit_minor, drafted(contract)) == (0, {})
    assert lapse_due(now=LATE) == 1
    follow()
    assert drafted(contract) == {MAY: (2, 12_500, 12_500)}


def test_a_claim_that_was_in_time_after_all_takes_its_part_again(capped: Any) -> None:
    contract = capped(claim=BY_CUSTOMER)
    down(APRIL), down(MAY)
    april = issue_month(contract, APRIL, now=after(APRIL))
    issue_month(contract, MAY, now=after(MAY))
    lapse_due(now=LATE)
    follow()
    claim = a_claim(ServiceCredit.objects.get(statement=april), received_at=after(APRIL), now=LATE)
    accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=LATE)
    follow()
    assert drafted(contract) == {MAY: (2, 0, 0)}
    assert not draft_of(contract, MAY).says_something_new


def test_of_a_correction_that_was_rejected_what_was_granted_before_stays_counted(capped: Any) -> None:
    """125.00 was granted for April; 312.50 turns out to be owed, and the rest is rejected: 175.00 of 300.00 are left."""
    contract = capped("300")
    window = down(APRIL)
    down(MAY, hours=10)
    issue_month(contract, APRIL, now=after(APRIL))
    longer(window, 10)
    follow(LATE)
    issue_rejected(draft_of(contract, APRIL), LATE)
    assert close(contract, MAY).credit_minor == 17_500


def test_a_month_that_waits_for_its_claim_still_holds_its_part(capped: Any) -> None:
    contract = capped(claim=BY_CUSTOMER)
    down(APRIL), down(MAY)
    issue_month(contract, APRIL, now=after(APRIL))
    lapse_due(now=after(APRIL) + timedelta(days=1))
    assert close(contract, MAY).credit_minor == 0

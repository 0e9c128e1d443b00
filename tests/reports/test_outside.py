"""A statement of a period that the contract has no more: a draft is let go, and what is issued is named until somebody looks."""

from collections.abc import Callable
from datetime import date

import pytest

from accounts.models import Contract
from accounts.operations import amend_contract, end_contract
from reports import closing, queries
from reports.models import ClosingBlock, ServiceCredit, Statement
from reports.operations import issue, issue_by_themselves, waive
from reports.postings import balances
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person, an_agreement, history_of
from tests.factories.money import AUTUMN, BY_CUSTOMER, a_claim, a_contract_with, an_approval
from tests.factories.restatements import QUARTER, down, draft_of, follow, issue_month

pytestmark = pytest.mark.django_db

APRIL, MAY, JUNE = QUARTER


def close(contract: Contract, month: str) -> closing.CloseResult:
    return closing.close_chunk(month=month, contracts=[contract.pk], now=AUTUMN)


def ended(contract: Contract, ends_before: date = date(2026, 5, 1)) -> None:
    """It turns out that the contract ended with April."""
    end_contract(contract=contract, ends_before=ends_before, by=None, now=AUTUMN)
    follow(AUTUMN)


def blocks(contract: Contract) -> list[tuple[str, str, str]]:
    standing = ClosingBlock.objects.filter(contract=contract, resolved_at__isnull=True)
    return [(block.month, block.code, block.subject) for block in standing.order_by("month", "subject")]


def a_missed_may() -> Contract:
    """April is issued, May is a draft with a credit that was approved."""
    down(MAY, now=AUTUMN)
    contract = a_contract()
    issue_month(contract, APRIL, now=AUTUMN)
    close(contract, MAY)
    an_approval(draft_of(contract, MAY).credit)
    return contract


def refusal(statement: Statement) -> str:
    with pytest.raises(Refusal) as refused:
        issue(statement=statement, by=a_person(FINANCE_CLERK), now=AUTUMN)
    return refused.value.code


def test_a_draft_of_a_month_after_the_contracts_end_grants_nothing_and_is_not_issued() -> None:
    contract = a_missed_may()
    ended(contract)
    draft = draft_of(contract, MAY)
    assert not ServiceCredit.objects.exists()
    assert [set(one.accounts.values()) for one in balances(draft.postings.all())] == [{0}]
    assert draft.credit_minor == 0
    assert not queries.due_for_review(AUTUMN).filter(contract=contract).exists()
    assert refusal(draft) == "not_in_term"
    assert draft_of(contract, MAY).number is None
    assert history_of(draft)[-1]["action"] == "statements.let_go"


def test_the_draft_that_a_person_looks_at_is_let_go_by_its_issue() -> None:
    contract = a_missed_may()
    seen = draft_of(contract, MAY)
    end_contract(contract=contract, ends_before=date(2026, 5, 1), by=None, now=AUTUMN)
    assert refusal(seen) == "not_in_term"
    assert not ServiceCredit.objects.exists()


@pytest.mark.parametrize("sweep", [lambda: follow(AUTUMN), lambda: None], ids=["followed", "not yet"])
def test_a_draft_of_a_month_after_the_contracts_end_does_not_issue_by_itself(
    sweep: Callable[[], None],
) -> None:
    contract = a_contract()
    issue_month(contract, APRIL, now=AUTUMN)
    close(contract, MAY)
    end_contract(contract=contract, ends_before=date(2026, 5, 1), by=None, now=AUTUMN)
    sweep()
    assert issue_by_themselves(statements=[draft_of(contract, MAY).pk], now=AUTUMN) == []
    assert draft_of(contract, MAY).state == Statement.DRAFT


def test_a_draft_that_was_let_go_is_let_go_once() -> None:
    contract = a_missed_may()
    ended(contract)
    before = list(Statement.objects.values()), history_of(draft_of(contract, MAY))
    close(contract, MAY)
    assert (list(Statement.objects.values()), history_of(draft_of(contract, MAY))) == before


def test_a_draft_comes_back_with_its_credit_when_the_contract_goes_on_after_all() -> None:
    contract = a_missed_may()
    ended(contract)
    ended(contract, date(2027, 1, 1))
    draft = draft_of(contract, MAY)
    assert (draft.credit_minor, draft.credit.state, draft.credit.amount_minor) == (12_500, "proposed", 12_500)
    assert queries.due_for_review(AUTUMN).filter(pk=draft.pk).exists()


def test_a_claim_on_a_draft_that_is_let_go_is_kept() -> None:
    contract = a_contract_with(claim=BY_CUSTOMER)
    down(MAY, now=AUTUMN)
    issue_month(contract, APRIL, now=AUTUMN)
    close(contract, MAY)
    claim = a_claim(draft_of(contract, MAY).credit)
    ended(contract)
    claim.refresh_from_db()
    assert (claim.credit.state, claim.credit.amount_minor) == ("superseded", 0)


def test_what_is_issued_for_a_month_after_the_contracts_end_is_named_until_it_is_waived() -> None:
    down(MAY, now=AUTUMN)
    contract = a_contract()
    issue_month(contract, APRIL, now=AUTUMN)
    issued = issue_month(contract, MAY, now=AUTUMN)
    ended(contract)
    assert blocks(contract) == [(MAY, "not_in_term", issued.number)]
    block = ClosingBlock.objects.get()
    assert block.sentence.startswith(
        f"{issued.number} is issued for May 2026, which is no period of the contract"
    )
    waive(block=block, reason="agreed with the customer", by=a_person(FINANCE_CLERK), now=AUTUMN)
    assert close(contract, MAY).blocked == []


def test_what_names_an_issued_statement_is_resolved_when_the_contract_goes_on_after_all() -> None:
    contract = a_contract()
    issue_month(contract, APRIL, now=AUTUMN)
    issue_month(contract, MAY, now=AUTUMN)
    ended(contract)
    ended(contract, date(2027, 1, 1))
    assert blocks(contract) == []


def test_months_that_were_issued_before_their_calendar_changed_are_not_granted_again() -> None:
    """The zone changes for April and May after both are issued: April is restated, May waits for a person."""
    contract = a_contract(starts_on=date(2026, 3, 1))
    down(MAY, now=AUTUMN)
    for month in ("2026-03", APRIL, MAY):
        issued = issue_month(contract, month, now=AUTUMN)
    london = an_agreement(timezone="Europe/London")
    amend_contract(contract=contract, starts_on=date(2026, 4, 1), agreement=london, by=None, now=AUTUMN)
    follow(AUTUMN)
    assert blocks(contract) == [(APRIL, "not_in_term", issued.number), (MAY, "not_in_term", issued.number)]
    assert ServiceCredit.objects.count() == 1


def test_a_quarter_does_not_grant_again_what_its_months_granted() -> None:
    contract = a_contract(starts_on=date(2026, 3, 1))
    down(MAY, now=AUTUMN)
    for month in ("2026-03", APRIL, MAY):
        issued = issue_month(contract, month, now=AUTUMN)
    quarters = an_agreement(period_months=3)
    amend_contract(contract=contract, starts_on=date(2026, 4, 1), agreement=quarters, by=None, now=AUTUMN)
    follow(AUTUMN)
    close(contract, JUNE)
    assert (JUNE, "not_in_term", issued.number) in blocks(contract)
    assert ServiceCredit.objects.count() == 1

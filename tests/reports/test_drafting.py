"""Writing drafts: a chunk in a fixed number of queries, nothing where nothing is new, a credit that begins where it should."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contract
from accounts.operations import arrange_closing
from reports import closing
from reports.models import ClosingBlock, Posting, ServiceCredit, Statement
from reports.operations import accept_claim, adjust, approve, file_claim
from slaservice.history.models import Entry
from slaservice.outages.operations import correct, withdraw
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import TERMS, a_contract, a_customer, a_person, a_promise, an_agreement
from tests.factories.reports import (
    CLOSED,
    MONTH,
    a_draft,
    a_missed_draft,
    a_proposal,
    an_approved,
    an_outage,
    april,
)

pytestmark = pytest.mark.django_db

BATCH = 100 if connection.vendor == "postgresql" else 40
"""SQLite takes a thousand values at once; more rows than these go in two statements."""


def queries_of_closing(contracts: list[Contract]) -> int:
    with CaptureQueriesContext(connection) as queries:
        closing.close_chunk(month=MONTH, contracts=[one.pk for one in contracts], now=CLOSED)
    return len(queries)


def missed_contracts(count: int) -> list[Contract]:
    customer = a_customer()
    return [a_contract(customer) for _ in range(count)]


def test_drafting_takes_the_same_queries_for_ten_contracts_and_for_a_hundred() -> None:
    an_outage()
    few, many = missed_contracts(10), missed_contracts(BATCH)
    assert queries_of_closing(few) == queries_of_closing(many)
    assert ServiceCredit.objects.count() == Posting.objects.count() == 10 + BATCH


def test_drafting_anew_takes_the_same_queries_for_ten_contracts_and_for_a_hundred() -> None:
    window = an_outage()
    few, many = missed_contracts(10), missed_contracts(BATCH)
    closing.close_chunk(month=MONTH, contracts=[one.pk for one in few + many], now=CLOSED)
    correct(window=window, by=None, now=CLOSED, reason="it was longer", end=april(10, 23))
    assert queries_of_closing(few) == queries_of_closing(many)
    assert set(ServiceCredit.objects.values_list("amount_minor", flat=True)) == {31_250}


def test_blocking_takes_the_same_queries_for_ten_contracts_and_for_a_hundred() -> None:
    a_proposal()
    few, many = missed_contracts(10), missed_contracts(BATCH)
    assert queries_of_closing(few) == queries_of_closing(many)
    assert ClosingBlock.objects.count() == 10 + BATCH


def everything() -> list[object]:
    tables = (Statement, ServiceCredit, Posting, Entry, ClosingBlock)
    return [list(table._default_manager.order_by("pk").values()) for table in tables]


def test_where_nothing_is_new_nothing_is_written() -> None:
    draft = a_missed_draft()
    a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    contracts = list(Contract.objects.values_list("pk", flat=True))
    closing.close_chunk(month=MONTH, contracts=contracts, now=CLOSED)
    before = everything()
    with CaptureQueriesContext(connection) as queries:
        closing.close_chunk(month=MONTH, contracts=contracts, now=CLOSED.replace(day=6))
    assert everything() == before
    written = [one["sql"] for one in queries if one["sql"].startswith(("INSERT", "UPDATE"))]
    assert written == []
    assert draft.credit.state == "proposed"


def test_a_block_that_is_gone_is_resolved_and_one_that_is_back_stands_again() -> None:
    contract, proposal = a_contract(), a_proposal()
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
    withdraw(window=proposal, by=None, now=CLOSED, reason="Nothing was down")
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
    block = ClosingBlock.objects.get()
    assert block.resolved_at == CLOSED
    # The same thing blocks again: it is the same block.
    ClosingBlock.objects.bulk_create(
        [ClosingBlock(contract=contract, month=MONTH, code="x", subject="y", sentence="z", raised_at=CLOSED)]
    )
    later = CLOSED.replace(day=7)
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=later)
    assert ClosingBlock.objects.get(code="x").resolved_at == later
    assert ClosingBlock.objects.get(pk=block.pk).resolved_at == CLOSED


def test_a_block_of_one_contract_keeps_no_other_from_being_drafted() -> None:
    blocked, free = a_contract(), a_contract(agreement=an_agreement(tier="free"))
    a_proposal()
    result = closing.close_chunk(month=MONTH, contracts=[blocked.pk, free.pk], now=CLOSED)
    assert (result.drafted, [number for number, _ in result.blocked]) == ([free.number], [blocked.number])


# When it is due


@pytest.mark.parametrize(
    ("days", "due"),
    [
        (0, datetime(2026, 4, 30, 22, tzinfo=UTC)),
        (1, datetime(2026, 5, 1, 22, tzinfo=UTC)),
        (5, datetime(2026, 5, 5, 22, tzinfo=UTC)),
    ],
)
def test_a_draft_is_due_when_the_contracts_days_of_settling_are_over_in_its_zone(
    days: int, due: datetime
) -> None:
    draft = a_draft(a_contract(settling_days=days))
    assert draft.due_at == due
    assert draft.status(due) == "due for review"
    assert draft.status(due.replace(hour=21)) == "draft"


def test_another_settling_time_moves_the_due_date_and_voids_no_decision() -> None:
    draft = an_approved(a_missed_draft(a_contract(settling_days=0)))
    arrange_closing(
        contract=draft.contract,
        settling_days=10,
        issues_by_itself=True,
        by=None,
        now=CLOSED,
        reason="their auditors need time",
    )
    closing.close_chunk(month=MONTH, contracts=[draft.contract_id], now=CLOSED)
    anew = Statement.objects.get(pk=draft.pk)
    assert anew.due_at == datetime(2026, 5, 10, 22, tzinfo=UTC)
    assert (anew.digest, anew.credit.state) == (draft.digest, "approved")


# Where its credit begins

CLAIMED = {"by": "customer", "deadline": {"n": 30, "unit": "days", "anchor": "period_end"}}


def a_claimable(*others: str) -> Statement:
    """April missed, by terms that want a claim within 30 days, and by others that want one or pay by themselves."""
    promises = [a_promise(terms={**TERMS, "claim": CLAIMED})]
    promises += [
        a_promise(name=f"Other {number}", terms={**TERMS, "claim": {"by": by}})
        for number, by in enumerate(others)
    ]
    return a_missed_draft(a_contract(agreement=an_agreement(promises=promises)))


def test_a_credit_that_the_terms_want_claimed_is_claimable_until_the_deadline() -> None:
    credit = a_claimable().credit
    assert (credit.state, credit.amount_minor) == ("claimable", 12_500)
    assert credit.claim_until == datetime(2026, 5, 30, 22, tzinfo=UTC)


def test_where_one_commitment_pays_by_itself_the_whole_credit_is_proposed() -> None:
    credit = a_claimable("automatic").credit
    assert (credit.state, credit.amount_minor, credit.claim_until) == ("proposed", 25_000, None)


def test_a_commitment_without_a_deadline_keeps_the_claim_open() -> None:
    credit = a_claimable("customer").credit
    assert (credit.state, credit.claim_until) == ("claimable", None)


def redrafted(draft: Statement, end: datetime | None) -> Statement:
    """Closed again with another end of the outage; None: there was none."""
    window = draft.contract.versions.get().commitments.all()[0].components.get().windows.get()
    if end is None:
        withdraw(window=window, by=None, now=CLOSED, reason="it was a test")
    else:
        correct(window=window, by=None, now=CLOSED, reason="it was longer", end=end)
    result = closing.close_chunk(month=MONTH, contracts=[draft.contract_id], now=CLOSED)
    assert result.redrafted == [draft.contract.number]
    return Statement.objects.get(pk=draft.pk)


def test_a_draft_that_comes_out_otherwise_puts_its_credit_back_to_the_beginning() -> None:
    draft = a_missed_draft()
    adjusted = adjust(
        credit=draft.credit, amount="100.00", reason="as agreed", by=a_person(FINANCE_CLERK), now=CLOSED
    )
    approve(credit=adjusted, by=a_person(FINANCE_APPROVER), now=CLOSED, reason="fine")
    credit = redrafted(draft, april(10, 23)).credit
    assert credit.pk == adjusted.pk
    assert (credit.state, credit.computed_minor, credit.amount_minor) == ("proposed", 31_250, 31_250)
    assert (credit.adjusted_by, credit.decided_by, credit.decided_at, credit.reason) == (None, None, None, "")


def test_a_decision_is_on_a_digest_and_void_with_it_even_where_the_amount_is_the_same() -> None:
    draft = an_approved(a_missed_draft())
    anew = redrafted(draft, april(10, 14, 30))
    assert (anew.credit.state, anew.credit.amount_minor) == ("proposed", 12_500)


def test_a_claim_that_was_accepted_is_not_asked_for_again() -> None:
    draft = a_claimable()
    claim = file_claim(
        credit=draft.credit,
        claimant="Jane Roe",
        text="",
        received_at=CLOSED,
        by=a_person(FINANCE_CLERK),
        now=CLOSED,
    )
    accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=CLOSED)
    credit = redrafted(draft, april(10, 23)).credit
    assert (credit.state, credit.amount_minor) == ("proposed", 31_250)


def test_a_credit_that_was_claimed_stays_for_the_claims_sake_where_nothing_is_owed_any_more() -> None:
    draft = a_claimable()
    file_claim(
        credit=draft.credit,
        claimant="Jane Roe",
        text="",
        received_at=CLOSED,
        by=a_person(FINANCE_CLERK),
        now=CLOSED,
    )
    credit = redrafted(draft, None).credit
    assert (credit.state, credit.amount_minor, credit.claims.count()) == ("superseded", 0, 1)


# What the books say


def moved() -> list[tuple[str, str, str, int, str]]:
    return [
        (one.deed, one.debit_account, one.credit_account, one.amount_minor, f"{one.effective_on}")
        for one in Posting.objects.order_by("pk")
    ]


def test_the_books_accrue_a_credit_as_of_the_periods_last_local_day_and_follow_the_draft() -> None:
    draft = a_missed_draft()
    redrafted(draft, april(10, 23))
    assert moved() == [
        ("draft", "contra_revenue", "accrued", 12_500, "2026-04-30"),
        ("draft", "contra_revenue", "accrued", 18_750, "2026-04-30"),
    ]


def test_the_books_let_go_of_a_credit_that_is_not_owed_any_more() -> None:
    draft = an_approved(a_missed_draft())
    redrafted(draft, None)
    assert not ServiceCredit.objects.exists()
    assert moved()[-1] == ("draft", "payable", "contra_revenue", 12_500, "2026-04-30")


def test_a_month_without_a_credit_moves_nothing() -> None:
    a_draft()
    assert moved() == []

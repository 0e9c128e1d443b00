"""Which contracts' months a change touches: of facts, of what is agreed, of what was issued."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial

import pytest

from accounts.models import Contract
from accounts.operations import (
    amend_contract,
    approve_exclusion,
    arrange_closing,
    change_customer,
    end_contract,
    record_billed_amount,
)
from reports import closing, following
from reports.models import ClosingBlock, Outdated, Statement
from reports.operations import waive
from slaservice.history import sealing
from slaservice.history.models import Entry
from slaservice.outages.operations import (
    confirm,
    confirm_maintenance,
    correct,
    record_maintenance,
    withdraw,
)
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import (
    a_commitment,
    a_component,
    a_contract,
    a_person,
    a_promise,
    a_proposed_exclusion,
    a_tier,
    an_agreement,
)
from tests.factories.reports import CLOSED, MONTH, a_count, a_gap, a_proposal, an_outage, april
from tests.factories.restatements import draft_of, follow, issue_month

pytestmark = pytest.mark.django_db

JUNE = datetime(2026, 6, 5, 9, 0, tzinfo=UTC)


@pytest.fixture
def contract() -> Contract:
    """April and May are closed, neither is issued; everything is followed."""
    return followed(a_contract(starts_on=date(2026, 3, 1)))


def followed(contract: Contract) -> Contract:
    for month in (MONTH, "2026-05"):
        closing.close_chunk(month=month, contracts=[contract.pk], now=JUNE)
    sealing.seal(now=JUNE)
    following.catch_up(now=JUNE)
    return contract


def outdated() -> set[tuple[int, str]]:
    """What the next sweep would close again."""
    sealing.seal(now=JUNE)
    following.follow()
    return set(Outdated.objects.values_list("contract_id", "month"))


def may(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 5, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "months"),
    [
        (april(10, 12), april(10, 14), {MONTH}),
        (may(10, 12), may(10, 14), {"2026-05"}),
        (april(29, 12), may(3), {MONTH, "2026-05"}),
        # 23:30 on 30 April in Berlin: a run that goes on into May is judged whole, so both are looked at.
        (april(30, 21, 30), april(30, 21, 45), {MONTH, "2026-05"}),
        (datetime(2026, 3, 10, tzinfo=UTC), datetime(2026, 3, 11, tzinfo=UTC), set()),  # never closed
    ],
)
def test_an_outage_touches_the_closed_months_that_it_lies_in(
    contract: Contract, start: datetime, end: datetime, months: set[str]
) -> None:
    an_outage(start, end, now=JUNE)
    assert outdated() == {(contract.pk, month) for month in months}


def test_an_outage_touches_those_alone_who_were_promised_the_component_in_their_tier(
    contract: Contract,
) -> None:
    an_outage(component=a_component("web"), now=JUNE)
    an_outage(tiers=[a_tier("free")], now=JUNE)
    assert outdated() == set()


def test_what_is_only_proposed_touches_too_because_it_blocks(contract: Contract) -> None:
    a_proposal(now=JUNE)
    assert outdated() == {(contract.pk, MONTH)}


def test_a_run_that_goes_on_touches_the_month_before(contract: Contract) -> None:
    """It is down from 29 April without a break to 4 May; what changes is the end of it, days after April."""
    an_outage(april(29, 12), may(3), now=JUNE)
    follow(JUNE)
    an_outage(may(3), may(4), now=JUNE)
    assert outdated() == {(contract.pk, MONTH), (contract.pk, "2026-05")}


def corrected(contract: Contract) -> None:
    window = an_outage(now=JUNE)
    follow(JUNE)
    correct(window=window, by=None, now=JUNE, reason="it was longer", end=april(10, 23))


def moved(contract: Contract) -> None:
    """From May to April: the month that it left is closed again too, and that is May's doing in this test."""
    window = an_outage(may(10), may(11), now=JUNE)
    follow(JUNE)
    correct(window=window, by=None, now=JUNE, reason="wrong month", start=april(10), end=april(11))


def withdrawn(contract: Contract) -> None:
    window = an_outage(now=JUNE)
    follow(JUNE)
    withdraw(window=window, by=None, now=JUNE, reason="it was a test")


def maintained(contract: Contract) -> None:
    maintenance = record_maintenance(
        component=None,
        tiers=[a_tier()],
        category="scheduled_maintenance",
        start=april(10, 12),
        end=april(10, 14),
        announced_at=april(1),
        title="new switches",
        by=None,
        now=JUNE,
    )
    confirm_maintenance(maintenance=maintenance, by=None, now=JUNE)


def unmeasured(contract: Contract) -> None:
    a_gap(april(10, 12), april(10, 14))


def counted(contract: Contract) -> None:
    a_count(april(10, 12))


def counted_otherwise(contract: Contract) -> None:
    a_count(april(10, 12))
    follow(JUNE)
    a_count(april(10, 12), failed=700, reason="the probe was wrong")


def excluded_for_all(contract: Contract) -> None:
    approve_exclusion(exclusion=a_proposed_exclusion(now=JUNE), by=a_person(FINANCE_APPROVER), now=JUNE)


def excluded_for_one(contract: Contract) -> None:
    exclusion = a_proposed_exclusion(contract, now=JUNE)
    approve_exclusion(exclusion=exclusion, by=a_person(FINANCE_APPROVER), now=JUNE)


@pytest.mark.parametrize(
    ("change", "months"),
    [
        (corrected, {MONTH}),
        (moved, {MONTH, "2026-05"}),
        (withdrawn, {MONTH}),
        (maintained, {MONTH}),
        (unmeasured, {MONTH}),
        (counted, {MONTH}),
        (counted_otherwise, {MONTH}),
        (excluded_for_all, {MONTH}),
        (excluded_for_one, {MONTH}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_kind_of_fact_touches_its_months(
    contract: Contract, change: Callable[[Contract], None], months: set[str]
) -> None:
    change(contract)
    assert outdated() == {(contract.pk, month) for month in months}


def test_another_billed_amount_touches_the_month_for_which_it_was_billed() -> None:
    agreement = an_agreement(promises=[a_promise(fee=None)])
    contract = a_contract(starts_on=date(2026, 3, 1), agreement=agreement)
    april_1, may_1 = datetime(2026, 3, 31, 22, tzinfo=UTC), datetime(2026, 4, 30, 22, tzinfo=UTC)
    billed = partial(record_billed_amount, commitment=a_commitment(contract), by=None, now=JUNE)
    for start in (april_1, may_1):
        billed(period_start=start, amount="8.00")
    followed(contract)
    billed(period_start=april_1, amount="9.00")
    assert outdated() == {(contract.pk, MONTH)}


def amended(contract: Contract) -> None:
    amend_contract(
        contract=contract, starts_on=date(2026, 5, 16), agreement=an_agreement(), by=None, now=JUNE
    )


def ended(contract: Contract) -> None:
    end_contract(contract=contract, ends_before=date(2026, 5, 16), by=None, now=JUNE)


def ended_later(contract: Contract) -> None:
    end_contract(contract=contract, ends_before=date(2026, 5, 16), by=None, now=JUNE)
    follow(JUNE)
    end_contract(contract=contract, ends_before=date(2027, 1, 1), by=None, now=JUNE)


def arranged(contract: Contract) -> None:
    arrange_closing(contract=contract, settling_days=7, issues_by_itself=False, by=None, now=JUNE)


def renamed(contract: Contract) -> None:
    change_customer(customer=contract.customer, by=None, now=JUNE, name="Koyo Ltd.")


@pytest.mark.parametrize(
    ("change", "months"),
    [
        (amended, {"2026-05"}),
        (ended, {"2026-05"}),
        (ended_later, {"2026-05"}),
        (arranged, {MONTH, "2026-05"}),
        (renamed, {MONTH, "2026-05"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_agreed_touches_the_months_from_its_day_on(
    contract: Contract, change: Callable[[Contract], None], months: set[str]
) -> None:
    a_contract()
    change(contract)
    assert outdated() == {(contract.pk, month) for month in months}


def test_a_month_that_is_blocked_and_has_no_statement_is_followed_too() -> None:
    contract = a_contract()
    proposal = a_proposal()
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
    assert not Statement.objects.exists()
    follow(CLOSED)
    confirm(window=proposal, by=None, now=CLOSED)
    follow(CLOSED)
    assert draft_of(contract, MONTH).met is False
    assert ClosingBlock.objects.get().resolved_at == CLOSED


def test_what_is_waived_is_closed_by_itself() -> None:
    contract = a_contract()
    a_proposal()
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
    follow(CLOSED)
    waive(block=ClosingBlock.objects.get(), reason="no impact", by=a_person(FINANCE_CLERK), now=CLOSED)
    follow(CLOSED)
    assert draft_of(contract, MONTH).met


def test_the_issue_of_a_month_touches_the_later_ones_of_the_contract(contract: Contract) -> None:
    other = a_contract()
    closing.close_chunk(month="2026-05", contracts=[other.pk], now=JUNE)
    follow(JUNE)
    issue_month(contract, MONTH, now=JUNE)
    assert outdated() == {(contract.pk, "2026-05")}


def test_what_a_close_itself_writes_touches_nothing(contract: Contract) -> None:
    an_outage(now=JUNE)
    follow(JUNE)
    assert Entry.objects.filter(action="statements.redrafted").exists()
    assert outdated() == set()

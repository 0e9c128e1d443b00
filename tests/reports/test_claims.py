"""Claims: in time or refused by name, decided once and by somebody else; what is accepted goes before the approvers."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.operations import amend_contract
from reports.models import Claim, CreditDecision, ServiceCredit, Statement
from reports.operations import accept_claim, approve, expire, file_claim, lapse_due, reject, reject_claim
from slaservice.history.models import Entry
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ACCOUNT_MANAGER, FINANCE_APPROVER, FINANCE_CLERK, ROLES
from tests.factories.accounts import a_contract, a_customer, a_key, a_person, an_agreement, history_of
from tests.factories.money import (
    BY_CUSTOMER,
    RECEIVED,
    TOO_LATE,
    a_claim,
    a_claimable,
    a_contract_with,
    a_granted,
    an_account_manager,
    held_by,
)
from tests.factories.reports import CLOSED, a_draft, an_outage, april

pytestmark = pytest.mark.django_db

LATER = TOO_LATE + timedelta(days=3)


def refused(code: str, verb: object, **values: object) -> Refusal:
    with pytest.raises(Refusal) as met:
        verb(**values)  # type: ignore[operator]
    assert met.value.code == code, met.value.sentence
    return met.value


# Filing


def test_one_of_our_people_files_for_a_customer_and_history_names_both() -> None:
    manager, customer = an_account_manager()
    credit = a_claimable(contract=a_contract_with(customer, claim=BY_CUSTOMER))
    claim = a_claim(credit, by=manager)
    assert (claim.state, claim.filed_by, claim.claimant) == ("filed", manager, "Jane Roe")
    entry = Entry.objects.get(action="claims.file")
    assert (entry.actor, entry.on_behalf_of) == (manager, f"Jane Roe, {customer.name}")


def test_a_customers_key_files_for_itself() -> None:
    customer = a_customer()
    credit = a_claimable(contract=a_contract_with(customer, claim=BY_CUSTOMER))
    key, _ = a_key(customer)
    claim = file_claim(credit=credit, claimant="Jane Roe", text="", received_at=RECEIVED, key=key, now=CLOSED)
    assert (claim.key, claim.filed_by) == (key, None)
    assert history_of(claim)[0]["data"]["key"] == key.prefix


@pytest.mark.parametrize("issued", [True, False])
def test_a_key_files_nothing_but_for_issued_statements_of_its_customer(issued: bool) -> None:
    customer = a_customer()
    credit = a_claimable(issued=issued, contract=a_contract_with(customer, claim=BY_CUSTOMER))
    key, _ = a_key() if issued else a_key(customer)
    refused(
        "not_permitted",
        file_claim,
        credit=credit,
        claimant="X",
        text="",
        received_at=RECEIVED,
        key=key,
        now=CLOSED,
    )


def test_an_account_manager_files_for_customers_in_their_care_alone() -> None:
    refused("not_permitted", a_claim, credit=a_claimable(), by=a_person(ACCOUNT_MANAGER))


def test_nobody_files_without_a_name() -> None:
    refused(
        "not_permitted",
        file_claim,
        credit=a_claimable(),
        claimant="X",
        text="",
        received_at=RECEIVED,
        now=CLOSED,
    )


def test_a_claim_that_came_before_the_issue_is_recorded_on_the_draft() -> None:
    credit = a_claimable(issued=False)
    assert credit.statement.state == Statement.DRAFT
    assert a_claim(credit).credit == credit


def test_the_instant_of_receipt_decides_to_the_microsecond() -> None:
    credit = a_claimable()
    assert credit.claim_until == TOO_LATE
    met = refused("claim_too_late", a_claim, credit=credit, received_at=TOO_LATE, now=LATER)
    assert "before 2026-06-04T22:00:00Z" in met.sentence
    assert a_claim(credit, received_at=TOO_LATE - timedelta(microseconds=1), now=LATER).state == "filed"


def test_terms_without_a_deadline_hear_a_claim_for_good() -> None:
    credit = a_claimable(contract=a_contract_with(claim={"by": "customer"}))
    much_later = CLOSED + timedelta(days=1000)
    assert a_claim(credit, received_at=much_later, now=much_later).state == "filed"


def test_no_claim_comes_from_the_future_or_from_before_the_period() -> None:
    credit = a_claimable()
    for at in (CLOSED + timedelta(seconds=1), credit.statement.period_start - timedelta(seconds=1)):
        refused("claim_out_of_time", a_claim, credit=credit, received_at=at)
    assert a_claim(credit, received_at=credit.statement.period_start).state == "filed"


def test_a_credit_that_needs_no_claim_takes_none() -> None:
    met = refused("not_claimable", a_claim, credit=a_granted())
    assert "is approved" in met.sentence


def test_a_credit_has_one_open_claim() -> None:
    claim = a_claim()
    refused("claim_waits", a_claim, credit=claim.credit)
    with pytest.raises(IntegrityError), transaction.atomic():
        Claim.objects.bulk_create(
            [
                Claim(
                    credit=claim.credit,
                    claimant="X",
                    received_at=RECEIVED,
                    filed_at=CLOSED,
                    filed_by=claim.filed_by,
                )
            ]
        )


@pytest.mark.parametrize(
    ("values", "field"),
    [({"claimant": " "}, "claimant"), ({"claimant": "x" * 76}, "claimant"), ({"text": "\x00"}, "text")],
)
def test_what_a_claim_says_is_text(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as met:
        a_claim(**values)
    assert [error.path for error in met.value.errors] == [field]


def lapsed() -> ServiceCredit:
    credit = a_claimable()
    assert lapse_due(now=TOO_LATE) == 1
    return credit


def test_a_claim_that_came_in_time_is_recorded_and_granted_after_its_credit_has_lapsed() -> None:
    claim = a_claim(lapsed(), now=LATER)
    credit = ServiceCredit.objects.get()
    assert (claim.state, credit.state) == ("filed", "expired")
    accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=LATER)
    credit.refresh_from_db()
    assert (credit.state, credit.settled_at) == ("proposed", None)
    assert held_by(credit.statement) == {"contra_revenue": -12_500, "accrued": 12_500}
    assert lapse_due(now=LATER) == 0
    assert approve(credit=credit, by=a_person(FINANCE_APPROVER), now=LATER).granted_minor == 12_500


def test_a_claim_on_what_has_lapsed_may_be_accepted_in_part_or_rejected() -> None:
    credit, clerk = lapsed(), a_person(FINANCE_CLERK)
    reject_claim(claim=a_claim(credit, now=LATER), reason="names no incident", by=clerk, now=LATER)
    credit.refresh_from_db()
    assert (credit.state, credit.lapsed) == ("expired", True)
    accept_claim(claim=a_claim(credit, now=LATER), amount="100.00", reason="half of it", by=clerk, now=LATER)
    credit.refresh_from_db()
    assert (credit.state, credit.amount_minor, credit.adjusted_by) == ("adjusted", 10_000, clerk)


def test_what_has_lapsed_is_claimed_by_what_our_people_got_in_time_alone() -> None:
    credit = lapsed()
    refused("claim_too_late", a_claim, credit=credit, received_at=TOO_LATE, now=LATER)
    key, _ = a_key(credit.statement.contract.customer)
    refused(
        "not_claimable",
        file_claim,
        credit=credit,
        claimant="X",
        text="",
        received_at=RECEIVED,
        key=key,
        now=LATER,
    )


def test_what_was_granted_and_let_expire_takes_no_claim() -> None:
    expired = expire(credit=a_granted(), reason="the customer left", by=a_person(FINANCE_CLERK), now=CLOSED)
    refused("not_claimable", a_claim, credit=expired)


# Deciding


def test_an_accepted_claim_puts_the_credit_before_the_approvers() -> None:
    clerk, claim = a_person(FINANCE_CLERK), a_claim()
    accepted = accept_claim(claim=claim, by=clerk, now=CLOSED, reason="as logged")
    credit = ServiceCredit.objects.get()
    assert (accepted.state, accepted.accepted_minor, accepted.decided_by) == ("accepted", 12_500, clerk)
    assert (credit.state, credit.amount_minor, credit.adjusted_by) == ("proposed", 12_500, None)
    assert held_by(credit.statement) == {"contra_revenue": -12_500, "accrued": 12_500}
    assert approve(credit=credit, by=a_person(FINANCE_APPROVER), now=CLOSED).granted_minor == 12_500
    assert held_by(credit.statement) == {"contra_revenue": -12_500, "payable": 12_500}
    assert list(CreditDecision.objects.values_list("action", "amount_minor")) == [
        ("claim", 12_500),
        ("approve", 12_500),
    ]


def test_a_claim_on_a_draft_is_decided_before_the_issue() -> None:
    claim = a_claim(a_claimable(issued=False))
    accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=CLOSED)
    assert ServiceCredit.objects.get().state == "proposed"


def test_a_claim_accepted_in_part_is_approved_by_another() -> None:
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    accepted = accept_claim(
        claim=a_claim(), amount="100.00", reason="half an hour is ours", by=both, now=CLOSED
    )
    credit = ServiceCredit.objects.get()
    assert (accepted.state, accepted.accepted_minor) == ("partly_accepted", 10_000)
    assert (credit.state, credit.amount_minor, credit.adjusted_by) == ("adjusted", 10_000, both)
    assert held_by(credit.statement) == {"contra_revenue": -10_000, "accrued": 10_000}
    refused("own_change", approve, credit=credit, by=both, now=CLOSED)
    assert approve(credit=credit, by=a_person(FINANCE_APPROVER), now=CLOSED).granted_minor == 10_000


def test_the_whole_amount_is_an_acceptance_in_full() -> None:
    accepted = accept_claim(claim=a_claim(), amount="125", by=a_person(FINANCE_CLERK), now=CLOSED)
    assert (accepted.state, ServiceCredit.objects.get().state) == ("accepted", "proposed")


@pytest.mark.parametrize("amount", ["0", "-1", "125.01", "0.001", "much"])
def test_a_claim_is_accepted_for_something_and_up_to_the_credit(amount: str) -> None:
    with pytest.raises(Refusal):
        accept_claim(claim=a_claim(), amount=amount, reason="x", by=a_person(FINANCE_CLERK), now=CLOSED)
    assert Claim.objects.get().state == "filed"


def test_less_than_asked_for_needs_a_reason() -> None:
    claim = a_claim()
    refused("reason_missing", accept_claim, claim=claim, amount="1", by=a_person(FINANCE_CLERK), now=CLOSED)
    refused("reason_missing", reject_claim, claim=claim, reason=" ", by=a_person(FINANCE_CLERK), now=CLOSED)


def test_a_rejected_claim_leaves_the_credit_claimable_for_a_better_one() -> None:
    credit, clerk = a_claimable(), a_person(FINANCE_CLERK)
    rejected = reject_claim(claim=a_claim(credit), reason="names no incident", by=clerk, now=CLOSED)
    assert (rejected.state, rejected.reason) == ("rejected", "names no incident")
    assert ServiceCredit.objects.get().state == "claimable"
    assert held_by(credit.statement) == {"contra_revenue": -12_500, "accrued": 12_500}
    decision = CreditDecision.objects.get()
    assert (decision.action, decision.amount_minor, decision.by) == ("claim", 0, clerk)
    assert accept_claim(claim=a_claim(credit), by=clerk, now=CLOSED).state == "accepted"


def test_whoever_filed_a_claim_does_not_decide_on_it() -> None:
    clerk = a_person(FINANCE_CLERK)
    claim = a_claim(by=clerk)
    refused("own_claim", accept_claim, claim=claim, by=clerk, now=CLOSED)
    refused("own_claim", reject_claim, claim=claim, reason="x", by=clerk, now=CLOSED)
    with (
        pytest.raises(IntegrityError, match="whoever_files_a_claim_does_not_decide"),
        transaction.atomic(),
    ):
        Claim.objects.filter(pk=claim.pk).update(
            state="rejected", reason="x", decided_by=clerk, decided_at=CLOSED
        )


def test_a_claim_is_decided_once() -> None:
    claim = a_claim()
    seen = Claim.objects.get()
    reject_claim(claim=claim, reason="no", by=a_person(FINANCE_CLERK), now=CLOSED)
    refused("claim_decided", accept_claim, claim=seen, by=a_person(FINANCE_CLERK), now=CLOSED)
    with pytest.raises(IntegrityError, match="decided once"), transaction.atomic():
        Claim.objects.update(reason="another")


@pytest.mark.parametrize("role", [role for role in ROLES if role != FINANCE_CLERK])
def test_only_a_clerk_decides_on_claims(role: str) -> None:
    claim, person = a_claim(), a_person(role)
    refused("not_permitted", accept_claim, claim=claim, by=person, now=CLOSED)
    refused("not_permitted", reject_claim, claim=claim, reason="x", by=person, now=CLOSED)


@pytest.mark.parametrize("role", [r for r in ROLES if r not in (ACCOUNT_MANAGER, FINANCE_CLERK)])
def test_only_account_managers_and_clerks_file(role: str) -> None:
    refused("not_permitted", a_claim, by=a_person(role))


def test_a_claimed_credit_of_an_issued_statement_may_be_rejected_by_an_approver() -> None:
    claim = a_claim()
    accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=CLOSED)
    credit = ServiceCredit.objects.get()
    rejected = reject(credit=credit, reason="not ours", by=a_person(FINANCE_APPROVER), now=CLOSED)
    assert (rejected.state, held_by(credit.statement)) == ("rejected", {})


def test_a_claim_on_a_draft_that_is_computed_anew_stays_and_is_heard_on_the_new_figure() -> None:
    contract = a_contract_with(claim=BY_CUSTOMER)
    claim = a_claim(a_claimable(issued=False, contract=contract))
    an_outage(april(20, 12), april(20, 22))
    a_draft(contract)
    claim = Claim.objects.get()
    assert (claim.state, claim.credit.state, claim.credit.amount_minor) == ("filed", "claimable", 31_250)
    accepted = accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=CLOSED)
    assert accepted.accepted_minor == 31_250


def test_an_accepted_claim_needs_no_other_when_the_draft_is_computed_anew() -> None:
    contract = a_contract_with(claim=BY_CUSTOMER)
    accept_claim(
        claim=a_claim(a_claimable(issued=False, contract=contract)), by=a_person(FINANCE_CLERK), now=CLOSED
    )
    an_outage(april(20, 12), april(20, 22))
    draft = a_draft(contract)
    credit = ServiceCredit.objects.get()
    assert (credit.state, credit.amount_minor) == ("proposed", 31_250)
    assert held_by(draft) == {"contra_revenue": -31_250, "accrued": 31_250}


def test_automatic_terms_want_no_claim() -> None:
    an_outage()
    a_draft(a_contract())
    assert ServiceCredit.objects.get().state == "proposed"


def test_whoever_filed_a_claim_does_not_approve_its_credit() -> None:
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    accept_claim(claim=a_claim(by=both), by=a_person(FINANCE_CLERK), now=CLOSED)
    credit = ServiceCredit.objects.get()
    refused("own_change", approve, credit=credit, by=both, now=CLOSED)
    refused("own_change", reject, credit=credit, reason="x", by=both, now=CLOSED)
    assert approve(credit=credit, by=a_person(FINANCE_APPROVER), now=CLOSED).state == "approved"


def test_a_claim_that_was_rejected_keeps_nobody_from_approving_what_another_claimed() -> None:
    both, clerk, credit = a_person(FINANCE_CLERK, FINANCE_APPROVER), a_person(FINANCE_CLERK), a_claimable()
    reject_claim(claim=a_claim(credit, by=both), reason="names no incident", by=clerk, now=CLOSED)
    accept_claim(claim=a_claim(credit), by=clerk, now=CLOSED)
    assert approve(credit=ServiceCredit.objects.get(), by=both, now=CLOSED).state == "approved"


def paid_without_a_claim_after_all() -> Claim:
    """It was filed on a draft whose terms wanted a claim; an amendment from the month's second day wants none."""
    claim = a_claim(a_claimable(issued=False))
    contract = claim.credit.statement.contract
    amend_contract(
        contract=contract, starts_on=date(2026, 4, 2), agreement=an_agreement(), by=None, now=CLOSED
    )
    a_draft(contract)
    return Claim.objects.get()


def test_a_claim_that_nothing_needs_any_more_is_closed_by_accepting_it() -> None:
    claim = paid_without_a_claim_after_all()
    assert (claim.state, claim.credit.state) == ("filed", "proposed")
    approve(credit=claim.credit, by=a_person(FINANCE_APPROVER), now=CLOSED)
    accepted = accept_claim(claim=Claim.objects.get(), by=a_person(FINANCE_CLERK), now=CLOSED)
    credit = ServiceCredit.objects.get()
    assert (accepted.state, accepted.accepted_minor) == ("accepted", credit.amount_minor)
    assert credit.state == "approved"
    assert list(CreditDecision.objects.values_list("action", flat=True)) == ["approve", "claim"]


def test_what_is_paid_without_a_claim_is_not_lessened_by_answering_one() -> None:
    claim = paid_without_a_claim_after_all()
    refused(
        "credit_changed",
        accept_claim,
        claim=claim,
        amount="1.00",
        reason="x",
        by=a_person(FINANCE_CLERK),
        now=CLOSED,
    )
    assert Claim.objects.get().state == "filed"

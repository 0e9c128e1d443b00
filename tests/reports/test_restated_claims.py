"""A correction after the issue, where the credit was to be claimed: claimed, lapsed, or nobody decided on it."""

import pytest

from reports import operations
from reports.models import CreditDecision, ServiceCredit, Statement
from reports.operations import accept_claim, issue, lapse_due, reject_claim
from slaservice.outages.operations import withdraw
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_person, history_of
from tests.factories.money import a_claim, held_by
from tests.factories.reports import CLOSED, MONTH, an_outage, april
from tests.factories.restatements import (
    LATE,
    a_contract_with,
    down,
    draft_of,
    drafted,
    follow,
    issue_draft,
    issue_month,
    longer,
)

pytestmark = pytest.mark.django_db

CLAIMED = {"claim": {"by": "customer", "deadline": {"n": 60, "unit": "days", "anchor": "period_end"}}}


def a_claimed(statement: Statement) -> None:
    accept_claim(claim=a_claim(statement.credit), by=a_person(FINANCE_CLERK), now=CLOSED)


def test_what_nobody_decided_on_is_superseded_with_its_posting() -> None:
    window, contract = down(MONTH), a_contract_with(**CLAIMED)
    issued = issue_month(contract, MONTH, now=CLOSED)
    assert issued.credit.state == "claimable"
    longer(window, 11)
    follow()
    clerk = a_person(FINANCE_CLERK)
    restatement = issue(statement=draft_of(contract, MONTH), by=clerk, now=LATE)
    issued.refresh_from_db()
    credit = ServiceCredit.objects.get(statement=issued)
    assert (credit.state, restatement.credit.state) == ("superseded", "claimable")
    assert restatement.credit.amount_minor == 31_250
    (decision,) = CreditDecision.objects.filter(statement=issued)
    assert (decision.action, decision.amount_minor, decision.by) == ("supersede", 12_500, clerk)
    (entry,) = history_of(credit)
    assert (entry["action"], entry["actor_id"]) == ("credits.supersede", clerk.pk)
    assert held_by(issued) == {}
    assert held_by(restatement) == {"contra_revenue": -31_250, "accrued": 31_250}


def test_what_was_claimed_once_needs_no_second_claim_for_what_is_added() -> None:
    window, contract = down(MONTH), a_contract_with(**CLAIMED)
    issued = issue_month(contract, MONTH, now=CLOSED)
    a_claimed(issued)
    longer(window, 11)
    follow()
    restatement = draft_of(contract, MONTH)
    assert (restatement.credit.state, restatement.credit.claim_until) == ("proposed", None)


def test_a_restatement_waits_for_the_answer_to_a_claim() -> None:
    window, contract = down(MONTH), a_contract_with(**CLAIMED)
    issued = issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    a_claim(issued.credit, now=LATE)
    with pytest.raises(Refusal) as refused:
        issue(statement=draft_of(contract, MONTH), by=a_person(FINANCE_CLERK), now=LATE)
    assert refused.value.code == "claim_waits"
    assert Statement.objects.filter(state=Statement.ISSUED).count() == 1


def test_a_claim_that_is_granted_meanwhile_lessens_what_the_restatement_grants() -> None:
    window, contract = down(MONTH), a_contract_with(**CLAIMED)
    issued = issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    assert drafted(contract) == {MONTH: (2, 31_250, 31_250)}
    a_claimed(issued)
    credit = ServiceCredit.objects.get(statement=issued)
    operations.approve(credit=credit, by=a_person(FINANCE_APPROVER), now=LATE)
    follow()
    assert drafted(contract) == {MONTH: (2, 31_250, 18_750)}


def test_a_claim_that_is_accepted_once_the_restatement_is_drafted_is_not_asked_for_again() -> None:
    window, contract = down(MONTH), a_contract_with(**CLAIMED)
    issued = issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    assert draft_of(contract, MONTH).credit.state == "claimable"
    a_claimed(issued)
    with pytest.raises(Refusal) as refused:
        issue(statement=draft_of(contract, MONTH), by=a_person(FINANCE_CLERK), now=LATE)
    assert refused.value.code == "credit_waits"
    credit = draft_of(contract, MONTH).credit
    assert (credit.state, credit.claim_until, credit.amount_minor) == ("proposed", None, 31_250)
    restatement = issue_draft(draft_of(contract, MONTH), now=LATE)
    assert lapse_due(now=LATE) == 0
    states = {credit.statement_id: credit.state for credit in ServiceCredit.objects.all()}
    assert states == {issued.pk: "superseded", restatement.pk: "approved"}


def test_a_claim_counts_for_a_third_revision_where_the_second_took_its_place_undecided() -> None:
    window, contract = down(MONTH), a_contract_with(**CLAIMED)
    a_claimed(issue_month(contract, MONTH, now=CLOSED))
    withdraw(window=window, by=None, now=LATE, reason="it was a test")
    follow()
    issue_draft(draft_of(contract, MONTH), now=LATE)
    an_outage(april(20, 0), april(22, 0), now=LATE)
    follow()
    assert draft_of(contract, MONTH).credit.state == "proposed"


def test_a_restatement_waits_for_the_answer_to_a_claim_on_what_has_lapsed() -> None:
    window, contract = down(MONTH), a_contract_with(**CLAIMED)
    issued = issue_month(contract, MONTH, now=CLOSED)
    assert lapse_due(now=LATE) == 1
    longer(window, 11)
    follow()
    claim = a_claim(issued.credit, now=LATE)
    with pytest.raises(Refusal) as refused:
        issue(statement=draft_of(contract, MONTH), by=a_person(FINANCE_CLERK), now=LATE)
    assert refused.value.code == "claim_waits"
    reject_claim(claim=claim, reason="names no incident", by=a_person(FINANCE_CLERK), now=LATE)
    issue(statement=draft_of(contract, MONTH), by=a_person(FINANCE_CLERK), now=LATE)
    with pytest.raises(Refusal) as refused:
        a_claimed(issued)
    assert refused.value.code == "superseded"


def test_what_nobody_claimed_in_time_was_never_granted() -> None:
    window, contract = down(MONTH), a_contract_with(**CLAIMED)
    issue_month(contract, MONTH, now=CLOSED)
    assert lapse_due(now=LATE) == 1
    longer(window, 11)
    follow()
    assert drafted(contract) == {MONTH: (2, 31_250, 31_250)}
    restatement = issue_draft(draft_of(contract, MONTH), now=LATE)
    assert (restatement.document["difference"]["granted"], restatement.credit.state) == ("0.00", "claimable")

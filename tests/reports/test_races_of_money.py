"""Money decided by several at once: one claim is decided once, and no cap is passed however many approve against it."""

import pytest

from reports.models import (
    Claim,
    CreditDecision,
    Delivery,
    Digest,
    ExportedPosting,
    Journal,
    NumberSeries,
    Posting,
    ServiceCredit,
    Statement,
)
from reports.operations import (
    accept_claim,
    adjust,
    apply,
    approve,
    expire,
    issue,
    lapse_due,
    mail,
    make_digests,
    make_journal,
    reject_claim,
)
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_person
from tests.factories.money import (
    AUTUMN,
    RECEIVED,
    TOO_LATE,
    a_capped_contract,
    a_claim,
    a_claimable,
    a_granted,
    held_by,
    missed_months,
)
from tests.factories.reports import CLOSED, a_draft, an_approved, an_outage, april
from tests.reports.test_races import at_once, refusals

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("cap", "granted"), [("500", 4), ("620", 4), ("125", 1), ("100", 1)])
def test_eight_approvals_at_once_never_pass_the_cap(cap: str, granted: int) -> None:
    credits = missed_months(a_capped_contract(cap), 8)
    approvers = [a_person(FINANCE_APPROVER) for _ in credits]
    # Each was proposed by itself, at the cap at most.
    amounts = {credit.amount_minor for credit in credits}
    assert amounts == {min(12_500, int(cap) * 100)}
    results = at_once(
        *[
            lambda pair=pair: approve(credit=pair[0], by=pair[1], now=AUTUMN)
            for pair in zip(credits, approvers, strict=True)
        ]
    )
    approved = ServiceCredit.objects.filter(state="approved")
    assert sum(credit.amount_minor for credit in approved) <= int(cap) * 100
    assert len(approved) == granted
    assert refusals(results) == ["over_the_cap"] * (8 - len(approved))


def test_of_two_who_ask_for_one_mail_at_once_one_owes_it(documents_dir: object) -> None:
    statement = a_granted().statement
    clerks = [a_person(FINANCE_CLERK) for _ in range(2)]
    results = at_once(
        *[
            lambda clerk=clerk: mail(statement=statement, recipients=["a@b.example"], by=clerk, now=CLOSED)
            for clerk in clerks
        ]
    )
    assert refusals(results) == ["owed_already"]
    assert Delivery.objects.filter(channel="email").count() == 1


def test_of_two_decisions_on_a_claim_at_once_one_wins() -> None:
    claim = a_claim()
    clerks = [a_person(FINANCE_CLERK) for _ in range(2)]
    seen = [Claim.objects.select_related("credit").get(pk=claim.pk) for _ in range(2)]
    results = at_once(
        lambda: accept_claim(claim=seen[0], by=clerks[0], now=CLOSED),
        lambda: reject_claim(claim=seen[1], reason="no", by=clerks[1], now=CLOSED),
    )
    assert refusals(results) == ["claim_decided"]
    claim.refresh_from_db()
    credit = ServiceCredit.objects.get()
    assert (claim.state, credit.state) in {("accepted", "proposed"), ("rejected", "claimable")}
    assert CreditDecision.objects.count() == 1


def test_of_two_claims_at_once_one_is_filed() -> None:
    credit = a_claimable()
    clerks = [a_person(FINANCE_CLERK) for _ in range(4)]
    results = at_once(*[lambda clerk=clerk: a_claim(credit, by=clerk) for clerk in clerks])
    assert refusals(results) == ["claim_waits"] * 3
    assert Claim.objects.count() == 1


def test_a_claim_that_is_rejected_while_its_credit_lapses_leaves_it_claimable_or_lapsed() -> None:
    claim = a_claim()
    clerk = a_person(FINANCE_CLERK)
    results = at_once(
        lambda: reject_claim(claim=claim, reason="no", by=clerk, now=TOO_LATE),
        *[lambda: lapse_due(now=TOO_LATE)] * 3,
    )
    assert refusals(results) == []
    lapsed = sum(result for result in results if isinstance(result, int))
    credit = ServiceCredit.objects.get()
    assert (credit.state, lapsed) in {("claimable", 0), ("expired", 1)}
    assert Posting.objects.filter(deed="expire").count() == lapsed


def test_a_claim_in_time_is_heard_whether_its_credit_lapses_before_it_is_recorded_or_not() -> None:
    credit = a_claimable()
    clerk = a_person(FINANCE_CLERK)
    results = at_once(
        lambda: a_claim(credit, by=clerk, received_at=RECEIVED, now=TOO_LATE), lambda: lapse_due(now=TOO_LATE)
    )
    credit.refresh_from_db()
    assert (refusals(results), Claim.objects.get().state) == ([], "filed")
    lapsed = sum(result for result in results if isinstance(result, int))
    assert (credit.state, lapsed) in {("claimable", 0), ("expired", 1)}


def test_a_credit_is_applied_or_expires_but_not_both() -> None:
    credit = a_granted()
    clerks = [a_person(FINANCE_CLERK) for _ in range(2)]
    seen = [ServiceCredit.objects.get(pk=credit.pk) for _ in range(2)]
    results = at_once(
        lambda: apply(credit=seen[0], billing_reference="CN-1", by=clerks[0], now=CLOSED),
        lambda: expire(credit=seen[1], reason="x", by=clerks[1], now=CLOSED),
    )
    assert refusals(results) == ["credit_changed"]
    credit.refresh_from_db()
    assert held_by(credit.statement) == {"contra_revenue": -12_500, credit.state: 12_500}


def test_an_adjustment_and_an_approval_at_once_leave_the_books_as_the_credit_says() -> None:
    (credit,) = missed_months(a_capped_contract("500"), 1)
    clerk, approver = a_person(FINANCE_CLERK), a_person(FINANCE_APPROVER)
    seen = [ServiceCredit.objects.get(pk=credit.pk) for _ in range(2)]
    at_once(
        lambda: adjust(credit=seen[0], amount="1.00", reason="x", by=clerk, now=AUTUMN),
        lambda: approve(credit=seen[1], by=approver, now=AUTUMN),
    )
    credit.refresh_from_db()
    account = {"adjusted": "accrued", "approved": "payable"}[credit.state]
    assert held_by(credit.statement) == {"contra_revenue": -credit.amount_minor, account: credit.amount_minor}


def test_two_who_make_a_journal_at_once_export_every_posting_once() -> None:
    a_granted()
    clerks = [a_person(FINANCE_CLERK) for _ in range(4)]
    results = at_once(*[lambda clerk=clerk: make_journal(by=clerk, now=CLOSED) for clerk in clerks])
    assert refusals(results) == ["nothing_to_export"] * 3
    assert [result.number for result in results if isinstance(result, Journal)] == ["JNL-2026-00001"]
    assert ExportedPosting.objects.count() == Posting.objects.count() == 2
    assert NumberSeries.objects.get(series="JNL-2026").last == 1


def test_digests_made_at_once_are_one_a_person() -> None:
    missed_months(a_capped_contract("500"), 1)
    for _ in range(3):
        a_person(FINANCE_APPROVER, email="finance@example.test")
    at_once(*[lambda: make_digests(now=AUTUMN)] * 4)
    assert Digest.objects.count() == 3


def a_restated_claim() -> tuple[ServiceCredit, Statement]:
    """A claimed credit that waits for its approval, and the draft that corrects its statement, with its credit granted."""
    claim = a_claim()
    accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=CLOSED)
    an_outage(april(20, 12), april(20, 22))
    draft = a_draft(claim.credit.statement.contract)
    an_approved(draft)
    return ServiceCredit.objects.get(pk=claim.credit_id), draft


def test_a_credit_is_approved_or_superseded_but_not_both() -> None:
    credit, draft = a_restated_claim()
    approver, clerk = a_person(FINANCE_APPROVER), a_person(FINANCE_CLERK)
    results = at_once(
        lambda: approve(credit=credit, by=approver, now=CLOSED),
        lambda: issue(statement=draft, by=clerk, now=CLOSED),
    )
    (refused,) = refusals(results)
    credit.refresh_from_db()
    draft.refresh_from_db()
    assert (credit.state, draft.state, refused) in {
        ("superseded", "issued", "credit_changed"),
        ("approved", "draft", "draft_changed"),
        ("approved", "draft", "credit_waits"),
    }
    if draft.state == "issued":
        assert (credit.granted_minor, draft.credit.granted_minor) == (0, 31_250)
    else:
        # The draft may still say what was owed before the approval, but cannot be issued so; its next close says the rest.
        a_draft(draft.contract)
        rest = ServiceCredit.objects.get(statement=draft)
        assert (credit.granted_minor, rest.amount_minor, rest.state) == (12_500, 18_750, "proposed")


def test_a_claim_is_filed_or_its_credit_superseded_but_not_both() -> None:
    credit = a_claimable()
    an_outage(april(20, 12), april(20, 22))
    draft = a_draft(credit.statement.contract)
    filing, issuing = a_person(FINANCE_CLERK), a_person(FINANCE_CLERK)
    results = at_once(
        lambda: a_claim(credit, by=filing), lambda: issue(statement=draft, by=issuing, now=CLOSED)
    )
    credit.refresh_from_db()
    assert (refusals(results), credit.state, Claim.objects.count()) in (
        (["not_claimable"], "superseded", 0),
        (["claim_waits"], "claimable", 1),
    )

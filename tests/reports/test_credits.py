"""Credits are decided by people: once, on what they saw, and never by whoever changed the amount."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from reports.models import CreditDecision, ServiceCredit, Statement
from reports.operations import adjust, approve, issue, reject
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK, ROLES
from tests.factories.accounts import a_person, history_of
from tests.factories.money import a_claimable
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued, an_outage, april

pytestmark = pytest.mark.django_db


def a_credit() -> ServiceCredit:
    return a_missed_draft().credit


def test_an_approver_grants_what_was_computed() -> None:
    approver = a_person(FINANCE_APPROVER)
    credit = approve(credit=a_credit(), by=approver, now=CLOSED)
    assert (credit.state, credit.granted_minor, credit.decided_by) == ("approved", 12_500, approver)
    decision = CreditDecision.objects.get()
    assert (decision.action, decision.amount_minor, decision.digest) == (
        "approve",
        12_500,
        credit.statement.digest,
    )
    assert [entry["action"] for entry in history_of(credit)] == ["credits.approve"]


def test_a_clerk_puts_another_amount_before_the_approver() -> None:
    credit = adjust(
        credit=a_credit(), amount="100.00", reason="goodwill agreed", by=a_person(FINANCE_CLERK), now=CLOSED
    )
    assert (credit.state, credit.amount_minor, credit.computed_minor, credit.granted_minor) == (
        "adjusted",
        10_000,
        12_500,
        0,
    )
    assert approve(credit=credit, by=a_person(FINANCE_APPROVER), now=CLOSED).granted_minor == 10_000


def test_whoever_changes_an_amount_does_not_decide_on_it() -> None:
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    credit = adjust(credit=a_credit(), amount="100.00", reason="goodwill", by=both, now=CLOSED)
    for decide in (approve, reject):
        with pytest.raises(Refusal) as refused:
            decide(credit=credit, by=both, now=CLOSED, reason="mine")
        assert refused.value.code == "own_change"


def test_the_database_itself_refuses_that_one_person_changes_and_decides() -> None:
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    credit = adjust(credit=a_credit(), amount="100.00", reason="goodwill", by=both, now=CLOSED)
    with pytest.raises(IntegrityError, match="whoever_adjusts_does_not_decide"), transaction.atomic():
        ServiceCredit.objects.filter(pk=credit.pk).update(
            state="approved", decided_by=both, decided_at=CLOSED
        )


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"state": "approved"}, "exactly_decided_credits_name_who_and_when"),
        ({"state": "granted"}, "credit_state_is_known"),
        ({"amount_minor": 1}, "only_a_person_changes_an_amount"),
        ({"amount_minor": 10**15 + 1, "computed_minor": 10**15 + 1}, "credit_amounts_are_in_bounds"),
        ({"amount_minor": -(10**15) - 1, "computed_minor": -(10**15) - 1}, "credit_amounts_are_in_bounds"),
        ({"state": "adjusted"}, "an_adjusted_credit_names_who"),
    ],
)
def test_the_database_refuses_credits_that_cannot_be(changes: dict[str, object], constraint: str) -> None:
    credit = a_credit()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ServiceCredit.objects.filter(pk=credit.pk).update(**changes)


def test_a_rejected_credit_grants_nothing_and_says_why() -> None:
    credit = reject(credit=a_credit(), reason="paid already", by=a_person(FINANCE_APPROVER), now=CLOSED)
    assert (credit.state, credit.granted_minor, credit.reason) == ("rejected", 0, "paid already")


@pytest.mark.parametrize("verb", [adjust, reject])
def test_a_change_needs_a_reason(verb: object) -> None:
    by = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    amount = {"amount": "1.00"} if verb is adjust else {}
    with pytest.raises(Refusal, match="Say why"):
        verb(credit=a_credit(), reason=" ", by=by, now=CLOSED, **amount)  # type: ignore[operator]


@pytest.mark.parametrize("amount", ["-1", "1.005", "abc", "NaN", "9" * 30])
def test_an_amount_that_cannot_be_credited_is_refused(amount: str) -> None:
    with pytest.raises(Refusal):
        adjust(credit=a_credit(), amount=amount, reason="x", by=a_person(FINANCE_CLERK), now=CLOSED)


def test_a_credit_is_decided_once() -> None:
    credit = a_credit()
    seen_by_another = ServiceCredit.objects.get(pk=credit.pk)
    approve(credit=credit, by=a_person(FINANCE_APPROVER), now=CLOSED)
    with pytest.raises(Refusal) as refused:
        reject(credit=seen_by_another, reason="no", by=a_person(FINANCE_APPROVER), now=CLOSED)
    assert refused.value.code == "credit_changed"


def test_a_decision_is_on_the_amount_that_the_person_saw() -> None:
    credit = a_credit()
    seen = ServiceCredit.objects.get(pk=credit.pk)
    adjust(credit=credit, amount="100.00", reason="goodwill", by=a_person(FINANCE_CLERK), now=CLOSED)
    with pytest.raises(Refusal) as refused:
        approve(credit=seen, by=a_person(FINANCE_APPROVER), now=CLOSED)
    assert refused.value.code == "credit_changed"


@pytest.mark.parametrize(
    ("verb", "allowed"),
    [("adjust", FINANCE_CLERK), ("approve", FINANCE_APPROVER), ("reject", FINANCE_APPROVER)],
)
def test_only_the_role_in_the_table_decides(verb: str, allowed: str) -> None:
    verbs = {"adjust": adjust, "approve": approve, "reject": reject}
    others = [a_person(role) for role in ROLES if role != allowed]
    superuser = User.objects.create_superuser("root")
    credit = a_credit()
    extra = {"amount": "1.00"} if verb == "adjust" else {}
    for person in (*others, superuser):
        with pytest.raises(Refusal) as refused:
            verbs[verb](credit=credit, reason="x", by=person, now=CLOSED, **extra)  # type: ignore[operator]
        assert refused.value.code == "not_permitted"


def test_the_credit_of_an_issued_statement_is_decided_for_good() -> None:
    credit = an_issued(statement=a_missed_draft()).credit
    clerk, approver = a_person(FINANCE_CLERK), a_person(FINANCE_APPROVER)
    runs: list[Callable[[], object]] = [
        lambda: adjust(credit=credit, amount="1.00", reason="x", by=clerk, now=CLOSED),
        lambda: approve(credit=credit, by=approver, now=CLOSED),
        lambda: reject(credit=credit, reason="x", by=approver, now=CLOSED),
    ]
    for run in runs:
        with pytest.raises(Refusal) as refused:
            run()
        assert refused.value.code == "credit_changed"


def test_a_credit_that_is_still_to_be_claimed_is_not_decided_on() -> None:
    credit = a_claimable()
    runs: list[Callable[[], object]] = [
        lambda: adjust(credit=credit, amount="1.00", reason="x", by=a_person(FINANCE_CLERK), now=CLOSED),
        lambda: approve(credit=credit, by=a_person(FINANCE_APPROVER), now=CLOSED),
    ]
    for run in runs:
        with pytest.raises(Refusal) as refused:
            run()
        assert refused.value.code == "credit_changed"


# Issuing


def test_a_statement_with_a_credit_waits_for_the_decision() -> None:
    draft = a_missed_draft()
    clerk = a_person(FINANCE_CLERK)
    with pytest.raises(Refusal) as refused:
        issue(statement=draft, by=clerk, now=CLOSED)
    assert refused.value.code == "credit_waits"
    reject(credit=draft.credit, reason="x", by=a_person(FINANCE_APPROVER), now=CLOSED)
    assert issue(statement=draft, by=clerk, now=CLOSED).state == Statement.ISSUED


def test_issuing_freezes_number_date_and_decision_into_the_document() -> None:
    draft = a_missed_draft()
    adjusted = adjust(
        credit=draft.credit, amount="100.00", reason="as agreed", by=a_person(FINANCE_CLERK), now=CLOSED
    )
    approve(credit=adjusted, by=a_person(FINANCE_APPROVER), now=CLOSED, reason="fine")
    before = draft.digest
    issued = issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    identity = issued.document["identity"]
    assert issued.number == identity["number"] == "SLA-2026-00001"
    assert identity["issued_at"] == "2026-05-05T09:00:00Z"
    assert identity["decision"] == {"granted": "100.00", "currency": "EUR", "reason": "fine"}
    assert issued.digest != before
    assert issued.content_digest == draft.content_digest


@pytest.mark.parametrize(("decide", "told"), [(approve, ""), (reject, "a big account, said the solicitors")])
def test_the_customer_reads_why_where_another_amount_was_granted_and_else_nothing(
    decide: Callable[..., object], told: str
) -> None:
    draft = a_missed_draft()
    decide(
        credit=draft.credit,
        by=a_person(FINANCE_APPROVER),
        now=CLOSED,
        reason="a big account, said the solicitors",
    )
    issued = issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    assert issued.document["identity"]["decision"]["reason"] == told
    assert ("solicitors" in issued.body) == bool(told)


def test_numbers_follow_each_other_within_the_year_and_start_anew_with_the_next() -> None:
    from tests.factories.accounts import a_contract
    from tests.factories.reports import a_draft

    numbers = [an_issued(statement=a_draft(a_contract())).number for _ in range(3)]
    later = CLOSED + timedelta(days=300)
    numbers.append(
        issue(statement=a_draft(a_contract(), now=later), by=a_person(FINANCE_CLERK), now=later).number
    )
    assert numbers == ["SLA-2026-00001", "SLA-2026-00002", "SLA-2026-00003", "SLA-2027-00001"]


def test_a_refused_issue_takes_no_number() -> None:
    draft = a_missed_draft()
    with pytest.raises(Refusal):
        issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    assert an_issued(statement=draft).number == "SLA-2026-00001"


def test_what_was_computed_anew_since_it_was_seen_is_not_issued() -> None:
    draft = a_missed_draft()
    draft.digest = "0" * 64
    with pytest.raises(Refusal) as refused:
        issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    assert refused.value.code == "draft_changed"


def test_a_statement_is_issued_once() -> None:
    issued = an_issued()
    with pytest.raises(Refusal) as refused:
        issue(statement=issued, by=a_person(FINANCE_CLERK), now=CLOSED)
    assert refused.value.code == "already_issued"


def test_what_was_seen_on_another_draft_is_not_decided_on_even_where_the_amount_is_the_same() -> None:
    draft = a_missed_draft()
    seen = ServiceCredit.objects.get()
    an_outage(april(20, 12), april(20, 12, 30))
    later = CLOSED + timedelta(hours=1)
    a_draft(draft.contract, now=later)
    assert ServiceCredit.objects.get().amount_minor == seen.amount_minor
    with pytest.raises(Refusal) as refused:
        approve(credit=seen, by=a_person(FINANCE_APPROVER), now=later)
    assert refused.value.code == "credit_changed"
    approved = approve(credit=ServiceCredit.objects.get(), by=a_person(FINANCE_APPROVER), now=later)
    assert approved.state == "approved"

"""What becomes of a granted credit: on a bill, or expired; and what nobody claims in time lapses by itself."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from reports import tasks
from reports.models import CreditDecision, ServiceCredit
from reports.operations import accept_claim, apply, expire, issue, lapse_due, reject_claim
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_CLERK, ROLES
from tests.factories.accounts import a_person, history_of
from tests.factories.money import TOO_LATE, a_claim, a_claimable, a_granted, held_by
from tests.factories.reports import CLOSED, a_missed_draft, an_approved

pytestmark = pytest.mark.django_db


def test_an_applied_credit_names_its_bill_and_who_put_it_there() -> None:
    clerk = a_person(FINANCE_CLERK)
    credit = apply(credit=a_granted(), billing_reference=" CN-118 ", by=clerk, now=CLOSED)
    assert (credit.state, credit.billing_reference, credit.settled_by, credit.settled_at) == (
        "applied",
        "CN-118",
        clerk,
        CLOSED,
    )
    assert held_by(credit.statement) == {"contra_revenue": -12_500, "applied": 12_500}
    assert [entry["action"] for entry in history_of(credit)] == ["credits.approve", "credits.apply"]
    assert CreditDecision.objects.latest("pk").action == "apply"


def test_a_granted_credit_that_is_not_given_any_more_expires_with_a_reason() -> None:
    credit = expire(credit=a_granted(), reason="the customer left", by=a_person(FINANCE_CLERK), now=CLOSED)
    assert (credit.state, credit.reason, credit.granted_minor) == (
        "expired",
        "the customer left",
        12_500,
    )
    assert held_by(credit.statement) == {"contra_revenue": -12_500, "expired": 12_500}


@pytest.mark.parametrize("reference", ["", "  ", "x" * 101])
def test_a_bill_has_a_name(reference: str) -> None:
    with pytest.raises(Refusal, match="Name the bill"):
        apply(credit=a_granted(), billing_reference=reference, by=a_person(FINANCE_CLERK), now=CLOSED)


def test_nothing_is_applied_or_expired_before_the_statement_is_issued() -> None:
    credit = an_approved(a_missed_draft()).credit
    credit.refresh_from_db()
    clerk = a_person(FINANCE_CLERK)
    runs: list[Callable[[], object]] = [
        lambda: apply(credit=credit, billing_reference="CN-1", by=clerk, now=CLOSED),
        lambda: expire(credit=credit, reason="x", by=clerk, now=CLOSED),
    ]
    for run in runs:
        with pytest.raises(Refusal) as refused:
            run()
        assert refused.value.code == "not_issued"
    issue(statement=credit.statement, by=clerk, now=CLOSED)
    assert apply(credit=credit, billing_reference="CN-1", by=clerk, now=CLOSED).state == "applied"


def test_a_credit_is_settled_once() -> None:
    credit, clerk = a_granted(), a_person(FINANCE_CLERK)
    seen = ServiceCredit.objects.get()
    apply(credit=credit, billing_reference="CN-1", by=clerk, now=CLOSED)
    with pytest.raises(Refusal) as refused:
        expire(credit=seen, reason="x", by=clerk, now=CLOSED)
    assert refused.value.code == "credit_changed"


@pytest.mark.parametrize("role", [role for role in ROLES if role != FINANCE_CLERK])
def test_only_a_clerk_settles(role: str) -> None:
    credit, person = a_granted(), a_person(role)
    runs: list[Callable[[], object]] = [
        lambda: apply(credit=credit, billing_reference="CN-1", by=person, now=CLOSED),
        lambda: expire(credit=credit, reason="x", by=person, now=CLOSED),
    ]
    for run in runs:
        with pytest.raises(Refusal) as refused:
            run()
        assert refused.value.code == "not_permitted"


# Lapsing


def test_what_nobody_claims_lapses_at_the_instant_that_is_too_late() -> None:
    credit = a_claimable()
    assert lapse_due(now=TOO_LATE - timedelta(microseconds=1)) == 0
    assert lapse_due(now=TOO_LATE) == 1
    credit.refresh_from_db()
    assert (credit.state, credit.settled_at, credit.settled_by, credit.decided_by, credit.granted_minor) == (
        "expired",
        TOO_LATE,
        None,
        None,
        0,
    )
    assert held_by(credit.statement) == {"contra_revenue": -12_500, "expired": 12_500}
    decision = CreditDecision.objects.get()
    assert (decision.action, decision.by, decision.reason) == ("expire", None, "Nobody claimed it in time.")
    assert lapse_due(now=TOO_LATE) == 0


def test_a_claim_that_waits_keeps_its_credit_alive_until_it_is_decided() -> None:
    claim = a_claim()
    assert lapse_due(now=TOO_LATE) == 0
    reject_claim(claim=claim, reason="no incident", by=a_person(FINANCE_CLERK), now=TOO_LATE)
    assert lapse_due(now=TOO_LATE) == 1


def test_a_claim_in_time_is_accepted_after_the_deadline() -> None:
    claim = a_claim()
    lapse_due(now=TOO_LATE)
    accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=TOO_LATE)
    assert lapse_due(now=TOO_LATE) == 0
    assert ServiceCredit.objects.get().state == "proposed"


def test_what_is_issued_after_the_terms_deadline_may_be_claimed_for_thirty_days() -> None:
    draft = a_claimable(issued=False).statement
    issued_at = datetime(2026, 8, 3, 9, tzinfo=UTC)
    issued = issue(statement=draft, by=a_person(FINANCE_CLERK), now=issued_at)
    last = datetime(2026, 9, 2, 22, tzinfo=UTC)
    assert issued.document["identity"]["claim"]["until"] == "2026-09-02T22:00:00Z"
    credit = ServiceCredit.objects.get()
    assert (credit.claim_until, last - issued_at >= timedelta(days=30)) == (last, True)
    assert lapse_due(now=last - timedelta(microseconds=1)) == 0
    assert a_claim(credit, received_at=last - timedelta(microseconds=1), now=last).state == "filed"


def test_a_draft_lapses_no_credit() -> None:
    a_claimable(issued=False)
    assert lapse_due(now=TOO_LATE) == 0


def test_the_task_lapses_whatever_is_due() -> None:
    a_claimable()
    with time_machine.travel(TOO_LATE, tick=False):
        tasks.lapse_credits()
    assert ServiceCredit.objects.get().state == "expired"

"""Races between real processes: 32 on PostgreSQL, 8 on SQLite. However they meet, the books are in order afterwards.

`make sabotage` takes the locks and constraints away one by one and sees these tests fail.
"""

from collections import Counter
from typing import Any

import pytest
from django.db import connection

from accounts.models import Contract
from reports import closing, operations
from reports.models import (
    Claim,
    CreditDecision,
    ExportedPosting,
    Journal,
    NumberSeries,
    Posting,
    ServiceCredit,
    Statement,
)
from slaservice.history.models import Entry
from slaservice.history.sealing import seal
from slaservice.history.verifying import verify
from slaservice.rules.postings import STANDS_IN
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_component, a_contract, a_person
from tests.factories.money import (
    AUTUMN,
    BY_CUSTOMER,
    a_capped_contract,
    a_claim,
    a_contract_with,
    held_by,
    missed_months,
)
from tests.factories.reports import CLOSED, MONTH, an_outage
from tests.processes import TOGETHER, Call, at_once

pytestmark = pytest.mark.django_db(transaction=True)

TOGETHER_HERE = TOGETHER[connection.vendor]


def the_books_are_in_order() -> None:
    """What must hold after every race, whoever won it."""
    for series in NumberSeries.objects.all():
        model = Statement if series.series.startswith("SLA") else Journal
        given = model.objects.filter(number__startswith=series.series).values_list("number", flat=True)
        numbers = sorted(str(number) for number in given)
        assert numbers == [f"{series.series}-{n:05}" for n in range(1, series.last + 1)], "a gap or a double"
    drafts = Statement.objects.filter(state="draft").values_list("contract", "period_start")
    assert len(drafts) == len(set(drafts)), "two drafts of one period"
    for credit in ServiceCredit.objects.select_related("statement"):
        account = STANDS_IN.get(credit.state)
        wanted = {account: credit.amount_minor, "contra_revenue": -credit.amount_minor} if account else {}
        assert held_by(credit.statement) == wanted, f"the postings do not say what {credit} says"
        final = credit.statement.decisions.filter(action__in=["approve", "reject", "supersede"])
        assert final.count() <= 1, f"{credit} was decided twice"
        changed = credit.statement.decisions.filter(action="adjust").values_list("by", flat=True)
        assert not final.filter(by__in=changed), f"whoever changed {credit} decided on it"
    told = Entry.objects.filter(object_type__in=["reports.servicecredit", "reports.claim"])
    assert CreditDecision.objects.count() <= told.count(), "a decision that history does not know"
    seal(now=AUTUMN)
    assert verify(now=AUTUMN).faults == []


def drafts_of(contracts: list[Contract]) -> list[Statement]:
    closing.close_chunk(month=MONTH, contracts=[contract.pk for contract in contracts], now=AUTUMN)
    return list(Statement.objects.filter(contract__in=contracts, state="draft").order_by("pk"))


def people(role: str, count: int) -> list[int]:
    return [a_person(role).pk for _ in range(count)]


def test_concurrent_closes_draft_every_contract_once() -> None:
    an_outage()
    contracts = [a_contract().pk for _ in range(4)]
    ends = at_once([("close", {"month": MONTH, "contracts": contracts})] * TOGETHER_HERE)
    assert ends == {"done": TOGETHER_HERE}
    assert Statement.objects.count() == ServiceCredit.objects.count() == 4
    assert Entry.objects.filter(action="statements.drafted").count() == 4
    assert Posting.objects.count() == 4
    the_books_are_in_order()


def test_of_approvals_and_rejections_at_once_one_wins_for_each_credit() -> None:
    an_outage()
    drafts = drafts_of([a_contract() for _ in range(TOGETHER_HERE // 4)])
    approvers = people(FINANCE_APPROVER, 4)
    calls: list[Call] = []
    for draft in drafts:
        credit = draft.credit.pk
        calls += [("decide", {"verb": "approve", "credit": credit, "by": by}) for by in approvers[:2]]
        calls += [
            ("decide", {"verb": "reject", "credit": credit, "by": by, "reason": "No"}) for by in approvers[2:]
        ]
    ends = at_once(calls)
    assert ends == {"done": len(drafts), "credit_changed": 3 * len(drafts)}
    assert CreditDecision.objects.count() == len(drafts)
    the_books_are_in_order()


def test_of_a_change_and_an_approval_at_once_nobody_approves_what_nobody_saw() -> None:
    an_outage()
    drafts = drafts_of([a_contract() for _ in range(TOGETHER_HERE // 2)])
    clerk, approver = a_person(FINANCE_CLERK).pk, a_person(FINANCE_APPROVER).pk
    calls: list[Call] = []
    for draft in drafts:
        credit = draft.credit.pk
        calls.append(("decide", {"verb": "approve", "credit": credit, "by": approver}))
        calls.append(
            ("decide", {"verb": "adjust", "credit": credit, "by": clerk, "amount": "1.00", "reason": "x"})
        )
    ends = at_once(calls)
    assert ends == {"done": len(drafts), "credit_changed": len(drafts)}
    said = set(ServiceCredit.objects.values_list("state", "amount_minor"))
    assert said <= {("approved", 12_500), ("adjusted", 100)}
    the_books_are_in_order()


def a_restatement_over_an_undecided_credit() -> tuple[ServiceCredit, Statement]:
    """Revision 1 is issued, its claim accepted and waiting; revision 2 is drafted after a correction, to be claimed too."""
    contract = a_contract_with(claim=BY_CUSTOMER)
    (first,) = drafts_of([contract])
    operations.issue(statement=first, by=a_person(FINANCE_CLERK), now=AUTUMN)
    claim = a_claim(ServiceCredit.objects.get(statement=first))
    operations.accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=AUTUMN)
    return ServiceCredit.objects.get(statement=first), first


def test_of_approvals_rejections_and_a_restatement_at_once_one_wins_for_each_credit() -> None:
    an_outage()
    count = TOGETHER_HERE // 4
    firsts = [a_restatement_over_an_undecided_credit() for _ in range(count)]
    an_outage(CLOSED.replace(month=4, day=12), CLOSED.replace(month=4, day=12, hour=13), now=AUTUMN)
    seconds = drafts_of([first.contract for _, first in firsts])
    assert [second.revision for second in seconds] == [2] * count
    approvers, clerk = people(FINANCE_APPROVER, 3), a_person(FINANCE_CLERK).pk
    calls: list[Call] = []
    for (credit, _), second in zip(firsts, seconds, strict=True):
        calls += [("decide", {"verb": "approve", "credit": credit.pk, "by": by}) for by in approvers[:2]]
        calls.append(("decide", {"verb": "reject", "credit": credit.pk, "by": approvers[2], "reason": "No"}))
        calls.append(("issue", {"statement": second.pk, "by": clerk}))
    ends = at_once(calls)
    assert set(ends) <= {"done", "credit_changed", "draft_changed", "credit_waits"}
    states = Counter(
        ServiceCredit.objects.filter(pk__in=[c.pk for c, _ in firsts]).values_list("state", flat=True)
    )
    assert set(states) <= {"approved", "rejected", "superseded"} and states.total() == count
    the_books_are_in_order()


def test_approvals_against_one_cap_never_grant_more_than_it_leaves() -> None:
    per_contract = 4
    first = a_capped_contract("300.00")
    months = [credit.statement.month for credit in missed_months(first, per_contract)]
    contracts = [first, *(a_capped_contract("300.00") for _ in range(TOGETHER_HERE // per_contract - 1))]
    for month in months:
        closing.close_chunk(month=month, contracts=[contract.pk for contract in contracts], now=AUTUMN)
    credits = list(ServiceCredit.objects.all())
    approver = a_person(FINANCE_APPROVER).pk
    ends = at_once(
        [("decide", {"verb": "approve", "credit": credit.pk, "by": approver}) for credit in credits]
    )
    assert ends == {"done": 2 * len(contracts), "over_the_cap": 2 * len(contracts)}
    for contract in contracts:
        granted = ServiceCredit.objects.filter(statement__contract=contract, state="approved")
        assert sum(granted.values_list("amount_minor", flat=True)) == 25_000
    the_books_are_in_order()


def test_numbers_follow_each_other_though_every_tenth_transaction_breaks_off_behind_its_number() -> None:
    each = 2
    drafts = drafts_of([a_contract() for _ in range(each * TOGETHER_HERE)])
    clerk = a_person(FINANCE_CLERK).pk
    calls: list[Call] = [
        (
            "issue shakily",
            {"statements": [draft.pk for draft in drafts[n::TOGETHER_HERE]], "by": clerk, "seed": n},
        )
        for n in range(TOGETHER_HERE)
    ]
    assert at_once(calls) == {"done": TOGETHER_HERE}
    assert (
        Statement.objects.filter(state="issued").count()
        == each * TOGETHER_HERE
        == NumberSeries.objects.get().last
    )
    the_books_are_in_order()


def test_a_statement_that_many_issue_at_once_is_issued_once() -> None:
    drafts = drafts_of([a_contract() for _ in range(TOGETHER_HERE // 4)])
    clerks = people(FINANCE_CLERK, 4)
    calls: list[Call] = [
        ("issue at one moment", {"statement": draft.pk, "by": clerk}) for draft in drafts for clerk in clerks
    ]
    ends = at_once(calls)
    assert ends == {"done": len(drafts), "already_issued": 3 * len(drafts)}
    the_books_are_in_order()


def test_journals_made_at_once_take_every_posting_once() -> None:
    an_outage()
    for draft in drafts_of([a_contract() for _ in range(3)]):
        operations.approve(credit=draft.credit, by=a_person(FINANCE_APPROVER), now=AUTUMN)
        operations.issue(statement=draft, by=a_person(FINANCE_CLERK), now=AUTUMN)
    ends = at_once([("journal", {"by": by}) for by in people(FINANCE_CLERK, TOGETHER_HERE)])
    assert ends == {"done": 1, "nothing_to_export": TOGETHER_HERE - 1}
    assert ExportedPosting.objects.count() == Posting.objects.count() == Journal.objects.get().postings
    the_books_are_in_order()


def test_a_claim_that_many_decide_at_once_is_decided_once() -> None:
    an_outage()
    claims = []
    for draft in drafts_of([a_contract_with(claim=BY_CUSTOMER) for _ in range(TOGETHER_HERE // 4)]):
        operations.issue(statement=draft, by=a_person(FINANCE_CLERK), now=AUTUMN)
        claims.append(a_claim(ServiceCredit.objects.get(statement=draft)))
    ways: list[dict[str, Any]] = [
        {"verb": "accept_claim"},
        {"verb": "accept_claim"},
        {"verb": "accept_claim", "amount": "5.00", "reason": "In part"},
        {"verb": "reject_claim", "reason": "No"},
    ]
    clerks = people(FINANCE_CLERK, len(ways))
    ends = at_once(
        [
            ("claim", {"claim": claim.pk, "by": by, **way})
            for claim in claims
            for by, way in zip(clerks, ways, strict=True)
        ]
    )
    assert ends == {"done": len(claims), "claim_decided": 3 * len(claims)}
    assert not Claim.objects.filter(state="filed")
    the_books_are_in_order()


def test_history_is_sealed_without_gap_or_fork_while_everybody_writes_and_seals() -> None:
    component = a_component().pk
    ends = at_once([("write and seal", {"component": component, "entries": 5})] * TOGETHER_HERE)
    assert ends == {"done": TOGETHER_HERE}
    seal(now=AUTUMN)
    found = verify(now=AUTUMN)
    assert (found.seals, found.faults) == (5 * TOGETHER_HERE, [])

"""Later months of a contract: restated where a correction changes their history, their caps or what was carried into them.

April, May and June are issued, then April turns out otherwise. What is issued never changes; what follows is drafted.
"""

from typing import Any

import pytest

from accounts.models import Contract
from reports import operations
from reports.models import Posting, ServiceCredit, Statement
from slaservice.outages.operations import withdraw
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_APPROVER
from tests.factories.accounts import TERMS, a_contract, a_person, a_promise, an_agreement
from tests.factories.reports import MONTH
from tests.factories.restatements import (
    LATE,
    a_contract_with,
    after,
    down,
    draft_of,
    drafted,
    follow,
    issue_draft,
    issue_month,
    issue_quarter,
    issued_bodies,
    longer,
    the_tenth,
)

pytestmark = pytest.mark.django_db


def test_a_gate_over_months_restates_the_months_that_now_follow_a_miss() -> None:
    """Credits are for a second miss in a row: April was met, May missed (nothing owed), June missed (125.00)."""
    gate = {**TERMS["credit"], "gate": {"kind": "consecutive_failures", "count": 2}}
    contract = a_contract_with(credit=gate)
    down("2026-05"), down("2026-06")
    april_, may, june = issue_quarter(contract)
    assert [one.credit_minor for one in (april_, may, june)] == [0, 0, 12_500]
    before = issued_bodies()

    down(MONTH, now=LATE)
    follow()
    assert drafted(contract) == {MONTH: (2, 0, 0)}
    issue_draft(draft_of(contract, MONTH), now=LATE)
    follow()
    assert drafted(contract) == {"2026-05": (2, 12_500, 12_500)}
    issue_draft(draft_of(contract, "2026-05"), now=LATE)
    follow()
    # June looks at May alone, which was missed before and is missed now.
    assert drafted(contract) == {}
    assert {number: issued_bodies()[number] for number in before} == before


CAP = {"kind": "amount", "value": "300.00", "per": "contract_year"}


def used_up_by_april(capped: str, clawback: str) -> Contract:
    """125.00, 125.00 and what is left of 300.00; then April alone owes 312.50 and takes the whole cap."""
    own = {"cap": CAP} if capped == "commitment" else {}
    contract = a_contract_with({"clawback": clawback, "cap": CAP if not own else None}, **own)
    window = down(MONTH)
    down("2026-05"), down("2026-06")
    assert [one.credit_minor for one in issue_quarter(contract)] == [12_500, 12_500, 5_000]
    longer(window, 11)
    follow()
    assert drafted(contract) == {MONTH: (2, 30_000, 17_500)}
    return contract


@pytest.mark.parametrize("capped", ["commitment", "agreement"])
def test_a_cap_over_the_year_is_used_in_order_where_later_months_are_taken_back(capped: str) -> None:
    contract = used_up_by_april(capped, "next_period")
    issue_draft(draft_of(contract, MONTH), now=LATE)
    follow()
    assert drafted(contract) == {"2026-05": (2, 0, -12_500), "2026-06": (2, 0, -5_000)}
    for month in ("2026-05", "2026-06"):
        issue_draft(draft_of(contract, month), now=LATE)
        follow()
    assert sum(credit.granted_minor for credit in ServiceCredit.objects.all()) == 30_000


@pytest.mark.parametrize("capped", ["commitment", "agreement"])
def test_a_cap_over_the_year_that_is_granted_stays_so_where_nothing_is_taken_back(capped: str) -> None:
    contract = used_up_by_april(capped, "never")
    restatement = draft_of(contract, MONTH)
    # The cap is used up by what May and June were granted: April gets nothing on top of it.
    with pytest.raises(Refusal) as refused:
        operations.approve(credit=restatement.credit, by=a_person(FINANCE_APPROVER), now=LATE)
    assert refused.value.code == "over_the_cap"
    operations.reject(
        credit=restatement.credit, reason="The cap is used up.", by=a_person(FINANCE_APPROVER), now=LATE
    )
    issue_draft(restatement, now=LATE)
    follow()
    # What was rejected uses up nothing: May and June stay as they were issued.
    assert drafted(contract) == {}


def test_money_carried_over_restates_the_month_that_paid_it() -> None:
    """Below 200.00 nothing is issued but carried: April 125.00, May 125.00 more make 250.00, June starts anew."""
    contract = a_contract_with(minimum_issue={"amount": "200.00", "op": ">=", "below": "carry"})
    window = down(MONTH)
    down("2026-05"), down("2026-06")
    assert [one.credit_minor for one in issue_quarter(contract)] == [0, 25_000, 0]

    longer(window, 11)
    follow()
    assert drafted(contract) == {MONTH: (2, 31_250, 31_250)}
    issue_draft(draft_of(contract, MONTH), now=LATE)
    follow()
    assert drafted(contract) == {"2026-05": (2, 0, 0)}
    issue_draft(draft_of(contract, "2026-05"), now=LATE)
    follow()
    # May's 125.00 is carried now, and with June's own makes 250.00.
    assert drafted(contract) == {"2026-06": (2, 25_000, 25_000)}


def test_a_month_waits_with_its_restatement_for_the_one_before_to_be_issued() -> None:
    """A restatement that is still a draft is nobody's history: May is judged by April as it is issued."""
    gate = {**TERMS["credit"], "gate": {"kind": "consecutive_failures", "count": 2}}
    contract = a_contract_with(credit=gate)
    down(MONTH), down("2026-05")
    issue_month(contract, MONTH, now=after(MONTH))
    withdraw(
        window=contract.versions.get().commitments.get().components.get().windows.get(start=the_tenth(MONTH)),
        by=None,
        now=after("2026-05"),
        reason="it was a test",
    )
    follow(after("2026-05"))
    may = issue_month(contract, "2026-05", now=after("2026-05"))
    assert may.document["cases"][0]["input"]["history"] == [False]
    assert may.credit_minor == 12_500


def test_nothing_changes_when_nothing_changed() -> None:
    contract = a_contract()
    down(MONTH), down("2026-05"), down("2026-06")
    issue_quarter(contract)
    before = list(Statement.objects.order_by("pk").values())
    postings = Posting.objects.count()
    follow()
    follow()
    assert list(Statement.objects.order_by("pk").values()) == before
    assert Posting.objects.count() == postings
    assert drafted(contract) == {}


# Promises that overlap: of two the better counts


def overlapping(one: dict[str, Any], other: dict[str, Any]) -> Contract:
    """Two promises for the API, for 1,250.00 and 1,000.00 a month: a bad month owes 125.00 or 100.00."""
    first = a_promise(name="First", terms={**TERMS, **one})
    second = a_promise(name="Second", fee="1000.00", terms={**TERMS, **other})
    return a_contract(agreement=an_agreement(overlap="best", promises=[first, second]))


def test_what_was_picked_over_takes_nothing_of_its_cap() -> None:
    cap = {"kind": "amount", "per": "contract_year"}
    contract = overlapping({"cap": {**cap, "value": "125"}}, {"cap": {**cap, "value": "100"}})
    down("2026-04"), down("2026-05"), down("2026-06")
    assert [one.credit_minor for one in issue_quarter(contract)] == [12_500, 10_000, 0]
    assert [[line.counted for line in one.lines.all()] for one in Statement.objects.order_by("month")] == [
        [True, False],
        [False, True],
        [True, False],
    ]


CARRY = {"minimum_issue": {"op": ">", "amount": "110", "below": "carry"}}


def test_what_was_picked_over_hands_no_money_on() -> None:
    contract = overlapping({}, CARRY)
    down("2026-04"), down("2026-05")
    assert [one.credit_minor for one in issue_quarter(contract)] == [12_500, 12_500, 0]


def test_what_is_too_little_to_pay_is_handed_on_where_nothing_else_was_owed() -> None:
    contract = overlapping({"commitment_percent": "99.5"}, CARRY)
    down("2026-04"), down("2026-05")
    assert [one.credit_minor for one in issue_quarter(contract)] == [0, 20_000, 0]

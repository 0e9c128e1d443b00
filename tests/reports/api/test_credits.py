"""A customer sees what was granted and what it may claim until when; never what finance considers, nor anybody else's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import Contract
from reports import operations
from reports.models import ServiceCredit
from reports.public import CREDIT_STATES
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person
from tests.factories.callers import Caller, problems_of
from tests.factories.money import (
    BY_CUSTOMER,
    TOO_LATE,
    a_claim,
    a_claimable,
    a_contract_with,
    a_granted,
    an_approval,
)
from tests.factories.programs import paths, told
from tests.factories.reports import CLOSED, MONTH, a_draft, a_missed_draft, an_issued
from tests.factories.restatements import LATE, down, draft_of, follow, issue_month, longer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def soon_after_the_close() -> Any:
    with time_machine.travel(CLOSED + timedelta(hours=1), tick=False):
        yield


def clerk() -> Any:
    return a_person(FINANCE_CLERK)


def claimable(caller: Caller) -> Contract:
    return a_contract_with(caller.customer, claim=BY_CUSTOMER)


def granted(caller: Caller) -> ServiceCredit:
    return a_granted(a_contract(caller.customer))


def accepted(caller: Caller, **values: Any) -> ServiceCredit:
    """A claim was accepted, and its credit waits for an approver."""
    claim = a_claim(a_claimable(contract=claimable(caller)))
    operations.accept_claim(claim=claim, by=clerk(), now=CLOSED, **values)
    return ServiceCredit.objects.get(pk=claim.credit_id)


def a_credit_once_superseded(caller: Caller) -> ServiceCredit:
    window, contract = down(MONTH), claimable(caller)
    issued = issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    operations.issue(statement=draft_of(contract, MONTH), by=clerk(), now=LATE)
    return ServiceCredit.objects.get(statement=issued)


def lapsed(caller: Caller) -> ServiceCredit:
    credit = a_claimable(contract=claimable(caller))
    operations.lapse_due(now=TOO_LATE)
    return credit


def claimed_once_lapsed(caller: Caller) -> ServiceCredit:
    credit = lapsed(caller)
    a_claim(credit, now=LATE)
    return credit


STATES: dict[str, tuple[str, str, str, Callable[[Caller], ServiceCredit]]] = {
    # how it got there: state, amount, granted
    "to be claimed": ("claimable", "125.00", "0.00", lambda caller: a_claimable(contract=claimable(caller))),
    "a claim waits": (
        "claimed", "125.00", "0.00", lambda caller: a_claim(a_claimable(contract=claimable(caller))).credit,
    ),
    "a claim waits for what has lapsed": ("claimed", "125.00", "0.00", claimed_once_lapsed),
    "a claim was accepted": ("claimed", "125.00", "0.00", accepted),
    "a claim was accepted in part": (
        "claimed", "125.00", "0.00", lambda caller: accepted(caller, amount="1.00", reason="in part"),
    ),
    "what was claimed is approved": (
        "approved", "125.00", "1.00",
        lambda caller: an_approval(accepted(caller, amount="1.00", reason="in part"), now=CLOSED),
    ),
    "what was claimed is rejected": (
        "rejected", "125.00", "0.00",
        lambda caller: operations.reject(
            credit=accepted(caller), reason="A canary", by=a_person(FINANCE_APPROVER), now=CLOSED
        ),
    ),
    "granted": ("approved", "125.00", "125.00", granted),
    "on a bill": (
        "applied", "125.00", "125.00",
        lambda caller: operations.apply(
            credit=granted(caller), billing_reference="INV-7", by=clerk(), now=CLOSED
        ),
    ),
    "granted and expired": (
        "expired", "125.00", "125.00",
        lambda caller: operations.expire(credit=granted(caller), reason="A canary", by=clerk(), now=CLOSED),
    ),
    "not claimed in time": ("lapsed", "125.00", "0.00", lapsed),
    "superseded": ("superseded", "125.00", "0.00", a_credit_once_superseded),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_a_credit_stands_where_its_customer_may_see_it_and_in_words_of_its_own(name: str) -> None:
    caller = Caller()
    state, amount, given, made = STATES[name]
    credit = made(caller)
    response = caller.get(f"credits/{credit.statement.public_id}")
    shown = response.json()
    assert (shown["state"], shown["amount"], shown["granted"]) == (state, amount, given)
    assert "canary" not in response.content.decode()
    for other in CREDIT_STATES:
        found = [row["id"] for row in caller.rows("credits", state=other)]
        assert (shown["id"] in found) == (other == state)


def test_every_word_for_a_credit_is_one_that_a_credit_may_come_to() -> None:
    assert {state for state, *_ in STATES.values()} == set(CREDIT_STATES)


def test_a_credit_says_of_which_statement_it_is_and_on_which_bill() -> None:
    caller = Caller()
    credit = operations.apply(credit=granted(caller), billing_reference="INV-7", by=clerk(), now=CLOSED)
    statement = credit.statement
    assert caller.rows("credits") == [
        {
            "id": statement.public_id,
            "statement": {
                "id": statement.public_id,
                "number": statement.number,
                "contract": statement.contract.number,
                "period": {
                    "label": "April 2026",
                    "start": "2026-03-31T22:00:00Z",
                    "end": "2026-04-30T22:00:00Z",
                },
            },
            "state": "applied",
            "currency": "EUR",
            "amount": "125.00",
            "granted": "125.00",
            "claim_before": None,
            "decided_at": "2026-05-05T09:00:00Z",
            "billing_reference": "INV-7",
            "settled_at": "2026-05-05T09:00:00Z",
            "claims": [],
        }
    ]


def test_a_credit_to_be_claimed_says_until_when_and_names_the_claims_for_it() -> None:
    caller = Caller()
    claim = a_claim(a_claimable(contract=claimable(caller)))
    (row,) = caller.rows("credits")
    assert (row["claim_before"], row["claims"]) == ("2026-06-04T22:00:00Z", [claim.public_id])


def test_what_nobody_may_claim_any_more_has_lapsed_before_anybody_looks() -> None:
    caller = Caller()
    a_claimable(contract=claimable(caller))
    for at, state in ((TOO_LATE - timedelta(seconds=1), "claimable"), (TOO_LATE, "lapsed")):
        with time_machine.travel(at, tick=False):
            assert [row["state"] for row in caller.rows("credits")] == [state]
            assert len(caller.rows("credits", state=state)) == 1


def unseen(caller: Caller) -> dict[str, ServiceCredit]:
    """Credits that do not exist for the caller."""
    rejected = a_missed_draft(a_contract(caller.customer))
    operations.reject(credit=rejected.credit, reason="A canary", by=a_person(FINANCE_APPROVER), now=CLOSED)
    operations.issue(statement=rejected, by=clerk(), now=CLOSED)
    approved = a_draft(a_contract(caller.customer)).credit
    return {
        "rejected before the issue": rejected.credit,
        "of a draft": a_draft(a_contract(caller.customer)).credit,
        "granted on a draft": an_approval(approved, now=CLOSED),
        "to be claimed on a draft": a_draft(claimable(caller)).credit,
        "another's": a_granted(),
        "another's to be claimed": a_claimable(),
    }


def test_what_is_proposed_rejected_or_anothers_does_not_exist() -> None:
    caller = Caller()
    hidden = unseen(caller)
    own = granted(caller)
    assert [row["id"] for row in caller.rows("credits")] == [own.statement.public_id]
    names = [credit.statement.public_id for credit in hidden.values()]
    answers = [caller.get(f"credits/{name}") for name in (*names, "st_" + "0" * 32, "1", "%00", "ü")]
    assert {answer.status_code for answer in answers} == {404}
    assert len(problems_of(answers)) == 1


def test_a_list_is_narrowed_by_contract_and_followed_to_its_end() -> None:
    caller = Caller()
    credits = [granted(caller) for _ in range(3)]
    number = credits[0].statement.contract.number
    assert [row["statement"]["contract"] for row in caller.rows("credits", contract=number)] == [number]
    assert caller.rows("credits", contract=a_granted().statement.contract.number) == []
    page = caller.get("credits", limit="2").json()
    rest = caller.client.get(page["next"]).json()
    seen = [row["id"] for row in page["results"] + rest["results"]]
    assert (sorted(seen), rest["next"]) == (sorted(credit.statement.public_id for credit in credits), None)


@pytest.mark.parametrize("parameters", [{"state": "proposed"}, {"state": "adjusted"}, {"reason": "x"}])
def test_our_own_words_are_no_parameters(parameters: dict[str, str]) -> None:
    response = Caller().get("credits", **parameters)
    told(response, 400, "invalid_request")
    assert paths(response) == list(parameters)


def test_credits_take_their_own_scope() -> None:
    caller = Caller(scopes=["statements:read", "claims:file"])
    credit = granted(caller)
    for address in ("credits", f"credits/{credit.statement.public_id}"):
        told(caller.get(address), 403, "scope_missing")


@pytest.mark.parametrize("count", [1, 6])
def test_a_list_takes_three_queries_and_a_credit_too(count: int, django_assert_num_queries: Any) -> None:
    caller = Caller()
    for _ in range(count):
        credit = a_claim(a_claimable(contract=claimable(caller))).credit
    an_issued(a_contract(caller.customer))
    with django_assert_num_queries(3):
        assert len(caller.rows("credits", state="claimed")) == count
    name = credit.statement.public_id
    with django_assert_num_queries(3):
        caller.get(f"credits/{name}")

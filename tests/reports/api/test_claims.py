"""A customer claims a credit by its key: once, in time, in its own name; and sees where its claims stand, and nobody else's."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from reports import operations
from reports.models import Claim, ServiceCredit
from slaservice.history.models import Entry
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person
from tests.factories.callers import Caller, problems_of
from tests.factories.money import (
    BY_CUSTOMER,
    RECEIVED,
    TOO_LATE,
    a_claim,
    a_claimable,
    a_contract_with,
    a_granted,
    an_approval,
)
from tests.factories.programs import paths, told
from tests.factories.reports import CLOSED, MONTH, a_draft, an_issued
from tests.factories.restatements import LATE, down, draft_of, follow, issue_draft, issue_month, longer

pytestmark = pytest.mark.django_db

NOW = CLOSED + timedelta(hours=1)


@pytest.fixture(autouse=True)
def soon_after_the_close() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def clerk() -> Any:
    return a_person(FINANCE_CLERK)


def claimable(caller: Caller, **values: Any) -> ServiceCredit:
    return a_claimable(contract=a_contract_with(caller.customer, claim=BY_CUSTOMER), **values)


def test_a_claim_is_filed_and_received_when_it_arrives() -> None:
    caller = Caller()
    statement = claimable(caller).statement
    response = caller.post(
        "claims", {"statement": statement.public_id, "text": "Down on 10 April.", "claimant": "Jane Roe"}
    )
    assert response.status_code == 201
    claim = Claim.objects.get()
    assert (claim.key, claim.filed_by, claim.received_at) == (caller.key, None, NOW)
    assert response.json() == {
        "id": claim.public_id,
        "statement": {
            "id": statement.public_id,
            "number": statement.number,
            "contract": statement.contract.number,
            "period": {"label": "April 2026", "start": "2026-03-31T22:00:00Z", "end": "2026-04-30T22:00:00Z"},
        },
        "state": "filed",
        "claimant": "Jane Roe",
        "text": "Down on 10 April.",
        "key": caller.key.prefix,
        "received_at": "2026-05-05T10:00:00Z",
        "filed_at": "2026-05-05T10:00:00Z",
        "claim_before": "2026-06-04T22:00:00Z",
        "currency": "EUR",
        "amount": "125.00",
        "granted": "0.00",
        "decided_at": None,
    }
    assert caller.get(f"claims/{claim.public_id}").json() == response.json()
    assert caller.rows("claims") == [response.json()]


def test_a_statement_is_named_by_its_number_too_and_the_key_stands_in_for_a_name() -> None:
    caller = Caller()
    response = caller.post("claims", {"statement": claimable(caller).statement.number})
    assert (response.status_code, response.json()["claimant"]) == (201, f"API key {caller.key.prefix}")
    assert Entry.objects.get(action="claims.file").on_behalf_of == (
        f"API key {caller.key.prefix}, {caller.customer}"
    )


def test_a_claim_that_is_sent_again_is_filed_once() -> None:
    caller, other = Caller(), Caller()
    body = {"statement": claimable(caller).statement.public_id, "text": "x"}
    first, again = (caller.post("claims", body, once="k1") for _ in range(2))
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    told(caller.post("claims", {**body, "text": "y"}, once="k1"), 422, "idempotency_key_reused")
    told(caller.post("claims", body, once="k2"), 409, "claim_waits")
    theirs = {"statement": claimable(other).statement.public_id}
    response = other.post("claims", theirs, once="k1")
    assert (response.status_code, "Idempotency-Replayed" in response) == (201, False)
    assert Claim.objects.count() == 2


def test_another_key_of_the_same_customer_gets_the_same_answer() -> None:
    caller = Caller()
    body = {"statement": claimable(caller).statement.public_id}
    first = caller.post("claims", body, once="k1")
    again = Caller(caller.customer).post("claims", body, once="k1")
    assert (again.content, again["Idempotency-Replayed"]) == (first.content, "true")


@pytest.mark.parametrize(
    "name", ["another's", "another's by number", "a draft", "unknown", "the row", "a blank", "an odd one"]
)
def test_what_is_no_issued_statement_of_the_customer_gets_one_answer(name: str) -> None:
    caller = Caller()
    foreign, draft = a_claimable().statement, claimable(caller, issued=False).statement
    said = {
        "another's": foreign.public_id,
        "another's by number": foreign.number,
        "a draft": draft.public_id,
        "unknown": "st_" + "0" * 32,
        "the row": str(draft.pk),
        "a blank": " ",
        "an odd one": "ü",
    }[name]
    problem = told(caller.post("claims", {"statement": said}), 400, "invalid_claim")
    assert problem["errors"] == [
        {
            "path": "statement",
            "reason": "is neither the id nor the number of an issued statement of yours",
        }
    ]
    assert not Claim.objects.exists()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "statement"),
        ({"statement": 1}, "statement"),
        ({"statement": ""}, "statement"),
        ({"statement": "x", "text": "x" * 5001}, "text"),
        ({"statement": "x", "text": None}, "text"),
        ({"statement": "x", "claimant": ""}, "claimant"),
        ({"statement": "x", "claimant": "x" * 76}, "claimant"),
        ({"statement": "x", "received_at": "2026-05-01T00:00:00Z"}, "received_at"),
        ({"statement": "x", "accepted_minor": 1}, "accepted_minor"),
        ({"statement": "x", "state": "accepted"}, "state"),
        ([], "$"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_by_field(body: Any, path: str) -> None:
    response = Caller().post("claims", body)
    told(response, 400, "invalid_request")
    assert paths(response) == [path]


@pytest.mark.parametrize("field", ["claimant", "text"])
def test_what_turns_the_writing_around_is_refused(field: str) -> None:
    caller = Caller()
    body = {"statement": claimable(caller).statement.public_id, field: "a\u202eb"}
    response = caller.post("claims", body)
    told(response, 400, "invalid_claim")
    assert paths(response) == [field]


def test_a_claim_that_comes_too_late_is_told_so() -> None:
    caller = Caller()
    body = {"statement": claimable(caller).statement.public_id}
    with time_machine.travel(TOO_LATE, tick=False):
        problem = told(caller.post("claims", body), 409, "claim_too_late")
    assert "before 2026-06-04T22:00:00Z" in problem["detail"]
    with time_machine.travel(TOO_LATE - timedelta(microseconds=1), tick=False):
        assert caller.post("claims", body).status_code == 201


def test_a_credit_that_needs_no_claim_or_is_none_takes_none_and_nothing_is_told_of_it() -> None:
    caller = Caller()
    accepted = claimable(caller)
    operations.accept_claim(claim=a_claim(accepted), amount="1.00", reason="A canary", by=clerk(), now=CLOSED)
    granted = a_granted(a_contract(caller.customer))
    met = an_issued(a_contract(caller.customer, starts_on=date(2026, 4, 20)))
    for statement in (accepted.statement, granted.statement, met):
        problem = told(caller.post("claims", {"statement": statement.public_id}), 409, "not_claimable")
        assert not any(word in str(problem) for word in ("canary", "adjusted", "proposed", "1.00"))


def test_a_claim_stands_where_its_credit_does() -> None:
    caller = Caller()
    claim = a_claim(claimable(caller))
    assert (claim.filed_by is not None, caller.rows("claims")[0]["key"]) == (True, None)

    def standing() -> tuple[str, str, str | None]:
        (row,) = caller.rows("claims")
        assert [one["id"] for one in caller.rows("claims", state=row["state"])] == [row["id"]]
        return row["state"], row["granted"], row["decided_at"]

    assert standing() == ("filed", "0.00", None)
    operations.accept_claim(claim=claim, amount="100.00", reason="A canary", by=clerk(), now=CLOSED)
    assert standing() == ("filed", "0.00", None)  # nobody has approved it
    an_approval(ServiceCredit.objects.get(), now=NOW)
    assert standing() == ("granted", "100.00", "2026-05-05T10:00:00Z")
    operations.expire(credit=ServiceCredit.objects.get(), reason="The customer left.", by=clerk(), now=NOW)
    assert standing() == ("granted", "100.00", "2026-05-05T10:00:00Z")
    assert "canary" not in caller.get(f"claims/{claim.public_id}").content.decode()


def test_a_claim_is_rejected_by_itself_or_with_its_credit() -> None:
    caller = Caller()
    credit = claimable(caller)
    first = a_claim(credit)
    operations.reject_claim(claim=first, reason="A canary", by=clerk(), now=CLOSED)
    second = a_claim(credit, received_at=RECEIVED)
    operations.accept_claim(claim=second, by=clerk(), now=CLOSED)
    operations.reject(
        credit=ServiceCredit.objects.get(), reason="A canary", by=a_person(FINANCE_APPROVER), now=NOW
    )
    rows = {row["id"]: (row["state"], row["granted"], row["decided_at"]) for row in caller.rows("claims")}
    assert rows == {
        first.public_id: ("rejected", "0.00", "2026-05-05T09:00:00Z"),
        second.public_id: ("rejected", "0.00", "2026-05-05T10:00:00Z"),
    }
    assert "canary" not in caller.get("claims").content.decode()


def test_a_claim_whose_statement_was_restated_says_so() -> None:
    caller = Caller()
    window, contract = down(MONTH), a_contract_with(caller.customer, claim=BY_CUSTOMER)
    issued = issue_month(contract, MONTH, now=CLOSED)
    operations.accept_claim(claim=a_claim(issued.credit), by=clerk(), now=CLOSED)
    longer(window, 11)
    follow()
    issue_draft(draft_of(contract, MONTH), now=LATE)
    assert [row["state"] for row in caller.rows("claims")] == ["superseded"]
    assert {row["state"] for row in caller.rows("credits")} == {"superseded", "approved"}


def test_a_claim_on_a_draft_and_anothers_do_not_exist() -> None:
    caller = Caller()
    early, foreign = a_claim(claimable(caller, issued=False)), a_claim(a_claimable())
    assert caller.rows("claims") == []
    answers = [
        caller.get(f"claims/{name}")
        for name in (early.public_id, foreign.public_id, "cl_" + "0" * 32, "1", "%00", "ü")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len(problems_of(answers)) == 1


def test_a_list_is_narrowed_by_statement() -> None:
    caller = Caller()
    claims = [a_claim(claimable(caller)) for _ in range(2)]
    statement = claims[0].credit.statement
    for name in (statement.public_id, str(statement.number)):
        assert [row["id"] for row in caller.rows("claims", statement=name)] == [claims[0].public_id]
    assert caller.rows("claims", statement=str(a_draft().public_id)) == []


def test_filing_takes_its_own_scope() -> None:
    reader, filer = Caller(scopes=["credits:read"]), Caller(scopes=["claims:file"])
    body = {"statement": claimable(reader).statement.public_id}
    told(reader.post("claims", body), 403, "scope_missing")
    told(filer.get("claims"), 403, "scope_missing")
    assert not Claim.objects.exists()


@pytest.mark.parametrize("count", [1, 6])
def test_a_list_takes_two_queries(count: int, django_assert_num_queries: Any) -> None:
    caller = Caller()
    for _ in range(count):
        claim = a_claim(claimable(caller))
    with django_assert_num_queries(2):
        assert len(caller.rows("claims")) == count
    with django_assert_num_queries(2):
        caller.get(f"claims/{claim.public_id}")

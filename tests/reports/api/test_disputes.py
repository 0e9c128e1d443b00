"""A customer disputes its own issued statements with its own windows, and reads our answers; of others' it learns nothing."""

from typing import Any

import pytest
import time_machine

from reports import operations
from reports.models import Dispute, DisputedWindow, Statement
from reports.operations.disputes import MOST_WINDOWS
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import a_component, a_contract, a_person
from tests.factories.callers import Caller, problems_of
from tests.factories.money import a_dispute, a_granted
from tests.factories.programs import paths, told
from tests.factories.reports import CLOSED, MONTH, a_draft
from tests.factories.restatements import (
    LATE,
    down,
    draft_of,
    follow,
    issue_draft,
    issue_month,
    longer,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_the_close() -> Any:
    with time_machine.travel(CLOSED, tick=False):
        yield


def own(caller: Caller) -> Statement:
    return a_granted(a_contract(caller.customer)).statement


def a_window(**values: Any) -> dict[str, Any]:
    return {"component": "api", "start": "2026-04-12T09:00:00Z", "end": "2026-04-12T14:00:00+02:00", **values}


def a_body(statement: Statement, **values: Any) -> dict[str, Any]:
    return {"statement": statement.public_id, "text": "It was down on 12 April too.", **values}


def test_a_dispute_is_filed_with_the_windows_of_the_customer() -> None:
    caller = Caller()
    statement = own(caller)
    body = a_body(statement, claimant="Jane Roe", windows=[a_window(text="Nothing answered."), a_window()])
    response = caller.post("disputes", body)
    assert response.status_code == 201, response.content
    dispute = Dispute.objects.get()
    assert (dispute.key, dispute.filed_by) == (caller.key, None)
    window = {"component": "api", "start": "2026-04-12T09:00:00Z", "end": "2026-04-12T12:00:00Z", "text": ""}
    assert response.json() == {
        "id": dispute.public_id,
        "statement": {
            "id": statement.public_id,
            "number": statement.number,
            "contract": statement.contract.number,
            "period": {"label": "April 2026", "start": "2026-03-31T22:00:00Z", "end": "2026-04-30T22:00:00Z"},
        },
        "state": "open",
        "claimant": "Jane Roe",
        "text": "It was down on 12 April too.",
        "windows": [{**window, "text": "Nothing answered."}, window],
        "key": caller.key.prefix,
        "filed_at": "2026-05-05T09:00:00Z",
        "answer": None,
        "decided_at": None,
    }
    assert caller.get(f"disputes/{dispute.public_id}").json() == response.json()
    assert caller.rows("disputes") == [response.json()]


def test_the_answer_is_read_by_the_customer_and_names_nobody() -> None:
    caller = Caller()
    filer, by = (a_person(FINANCE_CLERK, first_name="canary") for _ in range(2))
    dispute = a_dispute(own(caller), by=filer)
    operations.reject_dispute(dispute=dispute, answer="It was another region.", by=by, now=CLOSED)
    response = caller.get(f"disputes/{dispute.public_id}")
    shown = response.json()
    assert (shown["state"], shown["answer"], shown["key"]) == ("rejected", "It was another region.", None)
    assert shown["decided_at"] == "2026-05-05T09:00:00Z"
    assert not any(name in response.content.decode() for name in ("canary", filer.username, by.username))
    assert [row["id"] for row in caller.rows("disputes", state="rejected")] == [dispute.public_id]
    assert caller.rows("disputes", state="open") == []


def test_a_dispute_that_is_sent_again_is_filed_once() -> None:
    caller, other = Caller(), Caller()
    body = a_body(own(caller), windows=[a_window()])
    first, again = (caller.post("disputes", body, once="k1") for _ in range(2))
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotency-Replayed"] == "true"
    told(caller.post("disputes", {**body, "windows": []}, once="k1"), 422, "idempotency_key_reused")
    told(caller.post("disputes", body), 409, "dispute_waits")
    assert other.post("disputes", a_body(own(other)), once="k1").status_code == 201
    assert (Dispute.objects.count(), DisputedWindow.objects.count()) == (2, 1)


def test_a_statement_that_was_restated_is_not_the_one_to_dispute() -> None:
    caller = Caller()
    window, contract = down(MONTH), a_contract(caller.customer)
    issued = issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    restatement = issue_draft(draft_of(contract, MONTH), now=LATE)
    problem = told(caller.post("disputes", a_body(issued)), 409, "superseded")
    assert str(restatement.number) in problem["detail"]


@pytest.mark.parametrize("name", ["another's", "another's by number", "a draft", "unknown", "the row"])
def test_what_is_no_issued_statement_of_the_customer_gets_one_answer(name: str) -> None:
    caller = Caller()
    foreign, draft = a_granted().statement, a_draft(a_contract(caller.customer))
    said = {
        "another's": foreign.public_id,
        "another's by number": foreign.number,
        "a draft": draft.public_id,
        "unknown": "st_" + "0" * 32,
        "the row": str(draft.pk),
    }[name]
    problem = told(caller.post("disputes", {"statement": said, "text": "x"}), 400, "invalid_dispute")
    reason = "is neither the id nor the number of an issued statement of yours"
    assert problem["errors"] == [{"path": "statement", "reason": reason}]
    assert not Dispute.objects.exists()


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"text": ""}, "text"),
        ({"text": None}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"windows": {}}, "windows"),
        ({"windows": [a_window()] * (MOST_WINDOWS + 1)}, "windows"),
        ({"windows": [a_window(), 1]}, "windows[1]"),
        ({"windows": [{"component": "api", "start": "2026-04-12T09:00:00Z"}]}, "windows[0].end"),
        ({"windows": [a_window(start="2026-04-12T09:00:00")]}, "windows[0].start"),
        ({"windows": [a_window(start="9999-12-31T23:59:59-10:00")]}, "windows[0].start"),
        ({"windows": [a_window(severity="major_outage")]}, "windows[0].severity"),
        ({"windows": [a_window(text="x" * 1001)]}, "windows[0].text"),
        ({"state": "accepted"}, "state"),
        ({"answer": "Yes"}, "answer"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_by_field(values: dict[str, Any], path: str) -> None:
    caller = Caller()
    response = caller.post("disputes", a_body(own(caller), **values))
    told(response, 400, "invalid_request")
    assert paths(response) == [path]


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"component": "web"}, "windows[0].component"),
        ({"component": "API"}, "windows[0].component"),
        ({"end": "2026-04-12T09:00:00Z"}, "windows[0].end"),
        ({"end": "2026-05-05T09:00:01Z"}, "windows[0].end"),
        ({"start": "2026-04-30T22:00:00Z", "end": "2026-05-01T00:00:00Z"}, "windows[0].start"),
        ({"start": "0001-01-01T00:00:00Z"}, "windows[0].start"),
    ],
)
def test_a_window_is_of_a_component_and_the_period_of_the_statement(
    values: dict[str, str], path: str
) -> None:
    caller = Caller()
    statement = own(caller)
    a_component("web")
    response = caller.post("disputes", a_body(statement, windows=[a_window(**values)]))
    told(response, 400, "invalid_dispute")
    assert paths(response) == [path]
    assert "web" not in response.json()["errors"][0]["reason"]
    assert not Dispute.objects.exists()


def test_anothers_dispute_does_not_exist() -> None:
    caller, foreign = Caller(), a_dispute()
    assert caller.rows("disputes") == []
    assert caller.rows("disputes", statement=str(foreign.statement.number)) == []
    answers = [
        caller.get(f"disputes/{name}") for name in (foreign.public_id, "di_" + "0" * 32, "1", "%00", "ü")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len(problems_of(answers)) == 1


def test_a_list_is_narrowed_by_statement() -> None:
    caller = Caller()
    disputes = [a_dispute(own(caller)) for _ in range(2)]
    statement = disputes[0].statement
    for name in (statement.public_id, str(statement.number)):
        assert [row["id"] for row in caller.rows("disputes", statement=name)] == [disputes[0].public_id]


def test_filing_takes_its_own_scope() -> None:
    reader, filer = Caller(scopes=["credits:read"]), Caller(scopes=["claims:file"])
    told(reader.post("disputes", a_body(own(reader))), 403, "scope_missing")
    told(filer.get("disputes"), 403, "scope_missing")
    assert not Dispute.objects.exists()


@pytest.mark.parametrize("count", [1, 6])
def test_a_list_takes_four_queries(count: int, django_assert_num_queries: Any) -> None:
    caller = Caller()
    for _ in range(count):
        dispute = a_dispute(own(caller))
    with django_assert_num_queries(4):
        assert len(caller.rows("disputes")) == count
    with django_assert_num_queries(4):
        caller.get(f"disputes/{dispute.public_id}")

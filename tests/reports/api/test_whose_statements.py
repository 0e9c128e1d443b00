"""Each address of statements is asked by whom it belongs to, by another customer, for what does not exist, and by nobody."""

from typing import Any

import pytest
from django.test import Client

from tests.api.told import same_but_for_its_id
from tests.factories.accounts import a_contract, a_customer
from tests.factories.reports import a_draft, an_outage
from tests.reports.api.calling import an_issued_statement_of, caller

pytestmark = pytest.mark.django_db

PARTS = ("", "/revisions", "/ledger", "/document", "/pdf", "/csv")


def answer(client: Client, name: str, part: str) -> Any:
    return client.get(f"/api/v1/statements/{name}{part}")


@pytest.mark.parametrize("part", PARTS)
def test_a_foreign_a_draft_and_a_random_name_get_the_same_answer(part: str) -> None:
    customer = a_customer()
    own, foreign = an_issued_statement_of(customer), an_issued_statement_of(a_customer())
    draft = a_draft(a_contract(customer))
    client = caller(customer)
    assert answer(client, own.public_id, part).status_code == 200
    names = [foreign.public_id, str(foreign.number), draft.public_id, "st_" + "0" * 32, "1", "%00", "ü" * 50]
    answers = [answer(client, name, part) for name in names]
    assert {response.status_code for response in answers} == {404}
    assert len({same_but_for_its_id(response) for response in answers}) == 1


@pytest.mark.parametrize("part", PARTS)
def test_nobody_gets_anything_without_a_good_key_and_its_scope(part: str) -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    for client in (Client(), Client(headers={"authorization": "Bearer sla_AAAAAAAA_" + "x" * 43})):
        assert answer(client, issued.public_id, part).status_code == 401
    response = answer(caller(customer, "documents:verify"), issued.public_id, part)
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")
    assert "the scope statements:read," in response.json()["detail"]


@pytest.mark.parametrize("part", PARTS)
def test_no_method_opens_what_is_anothers(part: str) -> None:
    issued = an_issued_statement_of(a_customer("Canary Victim"))
    client = caller(a_customer())
    for method in ("head", "post", "put", "patch", "delete", "options", "trace"):
        response = getattr(client, method)(f"/api/v1/statements/{issued.public_id}{part}")
        assert response.status_code in {404, 405}
        for canary in ("Canary Victim", issued.contract.number, str(issued.number), issued.digest):
            assert canary not in response.content.decode() + str(response.headers)


def test_the_list_shows_nothing_of_another_customer_however_it_is_asked() -> None:
    an_outage()
    victim = a_customer("Canary Victim")
    issued = an_issued_statement_of(victim)
    client = caller(a_customer())
    for asked in (
        {},
        {"contract": issued.contract.number},
        {"contract": issued.contract.public_id},
        {"number": str(issued.number)},
        {"month": issued.month, "commitment_met": "false"},
    ):
        response = client.get("/api/v1/statements", asked)
        assert response.json() == {"results": [], "next": None}


def test_what_one_reads_of_ones_own_says_nothing_of_the_desk() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    client = caller(customer)
    for part in PARTS:
        content = answer(client, issued.public_id, part).content.decode("latin-1")
        assert issued.issued_by is not None
        assert issued.issued_by.username not in content
        assert issued.content_digest not in content

"""A customer's programs read its own issued statements and learn nothing else: no draft, nobody else's existence."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Customer
from reports.models import Statement
from slaservice.rules.documents import digest
from tests.factories.accounts import a_contract, a_customer, a_key
from tests.factories.reports import a_draft, a_missed_draft, an_issued, an_outage

pytestmark = pytest.mark.django_db


def caller(customer: Customer) -> Client:
    """A program with a key of the customer."""
    return Client(headers={"authorization": f"Bearer {a_key(customer)[1]}"})


def an_issued_statement_of(customer: Customer) -> Statement:
    return an_issued(statement=a_draft(a_contract(customer)))


def body(response: Any) -> Any:
    return json.loads(response.content)


def test_a_customer_lists_its_issued_statements_and_no_drafts() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    a_draft(a_contract(customer))
    an_issued_statement_of(a_customer())
    listed = body(caller(customer).get("/api/v1/statements"))
    assert [one["id"] for one in listed["results"]] == [issued.public_id]
    assert listed["next"] is None


def test_a_statement_shows_money_and_decimals_as_text_and_times_in_utc() -> None:
    customer = a_customer()
    an_outage()
    issued = an_issued_statement_of(customer)
    shown = body(caller(customer).get(f"/api/v1/statements/{issued.public_id}"))
    assert shown["number"] == "SLA-2026-00001"
    assert shown["credit"] == {"currency": "EUR", "owed": "125.00", "granted": "125.00"}
    assert shown["period"] == {
        "label": "April 2026",
        "start": "2026-03-31T22:00:00Z",
        "end": "2026-04-30T22:00:00Z",
    }
    assert shown["issued_at"] == "2026-05-05T09:00:00Z"
    (commitment,) = shown["commitments"]
    assert (commitment["result"]["downtime_seconds"], commitment["result"]["uptime_percent"]) == (
        "7200",
        "99.722222",
    )
    assert "ledger" not in commitment["result"]


def test_the_document_is_the_frozen_one_byte_for_byte() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    response = caller(customer).get(f"/api/v1/statements/{issued.public_id}/document")
    assert response.content.decode() == issued.body
    assert digest(body(response)) == issued.digest


def test_the_pdf_is_a_download_named_by_the_number() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    response = caller(customer).get(f"/api/v1/statements/{issued.public_id}/pdf")
    assert response.content.startswith(b"%PDF-")
    assert response["Content-Disposition"] == 'attachment; filename="SLA-2026-00001.pdf"'
    assert response["Cache-Control"] == "private, no-store"


def test_pages_are_followed_to_the_end() -> None:
    customer = a_customer()
    issued = {an_issued_statement_of(customer).public_id for _ in range(3)}
    client, address, seen = caller(customer), "/api/v1/statements?limit=2", []
    while address:
        page = body(client.get(address))
        seen += [one["id"] for one in page["results"]]
        address = page["next"]
    assert set(seen) == issued
    assert len(seen) == 3


def statement_routes() -> list[str]:
    """Every address under /api/v1/ of the running site, found from the resolver, with its parameters as written.

    What is recorded there takes another kind of key: tests/outages/api/test_who_may.py.
    """
    found: list[str] = []

    def walk(patterns: list[URLPattern | URLResolver], prefix: str) -> None:
        for pattern in patterns:
            here = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, here)
            elif here.startswith("api/v1/") and not here.startswith("api/v1/recording/"):
                found.append("/" + here)

    walk(get_resolver().url_patterns, "")
    return found


METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")


def test_the_walk_finds_the_routes() -> None:
    assert {"/api/v1/statements", "/api/v1/statements/<str:public_id>/pdf"} <= set(statement_routes())


@pytest.mark.parametrize("route", statement_routes())
@pytest.mark.parametrize("method", METHODS)
def test_nothing_of_one_customer_is_reachable_with_the_others_key(route: str, method: str) -> None:
    victim, attacker = a_customer("Canary Victim"), a_customer("Attacker")
    an_outage()
    issued = an_issued_statement_of(victim)
    draft = a_draft(a_contract(victim))
    for statement in (issued, draft):
        address = route.replace("<str:public_id>", statement.public_id)
        response = getattr(caller(attacker), method)(address)
        if "<" in route:
            assert response.status_code in {404, 405}
        else:
            assert response.status_code in {200, 405}
        for canary in (
            victim.name,
            victim.public_id,
            issued.public_id,
            str(issued.number),
            draft.digest,
            issued.digest,
        ):
            assert canary.encode() not in response.content
            assert canary not in str(response.headers)


@pytest.mark.parametrize("route", [route for route in statement_routes() if "<" in route])
def test_a_foreign_a_draft_and_a_random_id_get_the_same_answer(route: str) -> None:
    customer = a_customer()
    foreign = an_issued_statement_of(a_customer())
    own_draft = a_draft(a_contract(customer))
    client = caller(customer)
    answers = [
        client.get(route.replace("<str:public_id>", public_id))
        for public_id in (foreign.public_id, own_draft.public_id, "st_" + "0" * 32, "1", "%00", "ü" * 50)
    ]
    assert {response.status_code for response in answers} == {404}
    assert len({response.content for response in answers}) == 1


@pytest.mark.parametrize("route", statement_routes())
def test_nobody_gets_anything_without_a_valid_key(route: str) -> None:
    issued = an_issued_statement_of(a_customer())
    address = route.replace("<str:public_id>", issued.public_id)
    for client in (Client(), Client(headers={"authorization": "Bearer sla_AAAAAAAA_" + "x" * 43})):
        response = client.get(address)
        assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
        assert response["Content-Type"] == "application/problem+json"


def test_a_key_without_the_scope_is_refused_by_name() -> None:
    customer = a_customer()
    key = a_key(customer)
    key[0].scopes = []
    key[0].save()
    response = Client(headers={"authorization": f"Bearer {key[1]}"}).get("/api/v1/statements")
    assert (response.status_code, body(response)["code"]) == (403, "scope_missing")


def test_a_superseded_statement_says_by_what() -> None:
    from reports import closing
    from slaservice.outages.operations import correct
    from tests.factories.reports import CLOSED, MONTH, april

    issued = an_issued(statement=a_missed_draft())
    window = issued.contract.versions.get().commitments.get().components.get().windows.get()
    correct(window=window, by=None, now=CLOSED, reason="longer", end=april(10, 23))
    closing.close(month=MONTH, now=CLOSED)
    client = caller(issued.contract.customer)
    address = f"/api/v1/statements/{issued.public_id}"
    assert body(client.get(address))["superseded_by"] is None  # a draft does not exist
    revision = an_issued(statement=Statement.objects.get(contract=issued.contract, state="draft"))
    assert body(client.get(address))["superseded_by"] == revision.number
    assert body(client.get(f"/api/v1/statements/{revision.public_id}"))["supersedes"] == issued.number


@pytest.mark.parametrize("count", [2, 9])
def test_a_list_takes_the_same_queries_whatever_its_length(
    count: int, django_assert_num_queries: Any
) -> None:
    customer = a_customer()
    for _ in range(count):
        an_issued_statement_of(customer)
    client = caller(customer)
    client.get("/api/v1/statements")  # notes that the key was used, once an hour
    with django_assert_num_queries(2):
        client.get("/api/v1/statements")

"""Programs of customers, what they are answered, and statements made from a ready document."""

import json
from typing import Any

from django.test import Client

from accounts.models import Contract, Customer
from reports.models import Statement
from slaservice.rules.documents import canonical, digest
from tests.factories.accounts import a_contract, a_key
from tests.factories.reports import CLOSED, a_draft, an_issued

Json = dict[str, Any]


def caller(customer: Customer, *scopes: str) -> Client:
    """A program with a key of the customer, which may read statements unless it is said what it may."""
    key = a_key(customer, scopes=scopes or ["statements:read"])[1]
    return Client(headers={"authorization": f"Bearer {key}"})


def read(client: Client, address: str, **asked: str) -> Any:
    """The answer, which is one."""
    response = client.get(address, asked)
    assert response.status_code == 200, response.content
    return json.loads(response.content)


def numbers(client: Client, **asked: str) -> list[str]:
    """Of the statements that the list shows, in its order."""
    return [one["number"] for one in read(client, "/api/v1/statements", **asked)["results"]]


def every_row(client: Client, address: str) -> list[Json]:
    """A list's rows from its first page to its last."""
    rows: list[Json] = []
    following: str | None = address
    while following:
        page = read(client, following)
        rows += page["results"]
        following = page["next"]
    return rows


def an_issued_statement_of(customer: Customer, contract: Contract | None = None) -> Statement:
    return an_issued(statement=a_draft(contract or a_contract(customer)))


def a_statement_of(customer: Customer, document: Json) -> Statement:
    """An issued statement that says what the document says, as no close would have made it."""
    return Statement.objects.create(
        contract=a_contract(customer),
        month="2026-04",
        period_label="April 2026",
        period_start=document["identity"]["period"]["start"],
        period_end=document["identity"]["period"]["end"],
        state=Statement.ISSUED,
        number=f"SLA-2026-9{Statement.objects.count():04}",
        body=canonical(document).decode(),
        digest=digest(document),
        content_digest=digest(document),
        currency=document["identity"]["currency"],
        credit_minor=0,
        met=True,
        drafted_at=CLOSED,
        due_at=CLOSED,
        issued_at=CLOSED,
    )

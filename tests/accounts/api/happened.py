"""What tests of what happened share: who calls, what is said, and what must never be."""

import json
from datetime import date
from typing import Any

from django.test import Client

from accounts.models import Customer
from tests.factories.accounts import a_contract, a_customer, a_key, a_promise, an_agreement

INTERNAL = "Nobody outside reads this"


def a_reader(customer: Customer) -> Client:
    """A program that may read what happened."""
    key = a_key(customer, scopes=["incidents:read"])[1]
    return Client(headers={"authorization": f"Bearer {key}"})


def read(client: Client, address: str) -> Any:
    """The answer, which is one."""
    response = client.get(address)
    assert response.status_code == 200, response.content
    assert INTERNAL not in response.content.decode()
    return json.loads(response.content)


def ids(client: Client, address: str) -> list[str]:
    """Of a list, in its order."""
    return [one["id"] for one in read(client, address)["results"]]


def a_promised_customer(
    *components: str, tier: str = "enterprise", starts_on: date = date(2026, 4, 1), **values: Any
) -> Customer:
    """A customer with a contract over these components, each promised by itself; the API if none is named."""
    customer = a_customer()
    promises = [a_promise(name=code, components=[code]) for code in components or ["api"]]
    agreement = an_agreement(tier=tier, promises=promises)
    a_contract(customer, agreement=agreement, starts_on=starts_on, **values)
    return customer


def not_found(client: Client, address: str) -> dict[str, Any]:
    """The answer that there is nothing, but for the number of the request."""
    response = client.get(address)
    assert response.status_code == 404, response.content
    return {name: value for name, value in response.json().items() if name != "request_id"}

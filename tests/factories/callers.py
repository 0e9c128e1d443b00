"""Programs of customers, which call the API with a key of their customer."""

import json
from collections.abc import Collection, Iterable
from itertools import count
from typing import Any

from django.test import Client

from accounts.models import SCOPES, Customer
from tests.factories.accounts import a_customer, a_key

ROOT = "/api/v1/"

_serial = count(1)


class Caller:
    """Calls addresses under /api/v1/ with a key of the customer that has every scope; a write has an Idempotency-Key of its own
    unless it is given one. The key's use is noted already, so that queries can be counted.
    """

    def __init__(
        self, customer: Customer | None = None, *, scopes: Collection[str] = tuple(SCOPES), **values: Any
    ) -> None:
        self.customer = customer or a_customer()
        self.key, self.text = a_key(self.customer, scopes=scopes, **values)
        self.client = Client(headers={"authorization": f"Bearer {self.text}"}, raise_request_exception=False)
        self.client.get("/api/v1/contracts")

    def get(self, address: str, **parameters: str) -> Any:
        return self.client.get(ROOT + address, parameters or None)

    def rows(self, address: str, **parameters: str) -> list[Any]:
        """The first page of a list."""
        response = self.get(address, **parameters)
        assert response.status_code == 200, response.content
        return list(response.json()["results"])

    def post(self, address: str, body: Any, *, once: str = "") -> Any:
        return self.client.post(
            ROOT + address, json.dumps(body), content_type="application/json", headers=_named(once)
        )

    def patch(self, address: str, body: Any, *, once: str = "") -> Any:
        return self.client.patch(
            ROOT + address, json.dumps(body), content_type="application/json", headers=_named(once)
        )

    def delete(self, address: str, *, once: str = "") -> Any:
        return self.client.delete(ROOT + address, headers=_named(once))


def _named(once: str) -> dict[str, str]:
    return {"Idempotency-Key": once or f"request-{next(_serial)}"}


def problems_of(answers: Iterable[Any]) -> list[dict[str, Any]]:
    """The different problems that these refused requests were answered with, but for the ids of the requests."""
    found: list[dict[str, Any]] = []
    for answer in answers:
        problem = {name: value for name, value in answer.json().items() if name != "request_id"}
        if problem not in found:
            found.append(problem)
    return found

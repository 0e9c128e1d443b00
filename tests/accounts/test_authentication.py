"""Who is let in over the API: a good key in the header, for its own customer, with the scope; nobody else, in no other way."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from accounts.models import Contract
from accounts.operations import revoke_api_key
from tests.api.told import same_but_for_its_id
from tests.factories.accounts import NOW, a_contract, a_customer, a_key

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.views")]


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def get(text: str = "", address: str = "/api/me", **headers: str) -> Any:
    if text:
        headers["Authorization"] = f"Bearer {text}"
    return Client().get(address, headers=headers)


def test_a_good_key_is_its_customer_and_no_person() -> None:
    customer = a_customer()
    a_customer()
    response = get(a_key(customer)[1])
    assert (response.status_code, response.json()) == (200, {"customer": customer.public_id, "staff": False})
    assert response["Cache-Control"] == "private, no-store"


def test_a_customer_lists_what_is_its_own() -> None:
    mine, other = a_contract(), a_contract()
    for contract in (mine, other):
        answer = get(a_key(contract.customer)[1], "/api/contracts").json()
        assert answer == {"results": [{"number": contract.number}], "next": None}


def test_a_list_in_order_of_time_is_paged_to_the_microsecond() -> None:
    customer = a_customer()
    numbers = [f"N-{tick}" for tick in range(5)]
    for tick, number in enumerate(numbers):
        at = NOW + timedelta(microseconds=tick // 2)  # two at each instant
        Contract.objects.create(customer=customer, number=number, title="T", starts_at=at)
    text, listed, address = a_key(customer)[1], [], "/api/contracts/by-start?limit=1"
    while address:
        page = get(text, address).json()
        listed += [row["number"] for row in page["results"]]
        address = page["next"]
    assert listed == ["N-4", "N-2", "N-3", "N-0", "N-1"]


def test_the_scheme_is_read_in_any_case() -> None:
    text = a_key()[1]
    assert Client().get("/api/me", headers={"Authorization": f"bearer {text}"}).status_code == 200


@pytest.mark.parametrize("header", ["", "Basic dXNlcjpwYXNz", "Token x", "Bearer", "sla_x", "Digest a=b"])
def test_without_a_key_it_is_401_and_says_what_is_wanted(header: str) -> None:
    response = Client().get("/api/me", headers={"Authorization": header} if header else {})
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == 'Bearer realm="api"'
    assert response.json()["code"] in ("key_missing", "key_not_valid")


def test_a_key_that_is_unknown_revoked_or_expired_reads_alike() -> None:
    revoked, revoked_text = a_key()
    revoke_api_key(key=revoked, by=None, now=NOW)
    expired_text = a_key(expires_at=NOW + timedelta(seconds=1))[1]
    answers = []
    with time_machine.travel(NOW + timedelta(seconds=1), tick=False):
        for text in ("sla_00000000_" + "x" * 43, revoked_text, expired_text, "é", "x" * 9_000, "a b c"):
            answers.append(get(text))
    assert {answer.status_code for answer in answers} == {401}
    assert len({same_but_for_its_id(answer) for answer in answers}) == 1
    assert answers[0].json()["code"] == "key_not_valid"


def test_a_key_that_was_revoked_is_refused_at_the_next_request() -> None:
    key, text = a_key()
    assert get(text).status_code == 200
    revoke_api_key(key=key, by=None, now=NOW)
    assert get(text).status_code == 401


def test_a_scope_that_the_key_has_not_is_403() -> None:
    response = get(a_key()[1], "/api/other")
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")


def test_a_view_that_names_no_scope_lets_nobody_in() -> None:
    assert get(a_key()[1], "/api/forgotten").status_code == 405


def test_a_person_who_is_logged_in_is_nobody_here() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    assert client.get("/api/me").status_code == 401


@pytest.mark.parametrize(
    "query", ["api_key={}", "API_KEY={}", "key=x", "token={}", "access_token=x", "limit={}", "x={}&limit=1"]
)
def test_a_key_in_the_address_is_refused_even_beside_a_good_header(query: str) -> None:
    text = a_key()[1]
    for response in (
        get(text, "/api/contracts?" + query.format(text)),
        get("", "/api/contracts?" + query.format(text)),
    ):
        assert (response.status_code, response.json()["code"]) == (400, "key_in_address")
        assert text not in response.content.decode()


def test_the_hour_of_use_is_noted() -> None:
    key, text = a_key()
    get(text)
    key.refresh_from_db()
    assert key.last_used_at == datetime(2026, 5, 4, 9, tzinfo=UTC)


def test_a_call_costs_two_queries(django_assert_num_queries: Any) -> None:
    contract = a_contract()
    text = a_key(contract.customer)[1]
    get(text)
    with django_assert_num_queries(2):
        get(text, "/api/contracts")

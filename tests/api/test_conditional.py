"""Who has an answer already is told so in a few bytes; and one caller's ETag says nothing about another's answer."""

from typing import Any

import pytest
from django.test import Client, RequestFactory

from tests.api.views import Paper
from tests.factories.accounts import a_contract, a_customer, a_key

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.accounts.views")]


def get(text: str, known: str = "", *, method: str = "get", address: str = "/api/contracts") -> Any:
    headers = {"Authorization": f"Bearer {text}"} | ({"If-None-Match": known} if known else {})
    return getattr(Client(), method)(address, headers=headers)


def test_an_answer_has_a_strong_etag_that_stays_while_nothing_changes() -> None:
    text = a_key()[1]
    etag = get(text)["ETag"]
    assert etag == get(text)["ETag"]
    assert len(etag) == 34 and etag[0] == etag[-1] == '"'


def test_another_answer_has_another_etag() -> None:
    customer = a_customer()
    text = a_key(customer)[1]
    before = get(text)["ETag"]
    a_contract(customer=customer)
    assert get(text, before).status_code == 200
    assert get(text)["ETag"] != before


@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', '"other" , W/{}', "*"])
def test_what_is_known_is_not_sent_again(known: str) -> None:
    text = a_key()[1]
    whole = get(text)
    again = get(text, known.format(whole["ETag"]))
    assert (again.status_code, again.content) == (304, b"")
    its_own = {"Request-Id"}
    assert {name: again[name] for name in again.headers if name not in its_own} == {
        name: whole[name] for name in whole.headers if name not in its_own
    }
    assert again["Cache-Control"] == "private, no-store" and "Authorization" in again["Vary"]


@pytest.mark.parametrize("known", ['"other"', "{}x", "nonsense", '"', "W/"])
def test_what_is_not_known_is_sent(known: str) -> None:
    text = a_key()[1]
    bare = get(text)["ETag"].strip('"')
    assert get(text, known.format(bare)).status_code == 200


def test_the_etag_of_one_customer_is_nothing_to_another_though_both_have_the_same_answer() -> None:
    mine, other = get(a_key()[1]), a_key()[1]
    assert get(other).content == mine.content
    assert get(other, mine["ETag"]).status_code == 200


def test_the_etag_of_one_customer_is_nothing_to_its_key_of_other_scopes() -> None:
    customer = a_customer()
    (_, text), (wide, other) = a_key(customer), a_key(customer)
    wide.scopes = ["statements:read", "something:else"]
    wide.save()
    assert get(other, get(text)["ETag"]).status_code == 200
    assert get(a_key(customer)[1], get(text)["ETag"]).status_code == 304


def test_a_refusal_has_no_etag() -> None:
    assert "ETag" not in get("", "*") and get("", "*").status_code == 401
    assert "ETag" not in get(a_key()[1], "*", address="/api/other")


def test_head_is_get_without_its_body() -> None:
    text = a_key()[1]
    whole, head = get(text), get(text, method="head")
    assert (head.status_code, head.content) == (200, b"")
    assert head["Content-Length"] == str(len(whole.content)) and head["ETag"] == whole["ETag"]
    assert get(text, whole["ETag"], method="head").status_code == 304


def test_the_body_of_head_is_left_out_by_the_view_itself() -> None:
    response = Paper.as_view()(RequestFactory().head("/api/paper"))
    assert (response.content, response["Content-Length"]) == (b"", "12")


def test_a_write_knows_no_etags() -> None:
    response = Client().post(
        "/api/contracts", headers={"Authorization": f"Bearer {a_key()[1]}", "If-None-Match": "*"}
    )
    assert response.status_code == 405


@pytest.mark.urls("tests.api.views")
def test_a_file_is_not_sent_again_either() -> None:
    whole = Client().get("/api/paper")
    again = Client().get("/api/paper", headers={"If-None-Match": whole["ETag"]})
    assert (whole.status_code, again.status_code, again.content) == (200, 304, b"")
    assert again["Content-Type"] == "application/pdf"

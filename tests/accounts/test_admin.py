"""The desk of contracts: what each role may open, whose rows it finds there, and that every change goes through an operation."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import ApiKey, BilledAmount, Customer, Membership
from accounts.operations import add_member, authenticate_key
from slaservice.rules.workflow import ROLES
from tests.factories.accounts import (
    NOW,
    a_commitment,
    a_contract,
    a_customer,
    a_key,
    a_person,
    a_promise,
    an_agreement,
    history_of,
)

pytestmark = pytest.mark.django_db

MODELS = ["customer", "contract", "billedamount", "membership", "apikey"]


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def logged_in(*roles: str) -> tuple[Client, User]:
    person = a_person(*roles)
    client = Client()
    client.force_login(person)
    return client, person


def address(model: str, page: str = "changelist", *args: Any) -> str:
    return reverse(f"admin:accounts_{model}_{page}", args=args)


# Who may open what

OPENS = {
    "operator": set(),
    "account manager": {"customer", "contract", "billedamount", "apikey"},
    "finance clerk": {"customer", "contract", "billedamount"},
    "finance approver": {"customer", "contract", "billedamount"},
    "auditor": {"customer", "contract", "billedamount"},
    "administrator": {"customer", "contract", "billedamount", "membership", "apikey"},
}
ADDS = {
    "operator": set(),
    "account manager": {"customer", "apikey"},
    "finance clerk": {"customer", "contract", "billedamount"},
    "finance approver": set(),
    "auditor": set(),
    "administrator": {"membership", "apikey"},
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_pages_and_no_others(role: str) -> None:
    client, _ = logged_in(role)
    for model in MODELS:
        assert client.get(address(model)).status_code == (200 if model in OPENS[role] else 403), model
        assert client.get(address(model, "add")).status_code == (200 if model in ADDS[role] else 403), model


def test_a_customers_own_people_do_not_get_into_the_admin() -> None:
    person = a_person()
    add_member(customer=a_customer(), user=person, by=None, now=NOW)
    client = Client()
    client.force_login(person)
    assert client.get(address("contract")).status_code == 302


def rows_of(customer: Customer) -> dict[str, Any]:
    contract = a_contract(customer, agreement=an_agreement(promises=[a_promise(fee=None)]))
    billed = BilledAmount.objects.create(
        commitment=a_commitment(contract),
        period_start=datetime(2026, 3, 31, 22, tzinfo=UTC),
        amount_minor=77_777,
    )
    return {"customer": customer, "contract": contract, "billedamount": billed, "apikey": a_key(customer)[0]}


def test_an_account_manager_finds_its_own_customers_and_nobody_elses() -> None:
    client, person = logged_in("account manager")
    mine, other = rows_of(a_customer("Nordwind", account_manager=person)), rows_of(a_customer("Foreign"))
    for model in ("customer", "contract", "billedamount", "apikey"):
        listed = client.get(address(model)).content.decode()
        assert address(model, "change", mine[model].pk) in listed, model
        assert address(model, "change", other[model].pk) not in listed, model
        assert "Foreign" not in listed, model
        assert client.get(address(model, "change", mine[model].pk)).status_code == 200, model
        hidden = client.get(address(model, "change", other[model].pk), follow=True)
        assert "doesn’t exist" in hidden.content.decode(), model
        sought = client.get(address(model) + "?q=Foreign").content.decode()
        assert address(model, "change", other[model].pk) not in sought, model


@pytest.mark.parametrize("page", ["amend", "end"])
def test_who_may_not_edit_contracts_cannot_reach_their_forms(page: str) -> None:
    contract = a_contract()
    for role in ("account manager", "auditor", "finance approver", "administrator", "operator"):
        client, person = logged_in(role)
        Customer.objects.update(account_manager=person)
        assert client.get(address("contract", page, contract.pk)).status_code == 403
        assert (
            client.post(address("contract", page, contract.pk), {"ends_before": "2026-07-01"}).status_code
            == 403
        )
    contract.refresh_from_db()
    assert contract.ends_at is None


def test_nothing_of_a_contract_is_edited_in_place_and_nothing_is_deleted() -> None:
    client, _ = logged_in("finance clerk", "administrator")
    rows = rows_of(a_customer("Nordwind"))
    for model in ("contract", "billedamount", "apikey"):
        page = client.get(address(model, "change", rows[model].pk)).content.decode()
        assert 'name="_save"' not in page
        before = type(rows[model]).objects.values().get(pk=rows[model].pk)
        assert (
            client.post(
                address(model, "change", rows[model].pk), {"number": "X", "amount_minor": 1}
            ).status_code
            == 403
        )
        assert type(rows[model]).objects.values().get(pk=rows[model].pk) == before
    for model, row in rows.items():
        assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert "delete_selected" not in client.get(address(model)).content.decode()


# Customers, members, amounts


def test_a_customer_is_entered_and_changed_with_history() -> None:
    client, person = logged_in("account manager")
    sent = {
        "name": "Nordwind",
        "legal_name": "Nordwind GmbH",
        "address": "Kai 1\r\nHamburg",
        "language": "de",
    }
    assert client.post(address("customer", "add"), sent).status_code == 302
    customer = Customer.objects.get()
    assert (customer.legal_name, customer.account_manager) == ("Nordwind GmbH", person)  # in whose care else?
    again = sent | {"name": "Nordwind AG", "account_manager": person.pk, "reason": "Renamed", "ended_on": ""}
    assert client.post(address("customer", "change", customer.pk), again).status_code == 302
    created, changed = history_of(customer)
    assert created["actor_id"] == changed["actor_id"] == person.pk
    assert (changed["reason"], changed["data"]["after"]) == ("Renamed", {"name": "Nordwind AG"})


def test_a_customer_that_an_operation_refuses_is_not_written() -> None:
    client, _ = logged_in("finance clerk")
    response = client.post(
        address("customer", "add"), {"name": "Nord\x07wind", "legal_name": "N", "language": "de"}, follow=True
    )
    assert "holds a control character" in response.content.decode()
    assert not Customer.objects.exists()


def test_a_customers_language_is_chosen_from_those_that_statements_speak() -> None:
    client, _ = logged_in("finance clerk")
    page = client.get(address("customer", "add")).content.decode()
    choices = re.findall(r'<option value="(..)"( selected)?>(\w+)</option>', page)
    assert choices == [("en", " selected", "English"), ("de", "", "Deutsch"), ("fr", "", "Français")]
    sent = {"name": "Koyo", "legal_name": "Koyo", "language": "ja"}
    assert "Select a valid choice" in client.post(address("customer", "add"), sent).content.decode()
    assert not Customer.objects.exists()


def test_an_administrator_adds_and_removes_a_customers_people() -> None:
    client, _ = logged_in("administrator")
    customer, person = a_customer(), a_person()
    client.post(address("membership", "add"), {"user": person.pk, "customer": customer.pk})
    membership = Membership.objects.get()
    client.post(address("membership", "delete", membership.pk), {"post": "yes"})
    assert [entry["action"] for entry in history_of(customer)][1:] == ["members.add", "members.remove"]


def test_many_people_are_removed_one_by_one_in_history() -> None:
    client, _ = logged_in("administrator")
    customer = a_customer()
    made = [add_member(customer=customer, user=a_person(), by=None, now=NOW) for _ in range(2)]
    client.post(
        address("membership"),
        {"action": "delete_selected", "_selected_action": [row.pk for row in made], "post": "yes"},
    )
    assert [entry["action"] for entry in history_of(customer)].count("members.remove") == 2


def test_a_billed_amount_is_recorded_for_a_period_of_the_contracts_zone() -> None:
    client, _ = logged_in("finance clerk")
    commitment = a_commitment(a_contract(agreement=an_agreement(promises=[a_promise(fee=None)])))
    sent = {"commitment": commitment.pk, "period_start": "2026-04-01", "amount": "812.50"}
    assert client.post(address("billedamount", "add"), sent).status_code == 302
    billed = commitment.billed_amounts.get()
    assert (billed.period_start, billed.amount_minor) == (datetime(2026, 3, 31, 22, tzinfo=UTC), 81_250)
    wrong = client.post(address("billedamount", "add"), sent | {"period_start": "2026-04-02", "amount": "x"})
    assert set(wrong.context["form"].errors) == {"period_start", "amount"}
    assert "EUR 812.50" in client.get(address("billedamount")).content.decode()


# Keys


def test_a_key_is_shown_once_and_nowhere_else() -> None:
    client, person = logged_in("account manager")
    customer = a_customer(account_manager=person)
    sent = {
        "customer": customer.pk,
        "label": "ERP",
        "scopes": ["statements:read"],
        "expires_at": "2027-01-01",
    }
    shown = client.post(address("apikey", "add"), sent)
    key = ApiKey.objects.get()
    text = shown.content.decode().split('<pre id="key">')[1].split("</pre>")[0]
    assert "no-store" in shown["Cache-Control"]
    assert authenticate_key(text, NOW) == key
    assert key.expires_at == datetime(2027, 1, 1, tzinfo=UTC)
    secret = text.split("_", 2)[2]
    for page in (address("apikey"), address("apikey", "change", key.pk), reverse("admin:index")):
        assert secret not in client.get(page).content.decode()
    assert secret not in json.dumps(dict(client.session.items()))
    assert secret not in str(client.cookies)


def test_a_key_for_somebody_elses_customer_cannot_be_chosen() -> None:
    client, _ = logged_in("account manager")
    sent = {"customer": a_customer().pk, "label": "ERP", "scopes": ["statements:read"]}
    response = client.post(address("apikey", "add"), sent)
    assert "customer" in response.context["form"].errors
    assert not ApiKey.objects.exists()


def test_a_key_that_is_refused_says_why() -> None:
    client, _ = logged_in("administrator")
    sent = {
        "customer": a_customer().pk,
        "label": "ERP",
        "scopes": ["statements:read"],
        "expires_at": "2026-05-04",
    }
    response = client.post(address("apikey", "add"), sent)
    assert response.context["form"].errors["expires_at"] == ["must be later than now"]


def test_keys_are_revoked_from_the_list_each_once() -> None:
    client, person = logged_in("account manager")
    customer = a_customer(account_manager=person)
    (mine, text), (other, other_text) = a_key(customer), a_key()
    sent = {"action": "revoke_selected", "_selected_action": [mine.pk, other.pk]}
    client.post(address("apikey"), sent)
    assert authenticate_key(text, NOW) is None
    assert authenticate_key(other_text, NOW)  # not hers to revoke
    page = client.post(
        address("apikey"), {"action": "revoke_selected", "_selected_action": [mine.pk]}, follow=True
    )
    assert "was revoked before" in page.content.decode()


@pytest.mark.parametrize("model", ["customer", "contract", "billedamount", "apikey"])
def test_a_list_costs_the_same_queries_for_three_rows_and_for_thirty(
    model: str,
) -> None:
    client, person = logged_in("account manager")
    counts = []
    for rows in (3, 27):
        for _ in range(rows):
            rows_of(a_customer(account_manager=person))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address(model)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_key_is_revoked_on_its_own_page_with_a_reason() -> None:
    client, person = logged_in("account manager")
    key, _ = a_key(a_customer(account_manager=person))
    client.post(address("apikey", "revoke", key.pk), {"reason": "Left on a train"})
    assert history_of(key)[-1]["reason"] == "Left on a train"
    assert (
        address("apikey", "revoke", key.pk)
        not in client.get(address("apikey", "change", key.pk)).content.decode()
    )
    foreign, foreign_text = a_key()
    assert client.post(address("apikey", "revoke", foreign.pk), {"reason": "x"}).status_code == 404
    assert authenticate_key(foreign_text, NOW)

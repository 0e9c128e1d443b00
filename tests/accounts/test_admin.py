"""The desk of contracts: what each role may open, whose rows it finds there, and that every change goes through an operation."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import ApiKey, BilledAmount, Contract, Customer, Membership
from accounts.operations import add_member, authenticate_key
from slaservice.rules.workflow import ROLES
from tests.factories.accounts import (
    NOW,
    TERMS,
    a_commitment,
    a_component,
    a_contract,
    a_customer,
    a_key,
    a_person,
    a_promise,
    a_tier,
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


def commitments(*rows: dict[str, Any], initial: int = 1) -> dict[str, Any]:
    """The formset's fields of a posted form."""
    fields: dict[str, Any] = {"form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": initial}
    for index, row in enumerate(rows):
        fields |= {f"form-{index}-{name}": value for name, value in row.items()}
    return fields


def platform(**values: Any) -> dict[str, Any]:
    chosen = {
        "name": "Platform",
        "components": [a_component().pk],
        "fee": "1250.00",
        "terms": json.dumps(TERMS),
    }
    return {**chosen, **values}


def typed(**values: Any) -> dict[str, Any]:
    """A contract as it is typed."""
    chosen = {
        "number": "MSA-1", "title": "Master agreement", "starts_on": "2026-04-01", "ends_before": "", "tier": a_tier().pk,
        "currency": "EUR", "timezone": "Europe/Berlin", "period_months": "1", "first_month": "1", "overlap": "stack",
        "cap": "", "reason": "Signed on paper",
    }  # fmt: skip
    return {**chosen, **values}


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


# Contracts


def test_a_contract_is_shown_in_words_and_as_json() -> None:
    client, _ = logged_in("auditor")
    contract = a_contract()
    page = client.get(address("contract", "change", contract.pk)).content.decode()
    assert "API is promised to be available for 99.9 % of the eligible time" in page
    assert "1250.00 EUR" in page
    assert "from 1 April 2026" in page
    assert "&quot;commitment_percent&quot;: &quot;99.9&quot;" in page
    assert "amend/" not in page  # an auditor reads


def test_terms_are_printed_not_run() -> None:
    client, _ = logged_in("auditor")
    terms = {**TERMS, "claim": {"by": "customer", "evidence": "<script>alert(1)</script>"}}
    promise = a_promise(name="<b>Bold</b>", terms=terms)
    contract = a_contract(agreement=an_agreement(promises=[promise]), title="<i>Title</i>")
    page = client.get(address("contract", "change", contract.pk)).content.decode()
    for raw in ("<script>alert", "<b>Bold", "<i>Title"):
        assert raw not in page


def test_a_clerk_signs_a_contract() -> None:
    client, person = logged_in("finance clerk")
    customer, web = a_customer(), a_component("web")
    site = platform(name="Site", components=[web.pk], fee="")
    response = client.post(
        address("contract", "add"), typed(customer=customer.pk) | commitments(platform(), site, {"name": ""})
    )
    contract = Contract.objects.get()
    assert response.headers["Location"] == address("contract", "change", contract.pk)
    assert contract.starts_at == datetime(2026, 3, 31, 22, tzinfo=UTC)
    first, second = contract.versions.get().commitments.all()
    assert (first.name, first.fee_minor) == ("Platform", 125_000)
    assert (second.name, second.fee_minor, list(second.components.all())) == ("Site", None, [web])
    [entry] = history_of(contract)
    assert (entry["actor_id"], entry["reason"], entry["at"]) == (person.pk, "Signed on paper", NOW)


def test_what_is_refused_stands_under_its_field() -> None:
    client, _ = logged_in("finance clerk")
    broken = json.dumps({**TERMS, "commitment_percent": "101", "surprise": 1})
    rows = commitments(platform(), platform(name="Other", terms=broken, fee="12.345"))
    response = client.post(
        address("contract", "add"),
        typed(customer=a_customer().pk, timezone="Europe/Bonn", cap='{"kind": "days"}') | rows,
    )
    form, formset = response.context["form"], response.context["formset"]
    assert form.errors["timezone"] == ["'Europe/Bonn' is not an IANA time zone"]
    assert any(error.startswith("kind: ") for error in form.errors["cap"])
    assert formset.forms[0].errors == {}
    assert formset.forms[1].errors["fee"] == ["12.345 EUR is finer than 2 decimals."]
    assert sorted(formset.forms[1].errors["terms"]) == [
        "commitment_percent: must lie between 0 and 100",
        "surprise: is not a known field",
    ]
    page = response.content.decode()
    assert "surprise: is not a known field" in page
    assert "101" in page  # what was typed is still there
    assert not Contract.objects.exists()


@pytest.mark.parametrize("text", ["{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 40 + "]" * 40])
def test_terms_that_are_no_json_are_refused_in_their_field(text: str) -> None:
    client, _ = logged_in("finance clerk")
    rows = commitments(platform(terms=text))
    response = client.post(address("contract", "add"), typed(customer=a_customer().pk) | rows)
    assert "terms" in response.context["formset"].forms[0].errors


def test_room_for_another_commitment_keeps_what_was_typed_and_complains_of_nothing() -> None:
    client, _ = logged_in("finance clerk")
    rows = commitments(platform(name="Kept", components=[]))
    response = client.post(address("contract", "add"), typed(number="") | rows | {"_more": "1"})
    page = response.content.decode()
    assert len(response.context["formset"].forms) == 2
    assert 'value="Kept"' in page
    assert "errorlist" not in page
    assert not Contract.objects.exists()


def test_a_contract_starts_from_an_entry_of_the_catalogue() -> None:
    client, _ = logged_in("finance clerk")
    page = client.get(address("contract", "add") + "?catalogue=github-before-2021").content.decode()
    assert "not legal advice" in page
    assert "&quot;to&quot;: &quot;99.9&quot;" in page
    assert client.get(address("contract", "add") + "?catalogue=nobody").status_code == 200


def test_an_amendment_starts_from_what_was_agreed_last() -> None:
    client, _ = logged_in("finance clerk")
    contract = a_contract(agreement=an_agreement(tier="team", cap={"kind": "amount", "value": "9000.00"}))
    page = client.get(address("contract", "amend", contract.pk))
    form, formset = page.context["form"], page.context["formset"]
    assert form["timezone"].value() == "Europe/Berlin"
    assert formset.forms[0]["fee"].value() == "1250.00"

    sent = {name: form[name].value() or "" for name in form.fields} | {
        "starts_on": "2026-07-01",
        "reason": "Upgrade",
    }
    sent["tier"] = a_tier("government").pk
    rows = commitments({name: formset.forms[0][name].value() for name in formset.forms[0].fields})
    response = client.post(address("contract", "amend", contract.pk), sent | rows)
    assert response.status_code == 302, response.context["form"].errors
    old, new = contract.versions.all()
    assert (new.number, new.tier.code, new.starts_at, new.cap) == (2, "government", old.ends_at, old.cap)
    assert (
        new.commitments.get().terms == old.commitments.get().terms
    )  # decimals in the form, the same terms in the end
    assert history_of(contract)[-1]["reason"] == "Upgrade"


def test_an_amendment_that_is_refused_says_why() -> None:
    client, _ = logged_in("finance clerk")
    contract = a_contract()
    rows = commitments(platform(), initial=0)
    sent = typed(starts_on="2026-04-01")
    response = client.post(address("contract", "amend", contract.pk), sent | rows)
    assert response.context["form"].non_field_errors() == [
        "Version 1 began on 2026-04-01: an amendment must start later."
    ]
    assert contract.versions.count() == 1


def test_a_clerk_ends_a_contract() -> None:
    client, _ = logged_in("finance clerk")
    contract = a_contract()
    assert client.get(address("contract", "end", contract.pk)).status_code == 200
    client.post(address("contract", "end", contract.pk), {"ends_before": "2026-07-01", "reason": "Left"})
    contract.refresh_from_db()
    assert contract.ends_at == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_a_form_of_nothing_is_no_contract() -> None:
    client, _ = logged_in("finance clerk")
    for sent in ({}, {"form-TOTAL_FORMS": "x"}, {"form-TOTAL_FORMS": "9999999"}, {"_more": "1"}):
        assert client.post(address("contract", "add"), sent).status_code == 200
    assert not Contract.objects.exists()


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
    assert "812.50 EUR" in client.get(address("billedamount")).content.decode()


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


def test_dates_of_a_contract_are_those_of_its_zone() -> None:
    client, _ = logged_in("auditor")
    a_contract(starts_on=date(2026, 4, 1), ends_before=date(2027, 4, 1))
    page = client.get(address("contract")).content.decode()
    assert "2026-04-01" in page
    assert "2027-04-01" in page


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


def test_the_history_of_a_contract_is_on_its_page() -> None:
    client, _ = logged_in("auditor")
    contract = a_contract(reason="Signed on paper", by=a_person("finance clerk"))
    page = client.get(address("contract", "history", contract.pk)).content.decode()
    assert "contracts.sign" in page
    assert "Signed on paper" in page


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2100-01-01", "9999-12-31"])
def test_a_day_outside_this_century_is_refused_in_its_field(day: str) -> None:
    client, _ = logged_in("finance clerk")
    contract = a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    commitment = a_commitment(contract)
    rows = commitments(platform(), initial=0)
    for page, sent, field in [
        (address("contract", "add"), typed(customer=contract.customer_id, starts_on=day) | rows, "starts_on"),
        (address("contract", "amend", contract.pk), typed(starts_on=day) | rows, "starts_on"),
        (address("contract", "end", contract.pk), {"ends_before": day}, "ends_before"),
        (
            address("billedamount", "add"),
            {"commitment": commitment.pk, "period_start": day, "amount": "1"},
            "period_start",
        ),
    ]:
        assert field in client.post(page, sent).context["form"].errors, page

"""Contracts on the desk: shown in words, signed, amended and ended through the operations, and nothing edited in place."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from accounts.models import Contract
from tests.factories.accounts import (
    NOW,
    TERMS,
    a_commitment,
    a_component,
    a_contract,
    a_customer,
    a_person,
    a_promise,
    a_tier,
    an_agreement,
    history_of,
)
from tests.factories.typed import commitments, platform, posted, typed

pytestmark = pytest.mark.django_db


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


def test_a_contract_is_shown_in_words_and_as_json() -> None:
    client, _ = logged_in("auditor")
    contract = a_contract()
    page = client.get(address("contract", "change", contract.pk)).content.decode()
    assert "API is promised to be available for 99.9 % of the eligible time" in page
    assert "EUR 1,250.00" in page
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


def test_what_is_refused_stands_beside_its_field() -> None:
    client, _ = logged_in("finance clerk")
    broken = json.dumps({**TERMS, "commitment_percent": "101", "surprise": 1})
    rows = commitments(platform(), platform(name="Other", terms=broken, fee="12.345"))
    response = client.post(
        address("contract", "add"),
        typed(customer=a_customer().pk, timezone="Europe/Bonn", cap_kind="days") | rows,
    )
    faults = response.context["entry"].by_name()
    assert faults["cap_kind"] == ["Select a valid choice. days is not one of the available choices."]
    assert sorted(faults["commitments[1].terms"]) == [
        "commitment_percent: must lie between 0 and 100",
        "surprise: is not a known field",
    ]
    response = client.post(
        address("contract", "add"),
        typed(customer=a_customer().pk, timezone="Europe/Bonn", cap_kind="amount") | rows,
    )
    faults = response.context["entry"].by_name()
    assert faults["timezone"] == ["'Europe/Bonn' is not an IANA time zone"]
    assert faults["cap_value"] == ["is required"]
    assert faults["commitments[1].fee"] == ["'12.345' is no amount of EUR: write it like 1250.00 or 1250."]
    assert not [name for name in faults if name.startswith("commitments[0]")]
    page = response.content.decode()
    assert "surprise: is not a known field" in page
    assert "101" in page  # what was typed is still there
    assert not Contract.objects.exists()


@pytest.mark.parametrize("text", ["{", '{"a": 1, "a": 2}', '{"a": NaN}', "[" * 40 + "]" * 40])
def test_terms_that_are_no_json_are_refused_in_their_field(text: str) -> None:
    client, _ = logged_in("finance clerk")
    rows = commitments(platform(terms=text))
    response = client.post(address("contract", "add"), typed(customer=a_customer().pk) | rows)
    assert response.context["entry"].by_name()["commitments[0].terms"]
    assert not Contract.objects.exists()


def test_room_for_another_commitment_keeps_what_was_typed_and_complains_of_nothing() -> None:
    client, _ = logged_in("finance clerk")
    rows = commitments(platform(name="Kept", components=[]))
    response = client.post(address("contract", "add"), typed(number="") | rows | {"_do": "add:commitments"})
    page = response.content.decode()
    assert len(response.context["entry"].commitments) == 2
    assert 'value="Kept"' in page
    assert response.context["entry"].by_name() == {}
    assert not Contract.objects.exists()


def test_a_contract_starts_from_an_entry_of_the_catalogue() -> None:
    client, _ = logged_in("finance clerk")
    response = client.get(address("contract", "add") + "?catalogue=github-before-2021")
    assert "not legal advice" in response.content.decode()
    assert posted(response)["commitments[0].terms.credit.rules[0].ranges[0].to"] == ["99.9"]
    assert client.get(address("contract", "add") + "?catalogue=nobody").status_code == 200


def test_an_amendment_starts_from_what_was_agreed_last() -> None:
    client, _ = logged_in("finance clerk")
    cap = {"kind": "amount", "value": "9000.00"}
    contract = a_contract(agreement=an_agreement(tier="team", cap=cap, clawback="next_period"))
    page = client.get(address("contract", "amend", contract.pk))
    sent = posted(page)
    assert sent["timezone"] == ["Europe/Berlin"]
    assert sent["commitments[0].fee"] == ["1250.00"]

    sent |= {"starts_on": "2026-07-01", "reason": "Upgrade", "tier": a_tier("government").pk}
    response = client.post(address("contract", "amend", contract.pk), sent)
    assert response.status_code == 302, response.context["entry"].by_name()
    old, new = contract.versions.all()
    assert (new.number, new.tier.code, new.starts_at, new.cap) == (2, "government", old.ends_at, old.cap)
    assert new.clawback == "next_period"
    # fields on the page, the same terms in the end
    assert new.commitments.get().terms == old.commitments.get().terms
    assert history_of(contract)[-1]["reason"] == "Upgrade"


def test_an_amendment_that_is_refused_says_why() -> None:
    client, _ = logged_in("finance clerk")
    contract = a_contract()
    sent = typed(starts_on="2026-04-01") | commitments(platform())
    response = client.post(address("contract", "amend", contract.pk), sent)
    assert response.context["entry"].faults == [
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
    for sent in (
        {},
        {"commitments[x].name": "x"},
        {"commitments[9999].name": "x"},
        {"_do": "add:commitments"},
    ):
        assert client.post(address("contract", "add"), sent).status_code == 200
    assert not Contract.objects.exists()


def test_dates_of_a_contract_are_those_of_its_zone() -> None:
    client, _ = logged_in("auditor")
    a_contract(starts_on=date(2026, 4, 1), ends_before=date(2027, 4, 1))
    page = client.get(address("contract")).content.decode()
    assert "2026-04-01" in page
    assert "2027-04-01" in page


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
    rows = commitments(platform())
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

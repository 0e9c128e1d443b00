"""The form of a contract on the page: every fault beside its field, what was typed kept, and all of it without a script too."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.admin.contract_form import terms as form
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
    an_agreement,
)
from tests.factories.typed import Typed, commitments, platform, posted, typed

pytestmark = pytest.mark.django_db

ADD = reverse("admin:accounts_contract_add")
READING = reverse("admin:accounts_contract_reading")
ROOT = "commitments[0]"


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def clerk() -> Client:
    client = Client()
    client.force_login(a_person("finance clerk"))
    return client


def a_page(**terms: str) -> Typed:
    """A contract typed field by field; `terms` are texts by path of the terms, dots for double underscores."""
    changes = {f"{ROOT}.terms.{path.replace('__', '.')}": text for path, text in terms.items()}
    return typed(customer=a_customer().pk) | commitments(platform(terms=TERMS)) | changes


def faults(client: Client, sent: Typed) -> dict[str, list[str]]:
    """What stands beside the fields after somebody tried to sign this; nothing was signed."""
    response = client.post(ADD, sent)
    assert response.status_code == 200
    assert not Contract.objects.exists()
    found: dict[str, list[str]] = response.context["entry"].by_name()
    page = response.content.decode()
    for name, reasons in found.items():
        assert f'data-fault="{name}">{reasons[0][:20]}'.replace("'", "&#x27;") in page, name
    return found


# Signing


def test_a_contract_typed_field_by_field_is_signed_with_just_those_terms(clerk: Client) -> None:
    response = clerk.post(ADD, a_page(claim__by="customer", claim__deadline__n="30") | {
        f"{ROOT}.terms.claim.deadline.unit": "days",
        f"{ROOT}.terms.claim.deadline.anchor": "period_end",
        "settling_days": "9",
        "clawback": "next_period",
        "cap_kind": "amount",
        "cap_value": "5000",
        "cap_per": "contract_year",
    })  # fmt: skip
    assert response.status_code == 302, response.context["entry"].by_name()
    contract = Contract.objects.get()
    assert (contract.settling_days, contract.issues_by_itself) == (9, True)
    version = contract.versions.get()
    assert version.clawback == "next_period"
    assert version.cap == {"kind": "amount", "value": "5000", "per": "contract_year"}
    signed = version.commitments.get().terms
    assert signed["claim"]["deadline"] == {"n": 30, "unit": "days", "anchor": "period_end"}
    assert signed["credit"] == form.canonical(TERMS)["credit"]


def test_form_and_document_lead_to_the_same_contract(clerk: Client) -> None:
    for number, terms in (("F", TERMS), ("D", json.dumps(TERMS))):
        sent = typed(customer=a_customer().pk, number=number) | commitments(platform(terms=terms))
        assert clerk.post(ADD, sent).status_code == 302
    one, other = Contract.objects.all()
    assert a_commitment(one).terms == a_commitment(other).terms


def test_a_contract_that_a_person_issues_says_so(clerk: Client) -> None:
    sent = a_page()
    del sent["issues_by_itself"]
    clerk.post(ADD, sent)
    assert Contract.objects.get().issues_by_itself is False


# Faults


def test_every_fault_stands_beside_its_field_at_once(clerk: Client) -> None:
    sent = a_page(
        commitment_percent="101",
        cap__value="-1",
        exclude__notice_seconds="soon",
        **{"credit__rules[0].ladder[1].credit": "a lot", "signal__severity_weight[0].weight": "110"},
    )
    assert faults(clerk, sent) == {
        f"{ROOT}.terms.commitment_percent": ["must lie between 0 and 100"],
        f"{ROOT}.terms.cap.value": ["must not be negative"],
        f"{ROOT}.terms.exclude.notice_seconds": ["must come to whole seconds"],
        f"{ROOT}.terms.credit.rules[0].ladder[1].credit": ['must be an exact number, like "99.9" or "1/3"'],
        f"{ROOT}.terms.signal.severity_weight[0].weight": ["must lie between 0 % and 100 %"],
    }


def test_a_range_with_both_ends_is_told_at_its_end(clerk: Client) -> None:
    ranges = {
        "credit__rules[0].kind": "ranges",
        "credit__rules[0].ranges[0].from": "95",
        "credit__rules[0].ranges[0].to": "99",
        "credit__rules[0].ranges[0].credit": "10",
        "credit__rules[0].ranges[1].from": "many",
        "credit__rules[0].ranges[1].credit": "25",
    }
    assert list(faults(clerk, a_page(**ranges))) == [f"{ROOT}.terms.credit.rules[0].ranges[1].from"]


def test_what_does_not_fit_together_is_told_at_the_field_that_is_named(clerk: Client) -> None:
    sent = a_page(
        signal__affected_share__mode="threshold",
        terminate__="",
        **{
            "terminate[0].below": "99",
            "terminate[0].n": "3",
            "terminate[0].m": "2",
            "credit__gate__count": "2",
        },
    )
    assert set(faults(clerk, sent)) == {
        f"{ROOT}.terms.signal.affected_share.above",
        f"{ROOT}.terms.terminate[0].n",
        f"{ROOT}.terms.credit.gate.count",
    }


def test_several_components_ask_how_they_combine(clerk: Client) -> None:
    sent = a_page() | {f"{ROOT}.components": [a_component().pk, a_component("web").pk]}
    assert list(faults(clerk, sent)) == [f"{ROOT}.terms.components.combine"]
    assert clerk.post(ADD, sent | {f"{ROOT}.terms.components.combine": "min"}).status_code == 302


def test_what_is_missing_is_told_to_who_wants_to_sign_and_to_nobody_who_types(clerk: Client) -> None:
    sent = a_page(commitment_percent="", claim__deadline__n="30") | {"number": "", f"{ROOT}.name": ""}
    found = faults(clerk, sent)
    assert found[f"{ROOT}.terms.commitment_percent"] == ["is required"]
    assert found[f"{ROOT}.terms.claim.deadline.anchor"] == ["is required"]
    assert found["number"] == found[f"{ROOT}.name"] == ["This field is required."]
    typing = clerk.post(ADD, sent | {"_do": "read"})
    assert typing.context["entry"].by_name() == {}
    assert "Error:" not in typing.content.decode()
    assert 'aria-invalid="true"' not in typing.content.decode()
    assert "Still to be filled in" in typing.content.decode()


def test_the_operations_own_faults_stand_beside_their_fields(clerk: Client) -> None:
    sent = a_page() | {"number": "T\x07", "cap_kind": "amount", "cap_value": "much", f"{ROOT}.fee": "1.234"}
    found = faults(clerk, sent)
    assert set(found) == {"cap_value", f"{ROOT}.fee"}
    assert faults(clerk, a_page() | {"ends_before": "2026-01-01"}) == {
        "ends_before": ["must be later than the start"]
    }


def test_two_commitments_of_one_name_are_told_at_the_second(clerk: Client) -> None:
    sent = typed(customer=a_customer().pk) | commitments(platform(terms=TERMS), platform(terms=TERMS))
    assert list(faults(clerk, sent)) == ["commitments[1].name"]


def test_nothing_that_cannot_be_read_is_left_out_silently(clerk: Client) -> None:
    """An unreadable optional field would leave terms that are whole without it: they must not be signed."""
    for path in ("exclude.allowance_seconds", "money.decimals", "uptime_rounding.decimals"):
        assert f"{ROOT}.terms.{path}" in faults(clerk, a_page() | {f"{ROOT}.terms.{path}": "?"})


def test_what_was_typed_is_kept_and_never_run(clerk: Client) -> None:
    sent = a_page(
        **{"claim__evidence": "<script>alert(1)</script>", "signal__severity_weight[0].severity": '"><b>'}
    )
    page = clerk.post(ADD, sent | {"number": ""}).content.decode()
    assert "<script>alert" not in page
    assert '"><b>' not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


# The reading that follows what is typed


def test_the_reading_answers_with_words_and_faults_and_signs_nothing(clerk: Client) -> None:
    answer = clerk.post(READING, a_page(commitment_percent="99.95")).json()
    assert answer["faults"] == {}
    assert "99.95 % of the eligible time" in answer["readings"][f"reading-{ROOT}"]
    assert (
        "Between 99.9 and the commitment of 99.95 there is no credit."
        in answer["readings"][f"reading-{ROOT}"]
    )
    assert answer["status"] == "The terms can be read; 1 remark on their credit tables."
    wrong = clerk.post(READING, a_page(commitment_percent="101")).json()
    assert wrong["faults"] == {f"{ROOT}.terms.commitment_percent": ["must lie between 0 and 100"]}
    assert not Contract.objects.exists()


def test_only_who_may_sign_has_contracts_read_back() -> None:
    contract = a_contract()
    for role, status in (("auditor", 403), ("finance clerk", 200)):
        client = Client()
        client.force_login(a_person(role))
        assert client.post(READING, {}).status_code == status
        amend = reverse("admin:accounts_contract_amend_reading", args=[contract.pk])
        assert client.post(amend, {}).status_code == status


def test_an_amendment_says_in_words_what_it_changes(clerk: Client) -> None:
    contract = a_contract()
    page = clerk.get(reverse("admin:accounts_contract_amend", args=[contract.pk]))
    assert page.context["changes"] == []
    sent = posted(page) | {
        f"{ROOT}.terms.commitment_percent": "99.5", f"{ROOT}.fee": "1300", "currency": "EUR", "overlap": "best",
        f"{ROOT}.terms.clauses[0].field": "cap", f"{ROOT}.terms.clauses[0].number": "7.3",
    }  # fmt: skip
    amend = reverse("admin:accounts_contract_amend_reading", args=[contract.pk])
    words = clerk.post(amend, sent).json()["changes"]
    for expected in (
        "99.9 %",
        "99.5 %",
        "EUR 1,250.00",
        "EUR 1,300.00",
        "the higher credit counts",
        "cap: 7.3",
    ):
        assert expected in words
    assert "severity" not in words  # what stays is not told


def test_a_commitment_that_is_renamed_dropped_or_new_is_told_as_that(clerk: Client) -> None:
    contract = a_contract(agreement=an_agreement(promises=[a_promise(), a_promise(name="Other")]))
    amend = reverse("admin:accounts_contract_amend_reading", args=[contract.pk])
    page = clerk.get(reverse("admin:accounts_contract_amend", args=[contract.pk]))

    def heads(sent: Typed) -> dict[str, int]:
        words = clerk.post(amend, sent).json()["changes"]
        return {part.split("</h3>")[0]: part.count("<li>") for part in words.split("<h3>")[1:]}

    renamed = posted(page) | {"commitments[1].name": "Site"}
    assert heads(renamed) == {"Site": 1}
    dropped = {name: text for name, text in posted(page).items() if not name.startswith("commitments[1]")}
    assert heads(dropped) == {"Other": 1}
    new = posted(page) | commitments({}, {}, platform(name="New", terms=TERMS))
    assert heads(new)["New"] > 5


def test_a_reading_costs_few_queries_however_many_commitments(
    clerk: Client, django_assert_max_num_queries: Any
) -> None:
    for count in (1, 6):
        sent = typed() | commitments(*(platform(name=str(n), terms=TERMS) for n in range(count)))
        with django_assert_max_num_queries(6):
            clerk.post(READING, sent)


def test_what_is_still_missing_is_called_as_on_the_page(clerk: Client) -> None:
    sent = a_page(
        commitment_percent="",
        claim__deadline__n="30",
        **{
            "credit__rules[1].kind": "metered",
            "credit__rules[1].rate": "5",
            "signal__severity_weight[1].weight": "",
        },
    )
    [commitment] = clerk.post(ADD, sent | {"_do": "read"}).context["entry"].commitments
    assert set(commitment.missing_labels) == {
        "Promised uptime", "partial_outage: counts for", "Claim within: of these",
        "Claim within: counted from", "Rule 2: for each",
    }  # fmt: skip


def test_the_history_of_a_contract_stands_on_its_page_in_words(clerk: Client) -> None:
    contract = a_contract(reason="Signed on paper")
    amend = reverse("admin:accounts_contract_amend", args=[contract.pk])
    clerk.post(amend, posted(clerk.get(amend)) | {"starts_on": "2026-07-01", "reason": "Upgrade"})
    page = clerk.get(reverse("admin:accounts_contract_change", args=[contract.pk])).content.decode()
    for words in (
        "amended: version 2, from 2026-07-01",
        "Upgrade",
        "signed, from 2026-04-01",
        "Signed on paper",
    ):
        assert words in page


def test_what_cannot_be_read_is_not_called_missing_as_well(clerk: Client) -> None:
    sent = a_page(
        claim__deadline__n="thirty", claim__deadline__unit="days", claim__deadline__anchor="period_end"
    )
    assert faults(clerk, sent) == {f"{ROOT}.terms.claim.deadline.n": ["must be a whole number"]}

"""Terms read back beside the form in which they are typed: in words, with what is odd in them and what outages would cost."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.admin.contract_form.entry import Commitment
from accounts.models import Contract
from tests.factories.accounts import TERMS, a_component, a_customer, a_person, a_tier
from tests.factories.typed import commitments

pytestmark = pytest.mark.django_db

ADD = reverse("admin:accounts_contract_add")


@pytest.fixture
def clerk() -> Client:
    client = Client()
    client.force_login(a_person("finance clerk"))
    return client


def typed(terms: object, fee: str = "2000.00", **more: Any) -> dict[str, Any]:
    """A contract of one commitment as it is typed, with the button pressed that reads its terms back."""
    text = terms if isinstance(terms, str) else json.dumps(terms)
    row = {"name": "API", "fee": fee, "components": [a_component("api").pk], "terms": text}
    beside = {
        "customer": a_customer().pk,
        "number": "",
        "tier": a_tier().pk,
        "currency": "EUR",
        "timezone": "UTC",
    }
    return beside | commitments(row) | {"_do": "read"} | more


def read(client: Client, **sent: Any) -> Commitment:
    """The one commitment with its reading."""
    [commitment] = client.post(ADD, typed(**sent)).context["entry"].commitments
    assert isinstance(commitment, Commitment)
    return commitment


def brackets(*rows: tuple[str | None, bool, str, bool]) -> dict[str, Any]:
    ranges = [
        {"from": low, "from_closed": closed, "to": high, "to_closed": shut, "credit": "10"}
        for low, closed, high, shut in rows
    ]
    rule = {"type": "brackets", "quantity": "uptime_percent", "ranges": ranges}
    return {**TERMS, "credit": {"rules": [rule]}}


def test_terms_are_read_back_in_words_and_nothing_is_signed(clerk: Client) -> None:
    page = clerk.post(ADD, typed(TERMS)).content.decode()
    assert "is promised" in page
    assert "errorlist" not in page
    assert not Contract.objects.exists()


def test_what_outages_would_cost_is_worked_out_by_the_rules(clerk: Client) -> None:
    examples = {one["length"]: one for one in read(clerk, terms=TERMS).reading.examples}
    # May has 2,678,400 s: 7,200 of them are 0.268817 %, 172,800 are 6.451612 %.
    assert examples["30 minutes"]["met"] == "met"
    assert examples["2 hours"] == {
        "length": "2 hours", "uptime": "99.731182 %", "met": "missed", "credit": "10 %", "amount": "200.00 EUR",
    }  # fmt: skip
    assert examples["2 days"]["amount"] == "2000.00 EUR"


def test_credits_in_days_are_shown_as_days(clerk: Client) -> None:
    in_days = {**TERMS, "credit": {**TERMS["credit"], "unit": "days", "day_value": "base/30"}}
    del in_days["cap"]
    assert read(clerk, terms=in_days).reading.examples[2]["credit"] == "10 days"


def test_holes_and_overlaps_of_the_table_are_told(clerk: Client) -> None:
    found = read(clerk, terms=brackets((None, True, "95", False), ("99", True, "99.9", False))).reading
    assert found.remarks == [("credit.rules[0].ranges", "Between 95 and 99 there is no credit.")]


@pytest.mark.parametrize(
    "signal",
    [
        {**TERMS["signal"], "source": "requests", "requests": {"mode": "rate"}},
        {"severity_weight": {}},
    ],
)
def test_where_no_window_would_count_there_is_no_example_in_hours(clerk: Client, signal: object) -> None:
    reading = read(clerk, terms={**TERMS, "signal": signal}).reading
    assert reading.clauses
    assert reading.examples == []


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ("{", "is not JSON"),
        ({**TERMS, "commitment_percent": "101"}, "terms.commitment_percent: must lie between 0 and 100"),
        ([1], "terms: "),
    ],
)
def test_terms_that_cannot_be_read_say_why(clerk: Client, terms: object, fault: str) -> None:
    commitment = read(clerk, terms=terms)
    assert fault in " ".join(f"{name}: {reason}" for name, reason in commitment.wrong)
    assert (commitment.reading.clauses, commitment.reading.examples) == ([], [])


@pytest.mark.parametrize("fee", ["", "a lot", "12.345"])
def test_a_fee_that_is_none_leaves_the_words(clerk: Client, fee: str) -> None:
    assert read(clerk, terms=TERMS, fee=fee).reading.clauses


@pytest.mark.parametrize("component", ["", "x", "999999"])
def test_a_component_that_is_none_leaves_the_words(clerk: Client, component: str) -> None:
    sent = {"commitments[0].components": [component]}
    assert "The service" in read(clerk, terms=TERMS, **sent).reading.clauses[0].sentence


def test_ready_terms_are_read_before_anything_is_typed(clerk: Client) -> None:
    page = clerk.get(ADD + "?catalogue=github-before-2021").content.decode()
    assert "In words" in page
    assert "In words" not in clerk.get(ADD).content.decode()


@pytest.mark.parametrize("fee", ["1.250", "1/2", "1250.0"])
def test_a_fee_that_might_be_meant_otherwise_has_no_example(clerk: Client, fee: str) -> None:
    assert not read(clerk, terms=TERMS, fee=fee).reading.examples

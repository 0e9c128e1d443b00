"""A customer reads what it agreed: versions with their days, commitments with fee, terms as data and in words; nobody else's."""

from datetime import date
from typing import Any

import pytest

from accounts.models import Contract
from accounts.operations import amend_contract, terms_of
from slaservice.rules.documents import parse_terms
from slaservice.rules.wording import clauses
from tests.factories.accounts import (
    NOW,
    TERMS,
    a_commitment,
    a_contract,
    a_customer,
    a_promise,
    an_agreement,
)
from tests.factories.callers import Caller, problems_of
from tests.factories.programs import paths, told

pytestmark = pytest.mark.django_db

JOINT = {**TERMS, "components": {"combine": "any_down"}}


def amended(contract: Contract) -> Contract:
    """From June on two commitments, for 1,500.00 and as billed."""
    promises = [
        a_promise(fee="1500.00"),
        a_promise(name="Mail", components=["api", "mail"], terms=JOINT, fee=None),
    ]
    amend_contract(
        contract=contract,
        starts_on=date(2026, 6, 1),
        agreement=an_agreement(promises=promises),
        by=None,
        now=NOW,
    )
    return contract


def test_a_customer_lists_its_own_contracts_by_number_and_no_others() -> None:
    caller = Caller()
    for number in ("C-2", "C-1", "C-3"):
        a_contract(caller.customer, number=number)
    a_contract(a_customer())
    assert [row["number"] for row in caller.rows("contracts")] == ["C-1", "C-2", "C-3"]
    assert [row["number"] for row in caller.rows("contracts", ordering="-number")] == ["C-3", "C-2", "C-1"]
    assert [row["number"] for row in caller.rows("contracts", number="C-2")] == ["C-2"]
    assert caller.rows("contracts", number=a_contract().number) == []
    assert Caller().rows("contracts") == []


def test_a_contract_says_from_when_to_when_in_instants_and_in_days_of_its_zone() -> None:
    caller = Caller()
    contract = a_contract(caller.customer, ends_before=date(2027, 4, 1))
    (row,) = caller.rows("contracts", at="2026-05-01T00:00:00Z")
    assert row == {
        "id": contract.public_id,
        "number": contract.number,
        "title": "Master agreement",
        "start": "2026-03-31T22:00:00Z",
        "end": "2027-03-31T22:00:00Z",
        "in_force": {
            "version": 1,
            "start": "2026-03-31T22:00:00Z",
            "end": "2027-03-31T22:00:00Z",
            "starts_on": "2026-04-01",
            "ends_before": "2027-04-01",
            "customer_tier": "enterprise",
            "currency": "EUR",
            "timezone": "Europe/Berlin",
            "period_months": 1,
            "first_month": 1,
        },
    }


def test_the_list_as_of_an_instant_has_what_was_in_force_then_to_the_microsecond() -> None:
    caller = Caller()
    amended(a_contract(caller.customer, ends_before=date(2027, 4, 1)))

    def version(at: str) -> list[int]:
        return [row["in_force"]["version"] for row in caller.rows("contracts", at=at)]

    assert version("2026-03-31T21:59:59.999999Z") == []
    assert version("2026-03-31T22:00:00Z") == [1]
    assert version("2026-05-31T21:59:59.999999Z") == [1]
    assert version("2026-06-01T00:00:00+02:00") == [2]
    assert version("2027-03-31T22:00:00Z") == []


def test_a_contract_that_has_not_begun_is_listed_without_a_version_in_force() -> None:
    caller = Caller()
    a_contract(caller.customer, starts_on=date(2099, 1, 1))
    assert [row["in_force"] for row in caller.rows("contracts")] == [None]


def test_a_contract_shows_every_version_with_its_commitments() -> None:
    caller = Caller()
    contract = amended(a_contract(caller.customer))
    for name in (contract.public_id, contract.number):
        shown = caller.get(f"contracts/{name}").json()
        first, second = shown["versions"]
        assert (first["version"], first["ends_before"], second["starts_on"]) == (
            1,
            "2026-06-01",
            "2026-06-01",
        )
        assert second["end"] is second["ends_before"] is None
        assert [(one["name"], one["fee"]) for one in second["commitments"]] == [
            ("Platform", "1500.00"),
            ("Mail", None),
        ]
        assert second["commitments"][1]["components"] == [
            {"code": "api", "name": "API"},
            {"code": "mail", "name": "MAIL"},
        ]
    assert [one["version"] for one in caller.get(f"contracts/{contract.number}").json()["versions"]] == [1, 2]


def test_a_contract_as_of_an_instant_shows_that_version_alone() -> None:
    caller = Caller()
    contract = amended(a_contract(caller.customer))
    shown = caller.get(f"contracts/{contract.public_id}", at="2026-05-31T21:59:59Z").json()
    assert [one["version"] for one in shown["versions"]] == [1]
    assert shown["in_force"]["version"] == 1
    before = caller.get(f"contracts/{contract.public_id}", at="2026-01-01T00:00:00Z").json()
    assert (before["versions"], before["in_force"]) == ([], None)


def test_terms_are_the_canonical_document_and_the_same_in_words_with_the_clauses_of_the_paper() -> None:
    caller = Caller()
    terms = {**TERMS, "clauses": {"commitment_percent": "4.1"}}
    contract = a_contract(caller.customer, agreement=an_agreement(promises=[a_promise(terms=terms)]))
    (version,) = caller.get(f"contracts/{contract.public_id}").json()["versions"]
    (commitment,) = version["commitments"]
    assert commitment["terms"] == terms_of(a_commitment(contract))
    read = parse_terms(commitment["terms"])
    assert [(one["field"], one["sentence"]) for one in commitment["words"]] == clauses(read, {"api": "API"})
    promise = commitment["words"][0]
    assert promise["clause"] == "4.1"
    assert promise["sentence"].startswith("API is promised to be available for 99.9 % of the eligible time")
    assert {one["clause"] for one in commitment["words"][1:]} == {None}


def test_what_joins_the_commitments_is_shown() -> None:
    caller = Caller()
    cap = {"kind": "amount", "value": "5000", "per": "contract_year"}
    contract = a_contract(
        caller.customer, agreement=an_agreement(cap=cap, overlap="best", clawback="next_period")
    )
    (version,) = caller.get(f"contracts/{contract.public_id}").json()["versions"]
    assert (version["overlap"], version["cap"], version["clawback"]) == ("best", cap, "next_period")


def test_another_customers_contract_an_unknown_one_and_none_get_the_same_answer() -> None:
    foreign, caller = a_contract(), Caller()
    answers = [
        caller.get(f"contracts/{name}")
        for name in (foreign.public_id, foreign.number, "ct_" + "0" * 32, "1", "%00", "ü" * 50, " ")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len(problems_of(answers)) == 1


@pytest.mark.parametrize(
    ("parameters", "path"),
    [({"at": "2026-04-01"}, "at"), ({"on": "2026-04-01"}, "on"), ({"customer": "1"}, "customer")],
)
def test_a_parameter_that_is_not_known_or_cannot_be_used_is_named(
    parameters: dict[str, str], path: str
) -> None:
    response = Caller().get("contracts", **parameters)
    told(response, 400, "invalid_request")
    assert paths(response) == [path]


def test_contracts_take_their_own_scope() -> None:
    caller = Caller(scopes=["statements:read"])
    contract = a_contract(caller.customer)
    for address in ("contracts", f"contracts/{contract.public_id}"):
        told(caller.get(address), 403, "scope_missing")


@pytest.mark.parametrize("count", [1, 9])
def test_a_list_takes_three_queries_and_a_contract_five(count: int, django_assert_num_queries: Any) -> None:
    caller = Caller()
    promises = [a_promise(name=f"Promise {number}") for number in range(count)]
    for _ in range(count):
        contract = amended(a_contract(caller.customer, agreement=an_agreement(promises=promises)))
    with django_assert_num_queries(3):
        assert len(caller.rows("contracts")) == count
    with django_assert_num_queries(5):
        caller.get(f"contracts/{contract.public_id}")

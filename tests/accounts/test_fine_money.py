"""Money that nobody can pay is refused where it is entered, by its field; an amount is billed only where no fee is fixed."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from slaservice.rules.refusal import Invalid
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import TERMS, a_commitment, a_contract, a_person, a_promise, an_agreement

pytestmark = pytest.mark.django_db


def faults_of(terms: dict[str, Any] | None = None, **agreed: Any) -> list[str]:
    promise = a_promise(terms={**TERMS, **(terms or {})}, fee="1250")
    try:
        a_contract(agreement=an_agreement(promises=[promise], **agreed))
    except Invalid as invalid:
        return [f"{error.path} {error.reason}" for error in invalid.errors]
    return []


def amount(value: str) -> dict[str, str]:
    return {"kind": "amount", "value": value}


def minimum(value: str) -> dict[str, Any]:
    return {"op": ">=", "amount": value, "below": "carry"}


@pytest.mark.parametrize(
    ("currency", "fits", "too_fine"),
    [("EUR", "0.05", "0.005"), ("JPY", "500", "500.5"), ("KWD", "0.005", "0.0005"), ("EUR", "1/4", "1/3")],
)
def test_amounts_have_no_more_decimals_than_the_contracts_currency(
    currency: str, fits: str, too_fine: str
) -> None:
    for terms, agreed, field in (
        ({"cap": amount}, {}, "commitments[0].terms.cap.value"),
        ({"minimum_issue": minimum}, {}, "commitments[0].terms.minimum_issue.amount"),
        ({}, {"cap": amount}, "cap.value"),
    ):
        for value, wrong in ((fits, False), (too_fine, True)):
            found = faults_of(
                {name: of(value) for name, of in terms.items()},
                currency=currency,
                **{name: of(value) for name, of in agreed.items()},
            )
            assert [fault.partition(" ")[0] for fault in found] == ([field] if wrong else []), (field, value)


def test_credits_are_not_rounded_finer_than_anybody_can_pay() -> None:
    assert faults_of({"money": {"decimals": 3}}, currency="EUR") == [
        "commitments[0].terms.money.decimals are more than the 2 of EUR"
    ]
    assert faults_of({"money": {"decimals": 0}}, currency="EUR") == []
    assert faults_of({"money": {"decimals": 3}}, currency="KWD") == []


def test_a_percentage_may_be_as_fine_as_it_likes() -> None:
    cap = {"kind": "percent_of_base", "value": "33.3333"}
    assert faults_of({"cap": cap}, cap={**cap}) == []


def test_only_commitments_without_a_fixed_fee_are_offered_for_a_billed_amount() -> None:
    fixed = a_commitment()
    billed = a_commitment(a_contract(agreement=an_agreement(promises=[a_promise(fee=None)])))
    client = Client()
    client.force_login(a_person(FINANCE_CLERK))
    form = client.get(reverse("admin:accounts_billedamount_add")).context["form"]
    assert list(form.fields["commitment"].queryset) == [billed]
    assert fixed not in form.fields["commitment"].queryset

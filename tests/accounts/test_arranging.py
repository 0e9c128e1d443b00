"""How long facts may come in, and whether a plain statement needs a person: agreed with each contract, changed by finance."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Contract
from accounts.operations import arrange_closing
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ACCOUNT_MANAGER, FINANCE_CLERK, OPERATOR
from tests.factories.accounts import NOW, a_contract, a_person, history_of

pytestmark = pytest.mark.django_db


def test_finance_arranges_how_a_contract_is_closed_and_history_keeps_both() -> None:
    contract, clerk = a_contract(settling_days=5), a_person(FINANCE_CLERK)
    arranged = arrange_closing(
        contract=contract,
        settling_days=10,
        issues_by_itself=False,
        by=clerk,
        now=NOW,
        reason="their auditors",
    )
    assert (arranged.settling_days, arranged.issues_by_itself) == (10, False)
    entry = history_of(contract)[-1]
    assert (entry["action"], entry["reason"], entry["actor_id"]) == (
        "contracts.arrange",
        "their auditors",
        clerk.pk,
    )
    assert entry["data"] == {
        "before": {"settling_days": 5, "issues_by_itself": True},
        "after": {"settling_days": 10, "issues_by_itself": False},
    }


def test_the_same_again_is_no_entry_of_history() -> None:
    contract = a_contract(settling_days=5)
    before = history_of(contract)
    arrange_closing(contract=contract, settling_days=5, issues_by_itself=True, by=None, now=NOW)
    assert history_of(contract) == before


@pytest.mark.parametrize("days", [-1, 91])
def test_a_settling_time_that_cannot_be_is_refused_by_its_field(days: int) -> None:
    with pytest.raises(Invalid) as refused:
        arrange_closing(contract=a_contract(), settling_days=days, issues_by_itself=True, by=None, now=NOW)
    assert [error.path for error in refused.value.errors] == ["settling_days"]


@pytest.mark.parametrize("days", [0, 90])
def test_the_shortest_and_the_longest_settling_time(days: int) -> None:
    contract = a_contract(settling_days=5)
    arrange_closing(contract=contract, settling_days=days, issues_by_itself=True, by=None, now=NOW)
    assert Contract.objects.get(pk=contract.pk).settling_days == days


@pytest.mark.parametrize("role", [OPERATOR, ACCOUNT_MANAGER])
def test_nobody_else_arranges_it(role: str) -> None:
    with pytest.raises(Refusal) as refused:
        arrange_closing(
            contract=a_contract(), settling_days=1, issues_by_itself=True, by=a_person(role), now=NOW
        )
    assert refused.value.code == "not_permitted"


def test_it_is_a_button_on_the_contracts_page(client: Client) -> None:
    contract = a_contract(settling_days=5)
    client.force_login(a_person(FINANCE_CLERK))
    page = client.get(reverse("admin:accounts_contract_change", args=[contract.pk]))
    assert "Arrange closing" in page.content.decode()
    address = reverse("admin:accounts_contract_closing", args=[contract.pk])
    form = client.get(address)
    assert 'value="5"' in form.content.decode()
    client.post(address, {"settling_days": "12", "reason": "as agreed"})
    contract.refresh_from_db()
    assert (contract.settling_days, contract.issues_by_itself) == (12, False)

"""The pages of exclusions: proposed by form, approved by somebody else, rejected and ended, and nothing to edit."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Exclusion
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, OPERATOR, ROLES
from tests.factories.accounts import (
    NOW,
    a_component,
    a_contract,
    a_customer,
    a_person,
    a_proposed_exclusion,
    a_tier,
    an_exclusion,
)
from tests.factories.reports import april

pytestmark = pytest.mark.django_db

LIST = "admin:accounts_exclusion_changelist"
ADD = "admin:accounts_exclusion_add"


@pytest.fixture(autouse=True)
def today() -> Iterator[None]:
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


def logged_in(*roles: str, user: User | None = None) -> tuple[Client, User]:
    person, client = user or a_person(*roles), Client()
    client.force_login(person)
    return client, person


def address(row: Exclusion, page: str = "change") -> str:
    return reverse(f"admin:accounts_exclusion_{page}", args=[row.pk])


def typed(**values: Any) -> dict[str, Any]:
    return {
        "category": "force_majeure",
        "contract": "",
        "tiers": [a_tier().pk],
        "component": "",
        "starts_at": "2026-04-10 14:00 +02:00",
        "ends_at": "",
        "clause": "7.1",
        "justification": "The Elbe stood in the cellar",
        "evidence_url": "",
        **values,
    }


def test_an_operator_proposes_for_everybody_in_a_tier() -> None:
    client, operator = logged_in(OPERATOR)
    assert client.get(reverse(ADD)).status_code == 200
    answer = client.post(reverse(ADD), typed())
    exclusion = Exclusion.objects.get()
    assert answer.headers["Location"] == address(exclusion)
    assert (exclusion.state, exclusion.proposed_by, exclusion.starts_at, exclusion.ends_at) == (
        "proposed",
        operator,
        april(10, 12),
        None,
    )


def test_an_operator_proposes_for_one_contract_by_its_number() -> None:
    client, _ = logged_in(OPERATOR)
    contract = a_contract()
    a_component()
    client.post(reverse(ADD), typed(contract=contract.number, tiers=[]))
    assert Exclusion.objects.get().contract == contract
    answer = client.post(reverse(ADD), typed(contract="C-nobody", tiers=[]))
    assert "No contract has the number C-nobody" in answer.content.decode()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"tiers": []}, "name the tiers, or a contract, and not both"),
        ({"ends_at": "2026-04-10 11:00"}, "must be later than the start"),
        ({"evidence_url": "file:///etc/passwd"}, "must start with https://"),
        ({"justification": " "}, "This field is required"),
    ],
)
def test_what_is_refused_is_told_at_the_field(values: dict[str, Any], told: str) -> None:
    client, _ = logged_in(OPERATOR)
    assert told in client.post(reverse(ADD), typed(**values)).content.decode()
    assert not Exclusion.objects.exists()


def test_finance_approves_on_the_page_and_whoever_proposed_it_cannot() -> None:
    both = a_person(OPERATOR, FINANCE_APPROVER)
    exclusion = a_proposed_exclusion(by=both)
    own, _ = logged_in(user=both)
    assert "another person approves it" in own.post(address(exclusion, "approve"), {}).content.decode()
    client, approver = logged_in(FINANCE_APPROVER)
    page = client.get(address(exclusion)).content.decode()
    assert exclusion.justification in page
    answer = client.post(address(exclusion, "approve"), {"reason": ""}, follow=True)
    assert f"{exclusion} is approved." in answer.content.decode()
    exclusion.refresh_from_db()
    assert (exclusion.state, exclusion.approved_by) == ("approved", approver)


def test_an_exclusion_is_rejected_or_ended_with_a_reason() -> None:
    client, _ = logged_in(OPERATOR)
    proposed, approved = a_proposed_exclusion(), an_exclusion()
    client.post(address(proposed, "reject"), {"reason": "Typo"})
    client.post(address(approved, "end"), {"stops_at": "2026-04-10 12:30", "reason": "Ours"})
    proposed.refresh_from_db()
    approved.refresh_from_db()
    assert (proposed.state, approved.state, approved.stops_at) == ("rejected", "ended", april(10, 12, 30))
    for row in (proposed, approved):
        assert address(row, "end") not in client.get(address(row)).content.decode()


def test_every_role_reads_and_each_verb_is_for_its_own() -> None:
    exclusion = a_proposed_exclusion()
    for role in ROLES:
        client, _ = logged_in(role)
        assert client.get(reverse(LIST)).status_code == 200
        assert client.get(address(exclusion)).status_code == 200
        assert client.get(reverse(ADD)).status_code == (200 if role == OPERATOR else 403)
        may = role == FINANCE_APPROVER
        assert client.get(address(exclusion, "approve")).status_code == (200 if may else 403)


def test_an_account_manager_does_not_see_the_exclusions_of_other_customers() -> None:
    client, manager = logged_in(ACCOUNT_MANAGER)
    own = an_exclusion(a_contract(a_customer(account_manager=manager)))
    other = an_exclusion(a_contract())
    page = client.get(reverse(LIST)).content.decode()
    assert own.reference in page
    assert other.reference not in page
    assert client.get(address(other)).status_code == 302


def test_the_list_takes_the_same_queries_for_two_rows_and_for_twenty() -> None:
    client, _ = logged_in(AUDITOR)
    contract = a_contract()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse(LIST))
        return len(captured)

    for _ in range(2):
        an_exclusion(contract)
        an_exclusion()
    few = queries()
    for _ in range(9):
        an_exclusion(contract)
        an_exclusion()
    assert queries() == few

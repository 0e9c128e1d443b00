"""The dry run's page takes what the form of an amendment posts, shows both sides, and sends what was typed back."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.admin.contract_form.starting import of_version
from accounts.models import Contract, ContractVersion
from accounts.operations import change_customer
from slaservice.rules.documents import canonical
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_CLERK
from tests.factories.accounts import TERMS, a_component, a_person, a_promise
from tests.factories.outages import a_mapping
from tests.reports.test_rehearsal import NOW, STRICTER, agreed, down, signed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def address(contract: Contract) -> str:
    return reverse("admin:reports_amendment_dry_run", args=[contract.pk])


def at_the_desk(person: User | None = None) -> Client:
    client = Client()
    client.force_login(person or a_person(FINANCE_CLERK))
    return client


def typed(contract: Contract, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The form of an amendment as it starts, with a date and what was changed."""
    posted, _ = of_version(contract.versions.select_related("tier").latest("number"))
    return {**posted, "starts_on": ["2026-06-01"], **changes}


def tried(contract: Contract, changes: Mapping[str, Any], client: Client | None = None) -> str:
    answer = (client or at_the_desk()).post(address(contract), typed(contract, changes))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_periods_without_data_are_counted_and_each_says_so() -> None:
    contract = signed()
    down(2025, 7)
    a_mapping()
    shown = tried(contract, {})
    assert "11 periods of 12 are without data, and the close would be blocked" in shown
    assert shown.count("would be blocked: No data for API") == 11
    assert "The close of July 2025" not in shown


def test_both_sides_and_the_difference_are_shown() -> None:
    contract = signed()
    down(2025, 7)
    shown = tried(contract, {"commitments[0].fee": ["2000.00"]})
    assert (
        "By what governed EUR 250.00 is owed in the last twelve months, by the proposal EUR 500.00." in shown
    )
    assert "The proposal would have cost EUR 250.00 more. No period changes its verdict." in shown
    assert (
        'In all</th><td class="number side">250.00</td><td class="number">500.00</td>'
        '<td class="number">+250.00</td>' in shown
    )
    assert "Owed, EUR" in shown
    assert shown.count('scope="rowgroup"') == 12
    assert ContractVersion.objects.count() == 1


def test_what_was_typed_goes_back_to_the_form_as_it_was() -> None:
    contract = signed()
    client = at_the_desk()
    shown = tried(contract, {"reason": ['<b>"so"</b>']}, client)
    assert '<input type="hidden" name="reason" value="&lt;b&gt;&quot;so&quot;&lt;/b&gt;">' in shown
    assert '<input type="hidden" name="starts_on" value="2026-06-01">' in shown
    amend = reverse("admin:accounts_contract_amend", args=[contract.pk])
    assert f'action="{amend}"' in shown
    back = client.post(amend, {**typed(contract, {}), "reason": "so", "_do": "read"})
    assert back.status_code == 200
    assert 'value="2026-06-01"' in back.content.decode()
    assert ContractVersion.objects.count() == 1


def test_faults_are_told_and_nothing_is_computed() -> None:
    shown = tried(signed(), {"currency": ["ABC"], "commitments[0].fee": ["a lot"]})
    assert "What was typed is no agreement yet." in shown
    assert "<li>currency: " in shown
    assert "rehearsal-caption" not in shown


def test_months_left_out_and_missing_fees_are_named() -> None:
    contract = signed(agreed(fee=None), starts_on=date(2026, 3, 1))
    shown = tried(contract, {"commitments[0].fee": ["1000.00"]})
    assert "Left out: May 2025 to February 2026: the contract began on 2026-03-01." in shown
    assert "no fee is agreed and no amount was billed for April 2026" in shown
    assert "in neither total" in shown


def test_a_page_that_is_only_looked_at_leads_to_the_form() -> None:
    contract = signed()
    answer = at_the_desk().get(address(contract))
    assert answer.headers["Location"] == reverse("admin:accounts_contract_amend", args=[contract.pk])


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, AUDITOR])
def test_it_is_for_those_who_may_amend(role: str) -> None:
    contract = signed()
    person = a_person(role)
    change_customer(customer=contract.customer, account_manager=person, by=None, now=NOW)
    assert at_the_desk(person).post(address(contract), typed(contract, {})).status_code == 403
    assert Client().post(address(contract), typed(contract, {})).status_code == 302


def test_no_such_contract() -> None:
    assert at_the_desk().post(reverse("admin:reports_amendment_dry_run", args=[999]), {}).status_code == 404


def test_the_form_of_an_amendment_leads_here() -> None:
    contract = signed()
    page = at_the_desk().get(reverse("admin:accounts_contract_amend", args=[contract.pk])).content.decode()
    assert f'formaction="{address(contract)}"' in page


def test_amounts_in_two_currencies_stand_with_them() -> None:
    contract = signed()
    down(2025, 7)
    shown = tried(contract, {"currency": ["USD"]})
    assert "The totals cannot be subtracted from each other." in shown
    assert 'In all</th><td class="number side">EUR 250.00</td><td class="number">USD 250.00</td>' in shown


# the command


def test_the_command_tells_the_same_for_other_terms(tmp_path: Any, capsys: Any) -> None:
    for code in ("api", "web"):
        a_component(code)
    contract = signed(
        agreed(promises=[a_promise(fee="1000.00"), a_promise(name="Web", components=["web"], fee="1.00")])
    )
    down(2025, 7)
    file = tmp_path / "terms.json"
    file.write_bytes(canonical(STRICTER))
    call_command("rehearse_amendment", "--contract", contract.number, "--terms", file)
    told = capsys.readouterr().out
    assert "July 2025" in told
    assert "owed by what governed: EUR 250.00; by the proposal: EUR" in told
    file.write_bytes(canonical({**TERMS, "commitment_percent": "high"}))
    with pytest.raises(CommandError, match=r"commitments\[0\].terms.commitment_percent"):
        call_command("rehearse_amendment", "--contract", contract.number, "--terms", file)
    with pytest.raises(CommandError, match="no contract"):
        call_command("rehearse_amendment", "--contract", "C-none", "--terms", file)
    with pytest.raises(CommandError, match="no commitment"):
        call_command(
            "rehearse_amendment", "--contract", contract.number, "--terms", file, "--commitment", "X"
        )
    assert ContractVersion.objects.count() == 1

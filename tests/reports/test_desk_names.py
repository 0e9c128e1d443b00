"""Who did something is named as people know each other, on every page of the desk; who may decide finds it beside the credit."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from reports import closing, operations
from reports.models import ClosingBlock, Delivery, ServiceCredit, Statement
from slaservice.rules.workflow import (
    ACCOUNT_MANAGER,
    ADMINISTRATOR,
    AUDITOR,
    FINANCE_APPROVER,
    FINANCE_CLERK,
)
from tests.factories.accounts import a_contract, a_customer, a_person, an_exclusion
from tests.factories.money import BY_CUSTOMER, a_claim, a_contract_with, a_granted
from tests.factories.reports import CLOSED, MONTH, a_draft, a_missed_draft, a_proposal, an_outage, april

pytestmark = pytest.mark.django_db

QUEUE, STATEMENTS = "/admin/reports/servicecredit/", "/admin/reports/statement/"


def a_named(role: str, first: str) -> User:
    """Somebody whose log-in says nothing."""
    found = a_person(role, first_name=first, last_name="Roe")
    User.objects.filter(pk=found.pk).update(username=f"login-{first.lower()}")
    found.refresh_from_db()
    return found


def as_a(*roles: str, user: User | None = None) -> Client:
    client = Client()
    client.force_login(user or a_person(*roles))
    return client


@pytest.fixture
def deeds() -> dict[str, Any]:
    """Something that each of the desk's people did, with a page that says so."""
    clerk, approver = a_named(FINANCE_CLERK, "Clara"), a_named(FINANCE_APPROVER, "Agnes")
    manager = a_named(ACCOUNT_MANAGER, "Mara")
    an_outage()
    claimed = a_draft(a_contract_with(claim=BY_CUSTOMER))
    contract = a_contract(a_customer(account_manager=manager))
    a_proposal(start=april(20, 1), end=april(20, 2))
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
    block = ClosingBlock.objects.get()
    operations.waive(block=block, reason="agreed", by=clerk, now=CLOSED)
    draft = a_draft(contract)
    draft.credit = operations.adjust(
        credit=draft.credit, amount="100.00", reason="agreed", by=clerk, now=CLOSED
    )
    operations.approve(credit=draft.credit, by=approver, now=CLOSED)
    issued = operations.issue(statement=draft, by=clerk, now=CLOSED)
    operations.hand_over(statement=issued, recipient="Jane", note="", on_behalf_of="", by=clerk, now=CLOSED)
    operations.apply(credit=draft.credit, billing_reference="INV-2026-118", by=clerk, now=CLOSED)
    journal = operations.make_journal(by=clerk, now=CLOSED)
    claim = a_claim(claimed.credit, by=clerk)
    operations.reject_claim(claim=claim, reason="no", by=a_named(FINANCE_CLERK, "Carl"), now=CLOSED)
    exclusion = an_exclusion(by=a_named("operator", "Otto"))
    return {
        "reports/closingblock": block,
        "reports/servicecredit": None,
        "reports/statement": issued,
        "reports/posting": issued.postings.latest("pk"),
        "reports/delivery": Delivery.objects.get(),
        "reports/journal": journal,
        "reports/claim": claim,
        "accounts/customer": contract.customer,
        "accounts/contract": contract,
        "accounts/exclusion": exclusion,
        "history/entry": None,
        "claimed": claimed,
    }


def test_every_page_of_the_desk_names_people_by_their_names(deeds: dict[str, Any]) -> None:
    client = as_a(AUDITOR, ADMINISTRATOR, FINANCE_CLERK)
    claimed = deeds.pop("claimed")
    seen = ""
    addresses = [
        f"{STATEMENTS}{claimed.pk}/change/",
        f"{QUEUE}?state=all",
        f"{reverse('admin:reports_guards')}?month={MONTH}",
    ]
    for page, row in deeds.items():
        addresses.append(f"/admin/{page}/")
        if row is not None:
            addresses += [f"/admin/{page}/{row.pk}/change/", f"/admin/{page}/{row.pk}/history/"]
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200, address
        shown = response.content.decode()
        assert "login-" not in shown, (address, shown[shown.index("login-") - 200 :][:300])
        seen += shown
    for name in ("Clara Roe", "Agnes Roe", "Mara Roe", "Carl Roe", "Otto Roe"):
        assert name in seen, name


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("reports/closingblock/?standing=waived", "Clara Roe"),
        ("reports/delivery/", "Clara Roe"),
        ("reports/journal/", "Clara Roe"),
        ("reports/claim/", "Carl Roe"),
        ("reports/posting/", "Agnes Roe"),
        ("reports/servicecredit/?state=all", "Clara Roe"),
        ("accounts/customer/", "Mara Roe"),
    ],
)
def test_each_list_says_who(deeds: dict[str, Any], page: str, name: str) -> None:
    assert name in as_a(AUDITOR).get(f"/admin/{page}").content.decode()


# files


def exported(kind: str, **asked: str) -> list[dict[str, Any]]:
    response = as_a(AUDITOR).get(f"{QUEUE}export/{kind}/", asked)
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    if kind == "csv":
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    header, *rows = load_workbook(io.BytesIO(content)).active.values
    return [dict(zip(header, row, strict=True)) for row in rows]


def test_the_files_of_credits_have_names_and_the_bill(deeds: dict[str, Any]) -> None:
    (row,) = exported("csv", state="applied")
    assert (row["Adjusted by"], row["Bill"]) == ("Clara Roe", "INV-2026-118")
    assert (row["Computed"], row["Amount"], row["Amount currency"]) == ("125.00", "100.00", "EUR")


def test_uptime_target_and_downtime_are_numbers_in_the_files() -> None:
    a_missed_draft()
    (row,) = exported("xlsx")
    found = [row[name] for name in ("Worst uptime, %", "Its target, %", "Its downtime, seconds")]
    assert [type(one) for one in found] in ([float, float, int], [float, float, float])
    assert [Decimal(str(one)) for one in found] == [Decimal("99.722222"), Decimal("99.9"), 7200]


# who decides


def offered(*roles: str, user: User | None = None) -> set[str]:
    """The verbs that the queue offers beside the one credit that waits."""
    shown = as_a(*roles, user=user).get(QUEUE).content.decode()
    pk = ServiceCredit.objects.get().pk
    return {verb for verb in ("approve", "reject", "adjust") if f"{QUEUE}{pk}/{verb}/" in shown}


@pytest.mark.parametrize(
    ("role", "verbs"),
    [
        (FINANCE_APPROVER, {"approve", "reject"}),
        (FINANCE_CLERK, {"adjust"}),
        (AUDITOR, set()),
        (ACCOUNT_MANAGER, set()),
    ],
)
def test_the_queue_offers_decisions_to_those_who_may_decide(role: str, verbs: set[str]) -> None:
    user = a_person(role)
    a_missed_draft(a_contract(a_customer(account_manager=user if role == ACCOUNT_MANAGER else None)))
    assert offered(user=user) == verbs


def test_whoever_adjusted_is_offered_no_decision() -> None:
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    draft = a_missed_draft()
    operations.adjust(credit=draft.credit, amount="100.00", reason="x", by=both, now=CLOSED)
    assert offered(user=both) == {"adjust"}
    assert offered(FINANCE_APPROVER) == {"approve", "reject"}


def test_the_page_of_the_approval_says_what_is_approved() -> None:
    draft = a_missed_draft()
    operations.adjust(
        credit=draft.credit, amount="100.00", reason="x", by=a_person(FINANCE_CLERK), now=CLOSED
    )
    page = as_a(FINANCE_APPROVER).get(f"{QUEUE}{draft.credit.pk}/approve/")
    assert page.context["about"] == {
        "Amount": "EUR 100.00",
        "Computed": "EUR 125.00",
        "Customer": draft.contract.customer.name,
        "Contract": draft.contract.number,
        "Period": "April 2026",
        "Statement": "draft",
    }
    shown = page.content.decode()
    assert all(value in shown for value in page.context["about"].values())


def test_an_empty_queue_leads_to_what_waits_elsewhere() -> None:
    a_granted()
    a_draft(a_contract_with(claim=BY_CUSTOMER))
    client = as_a(FINANCE_CLERK)
    page = client.get(QUEUE)
    assert not Statement.objects.filter(credit__state="proposed").exists()
    elsewhere = page.context["elsewhere"]
    assert [(words, count) for _, words, count in elsewhere] == [
        ("to be claimed by the customer", 1),
        ("approved, to be put onto a bill", 1),
    ]
    for address, _, count in elsewhere:
        assert f'href="{address}"' in page.content.decode()
        assert client.get(address).context["cl"].result_count == count

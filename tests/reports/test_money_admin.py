"""The desk's pages of money: claims, postings, journals, and the verbs that a granted or claimable credit has."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports.models import Claim, Journal, Posting, ServiceCredit
from reports.operations import make_journal
from reports.operations.journals import file_of
from slaservice.rules.workflow import (
    ACCOUNT_MANAGER,
    ADMINISTRATOR,
    AUDITOR,
    FINANCE_APPROVER,
    FINANCE_CLERK,
    OPERATOR,
)
from tests.factories.accounts import a_contract, a_person, a_promise, an_agreement
from tests.factories.money import (
    BY_CUSTOMER,
    a_claim,
    a_claimable,
    a_contract_with,
    a_granted,
    an_account_manager,
)
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued, an_outage

pytestmark = pytest.mark.django_db

CLAIMS, CREDITS = "/admin/reports/claim/", "/admin/reports/servicecredit/"
POSTINGS, JOURNALS = "/admin/reports/posting/", "/admin/reports/journal/"


def as_a(*roles: str, user: User | None = None) -> Client:
    client = Client()
    client.force_login(user or a_person(*roles))
    return client


def shown(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def a_claim_form(**values: str) -> dict[str, str]:
    return {
        "claimant": "Jane Roe",
        "received_at_0": "2026-05-04",
        "received_at_1": "08:00:00",
        "text": "We were down.",
        **values,
    }


def test_an_account_manager_records_a_claim_and_a_clerk_decides_on_it() -> None:
    manager, customer = an_account_manager()
    credit = a_claimable(contract=a_contract_with(customer, claim=BY_CUSTOMER))
    client = as_a(user=manager)
    assert "history keeps both names" in shown(client.get(f"{CREDITS}{credit.pk}/claim/"))
    response = client.post(f"{CREDITS}{credit.pk}/claim/", a_claim_form())
    claim = Claim.objects.get()
    assert response.headers["Location"] == f"{CLAIMS}{claim.pk}/change/"
    assert claim.received_at.isoformat() == "2026-05-04T08:00:00+00:00"
    assert "Jane Roe" in shown(client.get(f"{CLAIMS}{claim.pk}/change/"))
    clerk = as_a(FINANCE_CLERK)
    assert "Accept in part" in shown(clerk.get(f"{CLAIMS}{claim.pk}/change/"))
    clerk.post(f"{CLAIMS}{claim.pk}/accept_part/", {"amount": "100.00", "reason": "half of it"})
    assert ServiceCredit.objects.get().state == "adjusted"
    assert "Accept in part" not in shown(clerk.get(f"{CLAIMS}{claim.pk}/change/"))


def test_a_claim_that_comes_too_late_is_refused_on_the_page() -> None:
    credit = a_claimable()
    late = {"received_at_0": "2026-06-05", "received_at_1": "00:00:00"}
    with time_machine.travel(CLOSED + timedelta(days=40), tick=False):
        page = shown(as_a(FINANCE_CLERK).post(f"{CREDITS}{credit.pk}/claim/", a_claim_form(**late)))
    assert "had to be claimed before 2026-06-04T22:00:00Z" in page
    assert not Claim.objects.exists()


@pytest.mark.parametrize(("verb", "state"), [("accept", "accepted"), ("reject", "rejected")])
def test_a_claim_is_accepted_or_rejected_on_its_page(verb: str, state: str) -> None:
    claim = a_claim()
    as_a(FINANCE_CLERK).post(f"{CLAIMS}{claim.pk}/{verb}/", {"reason": "as logged"})
    claim.refresh_from_db()
    assert (claim.state, claim.reason) == (state, "as logged")


@pytest.mark.parametrize("role", [FINANCE_APPROVER, AUDITOR])
def test_who_only_reads_claims_has_no_verb(role: str) -> None:
    claim = a_claim()
    client = as_a(role)
    assert "Jane Roe" in shown(client.get(CLAIMS))
    assert "Accept in part" not in shown(client.get(f"{CLAIMS}{claim.pk}/change/"))
    assert client.post(f"{CLAIMS}{claim.pk}/accept/", {"reason": ""}).status_code == 403


def test_a_manager_sees_the_claims_of_customers_in_their_care_alone() -> None:
    claim = a_claim()
    client = as_a(ACCOUNT_MANAGER)
    assert "Jane Roe" not in shown(client.get(CLAIMS))
    assert client.get(f"{CLAIMS}{claim.pk}/change/").status_code == 302
    assert client.post(f"{CREDITS}{claim.credit_id}/claim/", a_claim_form()).status_code == 404


def test_the_list_of_claims_takes_the_same_queries_for_few_and_for_many() -> None:
    client = as_a(FINANCE_CLERK)
    counts = []
    for claims in (1, 4):
        for _ in range(claims):
            a_claim()
        client.get(CLAIMS)
        with CaptureQueriesContext(connection) as queries:
            shown(client.get(CLAIMS))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10


# Credits


def test_a_granted_credit_is_applied_to_a_bill_and_another_let_expire() -> None:
    clerk = as_a(FINANCE_CLERK)
    one, other = a_granted(), a_granted()
    clerk.post(f"{CREDITS}{one.pk}/apply/", {"billing_reference": "CN-118"})
    clerk.post(f"{CREDITS}{other.pk}/expire/", {"reason": "the customer left"})
    for credit in (one, other):
        credit.refresh_from_db()
    assert (one.state, one.billing_reference) == ("applied", "CN-118")
    assert (other.state, other.reason) == ("expired", "the customer left")


def test_the_list_offers_what_the_state_allows() -> None:
    a_claimable()
    page = shown(as_a(FINANCE_CLERK).get(CREDITS))
    assert "/approve/" not in page and "/apply/" not in page


def test_what_changed_since_it_was_seen_is_not_approved() -> None:
    credit = a_missed_draft().credit
    approver = as_a(FINANCE_APPROVER)
    response = approver.get(f"{CREDITS}{credit.pk}/approve/")
    seen = response.context["form"].initial["seen"]
    an_outage(CLOSED.replace(month=4, day=20), CLOSED.replace(month=4, day=20, hour=19))
    a_draft(credit.statement.contract)
    page = shown(approver.post(f"{CREDITS}{credit.pk}/approve/", {"reason": "", "seen": seen}))
    assert "has changed since you looked at it" in page
    credit.refresh_from_db()
    assert credit.state == "proposed"
    seen = approver.get(f"{CREDITS}{credit.pk}/approve/").context["form"].initial["seen"]
    approver.post(f"{CREDITS}{credit.pk}/approve/", {"reason": "", "seen": seen})
    credit.refresh_from_db()
    assert credit.state == "approved"


def test_nothing_is_decided_without_saying_what_was_seen() -> None:
    credit = a_missed_draft().credit
    approver = as_a(FINANCE_APPROVER)
    for verb, values in (("approve", {"reason": ""}), ("reject", {"reason": "no"})):
        form = approver.post(f"{CREDITS}{credit.pk}/{verb}/", values).context["form"]
        assert form.errors["seen"] == ["This field is required."], verb
    credit.refresh_from_db()
    assert credit.state == "proposed"


# Postings


def test_the_ledger_shows_balances_by_customer_and_currency() -> None:
    an_outage()
    a_draft(a_contract())
    yen = an_agreement(currency="JPY", promises=[a_promise(fee="1250")])
    contract = a_contract(agreement=yen)
    an_issued(statement=a_draft(contract))
    response = as_a(AUDITOR).get(POSTINGS)
    assert [(row["whose"], row["currency"], row["held"]) for row in response.context["balances"][:2]] == [
        ("All", "EUR", ["-125.00", "125.00", "0.00", "0.00", "0.00"]),
        ("All", "JPY", ["-125", "0", "125", "0", "0"]),
    ]
    assert "contra revenue" in shown(response)
    only = as_a(AUDITOR).get(POSTINGS, {"currency": "JPY"}).context["balances"]
    assert [(row["whose"], row["currency"]) for row in only] == [
        ("All", "JPY"),
        (contract.customer.name, "JPY"),
    ]


@pytest.mark.parametrize(
    "filters",
    [
        {"exported": "yes"},
        {"exported": "no"},
        {"deed": "approve"},
        {"q": "SLA-2026"},
        {"account": "payable"},
        {"account": "accrued"},
        {"customer": "nobody"},
    ],
)
def test_the_ledger_is_filtered(filters: dict[str, str]) -> None:
    a_granted()
    found = as_a(FINANCE_CLERK).get(POSTINGS, filters).context["cl"].result_count
    assert (
        found
        == {"yes": 0, "no": 2, "approve": 1, "SLA-2026": 2, "payable": 1, "accrued": 2, "nobody": 0}[
            next(iter(filters.values()))
        ]
    )


@pytest.mark.parametrize("role", [OPERATOR, ACCOUNT_MANAGER, ADMINISTRATOR])
def test_the_ledger_is_for_finance_and_auditors(role: str) -> None:
    client = as_a(role)
    assert client.get(POSTINGS).status_code == 403
    assert client.get(JOURNALS).status_code == 403


def test_nobody_writes_the_ledger() -> None:
    posting = Posting.objects.filter(statement=a_granted().statement).earliest("pk")
    client = as_a(FINANCE_CLERK)
    assert client.get(f"{POSTINGS}add/").status_code == 403
    assert "Save" not in shown(client.get(f"{POSTINGS}{posting.pk}/change/"))
    assert client.post(f"{POSTINGS}{posting.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_ledger_takes_the_same_queries_for_few_and_for_many() -> None:
    client = as_a(AUDITOR)
    counts = []
    for credits in (1, 5):
        for _ in range(credits):
            a_granted()
        client.get(POSTINGS)
        with CaptureQueriesContext(connection) as queries:
            shown(client.get(POSTINGS))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14


# Journals


def test_a_clerk_makes_a_journal_and_downloads_it_as_often_as_they_like() -> None:
    a_granted()
    client = as_a(FINANCE_CLERK)
    assert "Make a journal" in shown(client.get(JOURNALS))
    assert "2 postings of issued statements to export" in shown(client.get(f"{JOURNALS}make/"))
    client.post(f"{JOURNALS}make/")
    journal = Journal.objects.get()
    for _ in range(2):
        response = client.get(f"{JOURNALS}{journal.pk}/file/")
        assert response.content == file_of(journal)
        assert response.headers["Content-Disposition"] == 'attachment; filename="JNL-2026-00001.csv"'
    assert "in a journal already" in shown(client.post(f"{JOURNALS}make/"))
    assert Journal.objects.count() == 1
    assert journal.number in shown(client.get(f"{JOURNALS}{journal.pk}/change/"))


def test_an_auditor_downloads_but_does_not_make() -> None:
    a_granted()
    journal = make_journal(by=a_person(FINANCE_CLERK), now=CLOSED)
    client = as_a(AUDITOR)
    assert "Make a journal" not in shown(client.get(JOURNALS))
    assert client.get(f"{JOURNALS}{journal.pk}/file/").status_code == 200
    assert client.post(f"{JOURNALS}make/").status_code == 403
    assert as_a(OPERATOR).get(f"{JOURNALS}{journal.pk}/file/").status_code == 404

"""The desk by role, page and whose object it is, against the site itself: what the table of roles says is what people meet.

A column is a role: operator, account manager, finance clerk, finance approver, auditor, administrator. Of each page the first
word is for a row of a customer in the account manager's care, the second for a row of another's.
"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client

from accounts.models import BilledAmount, Customer
from accounts.operations import add_member
from reports.models import ClosingBlock, Delivery, ServiceCredit, Statement
from reports.operations import hand_over, issue, make_journal
from slaservice.history.admin import RoleAdmin
from slaservice.history.models import Entry
from slaservice.rules.workflow import ACCOUNT_MANAGER, FINANCE_APPROVER, FINANCE_CLERK, OPERATOR, ROLES
from tests.factories.accounts import (
    NOW,
    a_commitment,
    a_customer,
    a_key,
    a_person,
    a_proposed_exclusion,
)
from tests.factories.money import BY_CUSTOMER, a_claim, a_contract_with, a_dispute
from tests.factories.reports import CLOSED, a_draft, an_outage
from tests.factories.webhooks import a_delivery, an_endpoint

pytestmark = pytest.mark.django_db

#   page                              in care  another's
ROWS = {
    "reports.statement/change":       "-yyyy-  --yyy-",
    "reports.statement/history":      "-yyyy-  --yyy-",
    "reports.statement/pdf":          "-yyyy-  --yyy-",
    "reports.statement/issue":        "--y---  --y---",
    "reports.statement/mail":         "-yy---  --y---",
    "reports.statement/hand_over":    "-yy---  --y---",
    "reports.servicecredit/change":   "-yyyy-  --yyy-",
    "reports.servicecredit/history":  "-yyyy-  --yyy-",
    "reports.servicecredit/approve":  "---y--  ---y--",
    "reports.servicecredit/reject":   "---y--  ---y--",
    "reports.servicecredit/adjust":   "--y---  --y---",
    "reports.servicecredit/claim":    "-yy---  --y---",
    "reports.servicecredit/apply":    "--y---  --y---",
    "reports.servicecredit/expire":   "--y---  --y---",
    "reports.claim/change":           "-yyyy-  --yyy-",
    "reports.claim/history":          "-yyyy-  --yyy-",
    "reports.claim/accept":           "--y---  --y---",
    "reports.claim/accept_part":      "--y---  --y---",
    "reports.claim/reject":           "--y---  --y---",
    "reports.statement/dispute":      "-yy---  --y---",
    "reports.dispute/change":         "-yyyy-  --yyy-",
    "reports.dispute/history":        "-yyyy-  --yyy-",
    "reports.dispute/accept":         "--y---  --y---",
    "reports.dispute/reject":         "--y---  --y---",
    "reports.delivery/change":        "-yyyy-  --yyy-",
    "reports.closingblock/change":    "-yyyy-  --yyy-",
    "reports.closingblock/waive":     "--y---  --y---",
    "reports.posting/change":         "--yyy-  --yyy-",
    "reports.journal/change":         "--yyy-  --yyy-",
    "reports.webhookendpoint/change": "-y--yy  ----yy",
    "reports.webhookdelivery/change": "-y--yy  ----yy",
    "reports.webhookdelivery/replay": "-y---y  -----y",
    "reports.journal/file":           "--yyy-  --yyy-",
    "accounts.customer/change":       "-yyyyy  --yyyy",
    "accounts.customer/history":      "-yyyyy  --yyyy",
    "accounts.contract/change":       "-yyyyy  --yyyy",
    "accounts.contract/history":      "-yyyyy  --yyyy",
    "accounts.contract/amend":        "--y---  --y---",
    "accounts.contract/end":          "--y---  --y---",
    "accounts.contract/closing":      "--y---  --y---",
    "accounts.billedamount/change":   "-yyyyy  --yyyy",
    "accounts.apikey/change":         "-y---y  -----y",
    "accounts.apikey/revoke":         "-y---y  -----y",
    "accounts.membership/change":     "-----y  -----y",
    "accounts.membership/delete":     "-----y  -----y",
    "accounts.exclusion/change":      "yyyyyy  y-yyyy",
    "accounts.exclusion/approve":     "---y--  ---y--",
    "accounts.exclusion/reject":      "y--y--  y--y--",
    "accounts.exclusion/end":         "y--y--  y--y--",
    "history.entry/change":           "--yyyy  --yyyy",
}  # fmt: skip

PAGES = {
    "reports/statement/":             "-yyyy-",
    "reports/statement/close/":       "--yy-y",
    "reports/servicecredit/":         "-yyyy-",
    "reports/claim/":                 "-yyyy-",
    "reports/dispute/":               "-yyyy-",
    "reports/delivery/":              "-yyyy-",
    "reports/closingblock/":          "-yyyy-",
    "reports/posting/":               "--yyy-",
    "reports/journal/":               "--yyy-",
    "reports/journal/make/":          "--y---",
    "reports/webhookendpoint/":       "-y--yy",
    "reports/webhookdelivery/":       "-y--yy",
    "reports/webhookdelivery/add/":   "------",
    "accounts/customer/":             "-yyyyy",
    "accounts/customer/add/":         "-yy---",
    "accounts/contract/":             "-yyyyy",
    "accounts/contract/add/":         "--y---",
    "accounts/billedamount/":         "-yyyyy",
    "accounts/billedamount/add/":     "--y---",
    "accounts/apikey/":               "-y---y",
    "accounts/apikey/add/":           "-y---y",
    "accounts/membership/":           "-----y",
    "accounts/membership/add/":       "-----y",
    "accounts/exclusion/":            "yyyyyy",
    "accounts/exclusion/add/":        "y-----",
    "history/entry/":                 "--yyyy",
    "history/entry/add/":             "------",
    "reports/statement/add/":         "------",
    "reports/servicecredit/add/":     "------",
    "reports/posting/add/":           "------",
}  # fmt: skip

ELSEWHERE = {"accounts.accountsimport/import", "history.personkey/revoke"}
"""Verbs on rows that are their person's own: tests/accounts and tests/history."""


def everything_of(customer: Customer) -> dict[str, Model]:
    """A row of each kind: April missed, issued, to be claimed, claimed, delivered, blocked once."""
    contract = a_contract_with(customer, claim=BY_CUSTOMER)
    statement = issue(statement=a_draft(contract), by=a_person(FINANCE_CLERK), now=CLOSED)
    credit = ServiceCredit.objects.get(statement=statement)
    endpoint = an_endpoint(customer)
    hand_over(statement=statement, recipient="Jane Roe", note="", by=a_person(FINANCE_CLERK), now=CLOSED)
    return {
        "reports.statement": statement,
        "reports.servicecredit": credit,
        "reports.claim": a_claim(credit),
        "reports.dispute": a_dispute(statement),
        "reports.delivery": Delivery.objects.get(statement=statement),
        "reports.webhookendpoint": endpoint,
        "reports.webhookdelivery": a_delivery(endpoint),
        "reports.posting": statement.postings.earliest("pk"),
        "reports.closingblock": ClosingBlock.objects.create(
            contract=contract,
            month="2026-05",
            code="no_data",
            subject="api",
            sentence="No data.",
            raised_at=NOW,
        ),
        "accounts.customer": customer,
        "accounts.contract": contract,
        "accounts.billedamount": BilledAmount.objects.create(
            commitment=a_commitment(contract), period_start=contract.starts_at, amount_minor=1
        ),
        "accounts.apikey": a_key(customer)[0],
        "accounts.membership": add_member(customer=customer, user=a_person(), by=None, now=NOW),
        "accounts.exclusion": a_proposed_exclusion(contract),
        "history.entry": Entry.objects.filter(object_type="reports.statement").latest("pk"),
    }


def everything_for(manager: User) -> tuple[dict[str, Model], dict[str, Model]]:
    """What there is of a customer in somebody's care, and of another."""
    an_outage()
    own = everything_of(a_customer("In Care", account_manager=manager))
    other = everything_of(a_customer("Somebody Else", account_manager=a_person(ACCOUNT_MANAGER)))
    journal = {"reports.journal": make_journal(by=a_person(FINANCE_CLERK), now=CLOSED)}
    return own | journal, other | journal


def opens(client: Client, address: str) -> bool:
    """Whether the page is there for whoever is logged in; one whose row does not allow the verb now leads to the row's page."""
    response: Any = client.get(address)
    if response.status_code == 302:
        return bool(response["Location"].endswith("/change/"))
    assert response.status_code in (200, 403, 404), (address, response.status_code)
    return bool(response.status_code == 200)


def address_of(row: Model, page: str) -> str:
    return f"/admin/{row._meta.label_lower.replace('.', '/')}/{row.pk}/{page}/"


def found_for(client: Client, manager: User) -> dict[str, str]:
    own, other = everything_for(manager)
    found = {}
    for name in ROWS:
        label, page = name.split("/")
        found[name] = "".join(
            "y" if opens(client, address_of(rows[label], page)) else "-" for rows in (own, other)
        )
    return found | {page: "y" if opens(client, f"/admin/{page}") else "-" for page in PAGES}


def expected_for(role: str) -> dict[str, str]:
    column = ROLES.index(role)
    rows = {name: "".join(word[column] for word in words.split()) for name, words in ROWS.items()}
    return rows | {page: words[column] for page, words in PAGES.items()}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_finds_the_pages_that_the_table_gives_it_and_no_others(role: str) -> None:
    person = a_person(role)
    client = Client()
    client.force_login(person)
    found, expected = found_for(client, person), expected_for(role)
    assert {name: found[name] for name in found if found[name] != expected[name]} == {}


def test_a_superuser_is_an_administrator_and_nothing_more() -> None:
    person = User.objects.create_superuser("root")
    client = Client()
    client.force_login(person)
    found, expected = found_for(client, person), expected_for("administrator")
    assert {name: found[name] for name in found if found[name] != expected[name]} == {}


def test_somebody_without_a_role_finds_nothing() -> None:
    person = User.objects.create_user("nobody", is_staff=True)
    client = Client()
    client.force_login(person)
    assert set(found_for(client, person).values()) <= {"--", "-"}


def test_every_verb_of_the_desk_stands_in_the_table() -> None:
    verbs = {
        f"{model._meta.label_lower}/{verb.name}"
        for model, page in admin.site._registry.items()
        if isinstance(page, RoleAdmin) and model._meta.app_label in ("accounts", "reports", "history")
        for verb in page.verbs
    }
    assert verbs - set(ROWS) - ELSEWHERE == set()
    assert verbs >= ELSEWHERE


def test_nothing_on_the_desk_is_deleted_in_bulk() -> None:
    clerk = a_person(FINANCE_CLERK, FINANCE_APPROVER, OPERATOR, "administrator")
    for model, page in admin.site._registry.items():
        if isinstance(page, RoleAdmin):
            request = type("Request", (), {"user": clerk, "GET": {}, "POST": {}})()
            assert "delete_selected" not in page.get_actions(request) or page.delete_action, model


# nobody approves what they made, whatever roles they have


def both_roles() -> tuple[User, Client]:
    person = a_person(FINANCE_CLERK, FINANCE_APPROVER, OPERATOR)
    client = Client()
    client.force_login(person)
    return person, client


def refused_on(client: Client, address: str, **values: str) -> str:
    response = client.post(address, values)
    assert response.status_code == 200, "a refusal shows the form again"
    return str(response.content.decode())


def test_whoever_accepts_a_claim_in_part_does_not_approve_it() -> None:
    an_outage()
    statement = issue(
        statement=a_draft(a_contract_with(claim=BY_CUSTOMER)), by=a_person(FINANCE_CLERK), now=CLOSED
    )
    claim = a_claim(ServiceCredit.objects.get(statement=statement))
    _, client = both_roles()
    client.post(address_of(claim, "accept_part"), {"amount": "1.00", "reason": "In part"})
    credit = ServiceCredit.objects.get()
    assert (credit.state, credit.amount_minor) == ("adjusted", 100)
    form = client.get(address_of(credit, "approve")).context["form"]
    said = refused_on(client, address_of(credit, "approve"), seen=form.initial["seen"])
    assert "second person" in said
    credit.refresh_from_db()
    assert credit.state == "adjusted"


def test_whoever_files_a_claim_does_not_decide_on_it() -> None:
    an_outage()
    statement = issue(
        statement=a_draft(a_contract_with(claim=BY_CUSTOMER)), by=a_person(FINANCE_CLERK), now=CLOSED
    )
    person, client = both_roles()
    claim = a_claim(ServiceCredit.objects.get(statement=statement), by=person)
    assert "second person" in refused_on(client, address_of(claim, "accept"))
    assert Statement.objects.get().credit.state == "claimable"


def test_whoever_proposes_an_exclusion_does_not_approve_it() -> None:
    person, client = both_roles()
    exclusion = a_proposed_exclusion(by=person)
    client.post(address_of(exclusion, "approve"), {"reason": "x"})
    exclusion.refresh_from_db()
    assert exclusion.state == "proposed"

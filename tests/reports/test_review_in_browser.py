"""The page on which finance decides, as people use it: read, decide there, with a mouse, with a keyboard, on a telephone."""

import re

import pytest
from playwright.sync_api import Page, expect

from reports import closing, operations
from reports.models import Delivery, ServiceCredit, Statement
from slaservice.outages.operations import correct
from slaservice.rules.workflow import AUDITOR, FINANCE_APPROVER, FINANCE_CLERK, OPERATOR
from tests.browser import NARROW, Visitor, too_wide
from tests.factories.accounts import TERMS, a_contract, a_person, a_promise, an_agreement
from tests.factories.reports import (
    CLOSED,
    MONTH,
    a_draft,
    a_missed_draft,
    an_approved,
    an_issued,
    an_outage,
    april,
)

pytestmark = pytest.mark.django_db(transaction=True)


def opened(page: Page, statement: Statement) -> Page:
    page.goto(f"/admin/reports/statement/{statement.pk}/change/")
    return page


def test_an_approver_reads_how_it_comes_about_and_approves_on_the_page(visit: Visitor) -> None:
    window = an_outage()
    correct(
        window=window, end=april(10, 13, 30), reason="The log says so.", by=a_person(OPERATOR), now=CLOSED
    )
    draft = a_draft()
    page = visit(a_person(FINANCE_APPROVER))
    page.goto(f"/admin/reports/servicecredit/{draft.credit.pk}/change/")
    expect(page.get_by_role("heading", name=re.compile("April 2026")).first).to_be_visible()
    expect(page.get_by_role("img", name=re.compile("The ledger of Platform.*1 × down"))).to_be_visible()
    page.get_by_text("The ledger as a table: 1 stretch").click()
    expect(page.get_by_role("cell", name="1:30:00").first).to_be_visible()
    fact = page.get_by_role("article", name=f"{window.reference}@2")
    fact.get_by_text("steps, last").click()
    expect(fact.get_by_text("“The log says so.”").first).to_be_visible()
    expect(fact.get_by_text("end: 10 Apr 16:00:00 → 10 Apr 15:30:00").first).to_be_visible()
    page.get_by_text("Approve …").click()
    form = page.get_by_role("form", name="Approve")
    form.get_by_label("Reason").fill("as computed")
    form.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved.")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("as computed"))).to_contain_text("EUR 125.00")
    assert ServiceCredit.objects.get().state == "approved"


def test_the_verbs_are_reached_and_carried_out_with_the_keyboard_alone(visit: Visitor) -> None:
    draft = a_missed_draft()
    page = opened(visit(a_person(FINANCE_CLERK)), draft)
    summary = page.locator("details.offer summary", has_text="Adjust")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("100.00")
    page.keyboard.press("Tab")
    page.keyboard.type("agreed with the customer")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("another person must approve it")).to_be_visible()
    expect(page.get_by_text("computed: EUR 125.00")).to_be_visible()
    assert ServiceCredit.objects.get().amount_minor == 10_000


def test_a_clerk_issues_and_mails_on_the_page_and_sees_where_it_went(visit: Visitor) -> None:
    draft = an_approved(a_missed_draft())
    page = opened(visit(a_person(FINANCE_CLERK)), draft)
    page.locator("details.offer summary", has_text="Issue").click()
    page.get_by_role("form", name="Issue").get_by_role("button", name="Issue").click()
    expect(page.get_by_text("Issued as SLA-")).to_be_visible()
    page.get_by_text("Mail …").click()
    mail = page.get_by_role("form", name="Mail")
    mail.get_by_label("Addresses").fill("nobody")
    mail.get_by_role("button", name="Mail").click()
    expect(page.get_by_text("'nobody' is no address for mail.")).to_be_visible()
    page.get_by_label("Addresses").fill("sla@acme.example")
    page.get_by_role("button", name="Mail").click()
    expect(page.get_by_role("row", name=re.compile("sla@acme.example"))).to_contain_text("on its way")
    assert Delivery.objects.get().recipient == "sla@acme.example"


def test_the_page_fits_a_narrow_window_whatever_became_of_the_statement(visit: Visitor) -> None:
    claimed = {**TERMS, "claim": {"by": "customer"}, "cap": {"kind": "amount", "value": "60"}}
    an_outage()
    met, adjusted = a_draft(a_contract(starts_on=april(15).date())), a_draft()
    operations.adjust(
        credit=adjusted.credit, amount="100", reason="agreed", by=a_person(FINANCE_CLERK), now=CLOSED
    )
    claimable = a_draft(a_contract(agreement=an_agreement(promises=[a_promise(terms=claimed)])))
    issued = an_issued(statement=a_draft())
    an_outage(april(28, 3), april(28, 9), reference="a-reference-that-is-very-long-" * 5)
    closing.close_chunk(month=MONTH, contracts=[issued.contract_id], now=CLOSED)
    restated = Statement.objects.get(contract=issued.contract_id, state="draft")
    for viewport in (NARROW, {"width": 1400, "height": 1000}):
        page = visit(a_person(AUDITOR), viewport=viewport)
        for statement in (met, adjusted, claimable, issued, restated):
            opened(page, statement)
            for details in page.locator("details:not(.offer) > summary").all():
                details.click()
            assert too_wide(page) == 0, statement

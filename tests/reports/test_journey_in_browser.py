"""Finance's month from its close to the books and back once more, in a browser: every step by whose it is, by pages alone.

April 2026 in Berlin, 1,250.00 a month: two hours down are 99.722 % and owe 10 %, eight are 98.888 % and owe 25 %.
What workers would do meanwhile (seal history, follow it) is called in between.
"""

import csv
import io
import re
from collections import defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Download, Locator, Page, expect

from reports import following
from reports.models import Statement
from slaservice.history.sealing import seal
from slaservice.rules.workflow import AUDITOR, FINANCE_APPROVER, FINANCE_CLERK, OPERATOR
from tests.browser import Visitor
from tests.factories.accounts import a_contract, a_customer, a_person, a_promise, an_agreement
from tests.factories.reports import MONTH, an_outage

pytestmark = pytest.mark.django_db(transaction=True)

GLANCE = f"/admin/reports/monthataglance/?month={MONTH}"
STATEMENTS = "/admin/reports/statement/"
QUEUE = "/admin/reports/servicecredit/"
JOURNALS = "/admin/reports/journal/"

REASON = "Three minutes of grace were agreed by mail."
LATE_REASON = "The access log shows that it lasted until ten."


def test_a_month_is_closed_decided_issued_corrected_restated_and_booked(visit: Visitor) -> None:
    a_contract(a_customer("Koyo"), number="K-1")
    storage = a_promise(name="Storage", components=["storage"], fee="800.00")
    a_contract(a_customer("Hanse"), number="H-1", agreement=an_agreement(promises=[storage]))
    window = an_outage()
    # Of finance both roles: what the clerk may not approve is only what the clerk changed.
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER, first_name="Clara", last_name="Clerk")
    clerk = visit(both)
    approver = visit(a_person(FINANCE_APPROVER, first_name="Agnes", last_name="Approver"))

    close_the_month(clerk)
    look_at_a_glance(clerk, "2 due for review", "1 with a miss", credits="proposed EUR 1 125.00")
    adjust_in_the_queue(clerk)
    be_refused_to_approve(clerk)
    approve_in_the_queue(approver, "EUR 100.00", "agreed with the mail at hand")
    first, paper = issue(clerk)
    expect(cell(clerk, "Credit")).to_contain_text("EUR 100.00")
    issued = Statement.objects.get(number=first)
    look_at_a_glance(clerk, "1 due for review", "1 issued", credits="approved EUR 1 100.00")

    correct_late(visit(a_person(OPERATOR)), window.reference)
    follow()
    read_what_changed(clerk, first)
    approve_in_the_queue(approver, "EUR 212.50", "the log is beyond doubt")
    read_what_changed(clerk, first)
    second, _ = issue(clerk)
    assert download(clerk, "Download PDF", f"{second}.pdf").startswith(b"%PDF")

    apply(clerk, first, "INV-2026-118", "EUR 100.00")
    apply(clerk, second, "INV-2026-131", "EUR 212.50")
    look_at_a_glance(clerk, "1 issued", "1 superseded", credits="applied EUR 2 312.50")
    export_the_credits(clerk, (first, 125, 100), (second, 212.5, 212.5))
    make_a_journal_once(clerk)
    read_as_an_auditor(visit(a_person(AUDITOR)), first, both)

    follow()
    after = Statement.objects.get(number=first)
    assert (after.body, after.digest) == (issued.body, issued.digest)
    clerk.goto(f"{STATEMENTS}{issued.pk}/change/")
    assert download(clerk, "Download PDF", f"{first}.pdf") == paper


# what each of them does


def close_the_month(page: Page) -> None:
    page.goto(STATEMENTS)
    page.get_by_role("link", name="Close a month").click()
    page.get_by_label("Month").fill(MONTH)
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text(f"{MONTH}: 2 drafted, 0 computed anew, 0 unchanged")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("Koyo"))).to_contain_text("EUR 125.00")
    expect(page.get_by_role("row", name=re.compile("Hanse"))).to_contain_text("met")


def look_at_a_glance(page: Page, *figures: str, credits: str) -> None:
    page.goto(GLANCE)
    for figure in ("2 closed", "0 blocked", *figures):
        expect(page.get_by_role("link", name=figure, exact=True)).to_be_visible()
    assert rows_of(page, "Credits") == [credits]


def adjust_in_the_queue(page: Page) -> None:
    page.get_by_role("link", name="proposed", exact=True).click()
    row = page.get_by_role("row", name=re.compile("K-1"))
    expect(row).to_contain_text("99.722 % of 99.9 %")
    row.get_by_role("link", name="draft", exact=True).click()
    expect(cell(page, "Credit")).to_contain_text("EUR 125.00")
    page.locator("details.offer summary", has_text="Adjust").click()
    form = page.get_by_role("form", name="Adjust")
    form.get_by_label("Amount").fill("100.00")
    form.get_by_label("Reason").fill(REASON)
    form.get_by_role("button", name="Adjust").click()
    expect(page.get_by_text("Adjusted; another person must approve it.")).to_be_visible()
    expect(cell(page, "Credit")).to_contain_text("EUR 100.00")
    expect(cell(page, "Credit")).to_contain_text("computed: EUR 125.00")


def be_refused_to_approve(page: Page) -> None:
    """Neither the statement's page nor the queue offers it, and with others at once it is refused with the reason."""
    expect(page.get_by_text("not by you, who changed the amount")).to_be_visible()
    expect(page.locator("details.offer.approve")).to_have_count(0)
    page.goto(QUEUE)
    row = page.get_by_role("row", name=re.compile("K-1"))
    expect(row.get_by_role("link", name="Approve", exact=True)).to_have_count(0)
    row.get_by_role("checkbox").check()
    page.locator("select[name=action]").select_option("approve_selected")
    page.get_by_role("button", name=re.compile("Go|Run")).click()
    expect(page.get_by_text("a second person must")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("K-1"))).to_contain_text("adjusted")


def approve_in_the_queue(page: Page, amount: str, reason: str) -> None:
    page.goto(QUEUE)
    row = page.get_by_role("row", name=re.compile("K-1"))
    expect(row).to_contain_text(amount)
    row.get_by_role("link", name="draft", exact=True).click()
    expect(cell(page, "Credit")).to_contain_text(amount)
    page.locator("details.offer summary", has_text="Approve").click()
    form = page.get_by_role("form", name="Approve")
    form.get_by_label("Reason").fill(reason)
    form.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("Approved.", exact=True)).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(f"Agnes Approver.*{reason}"))).to_contain_text(amount)


def issue(page: Page) -> tuple[str, bytes]:
    """The number of the draft that finance is done with, and its PDF."""
    page.goto(f"{STATEMENTS}?status=due&met=no")
    page.get_by_role("link", name="draft", exact=True).click()
    page.locator("details.offer summary", has_text="Issue").click()
    page.get_by_role("form", name="Issue").get_by_role("button", name="Issue").click()
    expect(page.get_by_text(re.compile(r"^Issued as SLA-\d{4}-\d{5}"))).to_be_visible()
    number = re.findall(r"SLA-\d{4}-\d{5}", page.get_by_text("Issued as").inner_text())[0]
    paper = download(page, "Download PDF", f"{number}.pdf")
    assert paper.startswith(b"%PDF")
    return number, paper


def correct_late(page: Page, reference: str) -> None:
    page.goto("/admin/outages/outagewindow/")
    page.get_by_role("link", name=reference).click()
    page.get_by_role("link", name="Correct", exact=True).click()
    page.get_by_label("End").fill("2026-04-10 20:00")
    page.get_by_label("Reason").fill(LATE_REASON)
    page.get_by_role("button", name="Correct").click()
    expect(page.get_by_text("supersedes the earlier revision")).to_be_visible()


def follow() -> None:
    """What the workers' sweeps do."""
    seal(now=timezone.now())
    following.catch_up(now=timezone.now())


def read_what_changed(page: Page, first: str) -> None:
    """From the issued statement, which says that another follows, to what is different in it."""
    page.goto(f"{STATEMENTS}?q={first}")
    page.get_by_role("link", name=first, exact=True).click()
    expect(page.locator("header.verdict")).to_contain_text("a restatement waits")
    page.locator("header.verdict").get_by_role("link", name="draft of K-1").click()
    expect(page.locator("header.verdict")).to_contain_text(f"restates {first}")
    assert rows_of(page, f"What changed since {first}") == [
        "Platform: downtime 2:00:00 8:00:00",
        "Platform: uptime 99.722 % 98.888 %",
        "Platform: credit EUR 125.00 EUR 312.50",
        "Credit owed in total EUR 125.00 EUR 312.50",
        "Granted by earlier revisions EUR 100.00",
        "To be granted now EUR 212.50",
    ]
    expect(page.get_by_role("article")).to_contain_text(LATE_REASON)


def apply(page: Page, number: str, bill: str, amount: str) -> None:
    page.goto(f"{QUEUE}?state=approved")
    page.get_by_role("link", name=number, exact=True).click()
    expect(page.get_by_text(f"The credit of {amount} is approved and not on a bill yet.")).to_be_visible()
    page.locator("details.offer summary", has_text="Apply").click()
    page.get_by_label("Billing reference").fill(bill)
    page.get_by_role("form", name="Apply").get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Applied.", exact=True)).to_be_visible()
    expect(page.get_by_text(f"On the bill {bill}.")).to_be_visible()
    expect(page.locator("#postings")).to_contain_text(f"applied {amount}")


def export_the_credits(page: Page, *credits: tuple[str, float, float]) -> None:
    """The same rows in both files, (number, computed, amount): in the CSV unquoted, in the sheet numbers."""
    page.goto(f"{QUEUE}?state=applied")
    text = download(page, "Export as CSV", ".csv").decode("utf-8-sig")
    # QUOTE_NONNUMERIC reads as a number what is not quoted, and only that.
    titles, *rows = csv.reader(io.StringIO(text), quoting=csv.QUOTE_NONNUMERIC)
    assert [figures_of(titles, row) for row in rows] == list(credits)
    book = openpyxl.load_workbook(io.BytesIO(download(page, "Export as XLSX", ".xlsx")))
    titles, *rows = map(list, book["Export"].iter_rows(values_only=True))
    assert [figures_of(titles, row) for row in rows] == list(credits)


def figures_of(titles: list[Any], row: list[Any]) -> tuple[Any, ...]:
    read = dict(zip(titles, row, strict=True))
    assert (read["Computed currency"], read["Amount currency"]) == ("EUR", "EUR")
    assert (read["Customer"], read["State"]) == ("Koyo", "applied")
    return read["Statement"], read["Computed"], read["Amount"]


def make_a_journal_once(page: Page) -> None:
    """What left revenue stands on bills; a second click finds nothing, and the file comes again as it was."""
    page.goto(JOURNALS)
    page.get_by_role("link", name="Make a journal").click()
    expect(page.get_by_text("7 postings of issued statements to export.")).to_be_visible()
    page.get_by_role("button", name="Make a journal").click()
    expect(page.get_by_text(re.compile(r"JNL-\d{4}-\d{5} has 7 postings\."))).to_be_visible()
    file = page.get_by_role("link", name=re.compile(r"^JNL-.*\.csv$")).inner_text()
    made = download(page, file, file)
    assert moved_by(made) == {
        "SLA credits (contra revenue)": Decimal("-312.50"),
        "SLA credits accrued": 0,
        "SLA credits payable": 0,
        "SLA credits applied to bills": Decimal("312.50"),
    }
    page.goto(JOURNALS)
    page.get_by_role("link", name="Make a journal").click()
    expect(page.get_by_text("0 postings of issued statements to export.")).to_be_visible()
    page.get_by_role("button", name="Make a journal").click()
    expect(page.get_by_text("Every posting of an issued statement is in a journal already.")).to_be_visible()
    page.goto(JOURNALS)
    expect(page.locator("#result_list tbody tr")).to_have_count(1)
    assert download(page, file, file) == made


def moved_by(journal: bytes) -> dict[str, Decimal]:
    """What a journal adds to each account: credits less debits."""
    held: dict[str, Decimal] = defaultdict(Decimal)
    for row in csv.DictReader(io.StringIO(journal.decode())):
        held[row["credit_name"]] += Decimal(row["amount"])
        held[row["debit_name"]] -= Decimal(row["amount"])
    return held


def read_as_an_auditor(page: Page, number: str, clerk: User) -> None:
    """What was done to it and by whom. Nothing offers to do anything, and what is not offered is forbidden."""
    page.goto(f"{STATEMENTS}?q={number}")
    page.get_by_role("link", name=number, exact=True).click()
    expect(page.locator("header.verdict")).to_contain_text("superseded by SLA-")
    adjusted, approved, applied = (row.split(" ", 2)[2] for row in rows_of(page, "Decisions on the credit"))
    assert adjusted == f"Clara Clerk adjust EUR 100.00 {REASON}"
    assert approved == "Agnes Approver approve EUR 100.00 agreed with the mail at hand"
    assert applied.startswith("Clara Clerk apply EUR 100.00")
    page.locator("header.verdict").get_by_role("link", name="History").click()
    steps = page.locator("#change-history tbody tr")
    expect(steps.filter(has_text="statements.drafted")).to_contain_text("the system")
    expect(steps.filter(has_text="statements.issue")).to_contain_text(clerk.get_full_name())
    be_offered_nothing(page)


def be_offered_nothing(page: Page) -> None:
    for statement in Statement.objects.all():
        page.goto(f"{STATEMENTS}{statement.pk}/change/")
        expect(page.locator("details.offer, #content-main form")).to_have_count(0)
        assert page.request.get(f"{STATEMENTS}{statement.pk}/issue/").status == 403
    for rows in (STATEMENTS, f"{QUEUE}?state=applied"):
        page.goto(rows)
        expect(page.get_by_role("link", name="Close a month")).to_have_count(0)
        assert page.locator("select[name=action] option").all_inner_texts()[1:] == [
            "Export the selected as CSV",
            "Export the selected as XLSX",
        ]
    page.goto(JOURNALS)
    expect(page.get_by_role("link", name="Make a journal")).to_have_count(0)
    for forbidden in (f"{STATEMENTS}close/", f"{JOURNALS}make/", "/admin/outages/outagewindow/add/"):
        assert page.request.get(forbidden).status == 403


# what stands on a page


def cell(page: Page, label: str) -> Locator:
    """One figure of the statement's answer."""
    return page.locator("header.verdict .cell").filter(has=page.get_by_text(label, exact=True))


def table_rows(page: Page, heading: str) -> Locator:
    return (
        page.locator("section.module")
        .filter(has=page.get_by_role("heading", name=heading))
        .locator("tbody tr")
    )


def rows_of(page: Page, heading: str) -> list[str]:
    """The rows of the table below a heading, each as words."""
    return [" ".join(row.split()) for row in table_rows(page, heading).all_inner_texts()]


def download(page: Page, link: str, ends: str) -> bytes:
    # The first download of a PDF waits until it is made.
    with page.expect_download(timeout=60_000) as waited:
        page.get_by_role("link", name=link, exact=True).click(timeout=60_000)
    file: Download = waited.value
    assert file.suggested_filename.endswith(ends)
    return Path(file.path()).read_bytes()

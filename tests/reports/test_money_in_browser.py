"""Claims, postings and journals as finance uses them: a real browser, wide and narrow."""

import pytest
from playwright.sync_api import Page, expect

from reports.models import Claim, Journal
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.browser import NARROW, WIDE, Visitor, too_wide
from tests.factories.accounts import a_contract, a_person, a_promise, an_agreement
from tests.factories.money import a_claimable, a_granted

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_claim_is_recorded_by_one_decided_by_another_and_the_books_go_out_once(visit: Visitor) -> None:
    credit = a_claimable()
    a_granted(a_contract(agreement=an_agreement(currency="JPY", promises=[a_promise(fee="1250")])))
    page = visit(a_person(FINANCE_CLERK))
    page.goto(f"/admin/reports/servicecredit/{credit.pk}/claim/")
    page.get_by_label("Claimant").fill("Jane Roe")
    page.locator("[name=received_at_0]").fill("2026-05-04")
    page.locator("[name=received_at_1]").fill("08:00:00")
    page.get_by_role("button", name="Record a claim").click()
    expect(page.get_by_text("another person decides on it")).to_be_visible()

    another = visit(a_person(FINANCE_CLERK, FINANCE_APPROVER))
    another.goto("/admin/reports/claim/")
    another.get_by_role("link", name="Jane Roe").click()
    another.get_by_role("link", name="Accept in part").click()
    another.get_by_label("Amount").fill("100.00")
    another.get_by_label("Reason").fill("The first half hour was maintenance.")
    another.get_by_role("button", name="Accept in part").click()
    expect(another.get_by_text("another person must approve")).to_be_visible()
    assert Claim.objects.get().state == "partly_accepted"

    another.goto("/admin/reports/posting/")
    expect(another.get_by_role("row", name="All EUR -100.00 100.00")).to_be_visible()
    expect(another.get_by_role("row", name="All JPY -125 0 125")).to_be_visible()

    another.goto("/admin/reports/journal/")
    another.get_by_role("link", name="Make a journal").click()
    another.get_by_role("button", name="Make a journal").click()
    number = Journal.objects.get().number
    with another.expect_download() as download:
        another.get_by_role("link", name=f"{number}.csv").click()
    assert download.value.suggested_filename == f"{number}.csv"


@pytest.mark.parametrize("viewport", [WIDE, NARROW])
@pytest.mark.parametrize("name", ["claim", "posting", "journal"])
def test_no_page_is_wider_than_the_window(name: str, viewport: dict[str, int], visit: Visitor) -> None:
    a_granted()
    page: Page = visit(a_person(FINANCE_CLERK), viewport=viewport)
    page.goto(f"/admin/reports/{name}/")
    assert too_wide(page) == 0

"""A contract as finance types it: a real browser, where the wording follows every key, and the same without a script."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from accounts.models import Contract
from slaservice.rules.workflow import FINANCE_CLERK
from tests.browser import NARROW, Visitor, Visits, too_wide
from tests.factories.accounts import a_component, a_contract, a_customer, a_person, a_tier

pytestmark = pytest.mark.django_db(transaction=True)

ADD = "/admin/accounts/contract/add/"


def starting(page: Page) -> None:
    page.goto(ADD)
    page.get_by_label("Customer", exact=True).select_option(label="Nordwind")
    page.get_by_label("Number").fill("MSA-7")
    page.get_by_label("Title").fill("Master agreement")
    page.get_by_label("In force from").fill("2026-04-01")
    page.get_by_label("Customer tier").select_option(label="Enterprise")
    page.get_by_label("Time zone").fill("Europe/Berlin")
    page.get_by_label("Name", exact=True).fill("Platform")
    page.get_by_label("API").check()
    page.get_by_label("Fee for a period").fill("1000")


def rung(page: Page, row: int, bound: str, credit: str) -> None:
    line = page.locator(".of-ladder .line").nth(row)
    line.get_by_label("this").fill(bound)
    line.get_by_label("gives").fill(credit)


def test_a_contract_is_signed_by_typing_and_the_wording_follows(visit: Visitor) -> None:
    a_customer("Nordwind")
    a_tier()
    a_component()
    page = visit(a_person(FINANCE_CLERK))
    starting(page)
    reading = page.get_by_role("complementary", name="The terms in words")
    expect(reading).to_contain_text("Still to be filled in")
    expect(reading).to_contain_text("Promised uptime")
    page.get_by_label("Promised uptime").fill("99.9")
    for row, weight in enumerate(("100", "30", "0")):
        page.locator("[id*='severity_weight'] .line").nth(row).get_by_label("counts for").fill(weight)
    expect(reading).to_contain_text("promised to be available for 99.9 % of the eligible time")
    expect(reading).to_contain_text("A miss earns no service credit.")
    rung(page, 0, "99.9", "10")
    rung(page, 1, "98", "25")
    expect(reading).to_contain_text("25 % of the base if it is below 98 %")
    expect(reading.get_by_role("row", name=re.compile("2 hours"))).to_contain_text("100.00 EUR")
    page.get_by_label("Promised uptime").fill("99.95")
    expect(reading).to_contain_text("Between 99.9 and the commitment of 99.95 there is no credit.")
    page.get_by_label("Promised uptime").fill("101")
    expect(page.locator("[data-fault='commitments[0].terms.commitment_percent']")).to_have_text(
        "must lie between 0 and 100"
    )
    page.get_by_label("Promised uptime").fill("99.9")
    expect(reading).to_contain_text("In words")
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_text("MSA-7 is recorded.")).to_be_visible()
    terms = Contract.objects.get().versions.get().commitments.get().terms
    assert [row["credit"] for row in terms["credit"]["rules"][0]["ranges"]] == ["10", "25"]
    assert terms["signal"]["severity_weight"]["partial_outage"] == "3/10"


def test_rows_come_and_go_without_the_page_being_loaded_again(visit: Visitor) -> None:
    a_customer("Nordwind")
    a_tier()
    a_component()
    page = visit(a_person(FINANCE_CLERK))
    starting(page)
    page.evaluate("window.stays = true")
    ladder = page.locator(".of-ladder .line")
    expect(ladder).to_have_count(3)
    rung(page, 2, "95", "100")
    page.locator(".of-ladder").get_by_role("button", name="Add a row").click()
    expect(ladder).to_have_count(4)
    ladder.nth(0).get_by_role("button", name="Remove row 1").click()
    expect(ladder).to_have_count(3)
    expect(ladder.nth(1).get_by_label("this")).to_have_value("95")
    page.get_by_role("radio", name="ranges with both ends").check()
    expect(page.locator(".of-ladder")).to_be_hidden()
    expect(page.locator(".of-ranges")).to_be_visible()
    page.get_by_label("Ready terms to start from").fill("GitHub, current terms")
    page.get_by_role("button", name="Fill in").click()
    expect(page.get_by_text("not legal advice")).to_be_attached()
    expect(page.get_by_label("Promised uptime")).to_have_value("99.9")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Platform")
    page.get_by_role("button", name="As a document").click()
    expect(page.get_by_label("Terms", exact=True)).to_have_value(re.compile('"commitment_percent": "99.9"'))
    page.get_by_role("button", name="As a form").click()
    expect(page.get_by_label("Promised uptime")).to_have_value("99.9")
    page.get_by_role("button", name="Add another commitment").click()
    expect(page.get_by_role("region", name=re.compile("Commitment"))).to_have_count(2)
    assert page.evaluate("window.stays") is True


def test_an_amendment_shows_what_it_changes_while_it_is_typed(visit: Visitor) -> None:
    contract = a_contract(number="C-1")
    page = visit(a_person(FINANCE_CLERK))
    page.goto(f"/admin/accounts/contract/{contract.pk}/amend/")
    expect(page.get_by_text("Nothing yet: this says what was agreed before.")).to_be_visible()
    page.get_by_label("Promised uptime").fill("99.5")
    changes = page.locator("#changes")
    expect(changes.locator("del")).to_contain_text("99.9 %")
    expect(changes.locator("ins")).to_contain_text("99.5 %")
    page.get_by_label("In force from").fill("2026-07-01")
    page.get_by_role("button", name="Amend").click()
    expect(page.get_by_text("Version 2: from 1 July 2026")).to_be_visible()


def test_a_contract_is_signed_without_a_script(visits: Visits) -> None:
    a_customer("Nordwind")
    a_tier()
    a_component()
    page = visits(a_person(FINANCE_CLERK))
    page.route("**/*.js", lambda route: route.fulfill(body=""))
    starting(page)
    page.get_by_label("Promised uptime").fill("99.9")
    for row in range(3):
        page.locator("[id*='severity_weight'] .line").nth(row).get_by_label("counts for").fill("100")
    page.locator(".of-ladder").get_by_role("button", name="Add a row").click()
    expect(page.locator(".of-ladder .line")).to_have_count(4)
    rung(page, 0, "99.9", "10")
    page.get_by_label("Promised uptime").press("Enter")  # reads back, and signs nothing
    expect(page.get_by_text("In words")).to_be_visible()
    assert not Contract.objects.exists()
    page.get_by_role("button", name="Sign").click()
    expect(page.get_by_text("MSA-7 is recorded.")).to_be_visible()


def test_the_form_fits_a_narrow_window(visit: Visitor) -> None:
    contract = a_contract()
    page = visit(a_person(FINANCE_CLERK), viewport=NARROW)
    for address in (
        ADD,
        f"/admin/accounts/contract/{contract.pk}/amend/",
        f"/admin/accounts/contract/{contract.pk}/change/",
    ):
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert too_wide(page) == 0, address


def test_an_answer_that_was_overtaken_is_dropped(visit: Visitor) -> None:
    contract = a_contract()
    page = visit(a_person(FINANCE_CLERK))
    page.goto(f"/admin/accounts/contract/{contract.pk}/amend/")
    held: list[Route] = []
    page.route("**/amend/reading/", lambda route: route.continue_() if held else held.append(route))
    reading = page.get_by_role("complementary", name="The terms in words")
    with page.expect_request("**/amend/reading/"):
        page.get_by_label("Promised uptime").fill("97")
    page.get_by_label("Promised uptime").fill("98")
    expect(reading).to_contain_text("available for 98 %")
    held[0].fulfill(
        json={"faults": {}, "readings": {"reading-commitments[0]": "late"}, "changes": "", "status": ""}
    )
    page.evaluate(
        "fetch(location.href).then((answer) => answer.text())"
    )  # whatever was on its way has arrived
    expect(reading).to_contain_text("available for 98 %")


def test_a_reading_that_fails_is_said_and_nothing_typed_is_lost(visits: Visits) -> None:
    contract = a_contract()
    page = visits(a_person(FINANCE_CLERK))
    page.goto(f"/admin/accounts/contract/{contract.pk}/amend/")
    page.route("**/amend/reading/", lambda route: route.fulfill(status=500, body=""))
    page.get_by_label("Promised uptime").fill("98")
    expect(page.get_by_text("The terms could not be read back just now.")).to_be_attached()
    expect(page.get_by_label("Promised uptime")).to_have_value("98")

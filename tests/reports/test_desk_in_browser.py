"""The desk and the guards as people use them: a real browser, the site's own log-in, nothing but what stands on the page."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from reports import closing
from reports.models import ClosingBlock
from slaservice.outages.importers import statuspage
from slaservice.outages.models import OutageWindow
from slaservice.rules.workflow import FINANCE_CLERK, OPERATOR
from tests.browser import NARROW, Visitor, Visits, too_wide
from tests.factories.accounts import a_contract, a_person, a_tier
from tests.factories.outages import NOW, a_feed, a_feed_incident, a_mapping, an_update
from tests.factories.reports import CLOSED, MONTH, a_proposal, an_outage, april

pytestmark = pytest.mark.django_db(transaction=True)

GUARDS = f"/admin/reports/proposedwindow/guards/?month={MONTH}"


def imported() -> OutageWindow:
    """A proposal from a feed: major outage from 12:00 to 13:00, of which the text states other times."""
    a_tier()
    a_mapping()
    incident = a_feed_incident(
        "inc1",
        an_update("investigating", "12:00:00", {"c1": ("operational", "major_outage")}),
        an_update("monitoring", "13:00:00", {"c1": ("major_outage", "operational")}),
        an_update("resolved", "13:30:00", body="It is over. Customers were affected 11:45–13:10 UTC."),
    )
    statuspage.import_feed(feed=a_feed(incident), source="statuspage", by=None, now=NOW)
    return OutageWindow.objects.get()


def proposal_on(page: Page, window: OutageWindow) -> Locator:
    return page.get_by_role("article", name=window.reference, exact=True)


def states() -> dict[str, str]:
    return dict(OutageWindow.objects.values_list("reference", "state"))


def test_an_operator_reads_a_case_and_corrects_it_to_what_the_text_states(visit: Visitor) -> None:
    contract = a_contract()
    window = imported()
    page = visit(a_person(OPERATOR))
    page.get_by_role("link", name="Confirmation desk").first.click()
    expect(page.get_by_role("heading", name="Confirmation desk")).to_be_visible()
    here = proposal_on(page, window)
    expect(here.get_by_role("row", name=re.compile(contract.number))).to_contain_text("→ EUR 125.00")
    expect(page.get_by_text("“Customers were affected 11:45–13:10 UTC.”")).to_be_visible()
    here.get_by_role("link", name=re.compile("Correct to 2026-04-10 11:45:00")).click()
    expect(here.get_by_label("From")).to_have_value("2026-04-10 11:45:00.000000")
    here.get_by_label("Until").fill("2026-04-10 11:00")
    here.get_by_role("button", name="Correct and confirm").click()
    expect(here.get_by_text("must end after it starts")).to_be_visible()
    here.get_by_label("Until").fill("2026-04-10 13:10")
    here.get_by_role("button", name="Correct and confirm").click()
    expect(page.get_by_text("corrected and confirmed")).to_be_visible()
    expect(page.get_by_text("Nothing waits here")).to_be_visible()
    new = OutageWindow.objects.get(state="confirmed")
    assert (new.start, new.end, new.basis) == (april(10, 11, 45), april(10, 13, 10), "stated_window")


def test_an_operator_confirms_withdraws_and_confirms_many_at_once(visit: Visitor) -> None:
    a_contract()
    one = a_proposal(april(2, 1), april(2, 2), reference="one")
    another = a_proposal(april(3, 1), april(3, 2), reference="another")
    safe = [a_proposal(april(day, 1), april(day, 2), reference=f"safe{day}") for day in (5, 6)]
    asked = a_proposal(april(7, 1), april(7, 2), reference="asked", note="Is the end right?")
    page = visit(a_person(OPERATOR))
    page.goto("/admin/reports/proposedwindow/")
    proposal_on(page, one).get_by_role("button", name="Confirm", exact=True).click()
    expect(page.get_by_text("One is confirmed.")).to_be_visible()
    proposal_on(page, another).get_by_role("button", name="Withdraw").click()
    expect(proposal_on(page, another).get_by_text("reason")).to_be_visible()
    proposal_on(page, another).get_by_label("Reason").fill("a test of the pager")
    proposal_on(page, another).get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Another is withdrawn.")).to_be_visible()
    expect(proposal_on(page, asked).get_by_text("A question is noted on it.")).to_be_visible()
    page.get_by_role("link", name=re.compile("Select the 2 on this page")).click()
    for window in safe:
        expect(page.get_by_label(f"Select {window.reference}")).to_be_checked()
    page.get_by_role("button", name="Confirm the selected").click()
    expect(page.get_by_text("Confirmed: 2.")).to_be_visible()
    assert states() == {
        "one": "confirmed",
        "another": "withdrawn",
        "safe5": "confirmed",
        "safe6": "confirmed",
        "asked": "proposed",
    }


def test_an_operator_sees_the_guards_and_a_clerk_waives_one_and_closes(visit: Visitor) -> None:
    contract = a_contract()
    an_outage(april(20, 12), still_open=True, reference="forgotten")
    closing.close(month=MONTH, now=CLOSED)
    operators = visit(a_person(OPERATOR))
    operators.goto(GUARDS)
    expect(operators.get_by_text("Outage forgotten is open since 2026-04-20 12:00 UTC")).to_be_visible()
    expect(operators.get_by_text("If forgotten is withdrawn:")).to_be_visible()
    expect(operators.get_by_role("button", name=re.compile("Waive"))).to_have_count(0)
    clerks = visit(a_person(FINANCE_CLERK))
    clerks.goto(GUARDS)
    clerks.get_by_label("Reason").fill("it goes on, and is clipped")
    clerks.get_by_role("button", name="Waive for 1 contract").click()
    expect(clerks.get_by_text("Waived for 1 contracts")).to_be_visible()
    assert ClosingBlock.objects.get().waiver == "it goes on, and is clipped"
    clerks.get_by_role("link", name="Close a month").click()
    clerks.get_by_label("Month").fill(MONTH)
    clerks.get_by_role("button", name="Close").click()
    expect(clerks.get_by_text("1 drafted")).to_be_visible()
    assert contract.statements.count() == 1


def test_both_pages_fit_a_narrow_window(visit: Visitor) -> None:
    for _ in range(3):
        a_contract()
    window = imported()
    an_outage(april(20, 12), still_open=True, reference="forgotten")
    page = visit(a_person(OPERATOR), viewport=NARROW)
    for address in ("/admin/reports/proposedwindow/", f"?correct={window.pk}&quote=0", GUARDS):
        page.goto(address if address.startswith("/") else f"/admin/reports/proposedwindow/{address}")
        assert too_wide(page) == 0, address


def test_what_a_page_may_not_do_is_complained_of(visits: Visits) -> None:
    """The net has no hole: an inline script, a style, a missing file and a thrown error are each heard."""
    page = visits(a_person(OPERATOR))
    assert visits.complaints == []
    for script in (
        "document.head.append(Object.assign(document.createElement('script'), {textContent: '1'}))",
        "document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')",
        "document.body.append(Object.assign(new Image(), {src: '/static/nothing.png'}))",
        "setTimeout(() => { throw new Error('oh') })",
    ):
        visits.complaints.clear()
        page.evaluate(script)
        page.wait_for_timeout(200)
        assert visits.complaints, script

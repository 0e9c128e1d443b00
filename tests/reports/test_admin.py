"""The desk: finance sees where a figure comes from, decides and issues; nobody does what is not theirs to do."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports import closing
from reports.admin.credit_verbs import seen_of
from reports.models import ClosingBlock, ServiceCredit, Statement
from reports.operations import adjust
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK, OPERATOR
from tests.factories.accounts import TERMS, a_contract, a_customer, a_person, a_promise, an_agreement
from tests.factories.reports import (
    CLOSED,
    a_draft,
    a_missed_draft,
    a_proposal,
    an_approved,
    an_issued,
    an_outage,
    april,
)

pytestmark = pytest.mark.django_db


def as_a(*roles: str, user: User | None = None) -> Client:
    client = Client()
    client.force_login(user or a_person(*roles))
    return client


def page_of(statement: Statement) -> str:
    return f"/admin/reports/statement/{statement.pk}/change/"


def shown(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def test_a_statement_shows_how_its_figures_came_about() -> None:
    draft = a_missed_draft()
    page = shown(as_a(FINANCE_CLERK).get(page_of(draft)))
    for words in (
        "99.722222 %",
        "7,200 s",
        "row 1 of 3",
        "EUR 125.00",
        draft.digest,
        "is promised to be available",
    ):
        assert words in page, words


def test_an_approver_decides_on_the_page_and_a_clerk_then_issues() -> None:
    draft = a_missed_draft()
    approver, clerk = as_a(FINANCE_APPROVER), as_a(FINANCE_CLERK)
    assert "Approve" in shown(approver.get("/admin/reports/servicecredit/"))
    approver.post(
        f"/admin/reports/servicecredit/{draft.credit.pk}/approve/",
        {"reason": "as computed", **seen_of(draft.credit)},
    )
    assert ServiceCredit.objects.get().state == "approved"
    clerk.post(f"/admin/reports/statement/{draft.pk}/issue/", {"digest": draft.digest})
    assert Statement.objects.get().number == "SLA-2026-00001"


def test_issuing_what_was_computed_anew_is_refused_on_the_page() -> None:
    draft = an_approved(a_missed_draft())
    response = as_a(FINANCE_CLERK).post(f"/admin/reports/statement/{draft.pk}/issue/", {"digest": "0" * 64})
    assert "computed anew" in shown(response)
    assert Statement.objects.get().state == Statement.DRAFT


def test_an_adjustment_says_amount_and_why_and_another_person_approves_it() -> None:
    credit = a_missed_draft().credit
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    client = as_a(user=both)
    address = f"/admin/reports/servicecredit/{credit.pk}/"
    assert "This field is required" in shown(client.post(f"{address}adjust/", {"amount": "100.00"}))
    client.post(f"{address}adjust/", {"amount": "100.00", "reason": "agreed", **seen_of(credit)})
    credit.refresh_from_db()
    assert "second person" in shown(client.post(f"{address}approve/", seen_of(credit)))
    as_a(FINANCE_APPROVER).post(f"{address}approve/", seen_of(credit))
    credit.refresh_from_db()
    assert (credit.state, credit.amount_minor) == ("approved", 10_000)


@pytest.mark.parametrize("role", [OPERATOR, ACCOUNT_MANAGER, AUDITOR])
def test_who_may_not_decide_cannot(role: str) -> None:
    draft = a_missed_draft()
    client = as_a(role)
    for address in (
        f"/admin/reports/servicecredit/{draft.credit.pk}/approve/",
        f"/admin/reports/statement/{draft.pk}/issue/",
        "/admin/reports/statement/close/",
    ):
        assert client.post(address, {"digest": draft.digest, "month": "2026-04"}).status_code in {
            403,
            404,
            302,
        }
    draft.refresh_from_db()
    assert (draft.state, draft.credit.state) == ("draft", "proposed")


def test_a_superuser_approves_nothing() -> None:
    draft = a_missed_draft()
    client = as_a(user=User.objects.create_superuser("root"))
    client.post(f"/admin/reports/servicecredit/{draft.credit.pk}/approve/", {})
    assert ServiceCredit.objects.get().state == "proposed"


def test_an_account_manager_sees_and_downloads_the_statements_of_customers_in_care_and_no_others() -> None:
    manager = a_person(ACCOUNT_MANAGER)
    own = an_issued(statement=a_draft(a_contract(a_customer("In Care", account_manager=manager))))
    other = an_issued(statement=a_draft(a_contract(a_customer("Somebody Else"))))
    client = as_a(user=manager)
    listed = shown(client.get("/admin/reports/statement/"))
    assert "In Care" in listed
    assert "Somebody Else" not in listed
    assert client.get(f"/admin/reports/statement/{own.pk}/pdf/").content.startswith(b"%PDF-")
    assert client.get(f"/admin/reports/statement/{other.pk}/pdf/").status_code == 404
    assert client.get(page_of(other)).status_code in {302, 404}


def test_a_draft_is_downloaded_with_its_mark_and_not_kept() -> None:
    draft = a_draft()
    assert as_a(FINANCE_CLERK).get(f"/admin/reports/statement/{draft.pk}/pdf/").content.startswith(b"%PDF-")
    assert not draft.files.exists()


def test_a_month_is_closed_from_the_desk_and_what_is_blocked_is_named() -> None:
    contract = a_contract()
    proposal = a_proposal()
    client = as_a(FINANCE_CLERK)
    page = shown(client.post("/admin/reports/statement/close/", {"month": "2026-04"}, follow=True))
    assert f"{contract.number} is blocked" in page
    block = ClosingBlock.objects.get()
    client.post(
        f"/admin/reports/closingblock/{block.pk}/waive/", {"reason": f"{proposal.reference} was a test"}
    )
    page = shown(client.post("/admin/reports/statement/close/", {"month": "2026-04"}, follow=True))
    assert "1 drafted" in page
    assert "not a month" in shown(client.post("/admin/reports/statement/close/", {"month": "2026-13"}))


def test_many_are_approved_and_issued_at_once_each_by_itself() -> None:
    an_outage()
    drafts = [a_draft(a_contract()) for _ in range(3)]
    credits = [draft.credit for draft in drafts]
    seen = {"shown_at": CLOSED}
    chosen = seen | {"action": "approve_selected", "_selected_action": [credit.pk for credit in credits[:2]]}
    as_a(FINANCE_APPROVER).post("/admin/reports/servicecredit/", chosen)
    chosen = seen | {"action": "issue_selected", "_selected_action": [draft.pk for draft in drafts]}
    page = shown(as_a(FINANCE_CLERK).post("/admin/reports/statement/", chosen, follow=True))
    assert "waits for its decision" in page
    assert Statement.objects.filter(state=Statement.ISSUED).count() == 2


def test_what_keeps_one_of_many_from_being_issued_is_there_to_be_waived_afterwards() -> None:
    draft = a_draft()
    proposal = a_proposal()
    chosen = {"shown_at": CLOSED, "action": "issue_selected", "_selected_action": [draft.pk]}
    page = shown(as_a(FINANCE_CLERK).post("/admin/reports/statement/", chosen, follow=True))
    assert "cannot be issued" in page
    assert ClosingBlock.objects.get().subject == proposal.reference


@pytest.mark.parametrize(
    ("role", "action", "address"),
    [
        (FINANCE_APPROVER, "approve_selected", "/admin/reports/servicecredit/"),
        (FINANCE_CLERK, "issue_selected", "/admin/reports/statement/"),
    ],
)
def test_what_came_after_the_list_was_shown_is_refused_by_name(role: str, action: str, address: str) -> None:
    claimed = {**TERMS, "claim": {"by": "customer"}} if role == FINANCE_CLERK else TERMS
    agreement = an_agreement(promises=[a_promise(terms=claimed)])
    draft, other = a_missed_draft(a_contract(agreement=agreement)), a_draft(a_contract(agreement=agreement))
    client = as_a(role)
    with time_machine.travel(CLOSED + timedelta(hours=1), tick=False):
        listed = shown(client.get(address))
        hidden = re.search(r'<input type="hidden" name="shown_at" value="([^"]+)">', listed)
        assert hidden is not None
    an_outage(april(20, 12), april(20, 12, 30))
    closing.close_chunk(month="2026-04", contracts=[draft.contract_id], now=CLOSED + timedelta(hours=2))
    rows = [one.credit.pk if role == FINANCE_APPROVER else one.pk for one in (draft, other)]
    chosen = {"action": action, "_selected_action": rows}
    assert "No action selected" in shown(client.post(address, chosen, follow=True))
    page = shown(client.post(address, chosen | {"shown_at": hidden[1]}, follow=True))
    assert f"{draft.contract} for April 2026: The" in page
    assert "list was shown: look at it again." in page
    draft.refresh_from_db()
    assert (draft.state, ServiceCredit.objects.get(statement=draft).decided_at) == ("draft", None)


def test_what_was_adjusted_after_the_list_was_shown_is_not_approved_with_the_others() -> None:
    credit = a_missed_draft().credit
    adjusted = adjust(
        credit=credit,
        amount="100",
        reason="agreed",
        by=a_person(FINANCE_CLERK),
        now=CLOSED + timedelta(hours=1),
    )
    chosen = {"action": "approve_selected", "_selected_action": [adjusted.pk], "shown_at": CLOSED}
    page = shown(as_a(FINANCE_APPROVER).post("/admin/reports/servicecredit/", chosen, follow=True))
    assert "The credit has changed since the list was shown" in page
    adjusted.refresh_from_db()
    assert adjusted.state == "adjusted"


def test_the_history_of_a_statement_can_be_read() -> None:
    issued = an_issued(statement=a_missed_draft())
    page = shown(as_a(AUDITOR).get(f"/admin/reports/statement/{issued.pk}/history/"))
    assert "statements.issue" in page


LISTS = ("/admin/reports/statement/", "/admin/reports/servicecredit/", "/admin/reports/closingblock/")


def queries_of(client: Client) -> list[int]:
    counts = []
    for address in LISTS:
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    return counts


def test_lists_take_the_same_queries_whatever_their_length() -> None:
    an_outage()
    customer = a_customer()
    client = as_a(FINANCE_CLERK)
    for _ in range(2):
        a_draft(a_contract(customer))
    queries_of(client)
    few = queries_of(client)
    for _ in range(8):
        a_draft(a_contract(customer))
    assert queries_of(client) == few

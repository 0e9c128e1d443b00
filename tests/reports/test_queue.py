"""The review queue: what a decision rests on stands in one row, what finance asks for is found, and sums never mix currencies."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from reports import operations
from reports.admin.credits import ServiceCreditAdmin
from reports.admin.filters import months_between
from reports.admin.queue import _caps
from reports.models import ServiceCredit, Statement
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import TERMS, a_contract, a_customer, a_person, a_promise, an_agreement
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_approved, an_issued, an_outage, april

pytestmark = pytest.mark.django_db

QUEUE = "/admin/reports/servicecredit/"
STATEMENTS = "/admin/reports/statement/"
VERBS = ("adjust", "approve", "reject")


def as_a(*roles: str, user: User | None = None) -> Client:
    client = Client()
    client.force_login(user or a_person(*roles))
    return client


def listed(address: str, **asked: str) -> Any:
    response = as_a(AUDITOR).get(address, asked)
    assert response.status_code == 200, response.status_code
    return response.context["cl"]


def contracts(address: str, **asked: str) -> set[str]:
    """The numbers of the contracts that are listed."""
    rows = listed(address, **asked).result_list
    return {(row.statement if isinstance(row, ServiceCredit) else row).contract.number for row in rows}


def page(**asked: str) -> str:
    return str(as_a(AUDITOR).get(QUEUE, asked).content.decode())


# what a row says


def test_a_row_has_what_a_decision_rests_on() -> None:
    draft = a_missed_draft()
    shown = page()
    for words in (
        draft.contract.number,
        draft.contract.customer.name,
        "April 2026",
        "99.722 % of 99.9 %",
        "Platform: 99.722222 %",
        '<span title="Platform: 7,200 s">2 h 00 min 00 s</span>',
        "EUR 125.00",
        "within EUR 1,250.00",
        "proposed",
    ):
        assert words in shown, words


def test_a_row_leads_to_what_whoever_looks_may_do_with_it() -> None:
    draft = a_missed_draft()

    def offered(client: Client) -> list[str]:
        shown = client.get(QUEUE).content.decode()
        links = re.findall(rf'href="{QUEUE}{draft.credit.pk}/(\w+)/?"', shown)
        return [name for name in links if name in VERBS]

    clerk = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    both = as_a(user=clerk)
    assert offered(as_a(AUDITOR)) == []
    assert offered(as_a(FINANCE_APPROVER)) == ["approve", "reject"]
    assert offered(both) == ["approve", "reject", "adjust"]
    operations.adjust(credit=draft.credit, amount="100.00", reason="agreed", by=clerk, now=CLOSED)
    assert offered(both) == ["adjust"]


def test_a_row_says_who_adjusted_and_to_what() -> None:
    clerk = a_person(FINANCE_CLERK)
    operations.adjust(credit=a_missed_draft().credit, amount="100.00", reason="agreed", by=clerk, now=CLOSED)
    shown = page()
    assert '<td class="field-computed">EUR 125.00' in shown
    assert '<td class="field-amount">EUR 100.00' in shown
    assert f'<td class="field-adjusted">{clerk}' in shown


def test_a_cap_that_cut_the_credit_says_so() -> None:
    cap = {"kind": "amount", "value": "50"}
    draft = a_missed_draft(
        a_contract(agreement=an_agreement(promises=[a_promise(terms={**TERMS, "cap": cap})]))
    )
    assert list(_caps(draft)) == [("Platform", "cut to EUR 50.00")]
    assert "cut to EUR 50.00" in page()


def test_the_cap_over_all_commitments_says_so() -> None:
    agreement = an_agreement(
        promises=[a_promise(), a_promise(name="Second")], cap={"kind": "amount", "value": "200"}
    )
    draft = a_missed_draft(a_contract(agreement=agreement))
    assert json.loads(draft.body)["total"]["capped"] is True
    assert list(_caps(draft))[-1] == ("all: EUR 250.00", "all: cut to EUR 200.00")


def test_terms_without_a_cap_say_none() -> None:
    terms = {name: value for name, value in TERMS.items() if name != "cap"}
    a_missed_draft(a_contract(agreement=an_agreement(promises=[a_promise(terms=terms)])))
    assert '<td class="field-cap">none' in page()


def test_the_sums_are_of_all_that_is_listed_and_by_currency() -> None:
    an_outage()
    yen = an_agreement(currency="JPY", promises=[a_promise(fee="10000000")])
    for agreement in (None, None, yen):
        a_draft(a_contract(agreement=agreement))
    totals = as_a(AUDITOR).get(QUEUE).context["totals"]
    assert [(one["currency"], one["count"], one["amount"]) for one in totals] == [
        ("EUR", 2, "250.00"),
        ("JPY", 1, "1,000,000"),
    ]
    assert "Nothing is listed." in page(currency="USD")


# what is found


def test_without_a_choice_the_queue_is_what_waits_for_finance_the_oldest_first() -> None:
    an_outage()
    approved = an_approved(a_draft())
    late, early = a_draft(), a_draft()
    ServiceCredit.objects.filter(statement=early).update(proposed_at=CLOSED - timedelta(days=2))
    assert [row.statement for row in listed(QUEUE).result_list] == [early, late]
    assert contracts(QUEUE, state="approved") == {approved.contract.number}
    assert len(contracts(QUEUE, state="all")) == 3


def test_finance_finds_credits_by_month_currency_age_amount_customer_manager_and_tier() -> None:
    an_outage()
    manager = a_person(ACCOUNT_MANAGER, first_name="Mara", last_name="Jung")
    acme = a_contract(a_customer("Acme", account_manager=manager, legal_name="Acme Holding"))
    yen = a_contract(agreement=an_agreement(currency="JPY", promises=[a_promise(fee="10000")]))
    for contract in (acme, yen):
        a_draft(contract)
    both = {acme.number, yen.number}
    ServiceCredit.objects.filter(statement__contract=acme).update(
        proposed_at=timezone.now() - timedelta(days=10)
    )
    ServiceCredit.objects.filter(statement__contract=yen).update(proposed_at=timezone.now())
    tier = acme.versions.get().tier_id
    for asked, found in (
        ({"month": "2026-04"}, both),
        ({"month": "2026-05"}, set()),
        ({"currency": "JPY"}, {yen.number}),
        ({"age": "7"}, {acme.number}),
        ({"age": "30"}, set()),
        ({"over": "124"}, both),  # EUR 125.00 and JPY 1000
        ({"over": "125"}, {yen.number}),
        ({"over": "1000"}, set()),
        ({"over": "much"}, set()),
        ({"customer": "hold"}, {acme.number}),
        ({"manager": str(manager.pk)}, {acme.number}),
        ({"manager": "nobody"}, set()),
        ({"tier": str(tier)}, both),
        ({"tier": "0"}, set()),
        ({"q": "acme"}, {acme.number}),
        ({"q": yen.number}, {yen.number}),
        ({"q": f"acme {yen.number}"}, set()),
    ):
        assert contracts(QUEUE, **asked) == found, asked
    assert "Mara Jung" in page()
    assert 'value="hold"' in page(customer="hold", month="2026-04")
    assert '<input type="hidden" name="month" value="2026-04">' in page(customer="hold", month="2026-04")


def test_a_credit_is_found_by_how_its_statements_number_begins() -> None:
    issued = an_issued(statement=a_missed_draft())
    an_issued()
    assert contracts(QUEUE, state="all", q=str(issued.number).lower()) == {issued.contract.number}
    assert contracts(STATEMENTS, q=str(issued.number)) == {issued.contract.number}
    assert len(contracts(STATEMENTS, q="sla-2026")) == 2


def test_statements_are_found_by_status_month_customer_and_whether_they_met() -> None:
    issued, settling = an_issued(a_contract(a_customer("Zebra"))), a_draft(a_contract(settling_days=90))
    an_outage()
    due = a_draft()
    Statement.objects.filter(pk=settling.pk).update(due_at=timezone.now() + timedelta(days=1))
    for asked, found in (
        ({"status": "issued"}, issued),
        ({"status": "settling"}, settling),
        ({"status": "due"}, due),
        ({"met": "no"}, due),
        ({"customer": "zeb"}, issued),
        ({"q": "zebra"}, issued),
    ):
        assert contracts(STATEMENTS, **asked) == {found.contract.number}, asked
    assert contracts(STATEMENTS, status="superseded") == contracts(STATEMENTS, status="no such") == set()
    assert len(contracts(STATEMENTS, month="2026-04", currency="EUR")) == 3


def test_months_are_offered_from_the_last_to_the_first() -> None:
    assert months_between("2025-11", "2026-02") == ["2026-02", "2026-01", "2025-12", "2025-11"]
    assert months_between(None, None) == []


# many at once


def test_what_is_refused_of_many_says_which_and_why() -> None:
    an_outage()
    own, other = a_draft(), a_draft()
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    operations.adjust(credit=own.credit, amount="100.00", reason="agreed", by=both, now=CLOSED)
    rows = [own.credit.pk, other.credit.pk]
    chosen = {"action": "approve_selected", "_selected_action": rows, "shown_at": CLOSED}
    shown = as_a(user=both).post(QUEUE, chosen, follow=True).content.decode()
    assert f"Credit of draft of {own.contract} for April 2026: " in shown
    assert "1 approved." in shown
    assert set(ServiceCredit.objects.values_list("state", flat=True)) == {"adjusted", "approved"}


def test_a_later_page_has_the_rows_that_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    an_outage(april(3), april(3, 2))
    drafts = [a_draft() for _ in range(12)]
    monkeypatch.setattr(ServiceCreditAdmin, "list_per_page", 10)
    first, second = (listed(QUEUE, p=number).result_list for number in ("1", "2"))
    assert (len(first), len(second)) == (10, 2)
    assert [row.statement_id for row in (*first, *second)] == [draft.pk for draft in drafts]


def test_the_lists_take_the_same_queries_for_10_rows_and_for_100() -> None:
    an_outage()
    client = as_a(FINANCE_CLERK)
    counts = []
    for more in (10, 90):
        for _ in range(more):
            a_draft(a_contract())
        found = []
        for address in (QUEUE, STATEMENTS):
            with CaptureQueriesContext(connection) as queries:
                client.get(address)
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 14

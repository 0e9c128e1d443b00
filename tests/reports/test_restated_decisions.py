"""A restatement says what was granted before and that it was adjusted; why stands on our own page, and on no customer's paper."""

import json
from pathlib import Path

import pytest
from django.test import Client

from reports import closing, operations
from reports.models import ServiceCredit, Statement
from reports.pdf.facts import read
from reports.pdf.total import total_of
from slaservice.rules.__main__ import main
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person
from tests.factories.restatements import LATE, QUARTER, after, down, draft_of, follow, longer

pytestmark = pytest.mark.django_db

APRIL = QUARTER[0]
WHY = "they asked for less because we had called them"


def a_restatement(decide: str) -> Statement:
    """April's credit of 125.00 is adjusted to 100.00, rejected or approved; then the outage was longer, which owes 312.50."""
    window, contract, now = down(APRIL), a_contract(), after(APRIL)
    closing.close_chunk(month=APRIL, contracts=[contract.pk], now=now)
    draft = draft_of(contract, APRIL)
    clerk, approver = a_person(FINANCE_CLERK, first_name="Clara", last_name="Roe"), a_person(FINANCE_APPROVER)
    credit = draft.credit
    if decide == "adjust":
        credit = operations.adjust(credit=credit, amount="100.00", reason=WHY, by=clerk, now=now)
    if decide == "reject":
        operations.reject(credit=credit, reason=WHY, by=approver, now=now)
    else:
        operations.approve(credit=credit, by=approver, now=now)
    operations.issue(statement=draft, by=clerk, now=now)
    longer(window, 10)
    follow(LATE)
    return draft_of(contract, APRIL)


def rows_of(statement: Statement) -> dict[str, tuple[str, str]]:
    document = statement.document
    total = total_of(document, [read(case, document) for case in document["cases"]])
    assert total is not None
    return {label: (how, amount) for label, how, amount in total.rows}


@pytest.mark.parametrize(
    ("decide", "said", "granted", "left"),
    [
        ("adjust", "; SLA-2026-00001: EUR 100.00 of EUR 125.00 computed", "−EUR 100.00", 21_250),
        ("reject", "; SLA-2026-00001: EUR 0.00 of EUR 125.00 computed", "EUR 0.00", 31_250),
        ("approve", "", "−EUR 125.00", 18_750),
    ],
)
def test_the_paper_says_what_was_granted_before_and_that_it_was_not_what_was_computed(
    decide: str, said: str, granted: str, left: int, tmp_path: Path
) -> None:
    draft = a_restatement(decide)
    assert rows_of(draft)["Granted before"] == (f"by earlier revisions of this statement{said}", granted)
    assert ServiceCredit.objects.get(statement=draft).amount_minor == left
    assert WHY not in draft.body
    (tmp_path / "document").write_text(json.dumps(draft.document))
    assert main(["check", str(tmp_path / "document")]) == 0


def test_the_page_says_who_adjusted_before_to_what_and_why() -> None:
    draft = a_restatement("adjust")
    client = Client()
    client.force_login(a_person(FINANCE_APPROVER))
    page = client.get(f"/admin/reports/statement/{draft.pk}/change/").content.decode()
    assert f"SLA-2026-00001: adjust by Clara Roe, EUR 100.00: “{WHY}”" in page


def test_a_credit_that_was_approved_as_computed_is_not_called_decided_otherwise() -> None:
    draft = a_restatement("approve")
    assert "decided_before" not in draft.document["identity"]
    first = Statement.objects.get(revision=1)
    assert "decided_before" not in first.document["identity"]

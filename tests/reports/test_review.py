"""The page on which finance decides: what a statement rests on, what was done to it, what waits and for whom."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from reports import closing, operations
from reports.models import ClosingBlock, Delivery, Statement
from reports.models.deliveries import MOST_ATTEMPTS
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import (
    a_contract,
    a_customer,
    a_person,
)
from tests.factories.money import a_claim, a_claimable
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
from tests.reports.reviewing import LATER, maintenance, page, review, under

pytestmark = pytest.mark.django_db

# The figures


def test_every_number_of_the_arithmetic_comes_with_the_clause_that_it_follows_from() -> None:
    an_outage()
    draft = a_draft(under(clauses={"credit.rules[0]": "6.1", "commitment_percent": "4.1"}))
    (section,) = review(draft).sections
    rules = {one.step.label: one.rules for one in section.steps}
    assert [clause for clause, _ in rules["Commitment"]] == ["4.1"]
    ((clause, sentence),) = rules["Credit table"]
    assert clause == "6.1"
    assert "10 % of the base if it is below 99.9 %" in sentence
    assert rules["Cap"] == [("", "Credits never exceed 100 % of the base for a period.")]
    assert {label for label, sentences in rules.items() if not sentences} <= {
        "Period",
        "Eligible time",
        "Credit in money",
    }


def test_the_figures_stand_at_the_top_with_the_credit_and_its_cap_as_they_are_now() -> None:
    an_outage()
    draft = a_draft(under(cap={"kind": "amount", "value": "60"}))
    cells = {cell.label: cell for cell in review(draft).cells}
    assert cells["Contractual uptime"].value == "99.722 %"
    assert (cells["Credit"].value, cells["Credit"].verdict) == ("EUR 60.00", cells["Credit"].verdict)
    assert cells["Cap"].value == "reached"
    assert cells["Cap"].notes == ["a fixed amount, EUR 60.00: −EUR 65.00"]
    operations.adjust(
        credit=draft.credit, amount="50", reason="agreed", by=a_person(FINANCE_CLERK), now=CLOSED
    )
    credit = {cell.label: cell for cell in review(draft).cells}["Credit"]
    assert credit.value == "EUR 50.00"
    assert credit.notes[1:] == ["computed: EUR 60.00", "“agreed”"]


def test_a_period_that_met_everything_says_that_there_is_nothing_to_decide() -> None:
    shown = review(a_draft())
    assert {cell.label: cell.value for cell in shown.cells}["Credit"] == "EUR 0.00"
    assert [wait.what for wait in shown.waits] == ["The statement is ready to be issued."]
    assert shown.sections[0].pictures[0].stretches == []


# The picture


def boxes(drawing: str, kind: str) -> list[tuple[str, str, str]]:
    """(x, width, words) of the boxes of a class."""
    return re.findall(
        rf'<rect x="([\d.]+%)" y="\d+" width="([\d.]+%)" height="\d+" class="{kind}"><title>(.*?)</title>',
        drawing,
    )


def test_the_picture_puts_every_stretch_where_it_was_and_says_what_it_is() -> None:
    an_outage(april(15, 22), april(16, 22))  # the sixteenth, in Berlin
    draft = a_draft()
    (picture,) = review(draft).sections[0].pictures
    ((x, width, words),) = boxes(picture.drawing, "down")
    assert (x, width) == ("50.0000%", "3.3333%")
    assert words.startswith("16 Apr 00:00:00 – 17 Apr 00:00:00: down, 24:00:00 counted")
    ((at, _, recorded),) = boxes(picture.drawing, "recorded")
    assert at == "50.0000%"
    assert "API, major outage" in recorded
    (stretch,) = picture.stretches
    assert (stretch.what, stretch.loss, stretch.counted) == ("down", "1", "24:00:00")
    assert picture.legend == [("down", "down"), ("up", "up")]


def test_what_is_excluded_or_too_short_is_drawn_and_listed_as_such() -> None:
    an_outage(april(18), april(18, 1))
    an_outage(april(20), april(20, 0, 3))
    maintenance()
    minimum = {"seconds": 300, "op": ">=", "test_on": "merged"}
    draft = a_draft(under(shape={"min_run": minimum}, exclude={"categories": ["scheduled_maintenance"]}))
    (picture,) = review(draft).sections[0].pictures
    assert [stretch.what for stretch in picture.stretches] == [
        "excluded",
        "below the minimum, not counted",
    ]
    assert len(boxes(picture.drawing, "excluded")) == len(boxes(picture.drawing, "below_minimum")) == 1
    ((_, _, words),) = boxes(picture.drawing, "excuse")
    assert "scheduled maintenance" in words
    assert boxes(picture.drawing, "down") == []


def test_half_a_loss_is_drawn_half_as_high() -> None:
    an_outage(severity="partial_outage")
    (picture,) = review(a_draft()).sections[0].pictures
    heights = re.findall(r'height="(\d+)" class="(up|down)"', picture.drawing)
    up, down = (int(next(height for height, kind in heights if kind == name)) for name in ("up", "down"))
    assert down == round(up * 0.3)


def test_nothing_that_somebody_typed_becomes_markup_and_nothing_has_a_style_of_its_own() -> None:
    an_outage(
        severity="major_outage",
        reference="<script>alert(1)</script>",
        cause='"><img src=x onerror=alert(1)>',
    )
    shown = page(a_draft(), AUDITOR)
    assert "<script>alert" not in shown
    assert "<img src=x" not in shown
    assert "style=" not in shown
    assert "&lt;script&gt;alert(1)" in shown


# What waits, and for whom


def waits(statement: Statement) -> list[tuple[str, str]]:
    return [(wait.what, wait.who) for wait in review(statement).waits]


def test_a_credit_waits_for_approvers_by_name_and_not_for_who_changed_it() -> None:
    draft = a_missed_draft()
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER, first_name="Bo", last_name="Both")
    a_person(FINANCE_APPROVER, first_name="Ann", last_name="Approver")
    assert waits(draft)[0] == (
        "The credit of EUR 125.00 waits for a decision.",
        "finance approver: Ann Approver, Bo Both",
    )
    operations.adjust(credit=draft.credit, amount="100", reason="agreed", by=both, now=CLOSED)
    assert waits(draft)[0] == (
        "The credit of EUR 100.00 waits for a decision, changed by Bo Both, who does not decide on it.",
        "finance approver: Ann Approver",
    )


def test_where_nobody_has_the_role_the_page_says_so() -> None:
    assert waits(a_missed_draft())[0][1] == "finance approver (nobody has this role)"


def test_blocks_mails_given_up_and_what_was_waived_are_named() -> None:
    contract = a_contract()
    block = ClosingBlock.objects.create(
        contract=contract,
        month=MONTH,
        code="proposed_window",
        subject="w",
        sentence="W is proposed.",
        raised_at=CLOSED,
    )
    issued = an_issued(contract)
    ClosingBlock.objects.filter(pk=block.pk).update(resolved_at=None)
    Delivery.objects.create(
        statement=issued,
        channel="email",
        recipient="a@acme.example",
        asked_at=CLOSED,
        attempts=MOST_ATTEMPTS,
        problem="no such host",
    )
    assert [what for what, _ in waits(issued)] == [
        "The month is blocked: W is proposed.",
        "The mail to a@acme.example was given up: no such host",
    ]
    operations.waive(block=block, reason="It was a test.", by=a_person(FINANCE_CLERK), now=CLOSED)
    assert len(waits(issued)) == 1
    assert "“It was a test.”" in page(issued, AUDITOR)


# The verbs


def forms(shown: str) -> list[str]:
    return re.findall(r'<form method="post" action="/admin/reports/\w+/\d+/(\w+)/"', shown)


def test_each_person_finds_the_forms_of_what_they_may_do_and_who_may_do_the_rest() -> None:
    draft = a_missed_draft()
    approver = a_person(FINANCE_APPROVER, first_name="Ann", last_name="Approver")
    assert forms(page(draft, user=approver)) == ["approve", "reject"]
    clerks = page(draft, FINANCE_CLERK)
    assert forms(clerks) == ["adjust"]
    assert "<b>Approve and Reject</b>: for finance approver: Ann Approver." in clerks
    assert "<b>Issue</b>: when the credit is decided." in clerks
    assert forms(page(draft, AUDITOR)) == []
    assert forms(page(an_approved(draft), FINANCE_CLERK)) == ["issue"]


def test_whoever_changed_the_amount_is_told_that_another_person_decides() -> None:
    draft = a_missed_draft()
    both = a_person(FINANCE_CLERK, FINANCE_APPROVER)
    operations.adjust(credit=draft.credit, amount="100", reason="agreed", by=both, now=CLOSED)
    shown = page(draft, user=both)
    assert forms(shown) == ["adjust"]
    assert "not by you, who changed the amount" in shown


def test_whoever_filed_a_claim_is_neither_offered_its_decision_nor_waited_for() -> None:
    credit = a_claimable()
    User.objects.update(is_active=False)
    clerk = a_person(FINANCE_CLERK, first_name="Clara", last_name="Clerk")
    other = a_person(FINANCE_CLERK, first_name="Otto", last_name="Other")
    a_claim(credit, by=clerk)
    waiting = dict(waits(credit.statement))
    assert waiting["The claim of Jane Roe waits for an answer."] == "finance clerk: Otto Other"
    shown = page(credit.statement, user=clerk)
    assert not {"accept", "accept_part", "reject"} & set(forms(shown))
    assert "not by you: whoever filed a claim does not decide on it." in shown
    assert {"accept", "accept_part", "reject"} <= set(forms(page(credit.statement, user=other)))
    assert "for finance clerk: Otto Other." in page(credit.statement, AUDITOR)


def test_the_page_of_a_credit_is_that_of_its_statement() -> None:
    draft = a_missed_draft()
    client = Client()
    client.force_login(a_person(AUDITOR))
    answer = client.get(f"/admin/reports/servicecredit/{draft.credit.pk}/change/")
    assert answer["Location"] == f"/admin/reports/statement/{draft.pk}/change/"


# What became of it


def test_a_restatement_says_what_changed_and_both_lead_to_each_other() -> None:
    issued = an_issued(statement=a_missed_draft())
    an_outage(april(28, 3), april(28, 9))
    closing.close_chunk(month=MONTH, contracts=[issued.contract_id], now=LATER)
    restatement = Statement.objects.get(state="draft")
    shown = review(restatement)
    assert shown.difference is not None
    assert shown.difference.of == issued.number
    assert ("Platform: downtime", "2:00:00", "8:00:00") in shown.difference.rows
    assert (shown.difference.granted, shown.difference.to_grant) == ("EUR 125.00", "EUR 187.50")
    assert [one.name for one in shown.revisions] == [issued.number, "draft"]
    assert f"/admin/reports/statement/{restatement.pk}/change/" in page(issued, AUDITOR)
    assert review(issued).difference is None


def test_the_last_twelve_months_stand_in_order_each_by_its_latest_revision() -> None:
    contract = a_contract()
    an_issued(contract)
    closing.close_chunk(month="2026-05", contracts=[contract.pk], now=CLOSED + timedelta(days=40))
    an_outage()
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED + timedelta(days=40))
    may = Statement.objects.get(month="2026-05")
    months = review(may).months
    assert [(month.label, month.current) for month in months] == [("May 2026", True), ("April 2026", False)]
    (line,) = months[1].lines
    assert (line.uptime, line.target, line.kind) == ("99.722 %", "99.9 %", "missed")
    assert months[1].credit == "EUR 125.00, proposed"
    april_revisions = review(Statement.objects.get(month=MONTH, revision=1)).months
    assert [month.label for month in april_revisions] == ["April 2026"]


def test_postings_are_shown_with_what_they_add_up_to_and_not_to_account_managers() -> None:
    draft = an_approved(a_missed_draft())
    shown = review(draft)
    held = {account.name: account.amount for account in shown.accounts}
    assert held == {"contra revenue": "EUR −125.00", "payable": "EUR 125.00"}
    assert 'id="postings"' in page(draft, AUDITOR)
    manager = a_person(ACCOUNT_MANAGER)
    own = a_draft(a_contract(a_customer(account_manager=manager)))
    assert 'id="postings"' not in page(own, user=manager)

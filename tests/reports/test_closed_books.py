"""A closed book is not written into: a restatement is booked on the day it is drafted, and each posting names its period."""

import csv
import io
from datetime import date, timedelta

import pytest

from reports.models import Posting
from reports.operations import make_journal
from reports.operations.journals import file_of
from slaservice.rules.postings import accrues_on
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person
from tests.factories.restatements import (
    LATE,
    QUARTER,
    after,
    down,
    draft_of,
    follow,
    issue_draft,
    issue_month,
    longer,
)

pytestmark = pytest.mark.django_db

APRIL = QUARTER[0]


def booked(revision: int) -> list[tuple[str, str]]:
    rows = Posting.objects.filter(statement__revision=revision).order_by("pk")
    return [(row.deed, f"{row.effective_on}") for row in rows]


def test_a_first_statement_accrues_in_its_period_whenever_it_is_computed() -> None:
    assert accrues_on(1, date(2026, 4, 30), date(2026, 8, 3)) == date(2026, 4, 30)
    assert accrues_on(2, date(2026, 4, 30), date(2026, 8, 3)) == date(2026, 8, 3)


def test_a_restatement_is_booked_on_the_day_of_each_of_its_drafts() -> None:
    window = down(APRIL)
    contract = a_contract()
    issue_month(contract, APRIL, now=after(APRIL))
    longer(window, 10)
    follow(LATE)
    down(APRIL, hours=40, now=LATE)
    follow(LATE + timedelta(days=1))
    assert booked(1) == [("draft", "2026-04-30"), ("approve", "2026-05-05")]
    assert booked(2) == [("draft", "2026-08-03"), ("draft", "2026-08-04")]


def test_the_journal_names_the_period_beside_the_date() -> None:
    window = down(APRIL)
    contract = a_contract()
    issue_month(contract, APRIL, now=after(APRIL))
    longer(window, 10)
    follow(LATE)
    issue_draft(draft_of(contract, APRIL), now=LATE)
    journal = make_journal(by=a_person(FINANCE_CLERK), now=LATE)
    rows = list(csv.DictReader(io.StringIO(file_of(journal).decode())))
    assert [(row["date"], row["period"], row["revision"]) for row in rows] == [
        ("2026-04-30", "April 2026", "1"),
        ("2026-05-05", "April 2026", "1"),
        ("2026-08-03", "April 2026", "2"),
        ("2026-08-03", "April 2026", "2"),
    ]

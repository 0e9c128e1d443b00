"""A draft that was let go, or that came to what is issued, waits for nobody: no page and no mail counts it as due for review."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Contract
from accounts.operations import end_contract
from reports import closing, operations, queries
from reports.glance import Glance, glance
from reports.models import Digest, Statement
from slaservice.outages.operations import withdraw
from slaservice.rules.workflow import FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person
from tests.factories.money import AUTUMN
from tests.factories.reports import an_outage
from tests.factories.restatements import (
    LATE,
    QUARTER,
    after,
    down,
    draft_of,
    follow,
    issue_month,
    longer,
)  # fmt: skip

pytestmark = pytest.mark.django_db

APRIL, MAY, _ = QUARTER
GLANCE, STATEMENTS = "/admin/reports/monthataglance/", "/admin/reports/statement/"


def a_let_go_may() -> Statement:
    """May was drafted with a miss; then it turns out that the contract ended with April."""
    down(MAY, now=AUTUMN)
    contract = a_contract()
    issue_month(contract, APRIL, now=AUTUMN)
    close(contract, MAY)
    end_contract(contract=contract, ends_before=date(2026, 5, 1), by=None, now=AUTUMN)
    follow(AUTUMN)
    return draft_of(contract, MAY)


def close(contract: Contract, month: str) -> None:
    closing.close_chunk(month=month, contracts=[contract.pk], now=AUTUMN)


def a_restatement_of_nothing() -> Statement:
    """April is issued; an outage becomes known, and then it was another component's."""
    contract = a_contract()
    issue_month(contract, APRIL, now=after(APRIL))
    window = down(APRIL, now=LATE)
    follow(LATE)
    withdraw(window=window, by=None, now=LATE, reason="wrong component")
    follow(LATE)
    return draft_of(contract, APRIL)


def seen(month: str) -> Glance:
    return glance(month, user=a_person(FINANCE_CLERK), now=AUTUMN)


def clerk() -> Client:
    client = Client()
    client.force_login(a_person(FINANCE_CLERK))
    return client


def statuses(**changed: int) -> dict[str, int]:
    return {"settling": 0, "due": 0, "issued": 0, "superseded": 0, **changed}


def test_a_draft_that_was_let_go_is_neither_closed_nor_due_nor_a_miss() -> None:
    draft = a_let_go_may()
    assert draft.status(AUTUMN) == "nothing to issue"
    found = seen(MAY)
    assert (found.statuses, found.closed, found.missed) == (statuses(), 0, 0)
    assert not queries.due_for_review(AUTUMN).exists()


def test_a_restatement_that_came_to_what_is_issued_is_not_due() -> None:
    draft = a_restatement_of_nothing()
    assert draft.status(AUTUMN) == "nothing to issue"
    assert seen(APRIL).statuses == statuses(issued=1)


def test_no_mail_says_that_it_is_due() -> None:
    a_let_go_may()
    a_person(FINANCE_CLERK, email="clerk@example.com")
    operations.make_digests(now=AUTUMN)
    assert "due for review" not in "".join(Digest.objects.values_list("text", flat=True))


@pytest.mark.parametrize("make", [a_let_go_may, a_restatement_of_nothing])
def test_its_page_offers_no_issue_and_says_why(make: Callable[[], Statement]) -> None:
    draft = make()
    page = clerk().get(f"{STATEMENTS}{draft.pk}/change/").content.decode()
    assert "There is nothing to issue: it " in page
    assert "ready to be issued" not in page
    assert f"{STATEMENTS}{draft.pk}/issue/" not in page


def test_every_statement_is_found_under_the_status_that_it_shows() -> None:
    made = [a_let_go_may(), a_restatement_of_nothing()]
    down("2026-07", now=AUTUMN)
    contract = a_contract(settling_days=0, starts_on=date(2026, 7, 1))
    close(contract, "2026-07")
    client, now = clerk(), timezone.now()
    found = {}
    for choice in ("settling", "due", "nothing", "issued", "superseded"):
        for row in client.get(STATEMENTS, {"status": choice}).context["cl"].result_list:
            found[row.pk] = row.status(now)
            assert Statement.objects.filter(queries.with_status(now)[row.status(now)], pk=row.pk).exists()
    assert {found[draft.pk] for draft in made} == {"nothing to issue"}
    assert len(found) == Statement.objects.count()


# a period once


def test_a_period_with_a_miss_counts_once_whatever_revisions_it_has() -> None:
    window = down(APRIL)
    contract = a_contract()
    issue_month(contract, APRIL, now=after(APRIL))
    longer(window, 10)
    follow(LATE)
    assert draft_of(contract, APRIL).met is False
    assert seen(APRIL).missed == 1
    (figure,) = (
        one
        for one in clerk().get(GLANCE, {"month": APRIL}).context["statements"]
        if one.words == "with a miss"
    )
    assert clerk().get(figure.address).context["cl"].result_count == figure.count == 1


def test_the_latest_revision_says_whether_a_period_has_a_miss() -> None:
    window = down(APRIL)
    contract = a_contract()
    issue_month(contract, APRIL, now=after(APRIL))
    withdraw(window=window, reason="never happened", by=None, now=LATE)
    follow(LATE)
    assert seen(APRIL).missed == 0
    an_outage(now=LATE)
    follow(LATE)
    assert seen(APRIL).missed == 1

"""Disputes: of an issued statement, once at a time, answered by somebody else in words that the customer reads."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from reports.models import Dispute, DisputedWindow, Statement
from reports.operations import accept_dispute, file_dispute, reject_dispute
from reports.operations.disputes import MOST_WINDOWS
from slaservice.history.models import Entry
from slaservice.outages.models import OutageWindow
from slaservice.rules.refusal import Invalid
from slaservice.rules.workflow import ACCOUNT_MANAGER, FINANCE_CLERK, ROLES
from tests.factories.accounts import a_component, a_contract, a_key, a_person, history_of
from tests.factories.money import a_dispute, a_granted, a_seen, an_account_manager
from tests.factories.reports import CLOSED, MONTH, a_draft, april
from tests.factories.restatements import (
    LATE,
    a_contract_with,
    down,
    draft_of,
    follow,
    issue_draft,
    issue_month,
    longer,
)
from tests.reports.test_claims import refused
from tests.routes import ways_through, ways_to_delete

pytestmark = pytest.mark.django_db

ADMIN = "/admin/reports/"


def clerk() -> Any:
    return a_person(FINANCE_CLERK)


def test_one_of_our_people_files_for_a_customer_and_history_names_both() -> None:
    manager, customer = an_account_manager()
    dispute = a_dispute(a_granted(a_contract(customer)).statement, by=manager)
    assert (dispute.state, dispute.filed_by, dispute.claimant) == ("open", manager, "Jane Roe")
    entry = Entry.objects.get(action="disputes.file")
    assert (entry.actor, entry.on_behalf_of) == (manager, f"Jane Roe, {customer.name}")
    assert entry.data == {"statement": dispute.statement.public_id, "windows": 1, "key": None}
    window = dispute.windows.get()
    assert (window.component.code, window.starts_at, window.text) == (
        "api",
        april(12, 9),
        "Nothing answered.",
    )


def test_a_customers_key_files_for_itself_and_nothing_but_its_own_issued_statements() -> None:
    statement = a_granted().statement
    key, _ = a_key(statement.contract.customer)
    values: dict[str, Any] = {"claimant": "X", "text": "Wrong.", "now": CLOSED}
    refused("not_permitted", file_dispute, statement=statement, key=a_key()[0], **values)
    refused("not_permitted", file_dispute, statement=statement, **values)
    draft = a_draft(a_contract(statement.contract.customer))
    refused("not_permitted", file_dispute, statement=draft, key=key, **values)
    refused("not_issued", a_dispute, statement=draft)
    dispute = file_dispute(statement=statement, key=key, **values)
    assert (dispute.key, dispute.filed_by) == (key, None)
    assert history_of(dispute)[0]["data"]["key"] == key.prefix


@pytest.mark.parametrize("role", [r for r in ROLES if r not in (ACCOUNT_MANAGER, FINANCE_CLERK)])
def test_only_account_managers_and_clerks_file(role: str) -> None:
    refused("not_permitted", a_dispute, by=a_person(role))


def test_an_account_manager_files_for_customers_in_their_care_alone() -> None:
    refused("not_permitted", a_dispute, by=a_person(ACCOUNT_MANAGER))


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"claimant": " "}, "claimant"),
        ({"claimant": "x" * 76}, "claimant"),
        ({"text": ""}, "text"),
        ({"text": "x" * 5001}, "text"),
        ({"windows": [a_seen(), a_seen(component="web")]}, "windows[1].component"),
        ({"windows": [a_seen(component="nothing")]}, "windows[0].component"),
        ({"windows": [a_seen(end=april(12, 9))]}, "windows[0].end"),
        ({"windows": [a_seen(end=CLOSED + timedelta(seconds=1))]}, "windows[0].end"),
        ({"windows": [a_seen(start=april(30, 22), end=april(30, 23))]}, "windows[0].start"),
        (
            {"windows": [a_seen(start=april(1) - timedelta(days=1), end=april(1) - timedelta(hours=2))]},
            "windows[0].start",
        ),
        ({"windows": [a_seen(start=datetime(1999, 12, 31, tzinfo=UTC))]}, "windows[0].start"),
        ({"windows": [a_seen(text="x" * 1001)]}, "windows[0].text"),
        ({"windows": [a_seen(text="\x00")]}, "windows[0].text"),
        ({"windows": [a_seen()] * (MOST_WINDOWS + 1)}, "windows"),
    ],
)
def test_what_a_dispute_says_is_of_the_statement_and_its_period(values: dict[str, Any], path: str) -> None:
    statement = a_granted().statement
    a_component("web")
    with pytest.raises(Invalid) as met:
        a_dispute(statement, **values)
    assert [error.path for error in met.value.errors] == [path]
    assert not Dispute.objects.exists()


def test_windows_may_begin_before_the_period_and_end_behind_it_and_need_not_be_there() -> None:
    statement = a_granted().statement
    wide = a_seen(start=statement.period_start - timedelta(hours=1), end=CLOSED)
    edge = a_seen(
        start=statement.period_end - timedelta(microseconds=1), end=statement.period_end + timedelta(hours=1)
    )
    assert a_dispute(statement, windows=[wide, edge]).windows.count() == 2
    assert a_dispute(windows=[]).windows.count() == 0


def test_a_statement_has_one_open_dispute_and_another_after_its_answer() -> None:
    dispute = a_dispute()
    refused("dispute_waits", a_dispute, statement=dispute.statement)
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.bulk_create(
            [
                Dispute(
                    statement=dispute.statement,
                    claimant="X",
                    text="Y",
                    filed_at=CLOSED,
                    filed_by=dispute.filed_by,
                )
            ]
        )
    reject_dispute(dispute=dispute, answer="It was another region.", by=clerk(), now=CLOSED)
    assert a_dispute(dispute.statement).state == "open"


def test_the_latest_revision_is_the_one_to_dispute() -> None:
    window, contract = down(MONTH), a_contract_with()
    issued = issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    assert a_dispute(issued, windows=[], now=LATE).state == "open"  # a draft is nothing yet
    restatement = issue_draft(draft_of(contract, MONTH), now=LATE)
    met = refused("superseded", a_dispute, statement=issued, windows=[], now=LATE)
    assert str(restatement.number) in met.sentence
    assert a_dispute(restatement, windows=[], now=LATE).state == "open"


@pytest.mark.parametrize(("verb", "state"), [(accept_dispute, "accepted"), (reject_dispute, "rejected")])
def test_an_answer_changes_no_fact_and_no_figure(verb: Any, state: str) -> None:
    dispute, by = a_dispute(), clerk()
    before = list(OutageWindow.objects.values()), list(Statement.objects.values())
    decided = verb(dispute=dispute, answer=" We looked at it again. ", by=by, now=CLOSED)
    assert (decided.state, decided.answer, decided.decided_by) == (state, "We looked at it again.", by)
    assert (list(OutageWindow.objects.values()), list(Statement.objects.values())) == before
    assert history_of(dispute)[1]["reason"] == "We looked at it again."


def test_an_answer_says_something() -> None:
    dispute = a_dispute()
    for answer in (" ", "x" * 5001, "\x00"):
        refused("invalid_answer", accept_dispute, dispute=dispute, answer=answer, by=clerk(), now=CLOSED)
    with pytest.raises(IntegrityError, match="have_an_answer"), transaction.atomic():
        Dispute.objects.update(state="accepted", decided_by=clerk(), decided_at=CLOSED)


def test_whoever_files_a_dispute_does_not_decide() -> None:
    by = clerk()
    dispute = a_dispute(by=by)
    refused("own_dispute", accept_dispute, dispute=dispute, answer="Yes", by=by, now=CLOSED)
    with pytest.raises(IntegrityError, match="whoever_files_a_dispute"), transaction.atomic():
        Dispute.objects.update(state="rejected", answer="No", decided_by=by, decided_at=CLOSED)


def test_a_dispute_is_decided_once_and_stays_as_it_was_filed() -> None:
    dispute = a_dispute()
    seen = Dispute.objects.get()
    assert ways_through(dispute, text="Another") == []
    assert ways_through(dispute.windows.get(), ends_at=april(13)) == []
    assert ways_to_delete(dispute.windows.get()) == []
    reject_dispute(dispute=dispute, answer="No", by=clerk(), now=CLOSED)
    refused("dispute_decided", accept_dispute, dispute=seen, answer="Yes", by=clerk(), now=CLOSED)
    dispute.refresh_from_db()
    assert ways_through(dispute, answer="Yes") == []
    assert ways_to_delete(dispute) == []


@pytest.mark.parametrize("role", [role for role in ROLES if role != FINANCE_CLERK])
def test_only_a_clerk_decides_on_disputes(role: str) -> None:
    refused("not_permitted", accept_dispute, dispute=a_dispute(), answer="x", by=a_person(role), now=CLOSED)


@pytest.mark.parametrize(
    "values", [{"starts_at": april(2), "ends_at": april(2)}, {"starts_at": datetime(1999, 1, 1, tzinfo=UTC)}]
)
def test_the_database_keeps_windows_in_order_and_in_the_century(values: dict[str, Any]) -> None:
    dispute = a_dispute(windows=[])
    row = {"starts_at": april(1), "ends_at": april(2), "position": 0, "component": a_component()} | values
    with pytest.raises(IntegrityError), transaction.atomic():
        DisputedWindow.objects.bulk_create([DisputedWindow(dispute=dispute, **row)])


# In the admin


def as_a(*roles: str, user: Any = None) -> Client:
    client = Client()
    client.force_login(user or a_person(*roles))
    return client


def page(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def test_a_dispute_is_recorded_on_the_page_of_its_statement_and_answered_on_its_own() -> None:
    manager, customer = an_account_manager()
    statement = a_granted(a_contract(customer)).statement
    address = f"{ADMIN}statement/{statement.pk}/dispute/"
    said = {
        "claimant": "Jane Roe",
        "text": "Too short.",
        "windows": "api 2026-04-12T09:00:00Z 2026-04-12T12:00:00Z no answer\n\napi 2026-04-13T09:00:00Z 2026-04-13T10:00:00Z",
    }
    client = as_a(user=manager)
    assert "history keeps both names" in page(client.get(address))
    assert client.post(address, said).status_code == 302
    dispute = Dispute.objects.get()
    assert [(row.starts_at, row.text) for row in dispute.windows.all()] == [
        (april(12, 9), "no answer"),
        (april(13, 9), ""),
    ]
    finance = as_a(FINANCE_CLERK)
    review = page(finance.get(f"{ADMIN}statement/{statement.pk}/change/"))
    assert "The dispute of Jane Roe waits for an answer." in review
    assert "Accept: dispute of Jane Roe" in review
    accept = f"{ADMIN}dispute/{dispute.pk}/accept/"
    form = page(finance.get(accept))
    assert "The customer reads this answer, word for word." in form
    assert "changes no fact and no figure: operators record what happened" in form
    finance.post(accept, {"answer": "You are right."})
    dispute.refresh_from_db()
    assert (dispute.state, dispute.answer) == ("accepted", "You are right.")
    shown = page(client.get(f"{ADMIN}dispute/{dispute.pk}/change/"))
    assert "You are right." in shown
    assert "2026-04-13 09:00" in shown
    assert "You are right." in page(finance.get(f"{ADMIN}statement/{statement.pk}/change/"))


@pytest.mark.parametrize(
    "line", ["api", "api 2026-04-12 2026-04-13", "api 2026-04-12T09:00:00Z", "api x y z"]
)
def test_a_line_that_is_no_window_is_named(line: str) -> None:
    statement = a_granted().statement
    said = {"claimant": "Jane Roe", "text": "Too short.", "windows": f"\n{line}"}
    shown = page(as_a(FINANCE_CLERK).post(f"{ADMIN}statement/{statement.pk}/dispute/", said))
    assert "must be like: api 2026-04-10T12:00:00Z" in shown
    assert not Dispute.objects.exists()


def test_a_window_of_another_component_is_refused_on_the_page() -> None:
    statement = a_granted().statement
    said = {
        "claimant": "Jane Roe",
        "text": "Too short.",
        "windows": "web 2026-04-12T09:00:00Z 2026-04-12T12:00:00Z",
    }
    shown = page(as_a(FINANCE_CLERK).post(f"{ADMIN}statement/{statement.pk}/dispute/", said))
    assert "must be a component of the statement: api" in shown


def test_whoever_filed_is_offered_no_answer() -> None:
    by = clerk()
    dispute = a_dispute(by=by)
    shown = page(as_a(user=by).get(f"{ADMIN}statement/{dispute.statement_id}/change/"))
    assert "not by you: whoever filed a dispute does not decide on it." in shown


def test_a_draft_is_not_disputed() -> None:
    draft = a_draft()
    client = as_a(FINANCE_CLERK)
    assert "Record a dispute" not in page(client.get(f"{ADMIN}statement/{draft.pk}/change/"))
    assert (
        refused("not_issued", a_dispute, statement=draft).sentence
        == "A draft is not disputed: the customer does not have it."
    )

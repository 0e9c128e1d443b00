"""The confirmation desk: everything that a decision rests on beside what waits, for whom, and what it takes."""

from datetime import UTC, datetime

import pytest

from reports import desk
from slaservice.outages.importers import statuspage
from slaservice.outages.models import FeedComponent, Incident, OutageWindow
from slaservice.outages.operations import confirm
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK, OPERATOR
from tests.factories.accounts import a_component, a_contract, a_tier
from tests.factories.messages import a_hook
from tests.factories.outages import (
    NOW,
    a_feed,
    a_feed_incident,
    a_planned_maintenance,
    an_incident,
    an_outage_in_the_feed,
    an_update,
)
from tests.factories.reports import CLOSED, a_proposal, an_issued, an_outage, april
from tests.pages import as_a, shown
from tests.reports.desks import DESK, GUARDS, decide, imported, propose, queries_of, state_of

pytestmark = pytest.mark.django_db


# what it shows


def test_a_proposal_stands_beside_what_the_feed_posted_what_its_text_states_and_its_money() -> None:
    contract = a_contract()
    window = imported("It is over.\nCustomers were affected 11:45–13:10 UTC.")
    page = shown(as_a(OPERATOR).get(DESK))
    for words in (
        window.reference,
        "Elevated errors",
        "c1: operational → partial outage",
        "“Customers were affected 11:45–13:10 UTC.”",
        "2026-04-10 11:45:00 – 2026-04-10 13:10:00",
        "The text states other times than were posted.",
        contract.number,
        contract.customer.name,
        "100.000 %",
        "→ 99.958 %",  # an hour at 0.3 of 30 days
        "→ 0:18:00",
        "EUR 0.00",
    ):
        assert words in page, words


def test_the_money_is_what_the_credit_would_become() -> None:
    a_contract()
    a_proposal()
    page = shown(as_a(OPERATOR).get(DESK))
    assert "Touches 1 contract: EUR +125.00." in page
    assert "→ EUR 125.00" in page


def test_an_issued_statement_that_would_need_a_revision_is_named() -> None:
    issued = an_issued()
    a_proposal()
    assert f"issued as {issued.number}: a revision" in shown(as_a(OPERATOR).get(DESK))


def test_what_overlaps_is_named_with_its_state_confirmed_proposed_and_maintenance() -> None:
    a_contract()
    proposal = a_proposal(reference="mine")
    an_outage(april(10, 13), april(10, 15), reference="counts")
    a_proposal(april(10, 11), april(10, 12, 1), reference="waits")
    a_planned_maintenance(april(10, 13), april(10, 18), now=CLOSED, reference="work")
    for other in (
        a_proposal(april(10, 14), april(10, 15), reference="touches"),
        a_proposal(component=a_component("web"), reference="elsewhere"),
        a_proposal(tiers=[a_tier("free")], reference="others"),
    ):
        assert other.reference not in _overlaps(proposal)
    assert _overlaps(proposal) == {"counts", "waits", "work"}


def _overlaps(window: OutageWindow) -> set[str]:
    return {other.reference for other in desk.overlapping([window])[window.pk]}


def test_a_correction_names_what_it_corrects_and_does_not_overlap_it() -> None:
    a_contract()
    window = imported()
    confirm(window=window, by=None, now=NOW)
    shorter = a_feed_incident(
        "inc1",
        an_update("investigating", "12:00:00", {"c1": ("operational", "partial_outage")}),
        an_update("resolved", "12:30:00", {"c1": ("partial_outage", "operational")}),
    )
    statuspage.import_feed(feed=a_feed(shorter), source="statuspage", by=None, now=NOW)
    correction = OutageWindow.objects.get(state="proposed")
    page = shown(as_a(OPERATOR).get(DESK))
    assert f"{window.reference}: 2026-04-10 12:00:00 – 2026-04-10 13:00:00" in page
    assert "It corrects what is recorded already." in page
    assert '<span class="quiet">0:18:00</span><br>→ 0:09:00' in page
    assert _overlaps(correction) == set()


def test_cases_come_oldest_first_and_an_incidents_windows_together() -> None:
    late, early = an_incident(), an_incident()
    a_proposal(april(20, 1), april(20, 2), incident=late, reference="third")
    a_proposal(april(3, 1), april(3, 2), incident=early, reference="first")
    a_proposal(april(25, 1), april(25, 2), incident=early, reference="first too")
    a_proposal(april(10, 1), april(10, 2), reference="second")
    rows = desk.grouped(desk.waiting(OutageWindow))
    found = desk.cases(desk.waiting(OutageWindow), [row["case"] for row in rows], now=CLOSED)
    assert [[one.fact.reference for one in case.proposals] for case in found] == [
        ["first", "first too"],
        ["second"],
        ["third"],
    ]


def test_filters_by_component_source_and_month_narrow_what_is_shown() -> None:
    a_proposal(reference="api-april")
    a_proposal(component=a_component("web"), reference="web-april", source="monitor", external_id="1")
    may = datetime(2026, 5, 2, tzinfo=UTC), datetime(2026, 5, 3, tzinfo=UTC)
    a_proposal(*may, reference="api-may")
    client = as_a(OPERATOR)

    def of(query: str) -> set[str]:
        page = shown(client.get(f"{DESK}?{query}"))
        return {name for name in ("api-april", "web-april", "api-may") if name in page}

    assert of("") == {"api-april", "web-april", "api-may"}
    assert of(f"component={a_component('web').pk}") == {"web-april"}
    assert of("source=monitor") == {"web-april"}
    assert of("month=2026-05") == {"api-may"}
    assert "not a month" in shown(client.get(f"{DESK}?month=2026-13"))


@pytest.mark.parametrize(
    "query",
    ["component=x", "component=999", "page=x", "page=999", "kind=x", "correct=x", "correct=9", "source=x"],
)
def test_an_address_that_cannot_be_read_filters_nothing_and_fails_nothing(query: str) -> None:
    a_proposal(reference="here")
    assert as_a(OPERATOR).get(f"{DESK}?{query}").status_code == 200


def test_questions_of_feeds_lead_to_the_mapping() -> None:
    a_tier()
    statuspage.import_feed(feed=a_feed(an_outage_in_the_feed()), source="statuspage", by=None, now=NOW)
    unknown = FeedComponent.objects.get()
    page = shown(as_a(OPERATOR).get(DESK))
    assert "Name of c1" in page
    assert f"/admin/outages/feedcomponent/{unknown.pk}/map/" in page
    assert "/map/" not in shown(as_a(AUDITOR).get(DESK))


def test_what_a_monitor_said_and_nobody_could_record_is_named_until_it_is_read() -> None:
    hook, _ = a_hook(name="prometheus")
    at = datetime(2026, 4, 10, 12, tzinfo=UTC)
    kept = {"body": b"{}", "sha256": "0" * 64, "received_at": at, "due_at": at}
    hook.messages.create(key="a", attempts=8, outcome="api cannot be recorded: <b>why</b>", **kept)
    hook.messages.create(key="b", attempts=1, outcome="Not read yet: busy", **kept)
    hook.messages.create(key="c", attempts=8, processed_at=at, outcome="Read again", **kept)
    page = shown(as_a(OPERATOR).get(DESK))
    assert "Messages that could not be recorded: 1" in page
    assert "prometheus, 2026-04-10 12:00 UTC" in page
    assert "api cannot be recorded: &lt;b&gt;why&lt;/b&gt;" in page
    assert "busy" not in page


def test_text_from_a_feed_is_shown_and_never_run() -> None:
    imported("<script>alert(1)</script> from 11:00 to 12:00 UTC <b>.")
    page = shown(as_a(OPERATOR).get(DESK))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_window_that_only_a_text_states_is_quoted_until_somebody_decides_what_it_was() -> None:
    a_tier()
    silent = a_feed_incident(
        "inc2", an_update("resolved", "13:30:00", body="It lasted from 10:00 to 11:00 UTC.")
    )
    quiet = a_feed_incident("inc3", an_update("resolved", "13:30:00", body="Note: it is over."))
    statuspage.import_feed(feed=a_feed(silent, quiet), source="statuspage", by=None, now=NOW)
    client = as_a(OPERATOR)
    page = shown(client.get(DESK))
    assert "“It lasted from 10:00 to 11:00 UTC.”" in page
    assert "2026-04-10 10:00:00 – 2026-04-10 11:00:00" in page
    assert "inc3" not in page
    window = a_proposal(incident=Incident.objects.get(external_id="inc2"))
    decide(client, "withdraw", window, reason="another product")
    assert "It lasted from" not in shown(client.get(DESK))


# who


@pytest.mark.parametrize("role", [FINANCE_CLERK, FINANCE_APPROVER, AUDITOR])
def test_finance_and_auditors_look_and_decide_nothing(role: str) -> None:
    a_contract()
    window = a_proposal()
    client = as_a(role)
    page = shown(client.get(DESK))
    assert window.reference in page
    assert 'value="confirm"' not in page
    for verb in ("confirm", "withdraw", "correct", "bulk"):
        assert client.post(DESK, {"verb": verb, "fact": window.pk, "reason": "x"}).status_code == 403
    assert state_of(window) == "proposed"


@pytest.mark.parametrize("address", [DESK, GUARDS])
def test_account_managers_have_no_business_there(address: str) -> None:
    client = as_a(ACCOUNT_MANAGER)
    assert client.get(address).status_code == 403
    assert "Confirmation desk" not in shown(client.get("/admin/"))


def test_an_operator_finds_the_desk_on_the_first_page() -> None:
    assert DESK in shown(as_a(OPERATOR).get("/admin/"))


def test_a_window_has_its_page_among_the_facts() -> None:
    window = a_proposal()
    response = as_a(OPERATOR).get(f"{DESK}{window.pk}/change/")
    assert response.headers["Location"] == f"/admin/outages/outagewindow/{window.pk}/change/"


@pytest.mark.parametrize("address", [DESK, GUARDS])
def test_a_page_takes_the_same_queries_for_ten_windows_and_for_a_hundred(address: str) -> None:
    for _ in range(3):
        a_contract()
    client = as_a(OPERATOR)
    propose(1, 10)
    queries_of(client, address)
    few = queries_of(client, address)
    propose(11, 100)
    assert queries_of(client, address) == few


def test_what_was_not_computed_is_counted() -> None:
    for _ in range(8):
        a_contract()
    a_proposal()
    assert "not computed here: 2 contracts" in shown(as_a(OPERATOR).get(DESK))

"""The confirmation desk: everything that a decision rests on beside what waits, and the decisions, one by one or many at once."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports import closing, desk
from reports.admin.guards import WaiverForm
from reports.models import ClosingBlock
from slaservice.history.queries import history_of
from slaservice.outages.importers import statuspage
from slaservice.outages.models import FeedComponent, Incident, Maintenance, OutageWindow
from slaservice.outages.operations import confirm, record_gap
from slaservice.rules.workflow import (
    ACCOUNT_MANAGER,
    AUDITOR,
    FINANCE_APPROVER,
    FINANCE_CLERK,
    OPERATOR,
)
from tests.factories.accounts import (
    a_component,
    a_contract,
    a_person,
    a_promise,
    a_proposed_exclusion,
    a_tier,
    an_agreement,
)
from tests.factories.messages import a_hook
from tests.factories.outages import (
    NOW,
    a_feed,
    a_feed_incident,
    a_mapping,
    a_planned_maintenance,
    an_incident,
    an_outage_in_the_feed,
    an_update,
)
from tests.factories.reports import CLOSED, MONTH, a_proposal, an_issued, an_outage, april

pytestmark = pytest.mark.django_db

DESK = "/admin/reports/proposedwindow/"
GUARDS = f"{DESK}guards/?month={MONTH}"


def as_a(*roles: str, user: User | None = None) -> Client:
    client = Client()
    client.force_login(user or a_person(*roles))
    return client


def shown(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())


def decide(client: Client, verb: str, window: Any, address: str = DESK, **values: Any) -> str:
    return shown(client.post(address, {"verb": verb, "fact": window.pk, **values}, follow=True))


def state_of(window: OutageWindow | Maintenance) -> str:
    window.refresh_from_db()
    return str(window.state)


def imported(text: str = "We are on it.") -> OutageWindow:
    """A proposal from a feed: partial outage from 12:00 to 13:00, resolved at 13:30 with this text."""
    a_tier()
    a_mapping()
    incident = a_feed_incident(
        "inc1",
        an_update("investigating", "12:00:00", {"c1": ("operational", "partial_outage")}),
        an_update("monitoring", "13:00:00", {"c1": ("partial_outage", "operational")}),
        an_update("resolved", "13:30:00", body=text),
    )
    statuspage.import_feed(feed=a_feed(incident), source="statuspage", by=None, now=NOW)
    return OutageWindow.objects.get()


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


# decisions


def test_a_window_is_confirmed_through_the_operation_in_the_persons_name() -> None:
    operator = a_person(OPERATOR)
    window = a_proposal()
    page = decide(as_a(user=operator), "confirm", window, reason="the log says so")
    assert f"{window.reference} is confirmed." in page
    assert state_of(window) == "confirmed"
    entry = history_of(window).latest("pk")
    assert (entry.actor, entry.action, entry.reason) == (operator, "outages.confirm", "the log says so")


def test_a_window_is_withdrawn_for_a_reason_only() -> None:
    window = a_proposal()
    client = as_a(OPERATOR)
    assert "reason" in decide(client, "withdraw", window, reason=" ")
    assert state_of(window) == "proposed"
    decide(client, "withdraw", window, reason="a test")
    assert (state_of(window), window.close_reason) == ("withdrawn", "a test")


CORRECTED = {
    "start": "2026-04-10 11:30:00",
    "end": "2026-04-10T15:00:00+02:00",
    "severity": "partial_outage",
    "basis": "",
    "reason": "seen in the logs",
}


def test_times_severity_and_tiers_are_corrected_in_place_with_a_reason() -> None:
    window = a_proposal()
    free = a_tier("free")
    page = decide(as_a(OPERATOR), "correct", window, tiers=[free.pk], **CORRECTED)
    assert "corrected and confirmed" in page
    new = OutageWindow.objects.get(state="confirmed")
    assert (new.start, new.end, new.severity) == (april(10, 11, 30), april(10, 13), "partial_outage")
    assert (list(new.tiers.all()), new.basis, new.supersedes) == ([free], "operator", window)


def test_what_is_refused_stands_on_the_form_with_what_was_typed() -> None:
    window = a_proposal()
    values: dict[str, Any] = {**CORRECTED, "end": "2026-04-10 11:00:00", "tiers": [a_tier().pk]}
    page = decide(as_a(OPERATOR), "correct", window, **values)
    assert "must end after it starts" in page
    assert "seen in the logs" in page
    assert "This field is required" in decide(as_a(OPERATOR), "correct", window, reason="x")
    assert state_of(window) == "proposed"


def test_a_stated_window_is_offered_as_a_correction_whose_reason_is_its_quote() -> None:
    window = imported("Customers were affected 11:45–13:10 UTC.")
    client = as_a(OPERATOR)
    offer = f"correct={window.pk}&amp;quote=0"
    assert offer in shown(client.get(DESK))
    form = shown(client.get(f"{DESK}?correct={window.pk}&quote=0"))
    assert 'value="2026-04-10 11:45:00.000000"' in form
    assert 'value="stated_window" selected' in form
    assert "states: “Customers were affected 11:45–13:10 UTC.”" in form


def test_a_window_in_doubtful_text_is_quoted_and_not_offered() -> None:
    window = imported("Customers were affected from about 11:45 to 13:10 UTC.")
    page = shown(as_a(OPERATOR).get(DESK))
    assert "not certain: the times are approximate" in page
    assert f"correct={window.pk}&amp;quote=" not in page


def test_what_somebody_else_decided_meanwhile_is_said() -> None:
    window = a_proposal()
    confirm(window=window, by=None, now=CLOSED)
    assert "Somebody has decided on this already" in decide(as_a(OPERATOR), "confirm", window)


def test_the_filters_stay_after_a_decision() -> None:
    window = a_proposal()
    response = as_a(OPERATOR).post(f"{DESK}?month=2026-04&page=1", {"verb": "confirm", "fact": window.pk})
    assert response.headers["Location"] == f"{DESK}?month=2026-04&page=1"


# many at once


def test_many_are_confirmed_at_once_where_nothing_speaks_against_them() -> None:
    safe = [a_proposal(april(day, 1), april(day, 2)) for day in (2, 3, 4)]
    page = decide(as_a(OPERATOR), "bulk", safe[0], fact=[one.pk for one in safe])
    assert "Confirmed: 3." in page
    assert {state_of(window) for window in safe} == {"confirmed"}


def test_what_something_speaks_against_is_refused_in_bulk_and_says_why() -> None:
    overlapping = a_proposal(reference="one"), a_proposal(reference="two")
    noted = a_proposal(april(4, 1), april(4, 2), reference="asked", note="Is the end right?")
    still_open = a_proposal(april(30, 1), still_open=True, reference="open")
    safe = a_proposal(april(2, 1), april(2, 2))
    rows = [*overlapping, noted, still_open, safe]
    page = decide(as_a(OPERATOR), "bulk", safe, fact=[one.pk for one in rows])
    for words in (
        "One was not confirmed: It overlaps two.",
        "Two was not confirmed: It overlaps one.",
        "Asked was not confirmed: A question is noted on it.",
        "Open was not confirmed: It is still open.",
        "Confirmed: 1.",
    ):
        assert words in page, words
    assert [state_of(row) for row in rows] == ["proposed"] * 4 + ["confirmed"]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("We are on it.", True),
        ("Affected 12:00–13:00 UTC.", True),
        ("Affected 12:00–13:01 UTC.", False),
        ("Affected 11:58–13:00 UTC.", False),
        ("Affected from 12:00 to 13:00.", False),  # no zone
        ("Affected from about 12:00 to 13:00 UTC.", False),
    ],
)
def test_bulk_heeds_what_the_text_states(text: str, safe: bool) -> None:
    window = imported(text)
    decide(as_a(OPERATOR), "bulk", window)
    assert (state_of(window) == "confirmed") is safe


def test_only_what_nothing_speaks_against_can_be_ticked() -> None:
    safe = a_proposal(april(2, 1), april(2, 2))
    doubtful = a_proposal(note="?")
    client = as_a(OPERATOR)
    box = 'form="bulk" name="fact" value="{}"'
    page = shown(client.get(DESK))
    assert box.format(safe.pk) in page
    assert box.format(doubtful.pk) not in page
    assert "checked" not in page.replace("unchecked", "")
    assert page.count("checked") == 0
    assert shown(client.get(f"{DESK}?select=safe")).count("checked") == 1


@pytest.mark.parametrize("facts", [[], ["x"], ["999999999999999999999"], ["-1"], ["٣"]])
def test_bulk_over_nothing_confirms_nothing(facts: list[str]) -> None:
    a_proposal()
    response = as_a(OPERATOR).post(DESK, {"verb": "bulk", "fact": facts}, follow=True)
    assert "Confirmed: 0." in shown(response)


# maintenance


def test_proposed_maintenance_is_decided_on_the_desk_too() -> None:
    contract = a_contract()
    planned = a_planned_maintenance(now=CLOSED)
    address = f"{DESK}?kind=maintenance"
    client = as_a(OPERATOR)
    page = shown(client.get(address))
    assert planned.title in page and contract.number in page and "Announced" in page
    form = shown(client.get(f"{address}&correct={planned.pk}"))
    assert 'name="announced_at"' in form
    values = {
        "start": "2026-04-20 02:30:00",
        "end": "2026-04-20 04:00:00",
        "announced_at": "2026-04-13 09:00:00",
        "category": "scheduled_maintenance",
        "tiers": [a_tier().pk],
        "reason": "it began later",
    }
    decide(client, "correct", planned, address, **values)
    assert Maintenance.objects.get(state="confirmed").start == april(20, 2, 30)
    other = a_planned_maintenance(april(22, 1), april(22, 2), now=CLOSED)
    decide(client, "withdraw", other, address, reason="called off")
    assert state_of(other) == "withdrawn"
    last = a_planned_maintenance(april(23, 1), april(23, 2), now=CLOSED)
    decide(client, "bulk", last, address)
    assert state_of(last) == "confirmed"


# guards


def test_guards_are_listed_with_what_each_would_do_to_which_statements() -> None:
    contract = a_contract()
    open_one = an_outage(april(20, 12), still_open=True, reference="forgotten")
    a_proposal(reference="waits")
    page = shown(as_a(OPERATOR).get(GUARDS))
    for words in (
        f"Outage {open_one.reference} is open since 2026-04-20 12:00 UTC",
        "If forgotten is withdrawn:",
        "Outage waits is proposed",
        "If it is confirmed:",
        contract.number,
        "It has not kept a contract from being closed yet",
    ):
        assert words in page, words


def test_a_long_list_of_guards_has_pages_and_what_waits_comes_last() -> None:
    a_contract()
    an_outage(april(20, 12), still_open=True, reference="forgotten")
    _propose(1, 30)
    client = as_a(OPERATOR)
    first, second = shown(client.get(GUARDS)), shown(client.get(f"{GUARDS}&page=2"))
    assert "31 things look wrong" in first
    assert ("Open for too long" in first, "Open for too long" in second) == (True, False)
    assert (first.count("Outage to be decided"), second.count("Outage to be decided")) == (19, 11)


def test_a_silent_component_is_listed_with_how_many_contracts_promise_it() -> None:
    a_contract()
    a_mapping()
    page = shown(as_a(OPERATOR).get(GUARDS))
    assert "No data for API" in page
    assert "1 contract promise it" in page


def test_a_clerk_waives_a_guard_for_every_contract_that_it_blocks_with_one_reason() -> None:
    for _ in range(2):
        a_contract()
    an_outage(april(20, 12), still_open=True, reference="forgotten")
    closing.close(month=MONTH, now=CLOSED)
    asked = {"code": "open_too_long", "subject": "forgotten"}
    clerk = as_a(FINANCE_CLERK)
    assert "Waive for 2 contracts" in shown(clerk.get(GUARDS))
    assert "Say why" in shown(clerk.post(GUARDS, {**asked, "reason": " "}, follow=True))
    assert as_a(OPERATOR).post(GUARDS, {**asked, "reason": "x"}).status_code == 403
    assert not ClosingBlock.objects.exclude(waiver="").exists()
    page = shown(clerk.post(GUARDS, {**asked, "reason": "it goes on"}, follow=True))
    assert "Waived for 2 contracts" in page
    assert "“it goes on”" in page
    assert len(closing.close(month=MONTH, now=CLOSED).drafted) == 2


def test_a_waiver_with_a_reason_that_is_too_long_is_refused_in_words() -> None:
    a_contract()
    an_outage(april(20, 12), still_open=True, reference="forgotten")
    closing.close(month=MONTH, now=CLOSED)
    asked = {"code": "open_too_long", "subject": "forgotten", "reason": "r" * 4000}
    page = shown(as_a(FINANCE_CLERK).post(GUARDS, asked, follow=True))
    assert "Reason: Ensure this value has at most 3900 characters" in page
    assert "Nothing was waived." in page
    assert not ClosingBlock.objects.exclude(waiver="").exists()


@pytest.mark.parametrize("field", ["month", "code", "subject", "reason"])
def test_a_waiver_holds_no_nul(field: str) -> None:
    """Every request is looked at for one; the form relies on nobody."""
    form = WaiverForm({"month": MONTH, "code": "no_data", "subject": "api", "reason": "x", field: "x\x00"})
    assert form.errors == {field: ["Null characters are not allowed."]}


def test_a_proposed_gap_and_a_proposed_exclusion_lead_to_their_pages() -> None:
    exclusion = a_proposed_exclusion(a_contract())
    gap = record_gap(component=a_component(), start=april(3), end=april(4), cause="x", by=None, now=CLOSED)
    page = shown(as_a(OPERATOR).get(GUARDS))
    for words in (
        "Exclusion to be decided",
        f"/admin/accounts/exclusion/{exclusion.pk}/change/",
        "Gap of the measurement to be decided",
        f"/admin/outages/measurementgap/{gap.pk}/change/",
        "Its effect is not weighed here.",
    ):
        assert words in page, words


@pytest.mark.parametrize("quote", ["9" * 5000, "7", "-1", "²", ""])
def test_a_quote_that_is_none_leaves_the_correction_as_it_was_proposed(quote: str) -> None:
    window = imported("Customers were affected 11:45–13:10 UTC.")
    page = shown(as_a(OPERATOR).get(DESK, {"correct": str(window.pk), "quote": quote}))
    assert "2026-04-10 12:00" in page
    assert "The update of" not in page


def test_a_month_that_is_none_is_said() -> None:
    a_contract()
    assert "not a month" in shown(as_a(OPERATOR).get(f"{DESK}guards/?month=soon", follow=True))


# how much it takes


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        shown(client.get(address))
    return len(queries)


@pytest.mark.parametrize("address", [DESK, GUARDS])
def test_a_page_takes_the_same_queries_for_ten_windows_and_for_a_hundred(address: str) -> None:
    for _ in range(3):
        a_contract()
    client = as_a(OPERATOR)
    _propose(1, 10)
    queries_of(client, address)
    few = queries_of(client, address)
    _propose(11, 100)
    assert queries_of(client, address) == few


def _propose(first: int, last: int) -> None:
    for number in range(first, last + 1):
        incident = an_incident(f"i{number}")
        start = april(1 + number % 28, number % 24)
        a_proposal(start, start.replace(minute=30), incident=incident, note=f"note {number}")


def test_what_was_not_computed_is_counted() -> None:
    for _ in range(8):
        a_contract()
    a_proposal()
    assert "not computed here: 2 contracts" in shown(as_a(OPERATOR).get(DESK))


def test_what_else_blocks_is_named_to_who_can_waive_it() -> None:
    contract = a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    closing.close(month=MONTH, now=CLOSED)
    assert f"{contract.number}</a>: Platform: no fee is agreed" in shown(as_a(FINANCE_CLERK).get(GUARDS))
    assert "no fee is agreed" not in shown(as_a(OPERATOR).get(GUARDS))

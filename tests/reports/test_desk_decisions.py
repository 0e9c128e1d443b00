"""Decisions on the confirmation desk, one by one or many at once, of outages and of maintenance."""

from typing import Any

import pytest

from slaservice.history.queries import history_of
from slaservice.outages.models import Maintenance, OutageWindow
from slaservice.outages.operations import confirm
from slaservice.rules.workflow import OPERATOR
from tests.factories.accounts import a_contract, a_person, a_tier
from tests.factories.outages import a_planned_maintenance
from tests.factories.reports import CLOSED, a_proposal, april
from tests.pages import as_a, shown
from tests.reports.desks import DESK, decide, imported, state_of

pytestmark = pytest.mark.django_db


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


@pytest.mark.parametrize("quote", ["9" * 5000, "7", "-1", "²", ""])
def test_a_quote_that_is_none_leaves_the_correction_as_it_was_proposed(quote: str) -> None:
    window = imported("Customers were affected 11:45–13:10 UTC.")
    page = shown(as_a(OPERATOR).get(DESK, {"correct": str(window.pk), "quote": quote}))
    assert "2026-04-10 12:00" in page
    assert "The update of" not in page


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

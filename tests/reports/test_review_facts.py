"""The facts behind a statement, with their revisions, who made them and why; what came later; how many queries."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports import closing
from reports.models import ClosingBlock, Statement
from slaservice.outages.operations import (
    add_evidence,
    correct,
    withdraw,
)
from slaservice.rules.workflow import AUDITOR, FINANCE_APPROVER, FINANCE_CLERK, OPERATOR
from tests.factories.accounts import (
    a_component,
    a_contract,
    a_person,
    a_proposed_exclusion,
    a_tier,
    an_exclusion,
)
from tests.factories.reports import (
    CLOSED,
    MONTH,
    a_draft,
    a_proposal,
    an_outage,
    april,
)
from tests.reports.reviewing import LATER, maintenance, page, review, under

pytestmark = pytest.mark.django_db


def test_a_corrected_window_shows_its_revisions_who_made_them_and_what_they_changed() -> None:
    operator = a_person(OPERATOR, first_name="Olu", last_name="Adeyemi")
    first = an_outage()
    fixed = correct(window=first, end=april(10, 13), reason="The log says so.", by=operator, now=CLOSED)
    add_evidence(
        window=fixed,
        content=b"log",
        name="gateway.log",
        media_type="",
        note="the last 5xx",
        by=operator,
        now=CLOSED,
    )
    draft = a_draft()
    (fact,) = review(draft).evidence.counted
    assert (fact.reference, fact.counted) == (f"{first.reference}@2", ["1:00:00"])
    corrected = next(event for event in fact.events if "corrected" in event.what)
    assert (corrected.who, corrected.what) == ("Olu Adeyemi", "corrected it (revision 2)")
    assert corrected.why == "The log says so."
    assert "end: 10 Apr 16:00:00 → 10 Apr 15:00:00" in corrected.changes
    ((url, name),) = fact.files
    assert name == "gateway.log: the last 5xx"
    assert url in page(draft, AUDITOR)


def test_what_was_withdrawn_before_stands_apart_and_what_weighs_nothing_says_why() -> None:
    withdraw(window=an_outage(april(3), april(4)), by=None, now=CLOSED, reason="A test of the pager.")
    an_outage(severity="degraded_performance")
    evidence = review(a_draft()).evidence
    assert (evidence.changed, evidence.counted) == ([], [])
    (nothing,), (withdrawn,) = evidence.nothing, evidence.withdrawn
    assert nothing.note == "weighs nothing"
    assert withdrawn.standing == "Withdrawn: not in these figures."
    assert withdrawn.events[-1].why == "A test of the pager."


def test_what_came_or_went_after_the_figures_were_worked_out_asks_for_a_look() -> None:
    kept = an_outage()
    draft = a_draft()
    withdraw(window=kept, by=None, now=LATER, reason="It was not ours.")
    new = an_outage(april(12), april(12, 1), now=LATER)
    waiting = a_proposal(april(13), april(13, 1), now=LATER)
    excluded = an_exclusion(draft.contract, now=LATER)
    changed = {fact.reference: (fact.standing, fact.tone) for fact in review(draft).evidence.changed}
    assert changed == {
        kept.reference: ("It was withdrawn after these figures were worked out.", "alarm"),
        new.reference: ("It stands, and is not in these figures: they were worked out before.", "alarm"),
        waiting.reference: ("It waits for a decision: not in these figures.", "wait"),
        excluded.reference: ("It stands, and is not in these figures: they were worked out before.", "alarm"),
    }
    closing.close_chunk(month=MONTH, contracts=[draft.contract_id], now=LATER)
    assert "ask for a look" in page(draft, AUDITOR)


def test_an_exclusion_that_waits_for_a_second_person_is_named() -> None:
    an_outage()
    draft = a_draft()
    proposed = a_proposed_exclusion(draft.contract)
    (fact,) = review(draft).evidence.changed
    assert (fact.reference, fact.tone) == (proposed.reference, "wait")


def test_facts_of_other_tiers_components_and_contracts_are_none_of_this_statements() -> None:
    an_outage(tiers=[a_tier("free")])
    an_outage(component=a_component("billing"))
    an_outage(april(29), april(30), tiers=[a_tier("enterprise")], component=a_component("billing"))
    draft = a_draft()
    an_exclusion(a_contract())
    evidence = review(draft).evidence
    assert (evidence.changed, evidence.counted, evidence.nothing, evidence.withdrawn) == ([], [], [], [])


def test_an_exclusion_shows_its_clause_justification_and_both_people() -> None:
    an_outage()
    contract = under(exclude={"categories": ["customer_caused"]})
    an_exclusion(contract)
    fact = next(one for one in review(a_draft(contract)).evidence.counted if one.kind == "exclusion")
    assert fact.counted == ["1:00:00 excluded"]
    assert fact.note.startswith("Clause 7.2(b): The customer revoked the key")
    assert [event.what for event in fact.events] == ["recorded it", "approved it"]
    assert len({event.who for event in fact.events}) == 2


# How much it asks of the database


def queries(statement: Statement, client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/admin/reports/statement/{statement.pk}/change/").status_code == 200
    return len(captured)


def test_the_page_takes_the_same_queries_however_many_facts_there_are() -> None:
    client = Client()
    client.force_login(a_person(FINANCE_APPROVER))
    counts = []
    contract = a_contract()
    done = 1
    for many in (2, 30):
        for number in range(done, many):
            start = april(1) + timedelta(hours=10 * number)
            window = an_outage(start, start + timedelta(minutes=80))
            fixed = correct(
                window=window, end=start + timedelta(minutes=70), reason="The log.", by=None, now=CLOSED
            )
            add_evidence(
                window=fixed, content=b"log", name="log", media_type="", note="", by=None, now=CLOSED
            )
            maintenance(start=start + timedelta(hours=2), end=start + timedelta(hours=3))
            a_proposed_exclusion(contract, starts_at=start, ends_at=start + timedelta(minutes=1))
        done = many
        closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
        ClosingBlock.objects.update(waived_at=CLOSED, waived_by=a_person(FINANCE_CLERK), waiver="not needed")
        closing.close_chunk(month=MONTH, contracts=[contract.pk], now=CLOSED)
        statement = Statement.objects.get()
        queries(statement, client)
        counts.append(queries(statement, client))
    assert counts == [33, 33]

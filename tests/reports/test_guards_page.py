"""The page of the guards: what looks wrong about a month, with what it would do, and the waiver."""

import pytest

from reports import closing
from reports.admin.guards import WaiverForm
from reports.models import ClosingBlock
from slaservice.outages.operations import record_gap
from slaservice.rules.workflow import FINANCE_CLERK, OPERATOR
from tests.factories.accounts import a_component, a_contract, a_promise, a_proposed_exclusion, an_agreement
from tests.factories.outages import a_mapping
from tests.factories.reports import CLOSED, MONTH, a_proposal, an_outage, april
from tests.pages import as_a, shown
from tests.reports.desks import DESK, GUARDS, propose

pytestmark = pytest.mark.django_db


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
    propose(1, 30)
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


def test_a_month_that_is_none_is_said() -> None:
    a_contract()
    assert "not a month" in shown(as_a(OPERATOR).get(f"{DESK}guards/?month=soon", follow=True))


def test_what_else_blocks_is_named_to_who_can_waive_it() -> None:
    contract = a_contract(agreement=an_agreement(promises=[a_promise(fee=None)]))
    closing.close(month=MONTH, now=CLOSED)
    assert f"{contract.number}</a>: Platform: no fee is agreed" in shown(as_a(FINANCE_CLERK).get(GUARDS))
    assert "no fee is agreed" not in shown(as_a(OPERATOR).get(GUARDS))

"""Caps over a contract year or a contract hold when money is granted, by what was granted for other periods meanwhile."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reports import closing
from reports.models import ServiceCredit
from reports.operations import accept_claim, adjust, approve, expire, issue, lapse_due, reject
from reports.operations.caps import rooms_of
from slaservice.outages.operations import withdraw
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import TERMS, a_contract, a_person, a_promise, an_agreement
from tests.factories.money import (
    AUTUMN,
    BY_CUSTOMER,
    a_capped_contract,
    a_claim,
    a_contract_with,
    an_approval,
    held_by,
    missed_months,
)
from tests.factories.reports import (
    CLOSED,
    a_draft,
    a_missed_draft,
    an_approved,
    an_issued,
    an_outage,
    april,
)

pytestmark = pytest.mark.django_db


def refusal_of(credit: ServiceCredit) -> Refusal:
    with pytest.raises(Refusal) as refused:
        approve(credit=credit, by=a_person(FINANCE_APPROVER), now=AUTUMN)
    assert refused.value.code == "over_the_cap"
    credit.refresh_from_db()
    assert credit.state in ("proposed", "adjusted")
    return refused.value


def adjusted(credit: ServiceCredit, amount: str) -> ServiceCredit:
    return adjust(credit=credit, amount=amount, reason="x", by=a_person(FINANCE_CLERK), now=AUTUMN)


@pytest.mark.parametrize("per", ["contract_year", "contract"])
def test_a_credit_that_the_window_has_no_room_for_is_not_approved(per: str) -> None:
    april, may = missed_months(a_capped_contract("200", per), 2)
    an_approval(april)
    met = refusal_of(may)
    window = "a contract year" if per == "contract_year" else "the contract"
    assert met.sentence == (
        f"EUR 125.00 is too much. The cap of Platform for {window} is EUR 200.00, of which EUR 125.00 was granted by"
        f" {april.statement}: it leaves EUR 75.00 for this credit."
    )


def test_a_draft_that_was_granted_counts_as_an_issued_one_does() -> None:
    april, may, june = missed_months(a_capped_contract("300"), 3)
    issue(statement=an_approval(april).statement, by=a_person(FINANCE_CLERK), now=AUTUMN)
    an_approval(may)
    assert "SLA-2026-00001 and draft of" in refusal_of(june).sentence


def test_what_fits_after_an_adjustment_is_approved() -> None:
    april, may = missed_months(a_capped_contract("200"), 2)
    an_approval(april)
    with pytest.raises(Refusal) as refused:
        adjusted(may, "75.01")
    assert refused.value.code == "above_the_cap"
    assert an_approval(adjusted(may, "75.00")).granted_minor == 7_500


def test_an_amount_that_fitted_when_it_was_adjusted_is_looked_at_again_when_it_is_approved() -> None:
    april, may = missed_months(a_capped_contract("200"), 2)
    may = adjusted(may, "100.00")
    an_approval(april)
    assert "leaves EUR 75.00" in refusal_of(may).sentence


def test_what_was_rejected_takes_nothing() -> None:
    april, may = missed_months(a_capped_contract("125"), 2)
    reject(credit=april, reason="x", by=a_person(FINANCE_APPROVER), now=AUTUMN)
    assert an_approval(may).state == "approved"


def test_what_nobody_claimed_takes_nothing() -> None:
    cap = {"kind": "amount", "value": "125", "per": "contract_year"}
    april, may = missed_months(a_contract_with(cap=cap, claim=BY_CUSTOMER), 2)
    issue(statement=april.statement, by=a_person(FINANCE_CLERK), now=AUTUMN)
    assert lapse_due(now=AUTUMN + timedelta(days=31)) == 1
    accept_claim(claim=a_claim(may, now=AUTUMN), by=a_person(FINANCE_CLERK), now=AUTUMN)
    may.refresh_from_db()
    assert an_approval(may).state == "approved"


def test_what_was_granted_and_then_expired_has_taken_its_part_of_the_cap() -> None:
    april, may = missed_months(a_capped_contract("200"), 2)
    issue(statement=an_approval(april).statement, by=a_person(FINANCE_CLERK), now=AUTUMN)
    expire(credit=april, reason="the customer left", by=a_person(FINANCE_CLERK), now=AUTUMN)
    assert "EUR 125.00 was granted by SLA-2026-00001: it leaves EUR 75.00" in refusal_of(may).sentence


def test_a_contract_year_ends_and_another_contract_has_its_own() -> None:
    contract = a_contract(
        agreement=an_agreement(
            promises=[
                a_promise(terms={**TERMS, "cap": {"kind": "amount", "value": "125", "per": "contract_year"}})
            ]
        ),
        starts_on=date(2025, 6, 15),
    )
    may, june, july = missed_months(contract, 3, first=5)
    # June begins in the contract year that the 15th ends; July is the first month of the next.
    an_approval(may)
    refusal_of(june)
    an_approval(july)
    (other,) = missed_months(a_capped_contract("125"), 1)
    an_approval(other)


def test_the_month_in_which_a_contract_begins_is_part_of_its_first_year() -> None:
    cap = {"kind": "amount", "value": "125", "per": "contract_year"}
    promise = a_promise(terms={**TERMS, "cap": cap})
    contract = a_contract(agreement=an_agreement(promises=[promise]), starts_on=date(2026, 4, 5))
    april, may = missed_months(contract, 2)
    an_approval(april)
    refusal_of(may)


def test_the_cap_over_the_agreement_counts_every_commitment() -> None:
    cap = {"kind": "amount", "value": "300", "per": "contract_year"}
    promises = [a_promise(name="Platform", terms={**TERMS, "cap": None}), a_promise(name="Data", terms=TERMS)]
    contract = a_contract(agreement=an_agreement(promises=promises, cap=cap))
    april, may = missed_months(contract, 2)
    assert (april.amount_minor, may.amount_minor) == (25_000, 25_000)
    an_approval(april)
    met = refusal_of(may)
    assert "The cap of the agreement for a contract year is EUR 300.00" in met.sentence
    assert an_approval(adjusted(may, "50")).granted_minor == 5_000


def test_nobody_grants_more_than_the_period_itself_is_capped_at() -> None:
    contract = a_contract_with(cap={"kind": "percent_of_base", "value": "15"})
    credit = a_missed_draft(contract).credit
    for amount in ("187.51", "9999"):
        with pytest.raises(Refusal) as refused:
            adjusted(credit, amount)
        assert refused.value.code == "above_the_cap"
    assert "EUR 187.50" in refused.value.sentence
    assert adjusted(credit, "187.50").amount_minor == 18_750


def test_terms_without_a_cap_leave_goodwill_open() -> None:
    credit = a_missed_draft(a_contract_with(cap=None)).credit
    assert adjusted(credit, "9999").amount_minor == 999_900


def test_caps_are_read_with_one_query_however_many_periods_there_are() -> None:
    credits = missed_months(a_capped_contract("99999"), 5)
    counts = []
    for known in (1, 4):
        for credit in credits[:known]:
            if ServiceCredit.objects.get(pk=credit.pk).state == "proposed":
                an_approval(credit)
        statement = (
            ServiceCredit.objects.select_related("statement__contract").get(pk=credits[4].pk).statement
        )
        with CaptureQueriesContext(
            connection,
        ) as queries:
            rooms_of(statement)
        counts.append(len(queries))
    assert counts == [1, 1]


# Taking back


def test_a_first_statement_takes_nothing_back() -> None:
    credit = a_missed_draft(a_contract(agreement=an_agreement(clawback="next_period"))).credit
    with pytest.raises(Refusal) as refused:
        adjusted(credit, "-0.01")
    assert refused.value.code == "amount_out_of_bounds"
    assert adjusted(credit, "0").amount_minor == 0


def a_correction(clawback: str, *, longer: bool = False) -> ServiceCredit:
    """April was issued with EUR 125.00; then the outage was withdrawn, or a longer one became known."""
    contract = a_contract(agreement=an_agreement(clawback=clawback))
    window = an_outage()
    an_issued(contract)
    if longer:
        an_outage(april(20, 12), april(20, 22))
    else:
        withdraw(window=window, reason="never happened", by=None, now=CLOSED)
    a_draft(contract)
    return ServiceCredit.objects.get(statement__revision=2)


def test_a_correction_takes_back_what_was_granted_where_the_contract_lets_it() -> None:
    credit = a_correction("next_period")
    assert (credit.state, credit.amount_minor) == ("proposed", -12_500)
    with pytest.raises(Refusal) as refused:
        adjusted(credit, "-125.01")
    assert refused.value.code == "amount_out_of_bounds"
    credit = an_approval(adjusted(credit, "-100.00"))
    assert (credit.state, held_by(credit.statement)) == (
        "approved",
        {"payable": -10_000, "contra_revenue": 10_000},
    )


def test_a_correction_takes_nothing_back_where_the_contract_does_not_say_so() -> None:
    credit = a_correction("never", longer=True)
    assert credit.amount_minor == 31_250 - 12_500
    with pytest.raises(Refusal) as refused:
        adjusted(credit, "-0.01")
    assert refused.value.code == "amount_out_of_bounds"


def test_both_revisions_together_stay_within_the_periods_cap() -> None:
    contract = a_contract_with(cap={"kind": "amount", "value": "200"})
    an_outage()
    an_issued(contract)
    an_outage(april(20, 12), april(20, 22))
    a_draft(contract)
    credit = ServiceCredit.objects.get(statement__revision=2)
    assert credit.amount_minor == 7_500
    with pytest.raises(Refusal) as refused:
        adjusted(credit, "75.01")
    assert refused.value.code == "above_the_cap"
    assert an_approval(credit).granted_minor == 7_500


def test_a_restatement_is_not_issued_on_what_was_granted_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The close in front of an issue is over when an earlier revision's credit is approved: its money must not go out twice."""
    claim = a_claim()
    accept_claim(claim=claim, by=a_person(FINANCE_CLERK), now=CLOSED)
    an_outage(april(20, 12), april(20, 22))
    draft = an_approved(a_draft(claim.credit.statement.contract))
    close = closing.close_chunk

    def close_and_approve(**values: Any) -> closing.CloseResult:
        result = close(**values)
        an_approval(ServiceCredit.objects.get(pk=claim.credit_id))
        return result

    monkeypatch.setattr(closing, "close_chunk", close_and_approve)
    with pytest.raises(Refusal) as refused:
        issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    assert refused.value.code == "draft_changed"
    monkeypatch.undo()
    draft = a_draft(draft.contract)
    assert ServiceCredit.objects.get(statement=draft).amount_minor == 31_250 - 12_500

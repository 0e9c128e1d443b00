"""What an amendment would have changed: by the same rules as the close, period after period, and nothing is written."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Contract
from accounts.operations import Agreement, amend_contract, change_customer, end_contract, record_billed_amount
from reports import closing
from reports.models import Statement, StatementLine
from reports.rehearsal import Rehearsal, rehearse_amendment
from slaservice.rules.exact import parse_exact
from slaservice.rules.money import Money
from slaservice.rules.refusal import Invalid, Refusal
from slaservice.rules.workflow import ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import TERMS, a_component, a_contract, a_person, a_promise, an_agreement
from tests.factories.outages import a_mapping
from tests.factories.reports import a_proposal, an_outage

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
"""So the twelve months are May 2025 to April 2026."""

STRICTER = {**TERMS, "commitment_percent": "99.99"}
YEARLY_CAP = {**TERMS, "cap": {"kind": "percent_of_base", "value": "40", "per": "contract_year"}}
SECOND_MISS = {
    **TERMS,
    "credit": {**TERMS["credit"], "gate": {"kind": "consecutive_failures", "count": 2}},
}
CARRIED = {**TERMS, "minimum_issue": {"amount": "200", "op": ">=", "below": "carry"}}


def agreed(terms: Any = TERMS, *, fee: str | None = "1000.00", **values: Any) -> Agreement:
    """Months of UTC, 1,000.00 a period."""
    return an_agreement(**{"timezone": "UTC", "promises": [a_promise(terms=terms, fee=fee)], **values})


def signed(agreement: Agreement | None = None, starts_on: date = date(2025, 1, 1), **values: Any) -> Contract:
    return a_contract(agreement=agreement or agreed(), starts_on=starts_on, **values)


def down(year: int, month: int, hours: int = 8) -> None:
    """So many hours on the tenth: eight are 25 % of the month's fee, one is 10 %."""
    start = datetime(year, month, 10, 12, tzinfo=UTC)
    an_outage(start, start + timedelta(hours=hours), now=NOW)


def rehearsed(contract: Contract, terms: Any = TERMS, **values: Any) -> Rehearsal:
    agreement = terms if isinstance(terms, Agreement) else agreed(terms)
    return rehearse_amendment(contract=contract, agreement=agreement, **{"by": None, "now": NOW, **values})


def owed(rehearsal: Rehearsal) -> list[tuple[str, ...]]:
    """The periods in which anything is owed: by what governed, by the proposal."""
    shown: list[tuple[str, ...]] = []
    for row in rehearsal.rows:
        sides = [str(side.owed) if side else "" for side in (row.governed, row.proposed)]
        if any(side not in ("", "None", "0.00") for side in sides):
            shown.append((row.label, *sides))
    return shown


def issued(contract: Contract, month: str) -> None:
    closing.close_chunk(month=month, contracts=[contract.pk], now=NOW)
    drafts = Statement.objects.filter(contract=contract, month=month, state=Statement.DRAFT)
    drafts.update(state=Statement.ISSUED, number=f"{contract}-{month}", issued_at=NOW)


def closed_and_issued(contract: Contract) -> list[StatementLine]:
    """The same twelve months as statements, issued one after the other; the oracle."""
    for year, month in [(2025, m) for m in range(5, 13)] + [(2026, m) for m in range(1, 5)]:
        issued(contract, f"{year}-{month:02}")
    lines = StatementLine.objects.filter(statement__contract=contract)
    return list(lines.order_by("statement__period_start", "position"))


def test_the_same_terms_change_nothing() -> None:
    down(2025, 7)
    down(2026, 4, hours=9)
    found = rehearsed(signed())
    assert [row.label for row in found.rows][::11] == ["May 2025", "April 2026"]
    assert len(found.rows) == 12
    assert owed(found) == [("July 2025", "250.00", "250.00"), ("April 2026", "250.00", "250.00")]
    assert found.governed == found.proposed == [Money(50_000, "EUR")]
    assert found.difference == Money(0, "EUR")
    assert (found.changed_verdicts, found.left_out, found.obstacles) == ([], [], [])


def test_a_stricter_promise_is_missed_where_the_other_was_met_and_the_difference_is_named() -> None:
    start = datetime(2025, 9, 3, tzinfo=UTC)
    an_outage(start, start + timedelta(minutes=30), now=NOW)
    down(2025, 7)
    found = rehearsed(signed(), STRICTER)
    assert found.changed_verdicts == ["September 2025"]
    (row,) = [row for row in found.rows if row.changes_verdict]
    assert row.governed and row.proposed
    before, after = row.governed.lines[0], row.proposed.lines[0]
    assert before.uptime == after.uptime == after.judged
    assert (before.met, after.met, after.target) == (True, False, parse_exact("99.99"))
    assert (row.governed.met, row.proposed.met) == (True, False)


def test_the_proposal_governs_the_whole_time_whatever_versions_there_were() -> None:
    contract = signed()
    amend_contract(
        contract=contract,
        starts_on=date(2025, 12, 1),
        agreement=agreed(STRICTER, fee="3000.00"),
        by=None,
        now=NOW,
    )
    down(2025, 11)
    down(2025, 12)
    found = rehearsed(contract, agreed(fee="500.00"))
    assert owed(found) == [("November 2025", "250.00", "125.00"), ("December 2025", "750.00", "125.00")]


def test_a_period_that_two_versions_share_is_shown_by_both_and_by_the_proposal_whole() -> None:
    contract = signed()
    amend_contract(
        contract=contract, starts_on=date(2025, 12, 16), agreement=agreed(fee="3000.00"), by=None, now=NOW
    )
    (december,) = [row for row in rehearsed(contract).rows if row.label == "December 2025"]
    assert december.governed and december.proposed
    assert [line.name for line in december.governed.lines] == ["Platform (version 1)", "Platform (version 2)"]
    assert [line.name for line in december.proposed.lines] == ["Platform"]


# one month has effects on the next


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        # 250 + 250 of 400 a year; the contract's year begins in January
        (YEARLY_CAP, ["250.00", "150.00", "0.00", "250.00"]),
        # the first of two misses in a row is free
        (SECOND_MISS, ["0.00", "250.00", "250.00", "0.00"]),
    ],
)
def test_an_amended_cap_or_gate_has_its_effect_on_later_months(terms: Any, expected: list[str]) -> None:
    for year, month in [(2025, 9), (2025, 10), (2025, 11), (2026, 1)]:
        down(year, month)
    assert [after for _, _, after in owed(rehearsed(signed(), terms))] == expected


def test_what_is_below_the_minimum_is_carried_from_month_to_month() -> None:
    for month in (9, 10, 11):
        down(2025, month, hours=1)
    assert owed(rehearsed(signed(), CARRIED)) == [
        ("September 2025", "100.00", "0.00"),
        ("October 2025", "100.00", "200.00"),
        ("November 2025", "100.00", "0.00"),
    ]


@pytest.mark.parametrize("terms", [TERMS, STRICTER, YEARLY_CAP, SECOND_MISS, CARRIED])
def test_it_comes_to_what_closing_and_issuing_month_after_month_would_have_come_to(terms: Any) -> None:
    for year, month, hours in [(2025, 6, 1), (2025, 7, 1), (2025, 10, 9), (2025, 11, 2), (2026, 2, 1)]:
        down(year, month, hours)
    contract = signed()
    lived = closed_and_issued(signed(agreed(terms)))
    supposed = [row.proposed for row in rehearsed(contract, terms).rows]
    assert [(line.met, parse_exact(line.judged_percent), line.credit_minor) for line in lived] == [
        (line.met, line.judged, line.credit.minor) for side in supposed if side for line in side.lines
    ]
    assert any(line.credit_minor for line in lived)


def test_what_was_issued_before_the_twelve_months_is_history_for_both_sides_and_later_issues_are_not() -> (
    None
):
    terms = {**TERMS, "cap": {"kind": "percent_of_base", "value": "60", "per": "contract_year"}}
    contract = signed(agreed(terms))
    for month in (4, 6, 7):
        down(2025, month)
    issued(contract, "2025-04")
    issued(contract, "2025-06")
    # of the year's 600 April took 250, and June takes 250 once, not once more because it was issued
    assert owed(rehearsed(contract, terms)) == [
        ("June 2025", "250.00", "250.00"),
        ("July 2025", "100.00", "100.00"),
    ]


def test_a_cap_over_all_commitments_and_a_year_is_used_up_in_turn() -> None:
    for month in (9, 10, 11):
        down(2025, month)
    cap = {"kind": "amount", "value": "300", "per": "contract_year"}
    assert owed(rehearsed(signed(), agreed(cap=cap))) == [
        ("September 2025", "250.00", "250.00"),
        ("October 2025", "250.00", "50.00"),
        ("November 2025", "250.00", "0.00"),
    ]


def test_a_commitment_under_a_new_name_has_no_history() -> None:
    down(2025, 4)
    down(2025, 5)
    contract = signed(agreed(SECOND_MISS))
    issued(contract, "2025-04")
    assert owed(rehearsed(contract, SECOND_MISS)) == [("May 2025", "250.00", "250.00")]
    renamed = agreed(promises=[a_promise(name="New", terms=SECOND_MISS, fee="1000.00")])
    assert owed(rehearsed(contract, renamed)) == [("May 2025", "250.00", "0.00")]


# what cannot be compared is said


def test_months_in_which_the_contract_was_not_in_force_are_left_out_by_name() -> None:
    contract = signed(starts_on=date(2025, 8, 1))
    end_contract(contract=contract, ends_before=date(2026, 4, 1), by=None, now=NOW)
    contract.refresh_from_db()
    found = rehearsed(contract)
    assert [row.label for row in found.rows][::7] == ["August 2025", "March 2026"]
    assert found.left_out == [
        "May 2025 to July 2025: the contract began on 2025-08-01.",
        "April 2026: the contract ended before 2026-04-01.",
    ]


def test_a_contract_of_this_month_has_nothing_to_compare() -> None:
    found = rehearsed(signed(starts_on=date(2026, 5, 2)))
    assert (list(found.rows), found.difference) == ([], None)
    assert found.left_out == ["May 2025 to April 2026: the contract began on 2026-05-02."]


def test_missing_fees_are_named_and_such_a_period_is_in_neither_total() -> None:
    contract = signed(agreed(fee=None))
    commitment = contract.versions.get().commitments.get()
    down(2026, 2)
    down(2026, 3)
    for month in (2, 4):
        record_billed_amount(
            commitment=commitment,
            period_start=datetime(2026, month, 1, tzinfo=UTC),
            amount="800.00",
            by=None,
            now=NOW,
        )
    found = rehearsed(contract, agreed(fee="1000.00"))
    assert owed(found) == [("February 2026", "200.00", "250.00"), ("March 2026", "None", "250.00")]
    assert found.difference == Money(5_000, "EUR")
    assert len(found.obstacles) == 10
    assert (
        "March 2026, what governed: Platform: no fee is agreed and no amount was billed for March 2026."
        in found.obstacles
    )


def test_amounts_that_were_billed_count_for_a_proposed_commitment_of_the_same_name() -> None:
    contract = signed(agreed(fee=None))
    commitment = contract.versions.get().commitments.get()
    record_billed_amount(
        commitment=commitment,
        period_start=datetime(2026, 2, 1, tzinfo=UTC),
        amount="800.00",
        by=None,
        now=NOW,
    )
    down(2026, 2)
    assert owed(rehearsed(contract, agreed(fee=None)))[0] == ("February 2026", "200.00", "200.00")
    renamed = agreed(promises=[a_promise(name="New", fee=None)])
    assert (
        len([one for one in rehearsed(contract, renamed).obstacles if "the proposal: New: no fee" in one])
        == 12
    )


def test_periods_of_another_length_are_compared_by_their_total() -> None:
    down(2025, 8, hours=1)
    found = rehearsed(signed(), agreed(fee="3000.00", period_months=3))
    assert not found.period_by_period
    assert [row.label for row in found.rows if row.proposed] == [
        "April to June 2025",
        "July to September 2025",
        "October to December 2025",
        "January to March 2026",
    ]
    # an hour is 0.13 % of August and 0.05 % of the quarter
    assert (found.governed, found.proposed) == ([Money(10_000, "EUR")], [Money(0, "EUR")])
    assert found.difference == Money(-10_000, "EUR")
    assert found.changed_verdicts == []


def test_other_currencies_are_not_subtracted() -> None:
    down(2025, 8)
    found = rehearsed(signed(), agreed(currency="USD"))
    assert (found.governed, found.proposed) == ([Money(25_000, "EUR")], [Money(25_000, "USD")])
    assert found.difference is None
    assert all(row.difference is None for row in found.rows)


@pytest.mark.parametrize(
    ("governed", "proposed"), [("UTC", "America/Los_Angeles"), ("America/Los_Angeles", "UTC")]
)
def test_a_month_that_has_not_ended_on_both_sides_is_not_among_them(governed: str, proposed: str) -> None:
    contract = signed(agreed(timezone=governed))
    early, late = datetime(2026, 5, 1, 6, tzinfo=UTC), datetime(2026, 5, 1, 8, tzinfo=UTC)
    for now, last in [(early, "March 2026"), (late, "April 2026")]:
        found = rehearsed(contract, agreed(timezone=proposed), now=now)
        assert (len(found.rows), found.rows[-1].label) == (12, last)
        assert found.period_by_period


def test_a_period_of_which_nothing_was_heard_is_not_met_silently() -> None:
    contract = signed()
    down(2025, 7)
    a_mapping()
    found = rehearsed(contract)
    july, august = found.rows[2:4]
    assert (july.label, july.blocks, july.without_data) == ("July 2025", [], False)
    assert august.blocks == [
        "No data for API: nothing was recorded in the period, and no source of it was heard."
    ]
    assert len(found.without_data) == 11
    assert "July 2025" not in found.without_data
    assert found.difference == Money(0, "EUR")


def test_a_block_that_is_no_lack_of_data_stands_on_its_row_too() -> None:
    an_outage(datetime(2026, 4, 20, 12, tzinfo=UTC), still_open=True, now=NOW)
    found = rehearsed(signed())
    assert [row.label for row in found.rows if row.blocks] == ["April 2026"]
    assert found.without_data == []


def test_what_waits_for_a_decision_changes_nothing() -> None:
    a_proposal(now=NOW)
    assert rehearsed(signed()).difference == Money(0, "EUR")


# who may, and what is refused


def test_every_fault_of_the_proposal_is_told() -> None:
    wrong = an_agreement(currency="ABC", promises=[a_promise(fee="-1"), a_promise(terms={})])
    with pytest.raises(Invalid) as refused:
        rehearsed(signed(), wrong)
    paths = {error.path for error in refused.value.errors}
    assert {"currency", "commitments[1].name", "commitments[1].terms.commitment_percent"} <= paths


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, AUDITOR, FINANCE_APPROVER, ""])
def test_it_is_for_those_who_may_amend(role: str) -> None:
    contract = signed()
    person = a_person(*filter(None, [role]))
    change_customer(customer=contract.customer, account_manager=person, by=None, now=NOW)
    assert rehearsed(contract, by=a_person(FINANCE_CLERK)).rows
    with pytest.raises(Refusal) as refused:
        rehearsed(contract, by=person)
    assert refused.value.code == "not_permitted"


# nothing is written


def test_nothing_is_written_not_even_for_a_moment() -> None:
    down(2025, 8)
    contract = signed()
    rows = {model: model._default_manager.count() for model in apps.get_models()}
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        rehearsed(contract, STRICTER)
    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []
    assert not any("FOR UPDATE" in query["sql"] for query in queries)
    assert {model: model._default_manager.count() for model in rows} == rows


def test_it_takes_the_same_queries_whatever_is_compared_but_for_what_the_guards_ask_of_a_period() -> None:
    for code in "abc":
        a_component(code)
    several = agreed(promises=[a_promise(name=code, components=[code]) for code in "abc"])
    counts = []
    for contract, agreement, rows in [
        (signed(starts_on=date(2026, 4, 1)), agreed(), 1),
        (signed(several), several, 12),
    ]:
        with CaptureQueriesContext(connection) as queries:
            assert len(rehearsed(contract, agreement).rows) == rows
        counts.append(len(queries) - 2 * 2 * rows)
    assert counts[0] == counts[1] <= 40

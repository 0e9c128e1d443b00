"""Periods are laid end to end whatever an amendment changes: no hour is in two of them or in none, no month is drafted twice."""

from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from accounts.models import Contract, ContractVersion
from accounts.operations import amend_contract, record_billed_amount
from reports import closing
from reports.models import ServiceCredit, Statement
from reports.periods import Plan, plans
from tests.factories.accounts import a_contract, a_promise, an_agreement
from tests.factories.money import AUTUMN
from tests.factories.reports import an_outage, april
from tests.factories.restatements import QUARTER, down, draft_of, follow, issue_month

pytestmark = pytest.mark.django_db

APRIL, MAY, JUNE = QUARTER


def moved(zone: str, *, starts_on: date = date(2026, 5, 1), **values: Any) -> Contract:
    """Months in Berlin until then, months of another zone from there on."""
    contract = a_contract()
    amend(contract, starts_on, timezone=zone, **values)
    return contract


def amend(contract: Contract, starts_on: date, **agreed: Any) -> None:
    amend_contract(
        contract=contract, starts_on=starts_on, agreement=an_agreement(**agreed), by=None, now=AUTUMN
    )


def planned(contract: Contract, months: tuple[str, ...] = QUARTER) -> list[Plan]:
    versions = list(ContractVersion.objects.filter(contract=contract).order_by("number"))
    return [plan for month in months for plan in plans(month, versions)]


def downtime(contract: Contract, *months: str) -> list[list[str]]:
    """Seconds down, line by line, of each month, closed and issued one after the other."""
    issued = [issue_month(contract, month, now=AUTUMN) for month in months]
    return [[line.downtime_seconds for line in one.lines.all()] for one in issued]


ZONES = ["Europe/London", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati", "Pacific/Pago_Pago"]


@pytest.mark.parametrize("zone", ZONES)
def test_periods_follow_each_other_without_a_gap_where_a_contract_moves_to_another_zone(zone: str) -> None:
    found = planned(moved(zone))
    assert [plan.label for plan in found] == ["April 2026", "May 2026", "June 2026"]
    for before, after in pairwise(found):
        assert before.period.end == after.period.start
    assert [plan.leading.number for plan in found] == [1, 2, 2]
    assert [plan.whole for plan in found] == [True, False, True]
    assert [part.share for plan in found for part in plan.parts] == [1, 1, 1]


@pytest.mark.parametrize("zone", ["Europe/London", "America/New_York"])
def test_a_month_is_not_drafted_again_where_the_zone_moves_west_after_it(zone: str) -> None:
    contract = a_contract()
    down(APRIL)
    issued = issue_month(contract, APRIL, now=AUTUMN)
    amend(contract, date(2026, 5, 1), timezone=zone, promises=[a_promise(fee="5000.00")])
    follow(AUTUMN)
    assert closing.close_chunk(month=APRIL, contracts=[contract.pk], now=AUTUMN).unchanged == [
        contract.number
    ]
    assert closing.due(now=AUTUMN, month=APRIL) == []
    assert list(Statement.objects.filter(contract=contract, month=APRIL)) == [issued]


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        # Berlin's April ends at 22:00 UTC, when it is 07:00 on 1 May in Tokyo and 23:00 on 30 April in London
        ("Asia/Tokyo", april(30, 16), april(30, 18), [["7200"], ["0"]]),
        ("Asia/Tokyo", april(30, 21), april(30, 23), [["3600"], ["3600"]]),
        ("Europe/London", april(30, 22), april(30, 22, 59), [["0"], ["3540"]]),
    ],
)
def test_an_outage_at_the_change_of_zone_counts_once(
    zone: str, start: datetime, end: datetime, expected: list[list[str]]
) -> None:
    contract = moved(zone)
    an_outage(start, end, now=AUTUMN)
    assert downtime(contract, APRIL, MAY) == expected


def test_the_first_month_in_another_zone_costs_its_whole_fee_and_counts_the_month_before_as_history() -> None:
    contract = moved("Europe/London")
    down(MAY, now=AUTUMN)
    issue_month(contract, APRIL, now=AUTUMN)
    document = issue_month(contract, MAY, now=AUTUMN).document
    assert [(case["id"], case["input"]["fee"]) for case in document["cases"]] == [("Platform", "1250")]
    assert ServiceCredit.objects.get().amount_minor == 12_500


def test_what_was_billed_for_the_first_month_in_another_zone_is_found_by_its_first_day_there() -> None:
    contract = moved("Europe/London", promises=[a_promise(fee=None)])
    commitment = contract.versions.get(number=2).commitments.get()
    record_billed_amount(
        commitment=commitment,
        period_start=datetime(2026, 4, 30, 23, tzinfo=UTC),
        amount="777.00",
        by=None,
        now=AUTUMN,
    )
    closing.close_chunk(month=MAY, contracts=[contract.pk], now=AUTUMN)
    assert draft_of(contract, MAY).document["cases"][0]["input"]["fee"] == "777"


def test_quarters_begin_where_months_end() -> None:
    contract = a_contract()
    amend(contract, date(2026, 7, 1), period_months=3)
    found = planned(contract, (*QUARTER, "2026-07", "2026-08", "2026-09"))
    assert [plan.label for plan in found] == [
        "April 2026",
        "May 2026",
        "June 2026",
        "July to September 2026",
    ]


def test_a_version_leads_no_period_that_began_before_it_under_another_calendar() -> None:
    """No amendment writes this; whatever did, no time is in two periods, and half a month pays half of its fee."""
    contract = a_contract()
    amend(contract, date(2026, 5, 16))
    versions = list(ContractVersion.objects.filter(contract=contract).order_by("number"))
    versions[1].currency = "USD"
    found = [plan for month in QUARTER for plan in plans(month, versions)]
    assert [(plan.leading.number, plan.whole) for plan in found] == [(1, True), (1, False), (2, True)]
    assert found[1].parts[0].share == Fraction(15, 31)

"""Contracts are amended and ended: a new version from its date, in the zone agreed until then, and nothing agreed is edited."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.operations import amend_contract, end_contract
from accounts.queries import version_at, versions_in_force
from slaservice.rules.refusal import Invalid, Refusal
from tests.factories.accounts import (
    NOW,
    a_contract,
    a_promise,
    an_agreement,
)

pytestmark = pytest.mark.django_db


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_an_amendment_ends_the_version_before_it_on_its_date() -> None:
    contract = a_contract(ends_before=date(2027, 4, 1))
    amended = amend_contract(
        contract=contract,
        starts_on=date(2026, 7, 15),
        by=None,
        now=NOW,
        reason="Upgrade",
        agreement=an_agreement(tier="government", promises=[a_promise(fee="2000.00")]),
    )
    first = contract.versions.get(number=1)
    assert first.ends_at == amended.starts_at == utc(2026, 7, 14, 22)
    assert (amended.number, amended.ends_at) == (2, contract.ends_at)
    assert first.commitments.get().fee_minor == 125_000
    assert amended.commitments.get().fee_minor == 200_000
    assert version_at(contract, utc(2026, 7, 14, 21, 59, 59)) == first
    assert version_at(contract, utc(2026, 7, 14, 22)) == amended
    assert version_at(contract, utc(2027, 3, 31, 22)) is None


def test_an_amendments_date_is_a_day_of_the_zone_that_was_agreed_until_then() -> None:
    contract = a_contract()
    amended = amend_contract(
        contract=contract,
        starts_on=date(2026, 7, 1),
        agreement=an_agreement(timezone="America/New_York"),
        by=None,
        now=NOW,
    )
    assert amended.starts_at == utc(2026, 6, 30, 22)  # midnight in Berlin


@pytest.mark.parametrize("day", [date(2026, 3, 31), date(2026, 4, 1)])
def test_an_amendment_cannot_reach_back_to_the_start_of_what_it_amends(day: date) -> None:
    contract = a_contract()
    with pytest.raises(Refusal, match="Version 1 began on 2026-04-01") as refused:
        amend_contract(contract=contract, starts_on=day, agreement=an_agreement(), by=None, now=NOW)
    assert refused.value.code == "amendment_not_after_the_last"
    amend_contract(contract=contract, starts_on=date(2026, 4, 2), agreement=an_agreement(), by=None, now=NOW)


def test_an_amendment_cannot_begin_when_the_contract_is_over() -> None:
    contract = a_contract(ends_before=date(2026, 7, 1))
    with pytest.raises(Refusal) as refused:
        amend_contract(
            contract=contract, starts_on=date(2026, 7, 1), agreement=an_agreement(), by=None, now=NOW
        )
    assert refused.value.code == "amendment_after_the_end"
    amend_contract(contract=contract, starts_on=date(2026, 6, 30), agreement=an_agreement(), by=None, now=NOW)


def test_an_amendment_with_a_fault_changes_nothing() -> None:
    contract = a_contract()
    with pytest.raises(Invalid):
        amend_contract(
            contract=contract,
            starts_on=date(2026, 7, 1),
            agreement=an_agreement(currency="EUX"),
            by=None,
            now=NOW,
        )
    assert contract.versions.get().ends_at is None


@pytest.mark.parametrize(
    ("agreed", "ends_before", "ends_at"),
    [
        (None, date(2026, 10, 1), utc(2026, 9, 30, 22)),  # open until now
        (date(2027, 4, 1), date(2026, 10, 1), utc(2026, 9, 30, 22)),  # sooner
        (date(2026, 7, 1), date(2026, 10, 1), utc(2026, 9, 30, 22)),  # later
    ],
)
def test_a_contract_ends_with_its_last_version(
    agreed: date | None, ends_before: date, ends_at: datetime
) -> None:
    contract = end_contract(
        contract=a_contract(ends_before=agreed), ends_before=ends_before, by=None, now=NOW
    )
    contract.refresh_from_db()
    assert contract.ends_at == contract.versions.get().ends_at == ends_at


def test_a_contract_cannot_end_before_its_last_version_begins() -> None:
    contract = a_contract()
    with pytest.raises(Refusal) as refused:
        end_contract(contract=contract, ends_before=date(2026, 4, 1), by=None, now=NOW)
    assert refused.value.code == "contract_ends_before_its_last_version"


def test_versions_in_force_are_those_that_touch_the_span() -> None:
    contract = a_contract(ends_before=date(2026, 10, 1), agreement=an_agreement(timezone="UTC"))
    amend_contract(
        contract=contract,
        starts_on=date(2026, 7, 1),
        agreement=an_agreement(timezone="UTC"),
        by=None,
        now=NOW,
    )

    def numbers(start: datetime, end: datetime) -> list[int]:
        return [version.number for version in versions_in_force(start=start, end=end)]

    assert numbers(utc(2026, 3, 1), utc(2026, 4, 1)) == []  # ends where the first begins
    assert numbers(utc(2026, 3, 1), utc(2026, 4, 2)) == [1]
    assert numbers(utc(2026, 6, 1), utc(2026, 7, 1)) == [1]
    assert numbers(utc(2026, 6, 30), utc(2026, 7, 2)) == [1, 2]
    assert numbers(utc(2026, 7, 1), utc(2026, 8, 1)) == [2]
    assert numbers(utc(2026, 10, 1), utc(2026, 11, 1)) == []


def test_versions_in_force_come_with_what_a_statement_names(django_assert_num_queries: Any) -> None:
    a_contract(), a_contract()
    with django_assert_num_queries(1):
        for version in versions_in_force(start=utc(2026, 4, 1), end=utc(2026, 5, 1)):
            assert version.contract.customer.name
            assert version.tier.code


# Another calendar


CHANGES: list[dict[str, Any]] = [
    {"timezone": "Europe/London"},
    {"currency": "USD"},
    {"period_months": 3},
    {"period_months": 3, "first_month": 4},
    {"first_month": 2},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_what_a_statement_has_one_of_changes_between_two_periods_only(change: dict[str, Any]) -> None:
    contract = a_contract()
    with pytest.raises(Invalid) as refused:
        amend_contract(
            contract=contract, starts_on=date(2026, 7, 2), agreement=an_agreement(**change), by=None, now=NOW
        )
    assert [error.path for error in refused.value.errors] == ["starts_on"]
    assert contract.versions.get().ends_at is None
    amended = amend_contract(
        contract=contract, starts_on=date(2026, 7, 1), agreement=an_agreement(**change), by=None, now=NOW
    )
    assert amended.number == 2


@pytest.mark.parametrize(
    ("before", "after", "day"),
    [
        ({"period_months": 3}, {"timezone": "UTC", "period_months": 3}, date(2026, 5, 1)),  # within a quarter
        ({"period_months": 3}, {}, date(2026, 6, 1)),  # a quarter would end after two months
        ({}, {"period_months": 3}, date(2026, 5, 1)),  # and this one would have begun in April
    ],
)
def test_the_first_of_a_month_is_not_enough_where_periods_are_longer(
    before: dict[str, Any], after: dict[str, Any], day: date
) -> None:
    contract = a_contract(agreement=an_agreement(**before))
    with pytest.raises(Invalid, match="the first day of a period before and after it"):
        amend_contract(contract=contract, starts_on=day, agreement=an_agreement(**after), by=None, now=NOW)
    amend_contract(
        contract=contract, starts_on=date(2026, 7, 1), agreement=an_agreement(**after), by=None, now=NOW
    )

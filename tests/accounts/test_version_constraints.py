"""One version in force at a time, within its contract's term: kept by the database, past every line of Python."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from accounts.models import Contract, ContractVersion
from tests.factories.accounts import a_contract, a_tier

pytestmark = pytest.mark.django_db

APRIL, MAY, JUNE, JULY = (datetime(2026, month, 1, tzinfo=UTC) for month in (4, 5, 6, 7))
TICK = timedelta(microseconds=1)


def bare_contract(starts_at: datetime = APRIL, ends_at: datetime | None = None) -> Contract:
    """A contract without a version."""
    customer = a_contract().customer
    return Contract.objects.create(
        customer=customer,
        number=f"bare-{Contract.objects.count()}",
        title="bare",
        starts_at=starts_at,
        ends_at=ends_at,
    )


def version(
    contract: Contract, number: int, starts_at: datetime, ends_at: datetime | None, **values: Any
) -> ContractVersion:
    return ContractVersion(
        contract=contract,
        number=number,
        starts_at=starts_at,
        ends_at=ends_at,
        **{"tier": a_tier(), "currency": "EUR", "timezone": "UTC", **values},
    )


def refused(write: Any, says: str) -> None:
    with pytest.raises(DatabaseError, match=says), transaction.atomic():
        write()


OVERLAP, OUTSIDE = "contract_has_one_version_in_force_at_a_time", "contract_version_lies_within_its_contract"
EDITED = "a version is never edited"

SECOND_VERSIONS = [
    (MAY, JUNE, False),  # begins as the first ends
    (MAY, None, False),
    (APRIL - timedelta(days=9), APRIL, False),  # ends as the first begins
    (APRIL - timedelta(days=9), APRIL + TICK, True),
    (MAY - TICK, JUNE, True),
    (MAY - TICK, None, True),
    (APRIL + TICK, MAY - TICK, True),  # within
    (APRIL, MAY, True),  # the same
    (APRIL - TICK, JUNE, True),  # around
]


@pytest.mark.parametrize(("starts_at", "ends_at", "overlaps"), SECOND_VERSIONS)
def test_versions_that_overlap_cannot_be_inserted(
    starts_at: datetime, ends_at: datetime | None, overlaps: bool
) -> None:
    contract = bare_contract(starts_at=APRIL - timedelta(days=9))
    ContractVersion.objects.bulk_create([version(contract, 1, APRIL, MAY)])
    second = [version(contract, 2, starts_at, ends_at)]
    if overlaps:
        refused(lambda: ContractVersion.objects.bulk_create(second), OVERLAP)
    else:
        ContractVersion.objects.bulk_create(second)
    assert contract.versions.count() == (1 if overlaps else 2)


def test_two_overlapping_versions_cannot_come_in_one_statement() -> None:
    contract = bare_contract()
    both = [version(contract, 1, APRIL, JUNE), version(contract, 2, MAY, None)]
    refused(lambda: ContractVersion.objects.bulk_create(both), OVERLAP)


def test_an_open_version_leaves_no_room_behind_it() -> None:
    contract = bare_contract()
    ContractVersion.objects.bulk_create([version(contract, 1, APRIL, None)])
    refused(lambda: ContractVersion.objects.bulk_create([version(contract, 2, JULY, None)]), OVERLAP)


def test_versions_of_different_contracts_have_nothing_to_do_with_each_other() -> None:
    ContractVersion.objects.bulk_create(
        [version(bare_contract(), 1, APRIL, None), version(bare_contract(), 1, APRIL, None)]
    )
    assert ContractVersion.objects.filter(starts_at=APRIL).count() == 2


@pytest.mark.parametrize("change", [{"ends_at": MAY + TICK}, {"ends_at": None}, {"ends_at": JULY}])
def test_a_version_cannot_grow_into_the_next(change: dict[str, Any]) -> None:
    contract = bare_contract()
    ContractVersion.objects.bulk_create([version(contract, 1, APRIL, MAY), version(contract, 2, MAY, None)])
    refused(lambda: contract.versions.filter(number=1).update(**change), OVERLAP)
    contract.versions.filter(number=1).update(ends_at=MAY - TICK)  # a gap may be


def test_a_version_cannot_move_to_a_contract_that_has_one() -> None:
    here, there = bare_contract(), bare_contract()
    ContractVersion.objects.bulk_create([version(here, 1, APRIL, None), version(there, 2, APRIL, None)])
    refused(lambda: here.versions.update(contract=there), f"{OVERLAP}|{EDITED}")


def test_raw_sql_is_held_to_it_too() -> None:
    contract = bare_contract()
    ContractVersion.objects.bulk_create([version(contract, 1, APRIL, MAY), version(contract, 2, MAY, None)])
    table = ContractVersion._meta.db_table

    def grow() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} SET ends_at = NULL WHERE number = 1 AND contract_id = %s", [contract.pk]
            )

    def insert() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} (contract_id, number, starts_at, tier_id, currency, timezone, period_months, first_month,"
                f" overlap, clawback) SELECT contract_id, 3, starts_at, tier_id, currency, timezone, period_months, first_month,"
                f" overlap, clawback"
                f" FROM {table} WHERE number = 2 AND contract_id = %s",
                [contract.pk],
            )

    refused(grow, OVERLAP)
    refused(insert, OVERLAP)


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "outside"),
    [
        (APRIL, JULY, False),  # the whole term
        (MAY, JUNE, False),
        (APRIL - TICK, JULY, True),
        (APRIL, JULY + TICK, True),
        (APRIL, None, True),
        (JULY, None, True),
    ],
)
def test_a_version_cannot_stand_outside_its_contract(
    starts_at: datetime, ends_at: datetime | None, outside: bool
) -> None:
    contract = bare_contract(APRIL, JULY)
    rows = [version(contract, 1, starts_at, ends_at)]
    if outside:
        refused(lambda: ContractVersion.objects.bulk_create(rows), OUTSIDE)
        ContractVersion.objects.bulk_create([version(contract, 1, MAY, JUNE)])
        refused(lambda: contract.versions.update(starts_at=starts_at, ends_at=ends_at), f"{OUTSIDE}|{EDITED}")
    else:
        ContractVersion.objects.bulk_create(rows)


@pytest.mark.parametrize(
    "change",
    [
        {"ends_at": JULY - TICK},
        {"ends_at": MAY},
    ],
)
def test_a_contract_cannot_shrink_away_from_its_versions(change: dict[str, Any]) -> None:
    contract = bare_contract(APRIL, None)
    ContractVersion.objects.bulk_create([version(contract, 1, APRIL, JULY)])
    refused(lambda: Contract.objects.filter(pk=contract.pk).update(**change), OUTSIDE)
    Contract.objects.filter(pk=contract.pk).update(ends_at=JULY)  # as far as they reach, it may


def test_an_open_version_keeps_its_contract_open() -> None:
    contract = a_contract()
    refused(lambda: Contract.objects.filter(pk=contract.pk).update(ends_at=JULY), OUTSIDE)
    Contract.objects.filter(pk=contract.pk).update(title=F("number"))  # anything else may change

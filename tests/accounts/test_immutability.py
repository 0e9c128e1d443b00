"""What was agreed cannot be changed by any route; what operations do change stays free."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import BilledAmount, Commitment, CommitmentComponent, Contract, ContractVersion
from tests.factories.accounts import NOW, a_commitment, a_contract, a_customer, a_tier
from tests.routes import ways_through, ways_to_delete

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def contract() -> Contract:
    return a_contract(ends_before=datetime(2027, 1, 1, tzinfo=UTC).date())


AGREED: list[tuple[str, Any]] = [
    ("number", lambda contract: "C-other"),
    ("public_id", lambda contract: "ct_0"),
    ("starts_at", lambda contract: contract.starts_at - DAY),
    ("customer", lambda contract: a_customer().pk),
]


@pytest.mark.parametrize(("field", "other"), AGREED, ids=[field for field, _ in AGREED])
def test_a_contract_keeps_its_customer_its_number_and_its_start(
    contract: Contract, field: str, other: Any
) -> None:
    assert ways_through(contract, **{field: other(contract)}) == []


VERSION: dict[str, Any] = {
    "number": 7,
    "currency": "USD",
    "timezone": "UTC",
    "period_months": 3,
    "first_month": 2,
    "overlap": "best",
    "cap": {"kind": "amount", "value": "1"},
    "clawback": "next_period",
    "starts_at": datetime(2026, 5, 1, tzinfo=UTC),
}


@pytest.mark.parametrize("field", VERSION)
def test_a_version_is_never_edited(contract: Contract, field: str) -> None:
    assert ways_through(contract.versions.get(), **{field: VERSION[field]}) == []


def test_a_version_keeps_its_contract_and_its_tier(contract: Contract) -> None:
    version = contract.versions.get()
    assert ways_through(version, tier=a_tier("other").pk) == []
    assert ways_through(version, contract=a_contract().pk) == []


@pytest.mark.parametrize(
    "change",
    [{"name": "Other"}, {"terms": {}}, {"fee_minor": 1}, {"fee_minor": None}, {"position": 9}],
    ids=["name", "terms", "fee", "no fee", "position"],
)
def test_a_commitment_is_never_edited(contract: Contract, change: dict[str, Any]) -> None:
    assert ways_through(a_commitment(contract), **change) == []


def test_what_a_commitment_covers_never_changes(contract: Contract) -> None:
    commitment = a_commitment(contract)
    covered = CommitmentComponent.objects.get(commitment=commitment)
    assert ways_through(covered, commitment=a_commitment(a_contract()).pk) == []


def test_an_amount_is_not_moved_to_another_period_or_commitment(contract: Contract) -> None:
    billed = a_billed_amount(contract)
    assert ways_through(billed, period_start=NOW) == []
    assert ways_through(billed, commitment=a_commitment(a_contract()).pk) == []


def a_billed_amount(contract: Contract) -> BilledAmount:
    return BilledAmount.objects.create(
        commitment=a_commitment(contract), period_start=contract.starts_at, amount_minor=100
    )


def test_nothing_of_a_contract_is_deleted_even_where_nothing_hangs_on_it(contract: Contract) -> None:
    bare = Contract.objects.create(customer=contract.customer, number="B", title="B", starts_at=NOW)
    version = ContractVersion.objects.create(
        contract=bare, number=1, starts_at=NOW, tier=a_tier(), currency="EUR", timezone="UTC"
    )
    commitment = Commitment.objects.create(version=version, name="C", terms={})
    billed = a_billed_amount(contract)
    for row in (billed, commitment, version, bare):
        assert ways_to_delete(row) == []


def test_what_operations_change_stays_free(contract: Contract) -> None:
    """The same routes, so that the refusals above are for what they would change."""
    version = contract.versions.get()
    assert version.ends_at and contract.ends_at
    free = {
        "update", "update of all", "save", "save of one field", "forced update", "bulk_update", "sql update",
        "update_or_create", "loaddata", "sql update by subselect",
    }  # fmt: skip
    for row, change in (
        (contract, {"title": "Other"}),
        (contract, {"settling_days": 9}),
        (contract, {"issues_by_itself": False}),
        (contract, {"ends_at": contract.ends_at + DAY}),
        (version, {"ends_at": version.ends_at - DAY}),
        (a_billed_amount(contract), {"amount_minor": 5}),
    ):
        assert free <= set(ways_through(row, **change)), (row, change)

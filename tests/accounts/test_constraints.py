"""What a row may be, said to the database: each check is broken through bulk_create, which skips Python."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, models, transaction
from django.db.models import ProtectedError

from accounts.models import (
    ApiKey,
    BilledAmount,
    Commitment,
    CommitmentComponent,
    Contract,
    ContractVersion,
    Customer,
    Membership,
)
from tests.factories.accounts import NOW, a_commitment, a_component, a_contract, a_customer, a_key, a_person

pytestmark = pytest.mark.django_db

EARLY, LATE = datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
TOO_MUCH = 10**15 + 1


def sample(model: type[models.Model]) -> models.Model:
    """A row of the model that the database takes, not yet written."""
    contract = a_contract(ends_before=None)
    rows: dict[type[models.Model], Any] = {
        Customer: lambda: Customer(name="A", legal_name="A GmbH"),
        Contract: lambda: Contract(customer=contract.customer, number="N-1", title="T", starts_at=NOW),
        # in a year before the contract's own version, so that only the check in question can refuse
        ContractVersion: lambda: _free_version(contract),
        Commitment: lambda: Commitment(version=contract.versions.get(), name="Other", terms={}),
        BilledAmount: lambda: BilledAmount(
            commitment=a_commitment(contract), period_start=NOW, amount_minor=1
        ),
        ApiKey: lambda: ApiKey(
            customer=contract.customer,
            prefix="abcd1234",
            secret_hash="0" * 64,
            label="L",
            scopes=[],
            created_at=NOW,
        ),
    }
    return rows[model]()


def _free_version(contract: Contract) -> ContractVersion:
    row = contract.versions.get()
    older = Contract.objects.create(
        customer=contract.customer, number="older", title="T", starts_at=datetime(2000, 1, 1, tzinfo=UTC)
    )
    row.pk, row.number, row.contract = None, 2, older
    row.starts_at, row.ends_at = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)
    return row


BROKEN = [
    (Customer, {"name": ""}, "customer_name_is_not_blank"),
    (Customer, {"name": "x" * 121}, "customer_name_has_at_most_120_characters"),
    (Customer, {"legal_name": ""}, "customer_legal_name_is_not_blank"),
    (Customer, {"legal_name": "x" * 201}, "customer_legal_name_has_at_most_200_characters"),
    (Customer, {"address": "x" * 1001}, "customer_address_has_at_most_1000_characters"),
    (Customer, {"language": "ja"}, "customer_language_is_one_that_statements_speak"),
    (Contract, {"number": ""}, "contract_number_is_not_blank"),
    (Contract, {"number": "x" * 61}, "contract_number_has_at_most_60_characters"),
    (Contract, {"title": ""}, "contract_title_is_not_blank"),
    (Contract, {"title": "x" * 201}, "contract_title_has_at_most_200_characters"),
    (Contract, {"ends_at": NOW}, "contract_ends_after_it_starts"),
    (Contract, {"ends_at": NOW - timedelta(seconds=1)}, "contract_ends_after_it_starts"),
    (Contract, {"starts_at": EARLY}, "contract_lies_between_2000_and_2100"),
    (Contract, {"ends_at": LATE}, "contract_lies_between_2000_and_2100"),
    (ContractVersion, {"number": 0}, "contract_version_numbers_start_at_1"),
    (ContractVersion, {"currency": "EU"}, "contract_version_currency_has_3_characters"),
    (ContractVersion, {"timezone": ""}, "contract_version_timezone_is_not_blank"),
    (ContractVersion, {"timezone": "x" * 65}, "contract_version_timezone_has_at_most_64_characters"),
    (ContractVersion, {"period_months": 0}, "contract_version_periods_fit_into_a_year"),
    (ContractVersion, {"period_months": 5}, "contract_version_periods_fit_into_a_year"),
    (ContractVersion, {"first_month": 0}, "contract_version_first_month_is_a_month"),
    (ContractVersion, {"first_month": 13}, "contract_version_first_month_is_a_month"),
    (ContractVersion, {"overlap": "sum"}, "contract_version_overlap_is_known"),
    (ContractVersion, {"clawback": "sum"}, "contract_version_clawback_is_known"),
    (Contract, {"settling_days": 91}, "contract_settles_within_90_days"),
    (Commitment, {"name": ""}, "commitment_name_is_not_blank"),
    (Commitment, {"name": "x" * 121}, "commitment_name_has_at_most_120_characters"),
    (Commitment, {"fee_minor": -1}, "commitment_fee_is_between_0_and_10_to_the_15"),
    (Commitment, {"fee_minor": TOO_MUCH}, "commitment_fee_is_between_0_and_10_to_the_15"),
    (BilledAmount, {"amount_minor": -1}, "billed_amount_is_between_0_and_10_to_the_15"),
    (BilledAmount, {"amount_minor": TOO_MUCH}, "billed_amount_is_between_0_and_10_to_the_15"),
    (BilledAmount, {"period_start": EARLY}, "billed_period_start_lies_between_2000_and_2100"),
    (BilledAmount, {"period_start": LATE}, "billed_period_start_lies_between_2000_and_2100"),
    (ApiKey, {"prefix": "abc"}, "api_key_prefix_has_8_characters"),
    (ApiKey, {"secret_hash": "sla_abcd1234_secret"}, "api_key_secret_hash_has_64_characters"),
    (ApiKey, {"label": ""}, "api_key_label_is_not_blank"),
    (ApiKey, {"label": "x" * 121}, "api_key_label_has_at_most_120_characters"),
    (ApiKey, {"expires_at": NOW}, "api_key_expires_after_it_was_made"),
]


def refused(rows: Sequence[models.Model]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        type(rows[0])._default_manager.bulk_create(rows)


@pytest.mark.parametrize("model", [Customer, Contract, ContractVersion, Commitment, BilledAmount, ApiKey])
def test_an_honest_row_is_taken(model: type[models.Model]) -> None:
    model._default_manager.bulk_create([sample(model)])


@pytest.mark.parametrize(("model", "broken", "constraint"), BROKEN, ids=lambda value: str(value)[:60])
def test_a_dishonest_row_is_refused_by_the_database(
    model: type[models.Model], broken: dict[str, Any], constraint: str
) -> None:
    row = sample(model)
    for field, value in broken.items():
        setattr(row, field, value)
    # what a varchar cannot hold PostgreSQL refuses before it looks at a check
    with pytest.raises(DatabaseError, match=f"{constraint}|value too long"), transaction.atomic():
        model._default_manager.bulk_create([row])


def test_every_check_has_a_row_that_breaks_it() -> None:
    """So that a new constraint does not come without its test. Spans of versions: test_version_constraints and below."""
    named = {constraint for _, _, constraint in BROKEN}
    checks = {
        constraint.name
        for model in (Customer, Contract, ContractVersion, Commitment, BilledAmount, ApiKey)
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }
    assert checks - named == {
        "contract_version_ends_after_it_starts",
        "contract_version_lies_between_2000_and_2100",
    }


@pytest.mark.parametrize(
    "span",
    [
        (datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)),
        (datetime(2025, 2, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)),
        (EARLY, datetime(2025, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_version_without_a_span_or_out_of_time_is_refused(span: tuple[datetime, datetime]) -> None:
    row: Any = sample(ContractVersion)
    row.starts_at, row.ends_at = span
    with pytest.raises(DatabaseError), transaction.atomic():
        ContractVersion.objects.bulk_create([row])


def test_what_is_one_of_its_kind_stays_so() -> None:
    contract = a_contract()
    version, customer, person = contract.versions.get(), contract.customer, a_person()
    commitment, key = a_commitment(contract), a_key(customer)[0]
    covered = CommitmentComponent(commitment=commitment, component=a_component())
    refused([covered])
    refused([Commitment(version=version, name=commitment.name, terms={})])
    refused([Contract(customer=customer, number=contract.number, title="T", starts_at=NOW)])
    refused(
        [Contract(customer=customer, number="N-2", title="T", starts_at=NOW, public_id=contract.public_id)]
    )
    refused([Customer(name="A", legal_name="A", public_id=customer.public_id)])
    refused([Membership(customer=customer, user=person), Membership(customer=customer, user=person)])
    bills = [BilledAmount(commitment=commitment, period_start=NOW, amount_minor=amount) for amount in (1, 2)]
    refused(bills)
    twin = ApiKey(
        customer=customer, prefix=key.prefix, secret_hash="0" * 64, label="L", scopes=[], created_at=NOW
    )
    refused([twin])


def test_two_versions_cannot_have_one_number() -> None:
    row: Any = sample(ContractVersion)
    row.contract, row.number = Contract.objects.exclude(pk=row.contract.pk).get(), 1
    row.contract.versions.update(ends_at=row.contract.starts_at + timedelta(days=90))
    row.starts_at, row.ends_at = row.contract.versions.get().ends_at, None
    refused([row])


def test_what_was_promised_cannot_be_deleted() -> None:
    contract = a_contract()
    version = contract.versions.get()
    a_key(contract.customer)
    kept: list[Any] = [
        contract.customer,
        contract,
        version,
        a_commitment(contract),
        version.tier,
        a_component(),
    ]
    for row in kept:
        with pytest.raises(ProtectedError):
            row.delete()


def test_a_public_id_says_nothing_and_repeats_nothing() -> None:
    ids = {a_customer().public_id for _ in range(20)}
    assert len(ids) == 20
    assert all(len(public_id) == 35 and public_id.startswith("cu_") for public_id in ids)
    assert a_contract().public_id.startswith("ct_")

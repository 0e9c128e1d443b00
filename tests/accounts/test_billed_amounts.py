"""What was billed for a period, where the fee is not fixed: in the right period, once, with its history."""

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Commitment
from accounts.operations import record_billed_amount
from slaservice.rules.refusal import Invalid, Refusal
from tests.factories.accounts import (
    NOW,
    a_commitment,
    a_contract,
    a_person,
    a_promise,
    an_agreement,
    history_of,
)

pytestmark = pytest.mark.django_db

APRIL = datetime(2026, 3, 31, 22, tzinfo=UTC)  # local midnight in Berlin


def a_billed_commitment(**values: object) -> Commitment:
    agreement = an_agreement(promises=[a_promise(fee=None)], **values)
    return a_commitment(
        a_contract(agreement=agreement, starts_on=date(2026, 4, 10), ends_before=date(2027, 1, 1))
    )


def record(commitment: Commitment, amount: str, period_start: datetime = APRIL) -> int:
    return record_billed_amount(
        commitment=commitment, period_start=period_start, amount=amount, by=None, now=NOW
    ).amount_minor


def test_an_amount_is_kept_in_minor_units() -> None:
    assert record(a_billed_commitment(), "812.50") == 81_250
    assert record(a_billed_commitment(currency="JPY"), "812") == 812


def test_the_same_amount_twice_is_once() -> None:
    commitment = a_billed_commitment()
    record(commitment, "812.50")
    record(commitment, "812.50")
    billed = commitment.billed_amounts.get()
    assert [entry["data"]["after"] for entry in history_of(billed)] == [81_250]


def test_another_amount_replaces_it_and_history_keeps_both() -> None:
    commitment = a_billed_commitment()
    record(commitment, "812.50")
    record(commitment, "900.00")
    billed = commitment.billed_amounts.get()
    assert billed.amount_minor == 90_000
    assert [(entry["data"]["before"], entry["data"]["after"]) for entry in history_of(billed)] == [
        (None, 81_250),
        (81_250, 90_000),
    ]


@pytest.mark.parametrize("amount", ["812.505", "1.250", "812.5", "1/2", "-1", "x", ""])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(Invalid, match="amount"):
        record(a_billed_commitment(), amount)


@pytest.mark.parametrize(
    ("months", "first_month", "start", "fits"),
    [
        (1, 1, APRIL, True),  # the contract began on the 10th: its first period is April all the same
        (1, 1, APRIL + timedelta(microseconds=1), False),
        (1, 1, datetime(2026, 4, 1, tzinfo=UTC), False),  # midnight elsewhere
        (1, 1, datetime(2026, 4, 9, 22, tzinfo=UTC), False),  # the contract's first day is no period's
        (1, 1, datetime(2026, 2, 28, 23, tzinfo=UTC), False),  # March: over before the contract began
        (1, 1, datetime(2026, 11, 30, 23, tzinfo=UTC), True),  # December, the last
        (1, 1, datetime(2026, 12, 31, 23, tzinfo=UTC), False),
        (3, 1, APRIL, True),
        (3, 1, datetime(2026, 4, 30, 22, tzinfo=UTC), False),  # May starts no calendar quarter
        (3, 2, datetime(2026, 4, 30, 22, tzinfo=UTC), True),  # but one from February
        (3, 2, datetime(2026, 1, 31, 23, tzinfo=UTC), True),  # February to April touches the contract
    ],
)
def test_an_amount_belongs_to_a_period_of_the_contract(
    months: int, first_month: int, start: datetime, fits: bool
) -> None:
    commitment = a_billed_commitment(period_months=months, first_month=first_month)
    if fits:
        assert record(commitment, "1", start) == 100
    else:
        with pytest.raises(Invalid, match="no period of"):
            record(commitment, "1", start)


def test_a_period_that_ends_as_the_contract_begins_is_none_of_it() -> None:
    agreement = an_agreement(timezone="UTC", promises=[a_promise(fee=None)])
    commitment = a_commitment(a_contract(agreement=agreement, starts_on=date(2026, 5, 1)))
    with pytest.raises(Invalid, match="no period of"):
        record(commitment, "1", datetime(2026, 4, 1, tzinfo=UTC))
    assert record(commitment, "1", datetime(2026, 5, 1, tzinfo=UTC)) == 100


def test_amounts_are_the_finance_clerks_to_record() -> None:
    commitment = a_billed_commitment()
    for role in ("account manager", "finance approver", "operator", "administrator"):
        with pytest.raises(Refusal) as refused:
            record_billed_amount(
                commitment=commitment, period_start=APRIL, amount="1", by=a_person(role), now=NOW
            )
        assert refused.value.code == "not_permitted"
    record_billed_amount(
        commitment=commitment, period_start=APRIL, amount="1", by=a_person("finance clerk"), now=NOW
    )


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_period_at_the_end_of_the_calendar_is_refused_and_breaks_nothing(at: datetime) -> None:
    with pytest.raises(Invalid, match="no period of"):
        record(a_billed_commitment(), "1", at)


def test_no_amount_is_billed_for_a_commitment_whose_fee_is_fixed() -> None:
    commitment = a_commitment(a_contract())
    with pytest.raises(Invalid) as refused:
        record(commitment, "99999.00")
    assert [(error.path, error.reason) for error in refused.value.errors] == [
        ("commitment", "has a fixed fee, 1250.00 EUR a period; another fee is an amendment")
    ]
    assert not commitment.billed_amounts.exists()

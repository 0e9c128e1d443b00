"""Where credit money stands: whatever was held, the transfers bring it to where the credit says it belongs, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slaservice.rules.postings import (
    ACCOUNTS,
    ACCRUED,
    APPLIED,
    CONTRA_REVENUE,
    EXPIRED,
    PAYABLE,
    STANDS_IN,
    Transfer,
    transfers,
)
from slaservice.rules.workflow import CREDIT_STATES

MINOR = st.integers(-(10**15), 10**15)
HELD = st.dictionaries(st.sampled_from([a for a in ACCOUNTS if a != CONTRA_REVENUE]), MINOR)
STATE = st.sampled_from([None, *CREDIT_STATES])


def after(held: dict[str, int], moved: list[Transfer]) -> dict[str, int]:
    """The accounts as credit balances once the transfers are booked; contra revenue holds the other side."""
    books = dict.fromkeys(ACCOUNTS, 0) | held
    books[CONTRA_REVENUE] = -sum(held.values())
    for one in moved:
        books[one.debit] -= one.minor
        books[one.credit] += one.minor
    return books


@given(held=HELD, state=STATE, amount=MINOR)
def test_every_account_comes_to_hold_what_belongs_there_whatever_it_held(
    held: dict[str, int], state: str | None, amount: int
) -> None:
    books = after(held, transfers(held, state, amount))
    where = {"claimable": "accrued", "proposed": "accrued", "adjusted": "accrued", "approved": "payable"}
    where |= {"applied": "applied", "expired": "expired"}
    account = where.get(state or "")
    wanted = dict.fromkeys(ACCOUNTS, 0)
    if account:
        wanted |= {account: amount, "contra_revenue": -amount}
    assert books == wanted


@given(held=HELD, state=STATE, amount=MINOR)
def test_what_moves_is_something_and_between_two_accounts(
    held: dict[str, int], state: str | None, amount: int
) -> None:
    moved = transfers(held, state, amount)
    assert all(one.minor > 0 and one.debit != one.credit for one in moved)
    assert len(moved) < len(ACCOUNTS)


@given(held=HELD, state=STATE, amount=MINOR)
def test_nothing_moves_where_nothing_changed(held: dict[str, int], state: str | None, amount: int) -> None:
    books = after(held, transfers(held, state, amount))
    del books[CONTRA_REVENUE]
    assert transfers(books, state, amount) == []


@given(held=HELD, state=STATE, amount=MINOR)
def test_no_account_is_both_debited_and_credited(
    held: dict[str, int], state: str | None, amount: int
) -> None:
    moved = transfers(held, state, amount)
    assert not {one.debit for one in moved} & {one.credit for one in moved}


def test_every_state_of_a_credit_is_known_to_the_books_or_holds_nothing() -> None:
    assert set(CREDIT_STATES) - set(STANDS_IN) == {"rejected", "superseded"}


@pytest.mark.parametrize(
    ("held", "state", "amount", "expected"),
    [
        ({}, "proposed", 12_500, [Transfer(CONTRA_REVENUE, ACCRUED, 12_500)]),
        ({ACCRUED: 12_500}, "adjusted", 10_000, [Transfer(ACCRUED, CONTRA_REVENUE, 2_500)]),
        ({ACCRUED: 10_000}, "approved", 10_000, [Transfer(ACCRUED, PAYABLE, 10_000)]),
        ({PAYABLE: 10_000}, "applied", 10_000, [Transfer(PAYABLE, APPLIED, 10_000)]),
        ({ACCRUED: 10_000}, "expired", 10_000, [Transfer(ACCRUED, EXPIRED, 10_000)]),
        ({ACCRUED: 10_000}, "rejected", 10_000, [Transfer(ACCRUED, CONTRA_REVENUE, 10_000)]),
        ({}, "proposed", -2_500, [Transfer(ACCRUED, CONTRA_REVENUE, 2_500)]),
        ({ACCRUED: -2_500}, "approved", -2_500, [Transfer(PAYABLE, ACCRUED, 2_500)]),
        ({}, None, 12_500, []),
    ],
)
def test_the_life_of_a_credit_in_postings(
    held: dict[str, int], state: str | None, amount: int, expected: list[Transfer]
) -> None:
    assert transfers(held, state, amount) == expected

"""20,000 steps of random histories of money, other ones each time: whatever is done, the books are in order.

What fails is shown shrunk to its shortest history, which then belongs into tests/reports as a test of its own.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.reports.books import Books

pytestmark = pytest.mark.django_db

STEPS, HISTORIES = 100, 200

LONG = settings(
    max_examples=HISTORIES,
    stateful_step_count=STEPS,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

EVERY_DEED = {
    "record", "withdraw", "correct", "close", "follow", "issue", "issue by itself", "adjust", "approve", "reject",
    "apply", "expire", "claim", "reject claim", "accept all of a claim", "accept half of a claim", "lapse", "journal",
}  # fmt: skip


def test_the_books_are_in_order_after_long_histories() -> None:
    Books.done.clear()
    run_state_machine_as_test(Books, settings=LONG)
    print(dict(sorted(Books.done.items())))
    assert set(Books.done) >= EVERY_DEED, "a deed was never done: the checks prove nothing of it"

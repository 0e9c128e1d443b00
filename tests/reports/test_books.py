"""The books are in order after whatever people do: short random histories. tests/proof has long ones."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.reports.books import Books

pytestmark = pytest.mark.django_db

SHORT = settings(
    max_examples=8,
    stateful_step_count=30,
    database=None,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


def test_the_books_are_in_order_after_a_short_history() -> None:
    Books.done.clear()
    run_state_machine_as_test(Books, settings=SHORT)
    missing = {"record", "close", "issue", "approve", "follow"} - set(Books.done)
    assert not missing, "nobody did what the checks are about"

"""As known on any day, after long histories: others each time, so that a run of these is worth repeating.

What fails is shown shrunk to its shortest history, which then belongs into tests/outages as a test of its own.
"""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.outages.histories import Histories, MaintenanceHistories
from tests.outages.histories_of_windows import WindowHistories

pytestmark = pytest.mark.django_db

LONG = settings(
    max_examples=100,
    stateful_step_count=100,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("kind", [WindowHistories, MaintenanceHistories], ids=["windows", "maintenance"])
def test_the_past_is_answered_as_it_was_after_a_long_history(kind: type[Histories]) -> None:
    run_state_machine_as_test(kind, settings=LONG)

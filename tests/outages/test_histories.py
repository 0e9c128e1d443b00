"""As known on any day: random histories, after which the past is answered as it was (tests/outages/histories.py).

50 histories of up to 30 steps in `make test`, the same each time; HYPOTHESIS_PROFILE=proof makes it 500 others.
tests/proof plays longer ones.
"""

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.outages.histories import Histories, MaintenanceHistories
from tests.outages.histories_of_windows import WindowHistories

pytestmark = pytest.mark.django_db

USUAL = settings(
    max_examples=50,
    stateful_step_count=30,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
PROFILES = {"test": USUAL, "proof": settings(USUAL, max_examples=500, derandomize=False)}
CHOSEN = PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "test")]


@pytest.mark.parametrize(
    ("kind", "share"), [(WindowHistories, 1), (MaintenanceHistories, 5)], ids=["windows", "maintenance"]
)
def test_the_past_is_answered_as_it_was(kind: type[Histories], share: int) -> None:
    run_state_machine_as_test(kind, settings=settings(CHOSEN, max_examples=CHOSEN.max_examples // share))

"""Hostile requests to every place that the schema names: refused by name or done, never a 5xx, never a traceback."""

import pytest

from tests.api.outside import payloads
from tests.api.outside.calling import a_seed, without_limits
from tests.api.outside.hostile import attack
from tests.api.outside.world import a_world


def test_the_corpus_is_as_large_as_it_is_said_to_be() -> None:
    assert len(payloads.values()) + len(payloads.RAW) >= 600
    assert len(set(payloads.strings())) == len(payloads.strings())


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(2))
def test_hostile_requests_break_nothing(part: int) -> None:
    """5,000 of them, half on each database."""
    with without_limits():
        tally = attack(a_world(), requests=1_250, seed=a_seed(part))
    print(tally)
    assert tally.broken == []

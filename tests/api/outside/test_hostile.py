"""Hostile requests to every place that the schema names: refused by name or done, never a 5xx, never a traceback."""

import random

import pytest

from tests.api.outside import payloads
from tests.api.outside.calling import without_limits
from tests.api.outside.hostile import attack
from tests.api.outside.world import a_world


def test_the_corpus_is_as_large_as_it_is_said_to_be() -> None:
    assert len(payloads.values()) + len(payloads.RAW) >= 600
    assert len(set(payloads.strings())) == len(payloads.strings())


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(4))
def test_five_thousand_hostile_requests_break_nothing(part: int) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    with without_limits():
        tally = attack(a_world(), requests=1_250, seed=seed)
    print(tally)
    assert tally.broken == []

"""Every operation of the schema under schemathesis: what it takes, what it answers, what it refuses."""

import pytest

from tests.api.outside.calling import a_seed, quiet, without_limits
from tests.api.outside.fuzzing import fuzz
from tests.api.outside.world import a_world

PARTS = 4


@pytest.mark.django_db
@pytest.mark.parametrize("part", range(PARTS))
def test_what_the_schema_says_is_so(part: int) -> None:
    with without_limits(), quiet():
        cases, failed = fuzz(a_world(), examples=10, seed=a_seed(part), only=range(part, PARTS))
    print(f"{cases.total()} cases: {dict(cases)}")
    assert failed == []
    assert cases.total() >= 2_000 / PARTS

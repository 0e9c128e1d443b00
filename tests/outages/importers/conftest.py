"""What tests of importers have in common."""

import pytest

from tests.factories.outages import a_tier


@pytest.fixture
def tiers() -> None:
    a_tier("enterprise")
    a_tier("free")

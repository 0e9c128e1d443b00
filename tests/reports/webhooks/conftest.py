"""A receiver on the loopback, whose host may be called though it is of an inner network."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from tests.lying_page import LyingPage, lying_page


@pytest.fixture
def receiver() -> Iterator[LyingPage]:
    """At /hooks it takes everything."""
    with lying_page() as page, override_settings(WEBHOOK_PRIVATE_HOSTS=[page.server_name]):
        page.answers("/hooks", 204)
        yield page

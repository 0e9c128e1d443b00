"""A page that a real HTTP server plays, and a feed that is polled from it, with little patience."""

from collections.abc import Iterator

import pytest
from django.test import override_settings

from slaservice.outages.importers import fetching
from slaservice.outages.importers.fetching import Limits
from slaservice.outages.models import PolledFeed
from slaservice.outages.operations.feeds import create_feed
from tests.factories.outages import NOW, a_mapping, a_tier
from tests.lying_page import LyingPage, lying_page
from tests.outages.importers.polling.pages import shows


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    a_tier()
    limits = Limits(deadline=1.0, connect=0.5, read=0.3, most_bytes=1_000_000)
    monkeypatch.setattr(fetching, "LIMITS", limits)


@pytest.fixture
def page() -> Iterator[LyingPage]:
    with lying_page() as page, override_settings(FETCH_PRIVATE_HOSTS=["127.0.0.1"]):
        shows(page)
        yield page


@pytest.fixture
def feed(page: LyingPage) -> PolledFeed:
    a_mapping("c1", "api", source="page")
    return create_feed(source="page", url=f"{page.url}/", seconds=60, by=None, now=NOW)

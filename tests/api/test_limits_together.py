"""Many processes count as one: exactly so many calls are admitted as there may be."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.conf import settings
from django.db import connection

from tests.factories.accounts import a_key
from tests.monitoring import Site
from tests.servers import with_database

pytestmark = pytest.mark.distributed

PROCESSES, CALLS, LIMIT = 8, 800, 50


@pytest.fixture
def site(transactional_db: None, redis_url: str, tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    database = with_database(settings.DATABASE_URL, str(connection.settings_dict["NAME"]))
    given = {"DATABASE_URL": database, "REDIS_URL": redis_url, "API_RATE_LIMIT": str(LIMIT), "LOCAL": "true"}
    try:
        site.start({**os.environ, **given}, workers=PROCESSES)
        yield site
    finally:
        site.stop()


def test_eight_processes_admit_exactly_the_limit_of_800_calls_at_once(site: Site) -> None:
    text = a_key()[1]

    def status(_: int) -> int:
        call = Request(f"{site.url}/api/v1/statements", headers={"Authorization": f"Bearer {text}"})
        try:
            with urlopen(call, timeout=60) as answer:
                return int(answer.status)
        except HTTPError as refused:
            with refused:
                return refused.code

    with ThreadPoolExecutor(4 * PROCESSES) as pool:
        told = Counter(pool.map(status, range(CALLS)))
    assert told == {200: LIMIT, 429: CALLS - LIMIT}

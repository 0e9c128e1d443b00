"""The page behind a paper's code: ours or not, current or not, and nothing more, whoever asks and however often."""

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reports import making
from reports.models import Statement
from slaservice.api import limits
from tests.browser import Visits
from tests.factories.accounts import a_contract
from tests.factories.reports import a_draft
from tests.factories.restatements import LATE, after, down, draft_of, follow, issue_draft, issue_month, longer
from tests.reports.pdf.test_qr import codes_on

pytestmark = pytest.mark.django_db

UNKNOWN = "ab" * 32


@pytest.fixture
def restated() -> tuple[Statement, Statement]:
    contract, window = a_contract(), down("2026-04")
    first = issue_month(contract, "2026-04", now=after("2026-04"))
    longer(window, 8)
    follow()
    return first, issue_draft(draft_of(contract, "2026-04"), now=LATE)


def page(path: str, **headers: str) -> Any:
    return Client().get(f"/verify/{path}", headers=headers)


def heading(response: Any) -> str:
    found = re.search("<h1[^>]*>(.*?)</h1>", response.content.decode())
    return found[1] if found else ""


def test_a_paper_is_ours_and_current_ours_and_superseded_or_not_known(
    restated: tuple[Statement, Statement],
) -> None:
    first, second = restated
    said = [heading(page(digest)) for digest in (first.digest, second.digest, UNKNOWN)]
    assert said == ["Ours, but superseded", "Ours, and current", "Not known here"]


def test_the_code_on_a_paper_leads_to_the_page_that_knows_it_even_when_the_site_has_moved(
    restated: tuple[Statement, Statement], settings: Any
) -> None:
    settings.SITE_URL = "https://sla.elsewhere.example"
    (address,) = codes_on(making.render(restated[1]), dots=150)
    assert address == f"http://127.0.0.1:8000/verify/{restated[1].digest}"  # as frozen when it was issued
    assert heading(Client().get(urlsplit(address).path)) == "Ours, and current"


def test_a_slash_behind_the_address_changes_nothing(restated: tuple[Statement, Statement]) -> None:
    assert heading(page(f"{restated[1].digest}/")) == "Ours, and current"


def test_the_hash_of_a_file_is_answered_too(restated: tuple[Statement, Statement]) -> None:
    content = making.pdf(statement=restated[1], now=LATE)
    assert heading(page(hashlib.sha256(content).hexdigest())) == "Ours, and current"


def test_a_draft_is_not_known() -> None:
    assert heading(page(a_draft().digest)) == "Not known here"


def test_nothing_is_told_of_whom_it_is_or_what_it_says(restated: tuple[Statement, Statement]) -> None:
    first, second = restated
    told = "".join(page(digest).content.decode() for digest in (first.digest, second.digest))
    customer = first.contract.customer
    for secret in (
        customer.name,
        customer.legal_name,
        first.contract.number,
        first.number,
        second.number,
        "2026",
    ):
        assert secret and secret not in told


def test_the_answers_differ_in_their_words_alone_and_ask_the_same(
    restated: tuple[Statement, Statement],
) -> None:
    shapes, asked = set(), set()
    for digest in (restated[0].digest, restated[1].digest, UNKNOWN):
        with CaptureQueriesContext(connection) as queries:
            response = page(digest)
        assert response.status_code == 200
        asked.add(tuple(query["sql"].replace(digest, "...") for query in queries))
        shapes.add(re.sub(r">[^<]+<|class=\"\w+\"", "><", response.content.decode()))
    assert (len(shapes), len(asked), len(asked.pop())) == (1, 1, 1)


def test_it_sets_no_cookie_is_kept_by_nobody_and_found_by_no_search() -> None:
    for path in ("", UNKNOWN, "no-digest"):
        response = page(path)
        assert not response.cookies
        assert "Cookie" not in response.headers["Vary"]
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in response.headers["Content-Security-Policy"]
        assert b"<script" not in response.content and b"noindex" in response.content


def test_what_was_typed_leads_to_the_address_that_papers_print(restated: tuple[Statement, Statement]) -> None:
    digest = restated[1].digest
    printed = " ".join(digest[at : at + 8] for at in range(0, 64, 8)).upper()
    response = Client().get("/verify/", {"digest": f" {printed} "})
    assert (response.status_code, response.headers["Location"]) == (302, f"/verify/{digest}")
    assert page(digest.upper()).headers["Location"] == f"/verify/{digest}"


def test_without_a_digest_there_is_a_field_to_ask_with() -> None:
    response = page("")
    assert response.status_code == 200
    assert b'name="digest"' in response.content and heading(response) == "Verify a statement"


@pytest.mark.parametrize(
    "typed", ["12", "<script>alert(1)</script>", "ü" * 64, "g" * 64, "a" * 65, "a" * 5000]
)
def test_what_is_no_digest_is_said_and_shown_harmlessly(typed: str) -> None:
    response = Client().get("/verify/", {"digest": typed})
    assert (response.status_code, heading(response)) == (400, "That is no digest")
    assert b"<script>" not in response.content


def test_it_is_only_read() -> None:
    assert Client().post(f"/verify/{UNKNOWN}").status_code == 405
    response = Client().head(f"/verify/{UNKNOWN}")
    assert (response.status_code, response.content) == (200, b"")


@pytest.fixture
def limited(settings: Any) -> Iterator[None]:
    settings.API_RATE_LIMIT, settings.REDIS_URL = 5, ""
    limits._counter.cache_clear()
    yield
    limits._counter.cache_clear()


@pytest.mark.usefixtures("limited")
def test_it_counts_with_the_apis_calls_of_the_same_address() -> None:
    client = Client()
    for _ in range(3):
        assert client.get(f"/api/v1/verify/{UNKNOWN}").status_code == 200
    assert [client.get(f"/verify/{UNKNOWN}").status_code for _ in range(3)] == [200, 200, 429]
    last = client.get(f"/verify/{UNKNOWN}")
    assert 1 <= int(last.headers["Retry-After"]) <= 60
    assert heading(last) == "Too many questions"
    assert client.get(f"/api/v1/verify/{UNKNOWN}").status_code == 429
    assert client.get(f"/verify/{UNKNOWN}", REMOTE_ADDR="192.0.2.7").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_on_a_telephone_nothing_is_wider_than_the_page_and_asking_works(visits: Visits) -> None:
    context = visits.browser.new_context(base_url=visits.address, viewport={"width": 360, "height": 740})
    opened = context.new_page()
    opened.goto("/verify/")
    opened.get_by_label("SHA-256").fill(" ".join(["ABABABAB"] * 8))
    opened.get_by_role("button", name="Ask").click()
    opened.wait_for_url(f"**/verify/{UNKNOWN}")
    assert opened.get_by_role("heading").inner_text() == "Not known here"
    assert opened.evaluate("document.documentElement.scrollWidth") <= 360
    assert context.cookies() == []

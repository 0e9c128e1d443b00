"""Is it ours, is it current? Everybody learns just that; a customer also which of its own statements it is, and nobody else's."""

import hashlib
import io
from typing import Any

import pikepdf
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Customer
from reports import making
from reports.models import Statement
from reports.queries import is_current
from tests.factories.accounts import a_contract, a_customer
from tests.factories.reports import CLOSED, a_draft
from tests.factories.restatements import LATE, after, down, draft_of, follow, issue_draft, issue_month, longer
from tests.reports.api.calling import an_issued_statement_of, caller, read

pytestmark = pytest.mark.django_db

UNKNOWN = "ab" * 32
NOTHING_MORE = {"recognised_by": None, "statement": None, "newest": None}


def verifier(customer: Customer) -> Client:
    return caller(customer, "documents:verify")


def told(client: Client, digest: str) -> Any:
    """What POST answers to a digest."""
    response = client.post("/api/v1/verify", {"digest": digest}, content_type="application/json")
    assert response.status_code == 200, response.content
    return response.json()


def told_of(client: Client, content: bytes) -> Any:
    """What POST answers to a file."""
    response = client.post("/api/v1/verify", content, content_type="application/pdf")
    assert response.status_code == 200, response.content
    return response.json()


def but_for_words(said: Any) -> Any:
    """What programs read of it."""
    return {name: value for name, value in said.items() if name not in ("shows", "does_not_show")}


def file_of(statement: Statement) -> bytes:
    return making.pdf(statement=statement, now=CLOSED)


def saved_anew(content: bytes, **how: Any) -> bytes:
    """The same pages as another program writes them."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(out, **how)
    return out.getvalue()


def a_restated_april() -> tuple[Statement, Statement]:
    contract, window = a_contract(), down("2026-04")
    first = issue_month(contract, "2026-04", now=after("2026-04"))
    longer(window, 8)
    follow()
    return first, issue_draft(draft_of(contract, "2026-04"), now=LATE)


# with a key


def test_a_digest_of_ones_own_statement_is_told_with_the_statement() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    said = told(verifier(customer), issued.digest)
    assert (said["ours"], said["current"], said["recognised_by"], said["newest"]) == (
        True,
        True,
        "digest",
        None,
    )
    (listed,) = read(caller(customer), "/api/v1/statements")["results"]
    assert said["statement"] == listed
    assert "a digest can be copied" in said["does_not_show"]


def test_what_superseded_it_is_told() -> None:
    first, second = a_restated_april()
    client = verifier(first.contract.customer)
    old, new = told(client, first.digest), told(client, second.digest)
    assert (old["ours"], old["current"], old["newest"]["number"]) == (True, False, second.number)
    assert (new["ours"], new["current"], new["newest"]) == (True, True, None)


def test_a_revision_that_is_no_more_than_drafted_supersedes_nothing() -> None:
    contract, window = a_contract(), down("2026-04")
    first = issue_month(contract, "2026-04", now=after("2026-04"))
    longer(window, 8)
    follow()
    draft = draft_of(contract, "2026-04")
    client = verifier(contract.customer)
    assert told(client, first.digest)["current"] is True
    assert told(client, draft.digest)["ours"] is False
    assert (is_current(first.digest), is_current(draft.digest)) == (True, None)


def test_our_file_is_recognised_byte_for_byte_and_by_its_hash() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    content, client = file_of(issued), verifier(customer)
    said = told_of(client, content)
    assert (said["ours"], said["recognised_by"], said["statement"]["id"]) == (True, "file", issued.public_id)
    assert told(client, hashlib.sha256(content).hexdigest()) == said


@pytest.mark.parametrize("how", [{}, {"object_stream_mode": pikepdf.ObjectStreamMode.generate}])
def test_a_file_that_was_saved_anew_is_not_ours_but_says_which_it_was(how: Any) -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    said = told_of(verifier(customer), saved_anew(file_of(issued), **how))
    assert (said["ours"], said["current"], said["recognised_by"]) == (False, None, "mark")
    assert said["statement"]["id"] == issued.public_id
    assert "not the file that we made" in said["shows"]


def test_a_changed_file_of_a_superseded_statement_leads_to_the_one_that_counts() -> None:
    first, second = a_restated_april()
    said = told_of(verifier(first.contract.customer), file_of(first) + b"%changed")
    assert (said["ours"], said["recognised_by"], said["newest"]["number"]) == (False, "mark", second.number)


@pytest.mark.parametrize("content", [b"%PDF-1.7 no statement", b"\x00\xff" * 1000])
def test_a_file_that_bears_nothing_of_ours_is_unknown(content: bytes) -> None:
    said = told_of(verifier(a_customer()), content)
    assert but_for_words(said) == {"ours": False, "current": None, **NOTHING_MORE}
    assert "scanned" in said["does_not_show"]


def test_a_digest_is_read_as_paper_prints_it() -> None:
    customer = a_customer()
    issued = an_issued_statement_of(customer)
    printed = " ".join(issued.digest[at : at + 8] for at in range(0, 64, 8)).upper()
    assert told(verifier(customer), printed)["ours"] is True


def test_of_anothers_statement_a_customer_learns_what_everybody_does() -> None:
    first, second = a_restated_april()
    client, anybody = verifier(a_customer()), Client()
    content = file_of(first)
    for digest in (first.digest, second.digest, hashlib.sha256(content).hexdigest()):
        said = told(client, digest)
        assert but_for_words(said) == {**read(anybody, f"/api/v1/verify/{digest}"), **NOTHING_MORE}
        assert said["ours"] is True
    assert told_of(client, content)["statement"] is None
    changed = told_of(client, saved_anew(content))
    assert changed == told(client, UNKNOWN)  # the mark of another's is no mark


@pytest.mark.parametrize(
    "body",
    [{}, {"digest": "12"}, {"digest": "g" * 64}, {"digest": None}, {"digest": "a" * 65}, {"sha256": UNKNOWN}],
)
def test_what_is_no_digest_is_refused_by_name(body: Any) -> None:
    response = verifier(a_customer()).post("/api/v1/verify", body, content_type="application/json")
    assert response.status_code == 400
    assert "digest" in {error["path"] for error in response.json()["errors"]}


def test_a_file_of_more_than_5_mb_is_refused() -> None:
    client = verifier(a_customer())
    for size, status in ((5_000_000, 200), (5_000_001, 413)):
        response = client.post("/api/v1/verify", b"x" * size, content_type="application/pdf")
        assert response.status_code == status


@pytest.mark.parametrize(
    ("media_type", "status"), [("text/plain", 415), ("multipart/form-data; boundary=x", 415)]
)
def test_only_a_digest_or_a_pdf_is_read(media_type: str, status: int) -> None:
    response = verifier(a_customer()).post("/api/v1/verify", b"abc", content_type=media_type)
    assert response.status_code == status


def test_verifying_takes_its_scope() -> None:
    customer = a_customer()
    client = caller(customer, "statements:read")
    response = client.post("/api/v1/verify", {"digest": UNKNOWN}, content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "scope_missing")
    assert verifier(customer).get("/api/v1/verify").status_code == 405


# without a key


def test_anybody_learns_whether_it_is_ours_and_current_and_nothing_more() -> None:
    first, second = a_restated_april()
    anybody = Client()
    for statement, current in ((first, False), (second, True)):
        for digest in (statement.digest, hashlib.sha256(file_of(statement)).hexdigest()):
            said = read(anybody, f"/api/v1/verify/{digest}")
            assert said == {"ours": True, "current": current}
    assert read(anybody, f"/api/v1/verify/{UNKNOWN}") == {"ours": False, "current": None}


def test_a_draft_is_not_ours_to_anybody() -> None:
    draft = a_draft()
    for digest in (draft.digest, Statement.SAYS_NOTHING):
        assert read(Client(), f"/api/v1/verify/{digest}") == {"ours": False, "current": None}


def test_known_and_unknown_take_the_same_work() -> None:
    first, second = a_restated_april()
    file_of(first)
    asked = []
    for digest in (first.digest, second.digest, UNKNOWN):
        with CaptureQueriesContext(connection) as queries:
            read(Client(), f"/api/v1/verify/{digest}")
        asked.append([query["sql"].replace(digest, "...") for query in queries])
    assert asked[0] == asked[1] == asked[2]
    assert len(asked[0]) == 1


@pytest.mark.parametrize("said", ["1", "st_" + "0" * 32, "%00", "ü" * 64, "a" * 63, "a" * 1000])
def test_what_is_no_digest_is_no_address(said: str) -> None:
    assert Client().get(f"/api/v1/verify/{said}").status_code in (400, 404)


def test_a_wrong_key_is_not_looked_at_where_none_is_needed() -> None:
    client = Client(headers={"authorization": "Bearer sla_AAAAAAAA_" + "x" * 43})
    assert client.get(f"/api/v1/verify/{UNKNOWN}").status_code == 200

"""How a credit is claimed, by when, and whom to ask."""

import pytest

from reports.pdf.paper import Paper, paper
from tests.reports.pdf import kinds, samples
from tests.reports.pdf.samples import Json


def shown(document: Json) -> Paper:
    return paper(document, **samples.printed(document))


def claimed(until: str | None) -> str:
    document = kinds.missed()
    document["identity"]["claim"] = {"amount": "812.50", "currency": "EUR", "until": until}
    return shown(document).claiming


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("2026-06-29T22:00:00Z", "by the end of 29 June 2026 (Europe/Berlin);"),
        ("2026-12-31T23:00:00Z", "by the end of 31 December 2026 (Europe/Berlin);"),
        ("2026-06-29T10:30:00Z", "by 29 June 2026, 12:30 (Europe/Berlin);"),
    ],
)
def test_a_credit_that_is_to_be_claimed_says_by_when_and_how(until: str, words: str) -> None:
    said = claimed(until)
    assert said.startswith(f"The claim is to be made {words}")
    for part in ("sla@northwind.example", "statement SLA-2026-000042", "contract C-10482"):
        assert part in said


def test_a_claim_without_a_deadline_names_none() -> None:
    assert claimed(None).startswith("The claim goes to sla@northwind.example")


def test_a_credit_that_was_granted_needs_no_claim_and_nothing_due_says_nothing() -> None:
    document = kinds.missed()
    document["identity"]["decision"] = {"granted": "812.50", "currency": "EUR", "reason": ""}
    assert shown(document).claiming == "It needs no further claim and is set off against a coming bill."
    assert shown(kinds.met()).claiming == shown(kinds.provisional()).claiming == ""


def test_a_draft_does_not_say_whether_its_credit_is_to_be_claimed() -> None:
    assert shown(kinds.missed()).claiming == ""


def test_whom_to_ask_stands_with_the_statements_number() -> None:
    assert shown(kinds.met()).objections == (
        "Questions and objections go to sla@northwind.example and name statement SLA-2026-000042."
    )


def test_an_issued_statement_names_the_files_inside_it_and_a_draft_has_none() -> None:
    assert "statement.json" in shown(kinds.met()).annex
    draft = paper(kinds.met(), number=None, digest="0" * 64, issued_on=None)
    assert draft.annex == ""

"""What an issued document tells beside its figures: earlier periods, earlier revisions, who approved exclusions."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.operations import approve_exclusion, propose_exclusion
from reports.background import background, with_background
from reports.changes import changes
from reports.models import Statement
from slaservice.rules.__main__ import main
from slaservice.rules.workflow import FINANCE_APPROVER, OPERATOR
from tests.factories.accounts import a_contract, a_person, a_tier
from tests.factories.reports import CLOSED, MONTH, a_draft, an_issued, april
from tests.factories.restatements import (
    LATE,
    QUARTER,
    after,
    down,
    draft_of,
    follow,
    issue_draft,
    issue_month,
    issue_quarter,
    longer,
)

pytestmark = pytest.mark.django_db


def identity(statement: Statement) -> Any:
    return statement.document["identity"]


# The trend


def test_a_statement_tells_what_the_periods_before_it_came_to() -> None:
    down("2026-04")
    *_, june = issue_quarter(a_contract())
    told = identity(june)["trend"]
    assert [(one["start"], one["end"]) for one in told] == [
        ("2026-03-31T22:00:00Z", "2026-04-30T22:00:00Z"),
        ("2026-04-30T22:00:00Z", "2026-05-31T22:00:00Z"),
    ]
    assert [one["number"] for one in told] == ["SLA-2026-00001", "SLA-2026-00002"]
    assert [one["commitments"] for one in told] == [
        [{"name": "Platform", "commitment_percent": "999/10", "uptime_percent": "99.722222", "met": False}],
        [{"name": "Platform", "commitment_percent": "999/10", "uptime_percent": "100.000000", "met": True}],
    ]


def test_a_period_between_two_that_was_never_issued_is_told_as_a_gap() -> None:
    contract = a_contract()
    issue_month(contract, "2026-04", now=after("2026-04"))
    june = issue_month(contract, "2026-06", now=after("2026-06"))
    told = identity(june)["trend"]
    assert [one["number"] for one in told] == ["SLA-2026-00001", None]
    assert (told[1]["start"], told[1]["end"]) == ("2026-04-30T22:00:00Z", "2026-05-31T22:00:00Z")


def test_the_trend_tells_what_stands_and_no_draft() -> None:
    window, contract = down(MONTH), a_contract()
    issue_quarter(contract)
    longer(window, 11)
    follow()
    july = issue_month(contract, "2026-07", now=after("2026-07"))
    numbers = [one["number"] for one in identity(july)["trend"]]
    assert numbers == ["SLA-2026-00001", "SLA-2026-00002", "SLA-2026-00003"]
    issue_draft(draft_of(contract, MONTH), now=LATE + timedelta(days=9))
    august = issue_month(contract, "2026-08", now=after("2026-08"))
    first = identity(august)["trend"][0]
    assert (first["number"], first["commitments"][0]["uptime_percent"]) == ("SLA-2026-00005", "98.472222")


def test_a_year_of_months_is_told_and_no_more_with_the_one_that_was_never_issued() -> None:
    contract = a_contract()
    months = [
        *(f"2026-{month:02}" for month in range(4, 13) if month != 10),
        *(f"2027-{month:02}" for month in range(1, 6)),
    ]
    for month in months:
        issued = issue_month(contract, month, now=after(month))
    told = identity(issued)["trend"]
    assert len(told) == 11
    assert told[0]["start"] == "2026-05-31T22:00:00Z"
    assert [one["start"] for one in told if one["number"] is None] == ["2026-09-30T22:00:00Z"]


def test_what_is_told_costs_no_earlier_statement_its_digest() -> None:
    """A restated month changes what later ones tell, and nothing that they say: they are not drafted anew for it."""
    window, contract = down(MONTH), a_contract()
    issue_quarter(contract)
    longer(window, 3)
    follow()
    drafts = Statement.objects.filter(contract=contract, state=Statement.DRAFT)
    assert [draft.month for draft in drafts if draft.says_something_new] == [MONTH]


@pytest.mark.parametrize("months", [1, 3])
def test_what_is_told_takes_the_same_queries_however_long_the_history(
    months: int, django_assert_max_num_queries: Any
) -> None:
    contract = a_contract()
    for month in QUARTER[:months]:
        issue_month(contract, month, now=after(month))
    draft = a_draft_of(contract, "2026-07")
    document = draft.document
    with django_assert_max_num_queries(4):
        background(draft, document)


def a_draft_of(contract: Any, month: str) -> Statement:
    from reports import closing

    closing.close_chunk(month=month, contracts=[contract.pk], now=after(month))
    return draft_of(contract, month)


# Revisions


def test_a_revision_tells_of_all_before_it_and_what_was_recorded_otherwise() -> None:
    window, contract = down(MONTH), a_contract()
    issue_month(contract, MONTH, now=CLOSED)
    longer(window, 11)
    follow()
    second = issue_draft(draft_of(contract, MONTH), now=LATE + timedelta(days=9))
    down(MONTH, 1, now=LATE + timedelta(days=10))
    told = identity(second)
    assert [(one["number"], one["revision"], one["issued_at"], one["owed"]) for one in told["revisions"]] == [
        ("SLA-2026-00001", 1, "2026-05-05T09:00:00Z", "125.00")
    ]
    assert told["revisions"][0]["cases"] == [
        {
            "id": "Platform",
            "downtime_seconds": "7200",
            "uptime_percent": "99.722222",
            "applicable": True,
            "credit_amount": "125.00",
        }
    ]
    (change,) = told["changes"]
    assert (change["case"], change["fact"], change["how"]) == ("Platform", "outage", "changed")
    assert change["names"] == [window.reference]


def test_a_first_revision_tells_of_none() -> None:
    told = identity(an_issued())
    assert (told["revisions"], told["changes"], told["trend"], told["approvals"]) == ([], [], [], {})


def test_what_differs_between_two_documents_is_named() -> None:
    document = an_issued().document
    case = document["cases"][0]
    other = json.loads(json.dumps(document))
    changed = other["cases"][0]
    changed["terms"]["commitment_percent"] = "99"
    changed["input"] |= {"fee": "1.00", "history": [True], "uptime_history": ["100"]}
    changed["input"]["maintenance"] = [{"id": "M-1", "component": "api", "start": "x", "end": "y"}]
    other["agreement"]["overlap"] = "best"
    other["cases"].append(case | {"id": "New"})
    assert [(one["case"], one["fact"], one["how"], one["names"]) for one in changes(document, other)] == [
        ("New", "commitment", "added", []),
        ("Platform", "terms", "changed", []),
        ("Platform", "fee", "changed", []),
        ("Platform", "earlier_periods", "changed", []),
        ("Platform", "exclusion", "added", ["M-1"]),
        (None, "agreement", "changed", []),
    ]
    assert [(one["fact"], one["how"]) for one in changes(other, document)][:2] == [
        ("commitment", "removed"),
        ("terms", "changed"),
    ]
    assert changes(document, document) == []


# Exclusions


def test_an_exclusion_tells_who_approved_it_and_when() -> None:
    proposer, approver = a_person(OPERATOR), a_person(FINANCE_APPROVER)
    approver.first_name, approver.last_name = "Ada", "Lovelace"
    approver.save()
    made = propose_exclusion(
        category="force_majeure",
        starts_at=april(10),
        ends_at=april(11),
        clause="7.1",
        justification="A flood.",
        tiers=[a_tier("enterprise")],
        by=proposer,
        now=CLOSED,
    )
    approve_exclusion(exclusion=made, by=approver, now=CLOSED)
    told = identity(an_issued())["approvals"]
    assert told == {made.reference: {"by": "Ada Lovelace", "at": "2026-05-05T09:00:00Z"}}


# What it is


def test_a_draft_is_told_the_same_for_its_paper_and_keeps_its_digest() -> None:
    contract = a_contract()
    issue_month(contract, "2026-04", now=after("2026-04"))
    draft = a_draft_of(contract, "2026-05")
    body = draft.body
    told = with_background(draft, draft.document)
    assert [one["number"] for one in told["identity"]["trend"]] == ["SLA-2026-00001"]
    draft.refresh_from_db()
    assert draft.body == body
    assert "trend" not in identity(draft)


def test_a_document_with_its_background_is_recomputed_unchanged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    down(MONTH)
    *_, june = issue_quarter(a_contract())
    file = tmp_path / "statement.json"
    file.write_text(june.body, encoding="utf-8")
    assert main(["check", str(file)]) == 0, capsys.readouterr()


def test_a_draft_of_april_has_a_paper() -> None:
    from reports import making

    assert making.render(a_draft()).startswith(b"%PDF")

"""Credits, claims, decisions, postings, journals and numbers, by every route: what is decided stays, moves are the table's."""

from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from reports.models import (
    Claim,
    CreditDecision,
    ExportedPosting,
    Journal,
    NumberSeries,
    Posting,
    ServiceCredit,
    Statement,
    StatementFile,
    StatementLine,
)
from reports.operations import (
    accept_claim,
    apply,
    approve,
    expire,
    issue,
    lapse_due,
    make_journal,
    reject,
    reject_claim,
)
from slaservice.rules.workflow import CREDIT_MOVES, CREDIT_STATES, FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_contract, a_person, an_agreement
from tests.factories.money import TOO_LATE, a_claim, a_claimable, a_granted
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued
from tests.routes import ways_through, ways_to_delete

pytestmark = pytest.mark.django_db


def clerk() -> Any:
    return a_person(FINANCE_CLERK)


def test_an_issued_statement_never_changes_by_any_route() -> None:
    issued = an_issued(statement=a_missed_draft())
    for change in (
        {"body": "{}"},
        {"digest": "0" * 64},
        {"credit_minor": 1},
        {"number": "SLA-2026-99999"},
        {"issued_at": CLOSED + timedelta(days=1)},
        {"revision": 2},
        {"month": "2026-05"},
    ):
        assert ways_through(issued, **change) == [], change
    assert ways_through(issued.lines.get(), met=True) == []
    assert ways_through(issued.lines.get(), credit_minor=0) == []


def test_a_file_of_a_statement_never_changes_by_any_route() -> None:
    made = StatementFile.objects.create(
        statement=an_issued(), sha256="0" * 64, size=1, renderer="test", made_at=CLOSED
    )
    assert ways_through(made, sha256="1" * 64) == []


def test_a_decision_never_changes_by_any_route() -> None:
    a_granted()
    decision = CreditDecision.objects.get()
    assert ways_through(decision, amount_minor=1) == []
    assert ways_through(decision, by=clerk().pk) == []
    assert ways_through(decision, reason="other") == []


def test_a_decided_claim_never_changes_by_any_route() -> None:
    accepted = accept_claim(claim=a_claim(), by=clerk(), now=CLOSED)
    assert ways_through(accepted, accepted_minor=1) == []
    assert ways_through(accepted, claimant="Somebody else") == []
    rejected = reject_claim(claim=a_claim(), by=clerk(), reason="No", now=CLOSED)
    assert ways_through(rejected, reason="other") == []


def test_a_posting_never_changes_by_any_route() -> None:
    a_granted()
    for posting in Posting.objects.all():
        assert ways_through(posting, amount_minor=1) == []
        assert ways_through(posting, debit_account="expired") == []


def test_a_journal_and_what_went_out_with_it_never_change_by_any_route() -> None:
    a_granted()
    journal = make_journal(by=clerk(), now=CLOSED)
    assert ways_through(journal, sha256="1" * 64) == []
    other = Journal.objects.create(
        number="JNL-0", made_at=CLOSED, made_by=clerk(), postings=1, sha256="0" * 64
    )
    assert ways_through(ExportedPosting.objects.earliest("pk"), journal=other.pk) == []


def test_a_posting_goes_out_with_one_journal() -> None:
    a_granted()
    make_journal(by=clerk(), now=CLOSED)
    row = ExportedPosting.objects.earliest("pk")
    with pytest.raises(DatabaseError), transaction.atomic():
        ExportedPosting.objects.bulk_create([ExportedPosting(posting=row.posting, journal=row.journal)])


def test_a_series_counts_by_one_and_does_nothing_else() -> None:
    an_issued()
    series = NumberSeries.objects.get()
    assert ways_through(series, series="SLA-2027") == []
    for other in (series.last - 1, series.last + 2, 0, 1_000):
        if other != series.last:
            assert ways_through(series, last=other) == [], other
    assert ways_to_delete(series) == []
    assert NumberSeries.objects.update(last=F("last") + 1) == 1


def test_a_credit_of_an_issued_statement_keeps_what_it_is_of() -> None:
    credit = a_granted()
    for change in (
        {"amount_minor": 1},
        {"computed_minor": 1},
        {"currency": "USD"},
        {"reason": "other"},
        {"decided_by": a_person(FINANCE_APPROVER).pk},
        {"decided_at": CLOSED + timedelta(days=1)},
        {"statement": a_draft().pk},
    ):
        assert ways_through(credit, **change) == [], change
    assert ways_to_delete(credit) == []


def credit_in(state: str) -> ServiceCredit:
    """A credit of an issued statement in this state, come there by the operations."""
    if state == "claimable":
        return a_claimable()
    if state in ("proposed", "adjusted"):
        part = {"amount": "1.00", "reason": "In part"} if state == "adjusted" else {}
        claim = accept_claim(claim=a_claim(), by=clerk(), now=CLOSED, **part)
        return ServiceCredit.objects.get(pk=claim.credit_id)
    if state == "rejected":
        draft = a_missed_draft()
        reject(credit=draft.credit, by=a_person(FINANCE_APPROVER), reason="No", now=CLOSED)
        return ServiceCredit.objects.get(statement=issue(statement=draft, by=clerk(), now=CLOSED))
    if state == "expired":
        lapsed = a_claimable()
        lapse_due(now=TOO_LATE)
        return lapsed
    credit = a_granted()
    if state == "applied":
        return apply(credit=credit, billing_reference="CN-1", by=clerk(), now=CLOSED)
    return credit


STATES = [state for state in CREDIT_STATES if state != "superseded"]
MADE_WHOLE: dict[str, dict[str, Any]] = {
    "claimable": {"decided_by": None, "decided_at": None},
    "proposed": {"decided_by": None, "decided_at": None},
    "adjusted": {"decided_by": None, "decided_at": None},
    "approved": {"decided_at": CLOSED},
    "rejected": {"decided_at": CLOSED},
    "applied": {"decided_at": CLOSED, "settled_at": CLOSED, "billing_reference": "CN-1"},
    "expired": {"settled_at": CLOSED, "billing_reference": ""},
    "superseded": {},
}
"""What else a row needs to satisfy every check in a state, so that only the table of moves can refuse."""


def forced(credit: ServiceCredit, state: str) -> bool:
    """Whether the database takes the credit into a state, by an UPDATE that says all that the state needs."""
    values: dict[str, Any] = {
        "settled_at": None,
        "settled_by": None,
        "billing_reference": "",
        **MADE_WHOLE[state],
    }
    if state in ("approved", "rejected", "applied") and credit.decided_by_id is None:
        values["decided_by"] = a_person(FINANCE_APPROVER)
    if state == "applied":
        values["settled_by"] = a_person(FINANCE_CLERK)
    if state == "adjusted" and credit.adjusted_by_id is None:
        values["adjusted_by"] = a_person(FINANCE_CLERK)
    try:
        with transaction.atomic():
            return ServiceCredit.objects.filter(pk=credit.pk).update(state=state, **values) == 1
    except DatabaseError:
        return False


@pytest.mark.parametrize("origin", STATES)
def test_a_credit_of_an_issued_statement_makes_the_moves_of_the_table_and_no_other(origin: str) -> None:
    credit, taken = credit_in(origin), set()
    for target in CREDIT_STATES:
        with transaction.atomic():
            if forced(credit, target):
                taken.add(target)
            transaction.set_rollback(True)
    assert taken == {move.target for move in CREDIT_MOVES.values() if origin in move.origin}


def test_what_was_granted_and_expired_stays_expired() -> None:
    expired = expire(credit=a_granted(), reason="x", by=clerk(), now=CLOSED)
    assert not [state for state in CREDIT_STATES if forced(expired, state)]


def copied(table: str, row: dict[str, Any]) -> None:
    copying = f"COPY {table} ({', '.join(row)}) FROM STDIN"
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(copying) as copy:
        copy.write_row(list(row.values()))


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has COPY")
def test_copy_brings_nothing_into_an_issued_statement() -> None:
    issued = an_issued(statement=a_missed_draft())
    columns = [field.attname for field in StatementLine._meta.concrete_fields if field.name != "id"]
    row = dict(StatementLine.objects.filter(statement=issued).values(*columns).get(), position=9)
    with pytest.raises(psycopg.errors.IntegrityError, match="a line of an issued statement never changes"):
        copied("reports_statementline", row)
    assert issued.lines.count() == 1
    assert Statement.objects.get(pk=issued.pk).lines.get().position == 0


def test_an_open_claim_is_still_to_be_decided() -> None:
    """The same routes on what nobody has decided, so that the refusals above are for its being decided."""
    claim = a_claim()
    assert "update" in ways_through(claim, claimant="Jane R.")
    assert Claim.objects.get(pk=claim.pk).state == "filed"


def test_a_credit_of_a_draft_is_free() -> None:
    credit = approve(credit=a_missed_draft().credit, by=a_person(FINANCE_APPROVER), now=CLOSED)
    assert "sql update" in ways_through(credit, reason="other")


def test_a_credit_of_a_draft_is_not_moved_to_an_issued_statement() -> None:
    credit = a_missed_draft().credit
    issued = an_issued(a_contract(agreement=an_agreement(tier="small")))
    with pytest.raises(DatabaseError, match="only the moves of its table"), transaction.atomic():
        ServiceCredit.objects.filter(pk=credit.pk).update(statement=issued)

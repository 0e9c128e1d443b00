"""An issued statement cannot be changed by any route: ORM, bulk, raw SQL, cascade, TRUNCATE, REPLACE, the admin's delete."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from reports.models import (
    CreditDecision,
    NumberSeries,
    ServiceCredit,
    Statement,
    StatementFile,
    StatementLine,
)
from tests.factories.accounts import a_contract, an_agreement
from tests.factories.reports import CLOSED, a_draft, a_missed_draft, an_issued

pytestmark = pytest.mark.django_db

STATEMENT, LINE, CREDIT = "reports_statement", "reports_statementline", "reports_servicecredit"


def sql(text: str) -> Callable[[Statement], object]:
    return lambda statement: connection.cursor().execute(text.format(id=statement.pk))


def truncate(what: str) -> Callable[[Statement], object]:
    """Once no foreign key is pending, which would refuse it too."""
    return sql(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {what}")


def saved(statement: Statement) -> None:
    statement.credit_minor = 1
    statement.save()


def bulk_updated(statement: Statement) -> None:
    statement.body = "{}"
    Statement.objects.bulk_update([statement], ["body"])


def upserted(statement: Statement) -> None:
    statement.digest = "0" * 64
    Statement.objects.bulk_create(
        [statement], update_conflicts=True, unique_fields=["id"], update_fields=["digest"]
    )


ROUTES: dict[str, Callable[[Statement], object]] = {
    "save": saved,
    "update": lambda s: Statement.objects.filter(pk=s.pk).update(credit_minor=1),
    "update back to draft": lambda s: Statement.objects.filter(pk=s.pk).update(
        state="draft", number=None, issued_at=None
    ),
    "bulk_update": bulk_updated,
    "bulk_create with conflicts": upserted,
    "delete": lambda s: s.delete(),
    "queryset delete": lambda s: Statement.objects.filter(pk=s.pk).delete(),
    "raw delete": lambda s: Statement.objects.filter(pk=s.pk)._raw_delete("default"),
    "sql update": sql(f"UPDATE {STATEMENT} SET body = '{{{{}}}}' WHERE id = {{id}}"),
    "sql update of the number": sql(f"UPDATE {STATEMENT} SET number = 'SLA-2026-99999' WHERE id = {{id}}"),
    "sql delete": sql(f"DELETE FROM {STATEMENT} WHERE id = {{id}}"),
    "line: save": lambda s: StatementLine.objects.filter(statement=s).update(credit_minor=0),
    "line: delete": lambda s: StatementLine.objects.filter(statement=s).delete(),
    "line: raw delete": lambda s: StatementLine.objects.filter(statement=s)._raw_delete("default"),
    "line: another": lambda s: StatementLine.objects.bulk_create(
        [
            StatementLine(
                statement=s,
                position=9,
                commitment=s.lines.all()[0].commitment,
                name="x",
                components="",
                applicable=True,
                commitment_percent="1",
                uptime_percent="1",
                met=True,
                downtime_seconds="0",
                excluded_seconds="0",
                credit_minor=0,
            )
        ]
    ),
    "line: moved to a draft": lambda s: StatementLine.objects.filter(statement=s).update(statement=a_draft()),
    "line: sql": sql(f"UPDATE {LINE} SET met = NOT met WHERE statement_id = {{id}}"),
    "credit: update": lambda s: ServiceCredit.objects.filter(statement=s).update(reason="other"),
    "credit: delete": lambda s: ServiceCredit.objects.filter(statement=s).delete(),
    "credit: sql": sql(
        f"UPDATE {CREDIT} SET amount_minor = 1, computed_minor = 1 WHERE statement_id = {{id}}"
    ),
    "decision: update": lambda s: CreditDecision.objects.filter(statement=s).update(reason="other"),
    "decision: delete": lambda s: CreditDecision.objects.filter(statement=s)._raw_delete("default"),
    "file: update": lambda s: StatementFile.objects.filter(statement=s).update(sha256="1" * 64),
    "file: delete": lambda s: StatementFile.objects.filter(statement=s).delete(),
    "series: delete": lambda s: NumberSeries.objects.all().delete(),
    "series: renamed": lambda s: NumberSeries.objects.update(series="SLA-2027"),
}
ON_POSTGRESQL = {
    "truncate statements": truncate(f"{STATEMENT} CASCADE"),
    "truncate lines": truncate(f"{LINE}"),
    "truncate credits": truncate(f"{CREDIT}"),
    "truncate decisions": truncate("reports_creditdecision"),
    "truncate files": truncate("reports_statementfile"),
}
ON_SQLITE = {
    "replace": sql(f"INSERT OR REPLACE INTO {STATEMENT} SELECT * FROM {STATEMENT} WHERE id = {{id}}"),
    "replace of a line": sql(
        f"INSERT OR REPLACE INTO {LINE} SELECT * FROM {LINE} WHERE statement_id = {{id}}"
    ),
}
ALL = ROUTES | (ON_POSTGRESQL if connection.vendor == "postgresql" else ON_SQLITE)


def everything() -> list[Any]:
    tables = (Statement, StatementLine, ServiceCredit, CreditDecision, StatementFile, NumberSeries)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.mark.parametrize("route", sorted(ALL))
def test_what_is_issued_never_changes(route: str) -> None:
    issued = an_issued(statement=a_missed_draft())
    StatementFile.objects.create(statement=issued, sha256="0" * 64, size=1, renderer="test", made_at=CLOSED)
    before = everything()
    with pytest.raises((DatabaseError, ProtectedError)), transaction.atomic():
        ALL[route](issued)
    assert everything() == before


def test_a_draft_may_change_and_go() -> None:
    """The same routes on a draft, so that the refusals above are for its being issued."""
    draft = a_missed_draft()
    Statement.objects.filter(pk=draft.pk).update(met=True)
    StatementLine.objects.filter(statement=draft).delete()
    ServiceCredit.objects.filter(statement=draft).delete()
    untouched_by_money = a_draft(a_contract(agreement=an_agreement(tier="free")))
    StatementLine.objects.filter(statement=untouched_by_money).delete()
    assert Statement.objects.filter(pk=untouched_by_money.pk).delete()[0] == 1


def test_a_draft_that_the_books_name_stays() -> None:
    draft = a_missed_draft()
    StatementLine.objects.filter(statement=draft).delete()
    ServiceCredit.objects.filter(statement=draft).delete()
    with pytest.raises(ProtectedError):
        draft.delete()


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"number": "SLA-2026-00001"}, "exactly_issued_statements_have_a_number"),
        ({"state": "issued"}, "exactly_issued_statements_have_a_number"),
        ({"state": "sent"}, "statement_state_is_known|exactly_issued_statements_have_a_number"),
        ({"revision": 2}, "exactly_later_revisions_supersede"),
        ({"credit_minor": -1}, "statement_credit_is_in_bounds"),
        ({"digest": "abc"}, "statement_digest_has_64_characters"),
    ],
)
def test_the_database_refuses_statements_that_cannot_be(changes: dict[str, object], constraint: str) -> None:
    draft = a_draft()
    with pytest.raises(DatabaseError, match=constraint), transaction.atomic():
        Statement.objects.filter(pk=draft.pk).update(**changes)


def test_a_period_has_one_draft_at_a_time() -> None:
    draft = a_draft()
    values = {
        f.attname: getattr(draft, f.attname)
        for f in Statement._meta.fields
        if f.name not in ("id", "public_id", "revision", "supersedes")
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        Statement.objects.bulk_create([Statement(revision=2, supersedes=draft, **values)])

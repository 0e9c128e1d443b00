"""Rows in bulk: what arrives is what `bulk_create` would have written, and the database refuses what it always refuses."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext

from reports.models import Statement, StatementLine
from slaservice import bulk
from slaservice.history.models import Entry
from slaservice.outages.models import Component
from tests.factories.accounts import a_commitment, a_contract

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 9, 30, 0, 123456, tzinfo=UTC)
AWKWARD = 'tab\t, line\n, "quoted", back\\slash, \\N, Ünïcödé ✓, \x01'


def an_entry(**values: Any) -> Entry:
    chosen = {"at": NOW, "action": "a.b", "object_type": "t", "object_id": "1", "reason": AWKWARD, **values}
    return Entry(**{"data": {"of": [1, None, {"text": AWKWARD}]}, **chosen})


def a_statement(place: int, **values: Any) -> Statement:
    chosen: dict[str, Any] = {
        "contract": a_contract(),
        "month": "2026-04",
        "period_label": f"April {place}",
        "period_start": datetime(2026, 4, 1, tzinfo=UTC),
        "period_end": datetime(2026, 5, 1, tzinfo=UTC),
        "body": AWKWARD,
        "digest": "0" * 64,
        "content_digest": "1" * 64,
        "currency": "EUR",
        "credit_minor": 10**14,
        "met": bool(place % 2),
        "drafted_at": NOW,
        "due_at": NOW,
        **values,
    }
    return Statement(**chosen)


def columns(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_the_rows_are_those_that_bulk_create_writes() -> None:
    rows = bulk.insert([an_entry(), an_entry(object_id="2", reason="", data={})])
    for row, alike in zip(
        rows,
        Entry.objects.bulk_create([an_entry(), an_entry(object_id="2", reason="", data={})]),
        strict=True,
    ):
        stored = columns(Entry.objects.get(pk=row.pk))
        assert stored == columns(row)
        assert stored | {"id": None} == columns(Entry.objects.get(pk=alike.pk)) | {"id": None}


def test_each_object_has_its_id_for_what_hangs_off_it() -> None:
    commitment = a_commitment(a_contract())
    statements = bulk.insert(a_statement(number) for number in range(3))
    assert [Statement.objects.get(pk=one.pk).period_label for one in statements] == [
        "April 0",
        "April 1",
        "April 2",
    ]
    lines = bulk.insert(
        StatementLine(
            statement=one, position=0, commitment=commitment, applicable=True, met=True, credit_minor=0
        )
        for one in statements
    )
    assert [line.statement_id for line in lines] == [one.pk for one in statements]
    statements[0].period_label = "saved, not inserted again"
    statements[0].save()
    assert Statement.objects.count() == 3


def test_ids_go_on_where_they_stopped_whoever_inserts() -> None:
    one = Component.objects.create(code="one", name="One")
    (two,) = bulk.insert([Component(code="two", name="Two")])
    three = Component.objects.create(code="three", name="Three")
    last = three.pk
    three.delete()
    (four,) = bulk.insert([Component(code="four", name="Four")])
    assert one.pk < two.pk < last < four.pk


def test_nothing_is_nothing() -> None:
    with CaptureQueriesContext(connection) as captured:
        assert bulk.insert([]) == []
    assert not captured


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"credit_minor": -1}, "statement_credit_is_in_bounds"),
        ({"digest": "short"}, "statement_digest"),
        ({"revision": 2}, "exactly_later_revisions_supersede"),
    ],
)
def test_a_constraint_refuses_all_of_it(wrong: dict[str, Any], constraint: str) -> None:
    rows = [a_statement(1), a_statement(2, **wrong)]
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        bulk.insert(rows)
    assert not Statement.objects.exists()
    assert rows[0]._state.adding


def test_a_trigger_refuses_it() -> None:
    """A line of an issued statement."""
    commitment = a_commitment(a_contract())
    issued = {"state": "issued", "number": "N-1", "issued_at": NOW}
    (statement,) = bulk.insert([a_statement(1, **issued)])
    line = StatementLine(
        statement=statement, commitment=commitment, position=0, applicable=True, met=True, credit_minor=0
    )
    with (
        pytest.raises(IntegrityError, match="a line of an issued statement never changes"),
        transaction.atomic(),
    ):
        bulk.insert([line])


def test_a_key_that_points_nowhere_is_refused() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        _insert_and_check([a_statement(1, contract=None, contract_id=10**9)])


def _insert_and_check(rows: list[Statement]) -> None:
    bulk.insert(rows)
    connection.check_constraints()


def test_it_is_one_statement_however_many_rows() -> None:
    def queries(rows: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            bulk.insert(an_entry(object_id=str(row)) for row in range(rows))
        return len(captured)

    assert queries(1) == queries(2) == queries(100) == 1

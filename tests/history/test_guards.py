"""The guards of migrations on tables made for the purpose: what is frozen stays, what is not is free."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.operations.base import Operation

from slaservice.history.database import AppendOnly, FrozenWhen, FrozenWith

pytestmark = pytest.mark.django_db


class Editor:
    """What an operation needs of a schema editor; SQLite's own cannot be had inside a transaction."""

    connection = connection

    def execute(self, sql: str, params: Any = ()) -> None:
        run(sql)


def run(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, None)
        return list(cursor.fetchall()) if cursor.description else []


def apply(operation: Operation) -> None:
    operation.database_forwards("history", Editor(), None, None)  # type: ignore[arg-type]


def refused(sql: str, *, because: str = "paper|sheet") -> None:
    with pytest.raises(IntegrityError, match=because), transaction.atomic():
        run(sql)


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    """Papers with a state, a title and a note; sheets that belong to a paper. Paper 1 is a draft, paper 2 is final."""
    run("CREATE TABLE paper (id integer PRIMARY KEY, state text, title text, note text)")
    run("CREATE TABLE sheet (id integer PRIMARY KEY, paper_id integer, text text)")
    run("INSERT INTO paper VALUES (1, 'draft', 'A', NULL), (2, 'final', 'B', NULL)")
    run("INSERT INTO sheet VALUES (1, 1, 'a'), (2, 2, 'b')")
    yield
    run("DROP TABLE sheet")
    run("DROP TABLE paper")


FINAL = "OLD.state = 'final'"


def test_a_final_row_keeps_every_column_that_is_not_excepted() -> None:
    apply(FrozenWhen("paper", FINAL, ("state", "note")))
    refused("UPDATE paper SET title = 'C' WHERE id = 2", because="paper")
    refused("UPDATE paper SET title = NULL WHERE id = 2")
    refused("UPDATE paper SET note = 'x', id = 3 WHERE id = 2")
    run("UPDATE paper SET note = 'seen', state = 'filed' WHERE id = 2")
    assert run("SELECT state, title, note FROM paper WHERE id = 2") == [("filed", "B", "seen")]


def test_a_final_row_is_not_deleted() -> None:
    apply(FrozenWhen("paper", FINAL, ("state", "note")))
    refused("DELETE FROM paper WHERE id = 2")
    refused("DELETE FROM paper")
    assert run("SELECT count(*) FROM paper") == [(2,)]


def test_a_row_that_is_not_final_is_free_until_it_is() -> None:
    apply(FrozenWhen("paper", FINAL))
    run("UPDATE paper SET title = 'C', state = 'final' WHERE id = 1")
    refused("UPDATE paper SET title = 'D' WHERE id = 1")
    refused("UPDATE paper SET state = 'draft' WHERE id = 1")


def test_a_draft_can_be_deleted() -> None:
    apply(FrozenWhen("paper", FINAL))
    run("DELETE FROM paper WHERE id = 1")
    assert run("SELECT id FROM paper") == [(2,)]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL has TRUNCATE")
@pytest.mark.parametrize(
    "guard",
    [
        FrozenWhen("sheet", "OLD.id = 99"),
        FrozenWith("sheet", "paper", "paper_id", "FALSE"),
        AppendOnly("sheet"),
    ],
)
def test_a_guarded_table_is_not_emptied_at_once(guard: Operation) -> None:
    apply(guard)
    refused("TRUNCATE sheet", because="sheet")


def test_rows_of_a_final_parent_neither_come_nor_change_nor_go() -> None:
    apply(FrozenWith("sheet", "paper", "paper_id", "parent.state = 'final'", reason="its paper is final"))
    refused("INSERT INTO sheet VALUES (3, 2, 'c')", because="sheet: its paper is final")
    refused("UPDATE sheet SET text = 'c' WHERE id = 2")
    refused("DELETE FROM sheet WHERE id = 2")
    run("INSERT INTO sheet VALUES (3, 1, 'c')")
    run("UPDATE sheet SET text = 'd' WHERE id = 3")
    run("DELETE FROM sheet WHERE id = 1")
    assert run("SELECT id, text FROM sheet ORDER BY id") == [(2, "b"), (3, "d")]


def test_no_row_moves_to_a_final_parent_or_away_from_one() -> None:
    apply(FrozenWith("sheet", "paper", "paper_id", "parent.state = 'final'"))
    refused("UPDATE sheet SET paper_id = 2 WHERE id = 1")
    refused("UPDATE sheet SET paper_id = 1 WHERE id = 2")


def test_a_child_without_a_parent_is_left_to_the_foreign_key() -> None:
    apply(FrozenWith("sheet", "paper", "paper_id", "parent.state = 'final'"))
    run("INSERT INTO sheet VALUES (4, 77, 'c')")


def test_two_guards_with_names_of_their_own_stand_on_one_table() -> None:
    apply(FrozenWhen("paper", FINAL, ("note",)))
    apply(
        FrozenWhen(
            "paper", "OLD.state = 'draft'", ("title", "state"), name="drafts", reason="drafts have no notes"
        )
    )
    refused("UPDATE paper SET title = 'C' WHERE id = 2")
    refused("UPDATE paper SET note = 'x' WHERE id = 1", because="paper: drafts have no notes")


def test_a_guard_applied_again_covers_a_column_that_came_later() -> None:
    guard = FrozenWhen("paper", FINAL, ("note",))
    apply(guard)
    run("ALTER TABLE paper ADD COLUMN author text")
    apply(guard)
    refused("UPDATE paper SET author = 'x' WHERE id = 2")
    run("UPDATE paper SET note = 'x' WHERE id = 2")


@pytest.mark.parametrize(
    "guard",
    [AppendOnly("paper"), FrozenWhen("paper", "1 = 1"), FrozenWith("paper", "sheet", "id", "1 = 1")],
    ids=["AppendOnly", "FrozenWhen", "FrozenWith"],
)
def test_a_guard_leaves_nothing_behind_when_its_migration_is_undone(guard: Operation) -> None:
    apply(guard)
    refused("UPDATE paper SET title = 'C'")
    guard.database_backwards("history", Editor(), None, None)  # type: ignore[arg-type]
    run("UPDATE paper SET title = 'C'")
    run("DELETE FROM paper")


def test_a_reason_may_hold_quotes_and_per_cent_signs() -> None:
    apply(FrozenWhen("paper", FINAL, reason="it's 100 % final"))
    refused("DELETE FROM paper WHERE id = 2", because="it's 100 % final")


def test_a_name_that_postgresql_would_cut_is_refused_when_the_migration_is_written() -> None:
    with pytest.raises(ValueError):
        FrozenWhen("a_table_with_a_name_that_is_much_too_long_for_its_guard", FINAL)

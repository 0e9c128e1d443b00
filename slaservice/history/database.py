"""Tables that the database itself keeps as they are: operations for migrations, on PostgreSQL and on SQLite alike.

A Python guard is walked around by `update()`, `bulk_create(update_conflicts=...)`, raw SQL and an admin action; a trigger
is not. Each refusal is an IntegrityError whose message names the table and the reason.

`AppendOnly`    no UPDATE, no DELETE, no TRUNCATE.
`FrozenWhen`    a row that meets a condition keeps every column except those named, and stays.
`FrozenWith`    the rows of a child table come, change and go only while their parent does not meet a condition.
`Changes`       a row changes only as a condition on the old and the new row says.

SQLite drops a table's triggers when a migration rebuilds the table, and there a trigger lists the columns of its day: every
migration that changes such a table applies its operations again (they replace what stands).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.migrations.operations.base import Operation, OperationCategory

_LONGEST_NAME = 63

_REFUSE_FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $guard$
BEGIN
    IF {condition} THEN
        RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $guard$
"""

# FOR SHARE: a child row could slip in while another transaction freezes the parent.
_PARENT_FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $guard$
DECLARE frozen boolean;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT ({condition}) INTO frozen FROM {parent} parent WHERE parent.id = OLD.{column} FOR SHARE;
    END IF;
    IF TG_OP <> 'DELETE' AND frozen IS NOT TRUE THEN
        SELECT ({condition}) INTO frozen FROM {parent} parent WHERE parent.id = NEW.{column} FOR SHARE;
    END IF;
    IF frozen THEN
        RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $guard$
"""

_SQLITE_TRIGGER = """
CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW WHEN {condition}
BEGIN SELECT RAISE(ABORT, '{message}'); END
"""


def sqlite_columns(connection: Any, table: str) -> list[str]:
    """The columns of a table. Django's own introspection reads the table's SQL as text, and trips over a check of JSON."""
    with connection.cursor() as cursor:
        cursor.execute(f'PRAGMA table_info("{table}")')
        return [name for _, name, *_ in cursor.fetchall()]


class _Guard(Operation):
    """SQL for either vendor; the models know nothing of it. Applying it again replaces what stands."""

    reversible = True
    category = OperationCategory.SQL
    events: Sequence[str] = ("update", "delete")

    def __init__(self, table: str, *, name: str, reason: str) -> None:
        self.table = table
        self.name = name
        self.message = f"{table}: {reason}".replace("'", "''")
        longest = max(len(self._trigger(event)) for event in (*self.events, "truncate"))
        if longest > _LONGEST_NAME:
            raise ValueError(
                f"{self._trigger('truncate')}: PostgreSQL cuts names after {_LONGEST_NAME} characters"
            )

    def _trigger(self, event: str) -> str:
        return f"{self.table}_{self.name}_{event}"

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes in the models."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        connection = schema_editor.connection
        on_postgresql = connection.vendor == "postgresql"
        create = self._postgresql() if on_postgresql else self._sqlite(sqlite_columns(connection, self.table))
        for statement in (*self._drop(connection.vendor), *create):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self._drop(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def describe(self) -> str:
        return f"Guard {self.message}"

    def _drop(self, vendor: str) -> Iterator[str]:
        for event in (*self.events, "truncate"):
            if vendor == "postgresql":
                yield f"DROP FUNCTION IF EXISTS {self._trigger(event)}() CASCADE"
            elif event != "truncate":
                yield f"DROP TRIGGER IF EXISTS {self._trigger(event)}"

    def _postgresql(self) -> Iterator[str]:
        for event in self.events:
            yield self._postgresql_function(event)
            yield self._attach(event, "ROW")
        yield self._refuse_function("truncate", "TRUE")
        yield self._attach("truncate", "STATEMENT")

    def _refuse_function(self, event: str, condition: str) -> str:
        return _REFUSE_FUNCTION.format(name=self._trigger(event), condition=condition, message=self._raised())

    def _raised(self) -> str:
        """The message as the text of RAISE EXCEPTION, where % stands for a parameter."""
        return self.message.replace("%", "%%")

    def _attach(self, event: str, each: str) -> str:
        name = self._trigger(event)
        return (
            f"CREATE TRIGGER {name} BEFORE {event} ON {self.table} FOR EACH {each} EXECUTE FUNCTION {name}()"
        )

    def _sqlite(self, columns: Sequence[str]) -> Iterator[str]:
        for event in self.events:
            yield _SQLITE_TRIGGER.format(
                name=self._trigger(event),
                event=event,
                table=self.table,
                message=self.message,
                condition=self._sqlite_condition(event, columns),
            )

    def _postgresql_function(self, event: str) -> str:
        raise NotImplementedError

    def _sqlite_condition(self, event: str, columns: Sequence[str]) -> str:
        raise NotImplementedError


class FrozenWhen(_Guard):
    """A row that meets `condition` (SQL on `OLD`) keeps every column except `except_columns`, and is not deleted.

    Several may stand on one table if their `name`s differ. `reason` goes into the message after the table's name. The
    table cannot be emptied by TRUNCATE at all.
    """

    def __init__(
        self,
        table: str,
        condition: str,
        except_columns: Sequence[str] = (),
        *,
        name: str = "frozen",
        reason: str = "this row is final and can neither be changed nor deleted",
    ) -> None:
        self.condition = condition
        self.except_columns = tuple(except_columns)
        super().__init__(table, name=name, reason=reason)

    def _postgresql_function(self, event: str) -> str:
        condition = f"({self.condition})"
        if event == "update" and self.except_columns:
            free = ", ".join(f"'{column}'" for column in self.except_columns)
            condition += (
                f" AND (to_jsonb(OLD) - ARRAY[{free}]) IS DISTINCT FROM (to_jsonb(NEW) - ARRAY[{free}])"
            )
        return self._refuse_function(event, condition)

    def _sqlite_condition(self, event: str, columns: Sequence[str]) -> str:
        condition = f"({self.condition})"
        if event == "update" and self.except_columns:
            kept = [column for column in columns if column not in self.except_columns]
            condition += (
                " AND (" + " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in kept) + ")"
            )
        return condition


class AppendOnly(FrozenWhen):
    """Rows come and never change or go."""

    def __init__(self, table: str) -> None:
        super().__init__(
            table, "1 = 1", name="append_only", reason="rows are only ever added, never changed or deleted"
        )


class FrozenWith(_Guard):
    """No row comes, changes or goes whose `parent` row meets `condition` (SQL on `parent`); `column` points to it.

    `events`: which of insert, update and delete are refused; the table cannot be emptied by TRUNCATE at all.
    """

    def __init__(
        self,
        table: str,
        parent: str,
        column: str,
        condition: str,
        *,
        name: str = "frozen",
        reason: str = "the row that this one belongs to is final",
        events: Sequence[str] = ("insert", "update", "delete"),
    ) -> None:
        self.parent = parent
        self.column = column
        self.condition = condition
        self.events = tuple(events)
        super().__init__(table, name=name, reason=reason)

    def _postgresql_function(self, event: str) -> str:
        return _PARENT_FUNCTION.format(
            name=self._trigger(event),
            condition=self.condition,
            parent=self.parent,
            column=self.column,
            message=self._raised(),
        )

    def _sqlite_condition(self, event: str, columns: Sequence[str]) -> str:
        rows = {"insert": "NEW", "delete": "OLD", "update": "OLD NEW"}[event].split()
        owners = ", ".join(f"{row}.{self.column}" for row in rows)
        return f"EXISTS (SELECT 1 FROM {self.parent} AS parent WHERE parent.id IN ({owners}) AND ({self.condition}))"


class Changes(_Guard):
    """A row is updated only where `condition` (SQL on `OLD` and `NEW`, the same for either vendor) is true; null is not.

    Says nothing of DELETE. The table cannot be emptied by TRUNCATE at all.
    """

    events = ("update",)

    def __init__(self, table: str, condition: str, *, name: str, reason: str) -> None:
        self.condition = f"NOT coalesce(({condition}), FALSE)"
        super().__init__(table, name=name, reason=reason)

    def _postgresql_function(self, event: str) -> str:
        return self._refuse_function(event, self.condition)

    def _sqlite_condition(self, event: str, columns: Sequence[str]) -> str:
        return self.condition

"""What the database itself keeps about contracts: one version in force at a time, each within its contract's term.

`clean()` would be a race, and `bulk_create` and raw SQL skip it. PostgreSQL has an exclusion constraint and triggers, SQLite
triggers of the same meaning and name. Spans are half-open: a version may begin at the instant at which another ends.

SQLite drops a table's triggers when a later migration rebuilds the table: such a migration applies the operation again.
"""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation, OperationCategory

ONE_IN_FORCE = "contract_has_one_version_in_force_at_a_time"
WITHIN_TERM = "contract_version_lies_within_its_contract"

_VERSION, _CONTRACT = "accounts_contractversion", "accounts_contract"

# The key is a range too, because an equality operator for GiST needs the extension btree_gist. A null end is no end.
_EXCLUSION = f"""
ALTER TABLE {_VERSION} ADD CONSTRAINT {ONE_IN_FORCE} EXCLUDE USING gist (
    int8range(contract_id, contract_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&)
"""

# FOR SHARE: without it a version could slip in while another transaction shortens the contract.
_VERSION_FUNCTION = f"""
CREATE FUNCTION {WITHIN_TERM}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM {_CONTRACT} c WHERE c.id = NEW.contract_id AND NEW.starts_at >= c.starts_at
        AND COALESCE(NEW.ends_at, 'infinity') <= COALESCE(c.ends_at, 'infinity') FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '{WITHIN_TERM}: version % would stand outside', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""
_CONTRACT_FUNCTION = f"""
CREATE FUNCTION {WITHIN_TERM}_as_it_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM {_VERSION} v WHERE v.contract_id = NEW.id AND (v.starts_at < NEW.starts_at
            OR COALESCE(v.ends_at, 'infinity') > COALESCE(NEW.ends_at, 'infinity'))) THEN
        RAISE EXCEPTION '{WITHIN_TERM}: a version of % would stand outside', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$
"""


def _postgresql_trigger(name: str, when: str, table: str, function: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {when} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()"


def _sqlite_trigger(name: str, when: str, table: str, condition: str, sentence: str) -> str:
    return f"""
    CREATE TRIGGER {name} BEFORE {when} ON {table} WHEN {condition}
    BEGIN SELECT RAISE(ABORT, '{sentence}'); END
    """


# Instants are text of one form in UTC there, so they compare as text; '~' sorts behind every digit.
_OVERLAPS = f"""
EXISTS (SELECT 1 FROM {_VERSION} o WHERE o.contract_id = NEW.contract_id {{others}}
    AND o.starts_at < COALESCE(NEW.ends_at, '~') AND NEW.starts_at < COALESCE(o.ends_at, '~'))
"""
_STANDS_OUTSIDE = f"""
NOT EXISTS (SELECT 1 FROM {_CONTRACT} c WHERE c.id = NEW.contract_id AND NEW.starts_at >= c.starts_at
    AND COALESCE(NEW.ends_at, '~') <= COALESCE(c.ends_at, '~'))
"""
_LEAVES_ONE_OUTSIDE = f"""
EXISTS (SELECT 1 FROM {_VERSION} v WHERE v.contract_id = NEW.id AND (v.starts_at < NEW.starts_at
    OR COALESCE(v.ends_at, '~') > COALESCE(NEW.ends_at, '~')))
"""


class _BothDatabases(Operation):
    """SQL per vendor, forwards and back; the models know nothing of it."""

    reversible = True
    category = OperationCategory.SQL
    forwards: dict[str, Sequence[str]]
    backwards: dict[str, Sequence[str]]

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes in the models."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self.forwards[schema_editor.connection.vendor]:
            schema_editor.execute(statement, params=None)  # the text holds per cent signs

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for statement in self.backwards[schema_editor.connection.vendor]:
            schema_editor.execute(statement, params=None)  # the text holds per cent signs

    def describe(self) -> str:
        return (self.__doc__ or "").split("\n")[0].rstrip(".")


class OneVersionInForce(_BothDatabases):
    """No two versions of a contract are in force at one instant."""

    forwards = {
        "postgresql": [_EXCLUSION],
        "sqlite": [
            _sqlite_trigger(
                f"{_VERSION}_{ONE_IN_FORCE}_insert",
                "INSERT",
                _VERSION,
                _OVERLAPS.format(others=""),
                ONE_IN_FORCE,
            ),
            _sqlite_trigger(
                f"{_VERSION}_{ONE_IN_FORCE}_update",
                "UPDATE",
                _VERSION,
                _OVERLAPS.format(others="AND o.id <> OLD.id"),
                ONE_IN_FORCE,
            ),
        ],
    }
    backwards = {
        "postgresql": [f"ALTER TABLE {_VERSION} DROP CONSTRAINT {ONE_IN_FORCE}"],
        "sqlite": [f"DROP TRIGGER {_VERSION}_{ONE_IN_FORCE}_{event}" for event in ("insert", "update")],
    }


class VersionsWithinTheirContract(_BothDatabases):
    """Every version lies within its contract's term, whichever of the two changes."""

    forwards = {
        "postgresql": [
            _VERSION_FUNCTION,
            _postgresql_trigger(f"{_VERSION}_within_term", "INSERT OR UPDATE", _VERSION, WITHIN_TERM),
            _CONTRACT_FUNCTION,
            _postgresql_trigger(
                f"{_CONTRACT}_keeps_versions", "UPDATE", _CONTRACT, f"{WITHIN_TERM}_as_it_changes"
            ),
        ],
        "sqlite": [
            _sqlite_trigger(
                f"{_VERSION}_within_term_insert", "INSERT", _VERSION, _STANDS_OUTSIDE, WITHIN_TERM
            ),
            _sqlite_trigger(
                f"{_VERSION}_within_term_update", "UPDATE", _VERSION, _STANDS_OUTSIDE, WITHIN_TERM
            ),
            _sqlite_trigger(
                f"{_CONTRACT}_keeps_versions", "UPDATE", _CONTRACT, _LEAVES_ONE_OUTSIDE, WITHIN_TERM
            ),
        ],
    }
    backwards = {
        "postgresql": [
            f"DROP TRIGGER {_VERSION}_within_term ON {_VERSION}",
            f"DROP FUNCTION {WITHIN_TERM}()",
            f"DROP TRIGGER {_CONTRACT}_keeps_versions ON {_CONTRACT}",
            f"DROP FUNCTION {WITHIN_TERM}_as_it_changes()",
        ],
        "sqlite": [
            f"DROP TRIGGER {_VERSION}_within_term_insert",
            f"DROP TRIGGER {_VERSION}_within_term_update",
            f"DROP TRIGGER {_CONTRACT}_keeps_versions",
        ],
    }

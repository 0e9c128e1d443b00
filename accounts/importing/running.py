"""A file is imported whole or not at all: the operations judge every row, and one fault takes all of them back."""

from collections.abc import Callable, Mapping
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection, transaction

from accounts.importing.billed import write_billed_amounts
from accounts.importing.contracts import write_contracts
from accounts.importing.customers import write_customers
from accounts.importing.kinds import KINDS
from accounts.importing.tables import LineFaults, Progress, Result, Run, parse
from accounts.models.imports import BILLED, CONTRACTS, CUSTOMERS
from slaservice.history import operations as history
from slaservice.rules.refusal import Refusal

_WRITE: Mapping[str, Callable[..., None]] = {
    CUSTOMERS: write_customers,
    CONTRACTS: write_contracts,
    BILLED: write_billed_amounts,
}

_OUR_LOCKS, _IMPORT = 20_260_501, 1


def _silent(done: int, of: int) -> None:
    """Nobody watches."""


def import_file(
    *,
    kind: str,
    content: bytes,
    name: str,
    by: User | None,
    now: datetime,
    dry_run: bool = False,
    progress: Progress = _silent,
) -> Result:
    """Imports a CSV or XLSX file of this kind. The same file again changes nothing.

    Invalid with every fault, each with its line and column; Refusal while another import runs, because two that know nothing
    of each other would each make a customer of one name. `dry_run`: everything is done and taken back.
    """
    history.require(by, KINDS[kind].action)
    lines = parse(KINDS[kind], content)
    result, faults = Result(rows=len(lines)), LineFaults()
    with transaction.atomic():
        _alone()
        reason = f"Imported from {name}" if name else "Imported"
        _WRITE[kind](lines, faults, result, Run(by, now, reason, progress))
        faults.raise_if_any()
        transaction.set_rollback(dry_run)
    return result


def _alone() -> None:
    if connection.vendor != "postgresql":
        return  # one transaction writes at a time
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_OUR_LOCKS, _IMPORT])
        if not cursor.fetchone()[0]:
            raise Refusal("import_is_running", "Somebody imports right now; try again when that is done.")

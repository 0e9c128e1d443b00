"""A file that is sent first and imported later: looked at in between, and then the same bytes, by their SHA-256."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from accounts.importing.kinds import KINDS
from accounts.importing.running import import_file
from accounts.importing.tables import Progress, Result
from accounts.models import AccountsImport
from slaservice.history import operations as history
from slaservice.outages.importers.files.keeping import check_size, keep, settle, take_out, tidy


@transaction.atomic
def send_file(*, kind: str, content: bytes, name: str, by: User, now: datetime) -> AccountsImport:
    """Keeps a file with what importing it would change. Invalid with every fault of it, and then nothing is kept."""
    check_size(content, command="import_accounts")
    name = tidy(name)
    would = import_file(kind=kind, content=content, name=name, by=by, now=now, dry_run=True)
    said: dict[str, Any] = {"kind": kind, "would": would.as_json(), "sent_at": now, "sent_by": by}
    row = keep(AccountsImport, content=content, name=name, **said)
    history.record(by=by, action="accounts.import.send", obj=row, data={"sha256": row.sha256}, at=now)
    return row


@transaction.atomic
def import_sent(*, file: AccountsImport, by: User, now: datetime, reason: str = "") -> AccountsImport:
    """Imports what was sent, once. Refusal if its bytes are no longer there, or no longer the same."""
    history.require(by, KINDS[file.kind].action)
    file, content = take_out(file)
    result = import_file(kind=file.kind, content=content, name=file.name, by=by, now=now)
    settle(file, did=result.as_json(), by=by, now=now)
    _record_import(file, result, by=by, now=now, reason=reason)
    return file


@transaction.atomic
def import_at_once(
    *, kind: str, content: bytes, name: str, by: User | None, now: datetime, progress: Progress
) -> Result:
    """Imports a file that nobody looked at in between, and keeps it as one that was sent and imported."""
    name = tidy(name)
    result = import_file(kind=kind, content=content, name=name, by=by, now=now, progress=progress)
    did = result.as_json()
    said: dict[str, Any] = {"kind": kind, "would": did, "sent_at": now, "sent_by": by}
    row = keep(AccountsImport, content=content, name=name, did=did, imported_at=now, imported_by=by, **said)
    _record_import(row, result, by=by, now=now)
    return result


def _record_import(
    row: AccountsImport, result: Result, *, by: User | None, now: datetime, reason: str = ""
) -> None:
    data = {"sha256": row.sha256, "rows": result.rows, "outcomes": dict(result.outcomes)}
    history.record(by=by, action="accounts.import", obj=row, reason=reason, data=data, at=now)

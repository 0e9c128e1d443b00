"""A file that is sent first and imported later: looked at in between, and then the same bytes, by their SHA-256."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from slaservice.history import operations as history
from slaservice.outages.importers.files.importing import FileResult, import_file
from slaservice.outages.importers.files.keeping import check_size, keep, settle, take_out
from slaservice.outages.models import FileImport


@transaction.atomic
def send_file(
    *,
    kind: str,
    content: bytes,
    name: str,
    source: str,
    by: User,
    now: datetime,
    confirm: bool = False,
    reason: str = "",
) -> FileImport:
    """Keeps a file with what importing it would change. Invalid with every fault of it, and then nothing is kept."""
    check_size(content, command="import_facts")
    said: dict[str, Any] = {"kind": kind, "source": source, "confirm": confirm, "reason": reason}
    would = import_file(content=content, by=by, now=now, dry_run=True, **said)
    row = keep(FileImport, content=content, name=name, would=_plain(would), sent_at=now, sent_by=by, **said)
    history.record(
        by=by, action="outages.import.send", obj=row, reason=reason, data={"sha256": row.sha256}, at=now
    )
    return row


@transaction.atomic
def import_sent(*, file: FileImport, by: User, now: datetime, reason: str = "") -> FileImport:
    """Imports what was sent, once. Refusal if its bytes are no longer there, or no longer the same."""
    history.require(by, "outages.import")
    file, content = take_out(file)
    said = {name: getattr(file, name) for name in ("kind", "source", "confirm", "reason")}
    result = import_file(content=content, by=by, now=now, **said)
    settle(file, did=_plain(result), by=by, now=now)
    data = {"sha256": file.sha256, "counts": result.counts}
    history.record(by=by, action="outages.import", obj=file, reason=reason, data=data, at=now)
    return file


def _plain(result: FileResult) -> dict[str, Any]:
    return {"counts": result.counts, "changes": result.changes}

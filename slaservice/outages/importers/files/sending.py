"""A file that is sent first and imported later: looked at in between, and then the same bytes, by their SHA-256."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from slaservice import store
from slaservice.history import operations as history
from slaservice.outages.importers.files.importing import FileResult, import_file
from slaservice.outages.importers.files.tables import refused
from slaservice.outages.models import FileImport
from slaservice.rules.refusal import Refusal

MAX_SENT = 5_000_000
"""What one request can look at; a larger file is for the command line."""

_SUFFIX = ".table"


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
    if len(content) > MAX_SENT:
        raise refused(
            "file",
            f"is larger than {MAX_SENT:,} bytes; import it on the command line: manage.py import_facts",
        )
    would = import_file(
        kind=kind,
        content=content,
        source=source,
        by=by,
        now=now,
        confirm=confirm,
        reason=reason,
        dry_run=True,
    )
    row = FileImport.objects.create(
        kind=kind,
        source=source,
        name="".join(one for one in name if one.isprintable())[-200:],
        sha256=store.keep(content, _SUFFIX),
        size=len(content),
        confirm=confirm,
        reason=reason,
        would=_plain(would),
        sent_at=now,
        sent_by=by,
    )
    history.record(
        by=by, action="outages.import.send", obj=row, reason=reason, data={"sha256": row.sha256}, at=now
    )
    return row


@transaction.atomic
def import_sent(*, file: FileImport, by: User, now: datetime, reason: str = "") -> FileImport:
    """Imports what was sent, once. Refusal if its bytes are no longer there, or no longer the same."""
    history.require(by, "outages.import")
    file = FileImport.objects.select_for_update(of=("self",)).get(pk=file.pk)
    if file.imported_at is not None:
        raise Refusal("already_imported", f"{file} was imported before.")
    content = store.fetch(file.sha256, _SUFFIX)
    if content is None:
        raise Refusal("file_is_gone", f"The bytes of {file} are no longer here; send the file again.")
    settings = {name: getattr(file, name) for name in ("kind", "source", "confirm", "reason")}
    result = import_file(content=content, by=by, now=now, **settings)
    file.did, file.imported_at, file.imported_by = _plain(result), now, by
    file.save(update_fields=["did", "imported_at", "imported_by"])
    data = {"sha256": file.sha256, "counts": result.counts}
    history.record(by=by, action="outages.import", obj=file, reason=reason, data=data, at=now)
    return file


def _plain(result: FileResult) -> dict[str, Any]:
    return {"counts": result.counts, "changes": result.changes}

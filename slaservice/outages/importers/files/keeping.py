"""Files that are kept between looking and importing: by the SHA-256 of their bytes, and taken out once, whatever they hold."""

from datetime import datetime
from typing import Any, TypeVar

from django.contrib.auth.models import User

from slaservice import store
from slaservice.outages.importers.files.tables import refused
from slaservice.outages.models.imports import SentFile
from slaservice.rules.refusal import Refusal

MAX_SENT = 5_000_000
"""What one request can look at; a larger file is for the command line."""

_SUFFIX = ".table"

_File = TypeVar("_File", bound=SentFile)


def check_size(content: bytes, *, command: str) -> None:
    """Invalid where it is more than a request can look at."""
    if len(content) > MAX_SENT:
        sentence = f"is larger than {MAX_SENT:,} bytes; import it on the command line: manage.py {command}"
        raise refused("file", sentence)


def tidy(name: str) -> str:
    """A file's name as we can store and print it."""
    return "".join(one for one in name if one.isprintable())[-200:]


def keep(model: type[_File], *, content: bytes, name: str, **said: Any) -> _File:
    """The row of a file whose bytes are in the store from now on."""
    return model._default_manager.create(
        name=tidy(name), sha256=store.keep(content, _SUFFIX), size=len(content), **said
    )


def take_out(file: _File) -> tuple[_File, bytes]:
    """The row, locked until the transaction ends, and its bytes.

    Refusal if it was imported before, or its bytes are no longer there, or no longer the same.
    """
    locked = type(file)._default_manager.select_for_update(of=("self",)).get(pk=file.pk)
    if locked.imported_at is not None:
        raise Refusal("already_imported", f"{locked} was imported before.")
    content = store.fetch(locked.sha256, _SUFFIX)
    if content is None:
        raise Refusal("file_is_gone", f"The bytes of {locked} are no longer here; send the file again.")
    return locked, content


def settle(file: SentFile, *, did: dict[str, Any], by: User, now: datetime) -> None:
    """What importing it did, on its row."""
    file.did, file.imported_at, file.imported_by = did, now, by
    file.save(update_fields=["did", "imported_at", "imported_by"])

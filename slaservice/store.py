"""Files addressed by the SHA-256 of their bytes: made documents, and evidence as it was shown.

A file is written beside its place, flushed to the disk and then renamed, so that a full disk or a killed worker leaves no torn
file under a name; what is read is checked against its name before anybody gets it. Nothing is ever removed here.
"""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings

from slaservice.rules.refusal import Refusal


def path_of(sha256: str, suffix: str) -> Path:
    """The place of a file: two levels, so that no folder grows without bound."""
    return Path(settings.DOCUMENTS_DIR) / sha256[:2] / f"{sha256}{suffix}"


def keep(content: bytes, suffix: str) -> str:
    """Store bytes under their hash, and return it. Storing the same bytes again changes nothing, but mends a damaged file."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = path_of(sha256, suffix)
    if path.exists() and path.read_bytes() == content:
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)
    return sha256


def sync_folder(folder: Path) -> None:
    """A new file is there after a power cut only when its folder was written too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fetch(sha256: str, suffix: str) -> bytes | None:
    """The bytes of a file; None where there is none. Refusal when they are not what their name says."""
    try:
        content = path_of(sha256, suffix).read_bytes()
    except FileNotFoundError:
        return None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Refusal("document_damaged", f"The stored document {sha256[:12]} is damaged.")
    return content

"""Where made documents are kept: PDFs and journals, addressed by the SHA-256 of their bytes (slaservice/store.py)."""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slaservice import store

PDF, CSV = ".pdf", ".csv"


def path_of(sha256: str, suffix: str = PDF) -> Path:
    """The place of a document."""
    return store.path_of(sha256, suffix)


def keep(content: bytes, suffix: str = PDF) -> str:
    """Store a document under its hash, and return it. Storing the same bytes again changes nothing."""
    return store.keep(content, suffix)


def fetch(sha256: str, suffix: str = PDF) -> bytes | None:
    """The bytes of a document; None where there is none. Refusal when they are not what their name says."""
    return store.fetch(sha256, suffix)


def named(content: bytes) -> str:
    """The name that a document would be kept under."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def alone(name: str) -> Iterator[None]:
    """While nobody else on this host is within the same name, in hexadecimal; whoever else asks for it waits.

    What is locked is a folder of the store, so that nothing is left behind; the system lets go of it when a process dies. Workers
    of two hosts may be within at once, and so may all where the disk is full or read-only: they make the same bytes.
    """
    descriptor = _opened(path_of(name).parent)
    if descriptor is None:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # and with it the lock


def _opened(folder: Path) -> int | None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY)
    except OSError:
        return None

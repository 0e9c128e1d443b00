"""Where made documents are kept: PDFs and journals, addressed by the SHA-256 of their bytes (slaservice/store.py)."""

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

"""Where made documents are kept: PDFs, addressed by the SHA-256 of their bytes (slaservice/store.py)."""

from pathlib import Path

from slaservice import store

_PDF = ".pdf"


def path_of(sha256: str) -> Path:
    """The place of a document."""
    return store.path_of(sha256, _PDF)


def keep(content: bytes) -> str:
    """Store a document under its hash, and return it. Storing the same bytes again changes nothing."""
    return store.keep(content, _PDF)


def fetch(sha256: str) -> bytes | None:
    """The bytes of a document; None where there is none. Refusal when they are not what their name says."""
    return store.fetch(sha256, _PDF)

"""The statement's document out of a PDF: the attached JSON, wherever the file mentions it."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf

MOST_ATTACHMENTS = 50
MOST_BYTES = 50_000_000

_STREAM = re.compile("^stream <.*?>: ")
"""How pikepdf names a file that has no name."""


class NoDocument(Exception):
    """The file has no document, several, or one that cannot be taken out; says which."""


def document_in(content: bytes) -> bytes:
    """The bytes of the one attached JSON. NoDocument otherwise."""
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            found = set(_attached(pdf))
    except pikepdf.PasswordError:
        raise NoDocument("It is encrypted; our files are not.") from None
    except pikepdf.PdfError as problem:
        said = _STREAM.sub("", str(problem)).splitlines() or ["damaged"]
        raise NoDocument(f"It cannot be read as a PDF: {said[0][:200]}.") from None
    if not found:
        raise NoDocument("No statement's document is attached to it.")
    if len(found) > 1:
        raise NoDocument(f"{len(found)} different documents are attached to it; our files have one.")
    return found.pop()


def _attached(pdf: pikepdf.Pdf) -> Iterator[bytes]:
    """Each JSON that the list of attachments or of associated files names: whoever swaps one may leave the other."""
    listed = [*_named(pdf), *_associated(pdf)]
    if len(listed) > MOST_ATTACHMENTS:
        raise NoDocument(f"It has {len(listed)} attachments.")
    for spec in listed:
        name = str(spec.get("/UF", spec.get("/F", "")))
        if "/EF" not in spec or not name.lower().endswith(".json"):
            continue
        for stream in spec.EF.values():
            content = stream.read_bytes()
            if len(content) > MOST_BYTES:
                raise NoDocument(f"The document in it is larger than {MOST_BYTES:,} bytes.")
            yield content


def _named(pdf: pikepdf.Pdf) -> Iterator[Any]:
    names = pdf.Root.get("/Names")
    if isinstance(names, pikepdf.Dictionary) and "/EmbeddedFiles" in names:
        for spec in pikepdf.NameTree(names.EmbeddedFiles).values():
            if isinstance(spec, pikepdf.Dictionary):
                yield spec


def _associated(pdf: pikepdf.Pdf) -> Iterator[Any]:
    listed = pdf.Root.get("/AF")
    if isinstance(listed, pikepdf.Array):
        for spec in listed:
            if isinstance(spec, pikepdf.Dictionary):
                yield spec

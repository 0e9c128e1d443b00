"""The statement's document out of a PDF: the attached JSON, wherever the file mentions it."""

import io
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any
from unicodedata import normalize

import pikepdf

MOST_ATTACHMENTS = 50
MOST_BYTES = 50_000_000

_NAMES = ("/UF", "/F", "/DOS", "/Mac", "/Unix")
_JSON = pikepdf.Name("/application/json")

_STREAM = re.compile("^stream <.*?>: ")
"""How pikepdf names a file that has no name."""


class NoDocument(Exception):
    """The file has no document, several, or one that cannot be taken out; says which."""


def document_in(content: bytes) -> bytes:
    """The bytes of the one attached JSON. NoDocument otherwise."""
    try:
        with pikepdf.open(io.BytesIO(content)) as pdf:
            found = list(_documents(pdf))
    except pikepdf.PasswordError:
        raise NoDocument("It is encrypted; our files are not.") from None
    except pikepdf.PdfError as problem:
        said = _STREAM.sub("", str(problem)).splitlines() or ["damaged"]
        raise NoDocument(f"It cannot be read as a PDF: {said[0][:200]}.") from None
    if not found:
        raise NoDocument("No statement's document is attached to it.")
    if len(found) > 1:
        raise NoDocument(f"{len(found)} documents are attached to it; our files have one.")
    return found[0]


def _documents(pdf: pikepdf.Pdf) -> Iterator[bytes]:
    """Each attached JSON, by its name, its type or its content, once for each file attached and each stream of it."""
    attached = list(_attached(pdf))
    if len(attached) > MOST_ATTACHMENTS:
        raise NoDocument(f"It has {len(attached)} attachments.")
    for spec in attached:
        streams = {one.objgen: one for one in spec.EF.values() if isinstance(one, pikepdf.Stream)}
        for stream in streams.values():
            content = stream.read_bytes()
            if len(content) > MOST_BYTES:
                raise NoDocument(f"The document in it is larger than {MOST_BYTES:,} bytes.")
            if _is_named_json(spec) or stream.get("/Subtype") == _JSON or _opens_as_json(content):
                yield content


def _is_named_json(spec: Any) -> bool:
    names = (spec.get(key) for key in _NAMES)
    written = (str(name) for name in names if isinstance(name, pikepdf.String))
    return any(_letters(name).endswith("json") for name in written)


def _letters(name: str) -> str:
    """Without what does not show: a name that ends in a blank looks like one that does not."""
    return "".join(filter(str.isalnum, normalize("NFKC", name))).lower()


def _opens_as_json(content: bytes) -> bool:
    return content.removeprefix(BOM_UTF8).lstrip().startswith(b"{")


def _attached(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every dictionary that has a file, whatever mentions it: viewers find files in more places than one can list."""
    for one in (*pdf.objects, pdf.trailer):
        plain = one.stream_dict if isinstance(one, pikepdf.Stream) else one
        # Most objects have none, and to read them as text is quicker than to walk through each.
        if isinstance(plain, pikepdf.Object) and b"/EF" in plain.unparse(resolved=True):
            yield from _within(plain)


def _within(one: pikepdf.Object) -> Iterator[Any]:
    """Of an object and what is written out in it; what it refers to is an object of its own."""
    waiting: list[Any] = [one]
    while waiting:
        this = waiting.pop()
        parts: list[Any] = []
        if isinstance(this, pikepdf.Dictionary):
            if isinstance(this.get("/EF"), pikepdf.Dictionary):
                yield this
            parts = [this[key] for key in this.keys()]  # noqa: SIM118 - a pikepdf.Dictionary iterates over pairs
        elif isinstance(this, pikepdf.Array):
            parts = list(this)
        waiting += [part for part in parts if isinstance(part, pikepdf.Object) and not part.is_indirect]

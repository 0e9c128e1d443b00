"""What our register knows of a file: whether we made it, of which statement it is, and what counts now.

Asked by hashes alone, so whatever stands in the file, asking is safe.
"""

import re
from dataclasses import dataclass
from typing import Literal

from reports import store
from reports.models import Statement, StatementFile

By = Literal["file", "document", "mark"]

AS_PRINTED = "^( *[0-9A-Fa-f]){64} *$"

_MARK = re.compile(rb"/ID\s*\[\s*(?:\(([0-9a-f]{32})\)|<([0-9A-Fa-f]{64})>)")
"""The identifier of a PDF, as text or as hexadecimal digits of that text; reports/pdf/render.py writes it."""


@dataclass(frozen=True, slots=True)
class Known:
    """An issued statement, and how it was recognised: by its file byte for byte, by the document in a file that is not ours, or
    by no more than the mark that a changed file kept.

    `superseded_by` is the newest issued revision where that is another. `signed`: the file has a signature. `has_signed`: we keep
    a signed copy of this statement, and it was not lost.
    """

    by: By
    number: str
    revision: int
    superseded_by: str | None
    signed: bool
    has_signed: bool


def digest(said: object) -> str:
    """64 lower-case digits, of what may have been copied from paper with spaces and capitals. ValueError for anything else."""
    if not (isinstance(said, str) and re.fullmatch(AS_PRINTED, said)):
        raise ValueError("must be the 64 hexadecimal digits of a SHA-256")
    return said.replace(" ", "").lower()


def mark_of(content: bytes) -> str:
    """The first 32 digits of the digest by which our PDFs are marked, which programs that save a PDF anew keep; '' without."""
    found = _MARK.findall(content)
    plain, digits = found[-1] if found else (b"", b"")
    mark = (plain or bytes.fromhex(digits.decode())).decode("latin-1")
    return mark if re.fullmatch("[0-9a-f]{32}", mark) else ""


def known(sha256: str, *, digest: str = "", mark: str = "") -> Known | None:
    """What a file is, by its hash, else by the digest of the document in it, else by its mark; None where nothing is known."""
    file = StatementFile.objects.filter(sha256=sha256).first()
    if file is not None:
        return _known(Statement.objects.get(pk=file.statement_id), "file", signed=file.kind == file.SIGNED)
    issued = Statement.objects.filter(state=Statement.ISSUED)
    of_document = issued.filter(digest=digest).first() if digest else None
    if of_document is not None:
        return _known(of_document, "document")
    marked = issued.filter(digest__startswith=mark).first() if mark else None
    return None if marked is None else _known(marked, "mark")


def _known(statement: Statement, by: By, *, signed: bool = False) -> Known:
    same = Statement.objects.filter(
        contract=statement.contract_id, period_start=statement.period_start, state=Statement.ISSUED
    )
    newest = same.order_by("-revision").values_list("number", flat=True)[0]
    return Known(
        by=by,
        number=str(statement.number),
        revision=statement.revision,
        superseded_by=None if newest == statement.number else newest,
        signed=signed,
        has_signed=any(
            store.path_of(file.sha256).is_file() for file in statement.files.filter(kind=StatementFile.SIGNED)
        ),
    )

"""The signed PDFs that are kept. None can be made a second time, so none is ever replaced.

Where one was lost or damaged, the PDF without a signature is given instead: it is the same paper, and ours too. The log says so.
"""

import logging

from reports import store
from reports.models import Statement, StatementFile
from slaservice.rules.refusal import Refusal

logger = logging.getLogger(__name__)


def kept(statement: Statement) -> StatementFile | None:
    """The row of the statement's signed PDF."""
    return StatementFile.objects.filter(statement=statement, kind=StatementFile.SIGNED).first()


def content_of(statement: Statement) -> bytes | None:
    """The bytes of the statement's signed PDF; None where there is none that is whole."""
    row = kept(statement)
    if row is None:
        return None
    try:
        content = store.fetch(row.sha256)
        why = "is not in DOCUMENTS_DIR"
    except Refusal:
        content, why = None, "is damaged"
    if content is None:
        name = store.path_of(row.sha256).name
        logger.error("The signed PDF of %s %s: restore %s from a backup.", statement, why, name)
    return content

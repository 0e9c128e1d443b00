"""What an issued statement's PDF carries inside: its document, to be recomputed, and the recorded outages, to be summed up."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from reports.ledger_csv import WINDOWS, window_rows
from reports.pdf.archive import Annexed
from reports.pdf.attached import DOCUMENT, OUTAGES
from slaservice.history.admin.exports import csv_lines
from slaservice.rules.documents import canonical, digest_of

Json = Mapping[str, Any]


def annex(document: Json, *, digest: str) -> list[Annexed]:
    """The files of a statement's document. ValueError where `digest`, which the paper prints, is not its digest."""
    body = canonical(document)
    if digest_of(body, engine=document["identity"]["engine"]) != digest:
        raise ValueError(f"the statement's document does not have the digest {digest}")
    table = "".join(csv_lines(WINDOWS, window_rows(document)))
    return [
        Annexed(
            DOCUMENT, body, _("The statement’s document, from which every figure can be recomputed"), "Source"
        ),
        Annexed(
            OUTAGES, table.encode(), _("Every recorded outage, and how much of it counted"), "Supplement"
        ),
    ]

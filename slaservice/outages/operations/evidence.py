"""Evidence is shown for a window, and read again byte for byte; nobody changes or removes it."""

from datetime import datetime

from django.db import transaction

from slaservice import store
from slaservice.history import operations as history
from slaservice.outages.models import Evidence, OutageWindow
from slaservice.outages.models.evidence import MOST_BYTES
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By
from slaservice.rules.refusal import Refusal

SUFFIX = ".evidence"


@transaction.atomic
def add_evidence(
    *,
    window: OutageWindow,
    content: bytes,
    name: str,
    by: By,
    now: datetime,
    media_type: str = "",
    note: str = "",
) -> Evidence:
    """Keeps a file under its hash and says that it was shown for the window, whatever the window's state.

    Invalid with every fault. The same bytes again for the same window change nothing, whatever they are called.
    """
    history.require(by, "evidence.add")
    faults = Faults()
    faults.text("name", name, longest=200, blank=False)
    faults.text("media_type", media_type, longest=100)
    faults.text("note", note, longest=4000)
    if not content:
        faults.add("evidence_is_empty", "file", "The file is empty.")
    if len(content) > MOST_BYTES:
        faults.add(
            "evidence_is_too_large",
            "file",
            f"The file has {len(content):,} bytes; at most {MOST_BYTES:,} are kept. Give a link instead.",
        )
    faults.raise_if_any()
    values = {
        "size": len(content),
        "media_type": media_type,
        "name": name,
        "note": note,
        "added_at": now,
        "added_by": by,
    }
    sha256 = store.keep(content, SUFFIX)
    evidence, new = Evidence.objects.get_or_create(window=window, sha256=sha256, defaults=values)
    if new:
        data = {"sha256": sha256, "size": len(content), "name": name, "media_type": media_type}
        history.record(by=by, action="evidence.add", obj=window, reason=note[:3900], data=data, at=now)
    return evidence


def read_evidence(*, evidence: Evidence, by: By) -> bytes:
    """The bytes that were shown. Refusal where they are lost or damaged: nothing else is ever served in their place."""
    history.require(by, "evidence.view")
    content = store.fetch(evidence.sha256, SUFFIX)
    if content is None:
        raise Refusal("evidence_is_lost", f"The file {evidence.sha256[:12]} is not in the store.")
    return content

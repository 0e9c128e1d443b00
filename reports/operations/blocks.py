"""What blocks a close may be waived, with a reason."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from reports.models import ClosingBlock
from reports.operations.reasons import given
from slaservice.history import operations as history
from slaservice.rules.refusal import Refusal

WAIVABLE = frozenset(
    {
        "proposed_window",
        "proposed_maintenance",
        "proposed_gap",
        "proposed_exclusion",
        "no_request_counts",
        "open_too_long",
        "in_the_future",
        "looks_like_a_duplicate",
        "no_data",
        "not_in_term",
    }
)
"""Blocks that a person may waive. Without a fee or with facts that the terms cannot judge there is nothing to compute."""


@transaction.atomic
def waive(*, block: ClosingBlock, reason: str, by: User, now: datetime) -> ClosingBlock:
    """Let a contract's month be closed although this is unresolved, and say why. The next close heeds it."""
    history.require(by, "periods.waive")
    if block.code not in WAIVABLE:
        raise Refusal("cannot_be_waived", f"This must be put right, not waived: {block.sentence}")
    why = given(reason)
    waived = ClosingBlock.objects.filter(pk=block.pk, waived_at__isnull=True).update(
        waived_at=now, waived_by=by, waiver=why
    )
    if waived != 1:
        raise Refusal("already_waived", "Somebody has waived this already.")
    block.refresh_from_db()
    history.record(
        by=by, action="periods.waive", obj=block, reason=why, at=now, data={"sentence": block.sentence}
    )
    return block

"""What becomes of a granted credit: it goes onto a bill, or expires; and what nobody claims in time lapses."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from reports.models import Claim, ServiceCredit, Statement
from reports.models.claims import FILED
from reports.operations.moves import lock, move, required
from reports.operations.reasons import given
from slaservice.history import operations as history
from slaservice.rules.refusal import Refusal

LONGEST_REFERENCE = 100


@transaction.atomic
def apply(*, credit: ServiceCredit, billing_reference: str, by: User, now: datetime) -> ServiceCredit:
    """Say on which bill a granted credit was given. The statement is issued before."""
    history.require(by, required("apply"))
    reference = billing_reference.strip()
    if not 0 < len(reference) <= LONGEST_REFERENCE:
        raise Refusal(
            "no_billing_reference",
            f"Name the bill or credit note, in {LONGEST_REFERENCE} characters at most.",
        )
    return _settle("apply", credit, by, now, reason=f"On {reference}.", billing_reference=reference)


@transaction.atomic
def expire(*, credit: ServiceCredit, reason: str, by: User, now: datetime) -> ServiceCredit:
    """Say that a granted credit is not given any more (the customer left, the contract's time for it is over), and why."""
    history.require(by, required("expire"))
    return _settle("expire", credit, by, now, reason=given(reason))


def _settle(
    verb: str, credit: ServiceCredit, by: User, now: datetime, *, reason: str, **changes: object
) -> ServiceCredit:
    statement = lock(credit)
    if statement.state != Statement.ISSUED:
        raise Refusal(
            "not_issued", f"{statement} is not issued yet: its credit can be neither applied nor expired."
        )
    return move(
        verb,
        credit=credit,
        statement=statement,
        by=by,
        now=now,
        reason=reason,
        changes={"settled_by": by, "settled_at": now, **changes},
    )


LAPSED = "Nobody claimed it in time."


def lapse_due(*, now: datetime, limit: int = 500) -> int:
    """Let go of what nobody claimed in time on issued statements; how many. A claim that waits keeps its credit alive."""
    return sum(_lapse(credit, now) for credit in _unclaimed(now)[:limit])


def _unclaimed(now: datetime) -> QuerySet[ServiceCredit]:
    open_claims = Claim.objects.filter(credit=OuterRef("pk"), state=FILED)
    return ServiceCredit.objects.filter(
        ~Exists(open_claims),
        state="claimable",
        claim_until__lte=now,
        statement__state=Statement.ISSUED,
    ).order_by("claim_until", "pk")


@transaction.atomic
def _lapse(credit: ServiceCredit, now: datetime) -> bool:
    """Whether it lapsed; not if somebody claimed it, or a restatement took its place, while the rows were waited for."""
    statement = lock(credit)
    if not _unclaimed(now).filter(pk=credit.pk).exists():
        return False
    move(
        "lapse",
        credit=credit,
        statement=statement,
        by=None,
        now=now,
        reason=LAPSED,
        changes={"settled_at": now},
    )
    return True

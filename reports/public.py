"""What a customer sees of credits, claims and disputes, and in which words. Every query starts from the customer.

The words are fewer than ours: a credit that finance has not decided on is claimed, whatever was proposed; a claim that was
accepted is granted only once its credit is.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from accounts.models import Customer
from reports.models import Claim, Dispute, ServiceCredit, Statement
from reports.models.claims import ACCEPTED, FILED, PARTLY_ACCEPTED, REJECTED
from slaservice.rules.workflow import GRANTED, WAITS_FOR_FINANCE

CREDIT_STATES: Mapping[str, str] = {
    "claimable": "given only if it is claimed",
    "claimed": "claimed, and not decided on yet",
    "approved": "granted, and not on a bill yet",
    "applied": "granted, and on a bill",
    "expired": "granted, and not given any more",
    "lapsed": "not claimed in time",
    "rejected": "claimed, and not granted",
    "superseded": "a restatement took the statement's place before anything was granted",
}
"""Where a credit stands, for its customer."""

CLAIM_STATES: Mapping[str, str] = {
    "filed": "waits for its answer",
    "granted": "the credit was granted, in full or in part",
    "rejected": "nothing was granted",
    "superseded": "a restatement took the statement's place, whose credit needs no other claim",
}
"""Where a claim stands, for its customer."""


def credits_of(customer: Customer, now: datetime) -> QuerySet[Any]:
    """Credits of the customer's issued statements with the statement's `public_id` and `issued_at`, and `public_state`.

    One without a public state does not exist for the customer: what was rejected before anybody could claim it.
    """
    claims = Claim.objects.filter(credit=OuterRef("pk"))
    of_issued = ServiceCredit.objects.filter(
        statement__contract__customer=customer, statement__state=Statement.ISSUED
    ).annotate(claim_waits=Exists(claims.filter(state=FILED)), was_claimed=Exists(claims))
    cases = (When(condition, then=Value(state)) for state, condition in _credits(now).items())
    return (
        of_issued.annotate(
            public_state=Case(*cases, output_field=CharField()),
            public_id=F("statement__public_id"),
            issued_at=F("statement__issued_at"),
        )
        .filter(public_state__isnull=False)
        .select_related("statement__contract")
        .defer("statement__body")
    )


def _credits(now: datetime) -> dict[str, Q]:
    """By public state, the first that fits: `claimed` before what it was when the claim came."""
    lapsed = Q(state="expired", decided_at__isnull=True)
    return {
        "claimed": Q(claim_waits=True) | Q(state__in=WAITS_FOR_FINANCE, was_claimed=True),
        "lapsed": lapsed | Q(state="claimable", claim_until__lte=now),
        "claimable": Q(state="claimable"),
        "approved": Q(state="approved"),
        "applied": Q(state="applied"),
        "expired": Q(state="expired"),
        "rejected": Q(state="rejected", was_claimed=True),
        "superseded": Q(state="superseded"),
    }


def claims_of(customer: Customer) -> QuerySet[Any]:
    """Claims of the customer on its issued statements, with `public_state`."""
    heard = Q(state__in=(ACCEPTED, PARTLY_ACCEPTED))
    granted = Q(credit__state__in=(*GRANTED, "expired"), credit__decided_at__isnull=False)
    state = Case(
        When(state=REJECTED, then=Value("rejected")),
        When(heard & granted, then=Value("granted")),
        When(heard & Q(credit__state="rejected"), then=Value("rejected")),
        When(heard & Q(credit__state="superseded"), then=Value("superseded")),
        default=Value("filed"),
        output_field=CharField(),
    )
    return (
        Claim.objects.filter(
            credit__statement__contract__customer=customer, credit__statement__state=Statement.ISSUED
        )
        .annotate(public_state=state)
        .select_related("credit__statement__contract", "key")
        .defer("credit__statement__body")
    )


def disputes_of(customer: Customer) -> QuerySet[Dispute]:
    """The customer's disputes with their windows."""
    return (
        Dispute.objects.filter(statement__contract__customer=customer)
        .select_related("statement__contract", "key")
        .prefetch_related("windows__component")
        .defer("statement__body")
    )


def by_name(name: str, lookup: str = "") -> Q:
    """The statement with this id or number, at the end of a lookup."""
    return Q(**{f"{lookup}{'public_id' if name.startswith('st_') else 'number'}": name})

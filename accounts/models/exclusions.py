"""Exclusions: time that contracts may leave out of their downtime because of what others did, or nobody could help.

They cost customers money, so each has a clause and a written justification, is approved by another person than the one who
proposed it, and stays for good: what was wrongly excluded is ended, never deleted. They stand here and not beside the outages
because one may be for a single contract.
"""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import BaseConstraint, CheckConstraint, F, Q

from accounts.models.constraints import (
    ends_after_it_starts,
    no_longer_than,
    not_blank,
    span_within_the_century,
)
from accounts.models.contracts import Contract
from slaservice.outages.models import Component, CustomerTier
from slaservice.outages.models.constraints import within_the_century

CATEGORIES = {
    "customer_caused": "caused by the customer",
    "third_party": "caused by a third party",
    "force_majeure": "force majeure",
    "beta": "beta feature",
    "suspension": "suspension of the service",
}
"""Those of the rules other than maintenance."""

PROPOSED, APPROVED, REJECTED, ENDED = STATES = ("proposed", "approved", "rejected", "ended")


def _life() -> list[BaseConstraint]:
    """The state says what was done, by whom and when; and time goes forward."""
    approved = Q(approved_at__isnull=False, approved_by__isnull=False)
    not_approved = Q(approved_at__isnull=True, approved_by__isnull=True)
    closed = Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(close_reason="")
    not_closed = Q(closed_at__isnull=True, closed_by__isnull=True, close_reason="")
    stopped = Q(stops_at__isnull=False)
    return [
        CheckConstraint(
            condition=(Q(state=PROPOSED) & not_approved & not_closed & ~stopped)
            | (Q(state=APPROVED) & approved & not_closed & ~stopped)
            | (Q(state=REJECTED) & not_approved & closed & ~stopped)
            | (Q(state=ENDED) & approved & closed & stopped),
            name="exclusion_state_says_what_was_done",
        ),
        CheckConstraint(
            condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("proposed_by")),
            name="exclusion_is_approved_by_another_person",
        ),
        CheckConstraint(
            condition=(Q(approved_at__isnull=True) | Q(approved_at__gte=F("proposed_at")))
            & (Q(closed_at__isnull=True) | Q(closed_at__gte=F("proposed_at")))
            & (Q(closed_at__isnull=True) | Q(approved_at__isnull=True) | Q(closed_at__gte=F("approved_at"))),
            name="exclusion_goes_forward_in_time",
        ),
        CheckConstraint(
            condition=Q(stops_at__isnull=True)
            | (Q(stops_at__gte=F("starts_at")) & (Q(ends_at__isnull=True) | Q(stops_at__lte=F("ends_at")))),
            name="exclusion_stops_within_its_span",
        ),
        within_the_century("proposed_at", "approved_at", "closed_at", name="exclusion_record"),
    ]


class Exclusion(models.Model):
    """Time in [starts_at, ends_at) (null: until further notice) that is excluded where terms exclude its `category`.

    For one `contract`, or for everybody in `tiers`; null `component`: every one. It counts from `approved_at`. Ended, it
    excludes nothing from `stops_at` on; that is `starts_at` where it should never have been.
    """

    reference = models.CharField(max_length=40, unique=True)
    contract = models.ForeignKey(
        Contract, on_delete=models.PROTECT, null=True, blank=True, related_name="exclusions"
    )
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    tiers: "models.ManyToManyField[CustomerTier, ExclusionTier]" = models.ManyToManyField(
        CustomerTier, through="ExclusionTier", related_name="+"
    )
    category = models.CharField(max_length=40, choices=list(CATEGORIES.items()))
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    clause = models.CharField(max_length=60)
    justification = models.TextField()
    evidence_url = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=20, default=PROPOSED, choices=[(state, state) for state in STATES])
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    close_reason = models.TextField(blank=True)
    stops_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-starts_at", "reference"]
        constraints: ClassVar = [
            ends_after_it_starts("exclusion"),
            span_within_the_century("exclusion"),
            *_life(),
            CheckConstraint(condition=Q(category__in=list(CATEGORIES)), name="exclusion_category_is_known"),
            CheckConstraint(condition=Q(state__in=STATES), name="exclusion_state_is_known"),
            not_blank("reference", name="exclusion_reference"),
            not_blank("clause", name="exclusion_clause"),
            not_blank("justification", name="exclusion_justification"),
            no_longer_than(40, "reference", name="exclusion_reference"),
            no_longer_than(60, "clause", name="exclusion_clause"),
            no_longer_than(2000, "justification", name="exclusion_justification"),
            no_longer_than(500, "evidence_url", name="exclusion_evidence"),
            no_longer_than(4000, "close_reason", name="exclusion_close_reason"),
        ]
        indexes = [
            # queries.exclusions_known and exclusions_proposed_touching; the list in the admin, newest first
            models.Index(fields=["-starts_at", "reference"], name="exclusions_newest_first"),
        ]

    def __str__(self) -> str:
        return self.reference

    def until(self, known_at: datetime | None = None) -> datetime | None:
        """Where it stops excluding, as known now or then; null: it goes on."""
        ended = self.stops_at is not None and (known_at is None or self.closed_at <= known_at)  # type: ignore[operator]
        return self.stops_at if ended else self.ends_at


class ExclusionTier(models.Model):
    """A tier that an exclusion for everybody is for. Fixed with the other facts once somebody decided."""

    exclusion = models.ForeignKey(Exclusion, on_delete=models.PROTECT, related_name="+")
    tier = models.ForeignKey(CustomerTier, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["exclusion", "tier"], name="an_exclusion_names_a_tier_once"),
        ]

    def __str__(self) -> str:
        return f"{self.exclusion_id}: {self.tier_id}"

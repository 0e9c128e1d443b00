"""Request counts: how many requests a component had from a tier in an interval, and how many of them failed.

For contracts that judge error rates. A count that was wrong is not edited: a revision replaces it, says why, and both stay.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from slaservice.outages.models.components import Component, CustomerTier
from slaservice.outages.models.constraints import no_longer_than, not_blank, within_the_century

LONGEST_INTERVAL = 31 * 24 * 3600
"""Seconds. Minutes to hours are usual; who has only a month's total has that."""

MOST_REQUESTS = 10**15


class RequestCount(models.Model):
    """`total` requests in [start, start + seconds), of which `failed` failed; counts from `recorded_at` until `replaced_at`.

    The intervals of one component and tier that count do not overlap: the operation sees to it under a lock.
    """

    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="request_counts")
    tier = models.ForeignKey(CustomerTier, on_delete=models.PROTECT, related_name="request_counts")
    start = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    total = models.BigIntegerField()
    failed = models.BigIntegerField()
    revision = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=60)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.TextField(blank=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["component", "tier", "start", "revision"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["component", "tier", "start", "revision"], name="request_count_is_recorded_once"
            ),
            # also the index of queries.request_counts_known and of the operation
            models.UniqueConstraint(
                fields=["component", "tier", "start"],
                condition=Q(replaced_at__isnull=True),
                name="request_count_has_one_revision_that_counts",
            ),
            models.CheckConstraint(
                condition=Q(seconds__gte=1, seconds__lte=LONGEST_INTERVAL),
                name="request_count_lasts_a_second_to_31_days",
            ),
            models.CheckConstraint(
                condition=Q(failed__gte=0, failed__lte=F("total"), total__lte=MOST_REQUESTS),
                name="request_count_fails_at_most_all_of_its_requests",
            ),
            models.CheckConstraint(
                condition=Q(revision=1) | (Q(revision__gte=2) & ~Q(reason="")),
                name="request_count_is_corrected_for_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(replaced_at__isnull=True) | Q(replaced_at__gte=F("recorded_at")),
                name="request_count_goes_forward_in_time",
            ),
            within_the_century("start", "recorded_at", "replaced_at", name="request_count"),
            not_blank("source", name="request_count_source"),
            no_longer_than(60, "source", name="request_count_source"),
            no_longer_than(4000, "reason", name="request_count_reason"),
        ]
        indexes = [
            # the list in the admin, newest first
            models.Index(fields=["-start", "-id"], name="request_counts_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.component} for {self.tier} from {self.start:%Y-%m-%d %H:%M:%S}, {self.seconds} s"

    @property
    def state(self) -> str:
        return "counts" if self.replaced_at is None else "replaced"

"""Maintenance: when we took something down on purpose, and when we had said so.

Whether it excuses anything is for the contract to say: by category, by how long before its start it was announced, and by
how much of it is allowed.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from slaservice.outages.models.components import Component, CustomerTier
from slaservice.outages.models.constraints import life, no_longer_than, not_blank, span, within_the_century
from slaservice.outages.models.facts import RecordedFact
from slaservice.outages.models.identifiers import maintenance_id

CATEGORIES = {
    "scheduled_maintenance": "scheduled maintenance",
    "emergency_maintenance": "emergency maintenance",
}


class Maintenance(RecordedFact):
    """Work on `component` (null: on every component) for `tiers` in [start, end), announced at `announced_at` or never.

    The span is when it was done, or is to be done as long as it lies ahead; `planned_start` and `planned_end` are what was
    announced, both null where that is not known. Contracts are judged by the span, never by the plan.
    """

    public_id = models.CharField(max_length=40, default=maintenance_id, editable=False)
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, null=True, blank=True, related_name="maintenance"
    )
    tiers: "models.ManyToManyField[CustomerTier, MaintenanceTier]" = models.ManyToManyField(
        CustomerTier, through="MaintenanceTier", related_name="maintenance"
    )
    category = models.CharField(max_length=40, choices=list(CATEGORIES.items()))
    start = models.DateTimeField()
    end = models.DateTimeField()
    announced_at = models.DateTimeField(null=True, blank=True)
    planned_start = models.DateTimeField(null=True, blank=True)
    planned_end = models.DateTimeField(null=True, blank=True)
    title = models.CharField(max_length=500)

    class Meta:
        ordering = ["-start", "reference"]
        verbose_name_plural = "maintenance"
        constraints: ClassVar = [
            *span("maintenance"),
            *life("maintenance"),
            within_the_century("announced_at", name="maintenance_announcement"),
            within_the_century("planned_start", "planned_end", name="maintenance_plan"),
            models.CheckConstraint(
                condition=Q(planned_start__isnull=True, planned_end__isnull=True)
                | Q(
                    planned_start__isnull=False,
                    planned_end__isnull=False,
                    planned_end__gt=models.F("planned_start"),
                ),
                name="maintenance_plan_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(category__in=list(CATEGORIES)), name="maintenance_category_is_known"
            ),
            not_blank("title", name="maintenance_title"),
            no_longer_than(500, "title", name="maintenance_title"),
        ]
        indexes = [
            # queries.maintenance_known: by span, whatever the state is by now
            models.Index(fields=["start"], condition=Q(confirmed_at__isnull=False), name="maintenance_known"),
            # the list in the admin, newest first
            models.Index(fields=["-start", "reference"], name="maintenance_newest_first"),
        ]


class MaintenanceTier(models.Model):
    """A tier that a maintenance is for."""

    maintenance = models.ForeignKey(Maintenance, on_delete=models.CASCADE, related_name="+")
    tier = models.ForeignKey(CustomerTier, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["maintenance", "tier"], name="maintenance_names_a_tier_once"),
        ]

    def __str__(self) -> str:
        return f"{self.maintenance_id}: {self.tier_id}"

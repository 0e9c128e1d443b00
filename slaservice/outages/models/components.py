"""What we run, for whom, and what a feed's own ids mean among it.

Components and tiers are named in contracts and in frozen documents by their codes, so a code never changes and a row is
never deleted: a component ends.
"""

from django.db import models
from django.db.models import F, Q

from slaservice.outages.models.constraints import no_longer_than, not_blank


class Component(models.Model):
    """One thing that can be down by itself: "claude-api". `starts_on` and `ends_on` (exclusive) say when we ran it."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            not_blank("code", "name", name="component"),
            no_longer_than(60, "code", name="component_code"),
            no_longer_than(120, "name", name="component_name"),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True) | Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                name="component_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CustomerTier(models.Model):
    """A class of customers that an outage may spare or hit as one: "enterprise"."""

    code = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]
        constraints = [
            not_blank("code", "name", name="customer_tier"),
            no_longer_than(60, "code", name="customer_tier_code"),
            no_longer_than(120, "name", name="customer_tier_name"),
        ]

    def __str__(self) -> str:
        return self.name


class FeedComponent(models.Model):
    """What a feed's component id means here. Without a component it is a question for an operator, never a guess.

    Keyed by the feed's id: its display names change, `name` is only the newest one seen.
    """

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    component = models.ForeignKey(
        Component, on_delete=models.PROTECT, null=True, blank=True, related_name="feed_components"
    )

    class Meta:
        ordering = ["source", "name", "external_id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="feed_component_is_known_once"),
            not_blank("source", "external_id", name="feed_component"),
            no_longer_than(60, "source", name="feed_component_source"),
            no_longer_than(200, "external_id", "name", name="feed_component_text"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.external_id} ({self.source})"

"""User reports: how many people reported trouble with a component in an interval, by channel, as outage trackers publish it.

Evidence beside a window, never downtime by itself. A series is added to and never changed.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from slaservice.outages.models.components import Component
from slaservice.outages.models.constraints import no_longer_than, not_blank, within_the_century

CHANNELS = ("website", "app", "api")

LONGEST_INTERVAL = 86_400
MOST_REPORTS = 10**12


class UserReports(models.Model):
    """`count` reports in [start, start + seconds). Intervals of one source, component and channel do not overlap."""

    source = models.CharField(max_length=60)
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="user_reports")
    channel = models.CharField(max_length=20, choices=[(channel, channel) for channel in CHANNELS])
    start = models.DateTimeField()
    seconds = models.PositiveIntegerField()
    count = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-start", "-id"]
        verbose_name_plural = "user reports"
        constraints = [
            # also how record_user_reports finds what is there, and queries.user_reports the series beside a window
            models.UniqueConstraint(
                fields=["component", "source", "channel", "start"], name="user_reports_are_recorded_once"
            ),
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="user_reports_channel_is_known"),
            models.CheckConstraint(
                condition=Q(seconds__gte=1, seconds__lte=LONGEST_INTERVAL),
                name="user_reports_last_a_second_to_a_day",
            ),
            models.CheckConstraint(
                condition=Q(count__gte=0, count__lte=MOST_REPORTS), name="user_reports_are_a_count"
            ),
            not_blank("source", name="user_reports_source"),
            no_longer_than(60, "source", name="user_reports_source"),
            within_the_century("start", "recorded_at", name="user_reports"),
        ]
        indexes = [
            # the list in the admin, newest first
            models.Index(fields=["-start", "-id"], name="user_reports_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.component_id} {self.channel} {self.start:%Y-%m-%d %H:%M:%S}"

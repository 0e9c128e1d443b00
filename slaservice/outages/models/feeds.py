"""Status pages that are read on a timetable, and what they said their components were at, whenever it changed.

The row is the queue: a feed is due at `due_at`, and whoever moves that ahead by a conditional UPDATE is the one who polls.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from slaservice.outages.models.constraints import no_longer_than, not_blank, within_the_century


class PolledFeed(models.Model):
    """A Statuspage that is polled; `url` is the page's own address, `source` what its facts are recorded under.

    `failure` says what of the last poll did not succeed, `failures` how often in a row; `questions` are {document: [what it
    left undecided]}. `validators` is {document: {"etag", "last_modified", "meaning", "read_at", "listed"}}: what conditional
    requests are made of, and the ids that it listed. `looked_back_to` is the incident up to which those that are no longer
    listed were asked for one by one.
    """

    source = models.CharField(max_length=60, unique=True)
    url = models.CharField(max_length=500)
    enabled = models.BooleanField(default=True)
    seconds = models.PositiveIntegerField(default=300)
    due_at = models.DateTimeField()
    polled_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)
    questions = models.JSONField(default=dict, blank=True)
    validators = models.JSONField(default=dict, blank=True)
    looked_back_to = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["source"]
        constraints: ClassVar = [
            not_blank("source", "url", name="polled_feed"),
            no_longer_than(60, "source", name="polled_feed_source"),
            no_longer_than(500, "url", name="polled_feed_url"),
            models.CheckConstraint(
                condition=Q(seconds__gte=30, seconds__lte=86_400),
                name="polled_feed_is_polled_every_30_seconds_to_a_day",
            ),
            within_the_century("due_at", "polled_at", "succeeded_at", "failed_at", name="polled_feed"),
        ]

    def __str__(self) -> str:
        return self.source


class ComponentStatus(models.Model):
    """At `at` the page `source` said that its component `external_id` was at `status`; `seen_at` is when we saw it.

    One row for each change, never rewritten: so a component that was reset without a word in any incident can be seen.
    Polled, the change came between the poll before and `at`; pushed, `at` is the page's own time and `event_id` its id.
    """

    SUMMARY, PUSHED = "summary", "pushed"

    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=200)
    name = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=60)
    at = models.DateTimeField()
    seen_at = models.DateTimeField()
    seen_in = models.CharField(max_length=10, choices=[(SUMMARY, "the summary"), (PUSHED, "a message")])
    event_id = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "component statuses"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "event_id"],
                condition=~Q(event_id=""),
                name="component_status_is_recorded_once",
            ),
            not_blank("source", "external_id", "status", name="component_status"),
            no_longer_than(60, "source", "status", name="component_status_word"),
            no_longer_than(200, "external_id", "name", "event_id", name="component_status_text"),
            within_the_century("at", "seen_at", name="component_status"),
        ]
        indexes: ClassVar = [
            # queries.last_statuses: what a page said last of each component
            models.Index(fields=["source", "external_id", "-at"], name="statuses_of_one_component"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.external_id}: {self.status}"

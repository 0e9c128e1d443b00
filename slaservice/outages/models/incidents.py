"""What was published about an incident, and what an operator says of it: evidence, never downtime by itself.

An incident keeps what the feed said as it was received; a later edit by the feed replaces it and leaves an entry in the
history. What counts is a confirmed outage window that may point here. An incident of the source `operator` was opened by
hand, and people post its updates.
"""

from django.conf import settings
from django.db import models

from slaservice.outages.models.constraints import no_longer_than, not_blank, within_the_century
from slaservice.outages.models.identifiers import incident_id

STORY = ("public_impact", "root_cause", "postmortem")
LONGEST_STORY = 20_000


class Incident(models.Model):
    """One incident of one feed, by the feed's own id. Status and impact are the feed's words, whatever they are.

    `resolved_at` may lie before `started_at`: that is how backfilled incidents are published. `payload` is the incident
    as received, `payload_sha256` the SHA-256 of its canonical JSON in hexadecimal.

    Public impact, root cause and post-mortem are an operator's words, whatever the feed says later.
    """

    public_id = models.CharField(max_length=40, unique=True, default=incident_id, editable=False)
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=200)
    title = models.CharField(max_length=500, blank=True)
    impact = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=60, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    identified_at = models.DateTimeField(null=True, blank=True)
    monitoring_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    public_url = models.CharField(max_length=500, blank=True)
    payload = models.JSONField(default=dict)
    payload_sha256 = models.CharField(max_length=64)
    public_impact = models.TextField(blank=True)
    root_cause = models.TextField(blank=True)
    postmortem = models.TextField(blank=True)
    postmortem_url = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="incident_is_imported_once"),
            not_blank("source", "external_id", name="incident"),
            no_longer_than(60, "source", "impact", "status", name="incident_word"),
            no_longer_than(200, "external_id", name="incident_id"),
            no_longer_than(500, "title", "public_url", name="incident_text"),
            no_longer_than(500, "postmortem_url", name="incident_postmortem_link"),
            no_longer_than(LONGEST_STORY, *STORY, name="incident_story"),
            within_the_century(
                "started_at", "identified_at", "monitoring_at", "resolved_at", name="incident"
            ),
        ]
        indexes = [
            # the list in the admin, newest first
            models.Index(fields=["-started_at", "-id"], name="incidents_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.external_id}: {self.title}" if self.title else self.external_id


class IncidentUpdate(models.Model):
    """One update of an incident: `displayed_at` is when it happened, `posted_at` when it was typed.

    `transitions` is [[component id of the feed, old status, new status], ...] in the feed's words. What a person posted, to an
    incident opened by hand, is `by_hand`, and stays as it was posted.
    """

    incident = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="updates")
    external_id = models.CharField(max_length=200)
    status = models.CharField(max_length=60, blank=True)
    body = models.TextField(blank=True)
    displayed_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True, blank=True)
    transitions = models.JSONField(default=list)
    by_hand = models.BooleanField(default=False)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["displayed_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "external_id"], name="incident_update_is_imported_once"
            ),
            not_blank("external_id", name="incident_update"),
            no_longer_than(200, "external_id", name="incident_update_id"),
            no_longer_than(60, "status", name="incident_update_status"),
            within_the_century("displayed_at", "posted_at", name="incident_update"),
            models.CheckConstraint(
                condition=models.Q(by_hand=True) | models.Q(posted_by__isnull=True),
                name="incident_update_of_a_feed_is_posted_by_nobody_here",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id}: {self.status}"

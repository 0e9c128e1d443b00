"""The life of a recorded fact: proposed, confirmed or withdrawn; corrected by a new revision that supersedes it.

Two times are kept apart: *when it happened* (`start`, `end`) and *when we knew it* (`confirmed_at` to `closed_at`). A row
that is no longer proposed keeps its facts for good; the migration's triggers say so to the database.
"""

from django.conf import settings
from django.db import models

from slaservice.outages.models.constraints import PROPOSED, STATES


class RecordedFact(models.Model):
    """What outage windows and maintenance share.

    `reference` names one revision, for people and in documents; (`source`, `external_id`) names what all revisions are
    about. Each kind has a `public_id` besides, by which customers know a revision and all that correct it. A fact counts
    from `confirmed_at` until `closed_at`, at which it was withdrawn or superseded.
    """

    reference = models.CharField(max_length=200, unique=True)
    revision = models.PositiveIntegerField(default=1)
    source = models.CharField(max_length=60)
    external_id = models.CharField(max_length=200)
    state = models.CharField(max_length=20, default=PROPOSED, choices=[(state, state) for state in STATES])
    note = models.TextField(blank=True)
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    close_reason = models.TextField(blank=True)
    supersedes = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.reference

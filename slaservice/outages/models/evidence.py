"""Evidence: files that show what an outage window claims, kept under the SHA-256 of their bytes.

A row is only ever added: what somebody showed when a window was decided stays beside it.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from slaservice.outages.models.constraints import no_longer_than, not_blank, within_the_century
from slaservice.outages.models.windows import OutageWindow

MOST_BYTES = 10_000_000
"""A log, a screenshot, an export: what is larger belongs elsewhere, with a link."""


class Evidence(models.Model):
    """A file shown for one revision of a window. `media_type` is what the uploader's browser called it, and proves nothing."""

    window = models.ForeignKey(OutageWindow, on_delete=models.PROTECT, related_name="evidence")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    media_type = models.CharField(max_length=100, blank=True)
    name = models.CharField(max_length=200)
    note = models.TextField(blank=True)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["added_at", "id"]
        verbose_name_plural = "evidence"
        constraints = [
            models.UniqueConstraint(fields=["window", "sha256"], name="evidence_is_shown_once_for_a_window"),
            models.CheckConstraint(
                condition=Q(Exact(Length("sha256"), Value(64, output_field=models.IntegerField()))),
                name="evidence_is_named_by_its_sha256",
            ),
            models.CheckConstraint(
                condition=Q(size__gte=1, size__lte=MOST_BYTES), name="evidence_has_a_size_within_the_cap"
            ),
            not_blank("name", name="evidence_name"),
            no_longer_than(200, "name", name="evidence_name"),
            no_longer_than(100, "media_type", name="evidence_media_type"),
            no_longer_than(4000, "note", name="evidence_note"),
            within_the_century("added_at", name="evidence"),
        ]

    def __str__(self) -> str:
        return self.name

"""Files that somebody sent: what stands in the admin between looking at what a file would change and importing it."""

from django.conf import settings
from django.db import models
from django.db.models import BaseConstraint, Q

from slaservice.outages.models.constraints import no_longer_than, not_blank, within_the_century

KINDS_OF_FILE = ("outages", "maintenance", "request_counts")


class SentFile(models.Model):
    """A file by the SHA-256 of its bytes, which the store of files keeps.

    `would` is what a dry run said when it was sent, `did` what importing it did.
    """

    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    would = models.JSONField()
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    did = models.JSONField(null=True, blank=True)
    imported_at = models.DateTimeField(null=True, blank=True)
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True


def imported_at_a_time(name: str) -> list[BaseConstraint]:
    """What every table of files keeps: what was imported was so at an instant of this century, after it was sent."""
    return [
        models.CheckConstraint(
            condition=Q(imported_at__isnull=True, did__isnull=True, imported_by__isnull=True)
            | Q(imported_at__isnull=False, did__isnull=False, imported_at__gte=models.F("sent_at")),
            name=f"{name}_did_something_at_a_time",
        ),
        within_the_century("sent_at", "imported_at", name=name),
        no_longer_than(200, "name", name=f"{name}_name"),
    ]


class FileImport(SentFile):
    """A file of facts of `kind`; `would` and `did` are {"counts": {...}, "changes": [...]}."""

    kind = models.CharField(max_length=20, choices=[(kind, kind.replace("_", " ")) for kind in KINDS_OF_FILE])
    source = models.CharField(max_length=60)
    confirm = models.BooleanField(default=False)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-sent_at", "-id"]
        verbose_name = "file of facts"
        verbose_name_plural = "files of facts"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS_OF_FILE), name="file_import_kind_is_known"),
            *imported_at_a_time("file_import"),
            not_blank("source", "sha256", name="file_import"),
            no_longer_than(60, "source", name="file_import_source"),
            no_longer_than(4000, "reason", name="file_import_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.kind} ({self.sha256[:12]})"

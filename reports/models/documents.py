"""Made documents: the file of an issued statement, addressed by its hash."""

from django.db import models

from accounts.models.constraints import exactly_as_long_as
from reports.models.statements import Statement


class StatementFile(models.Model):
    """A statement's PDF. `sha256` is its name in the store; the same statement always gives the same bytes."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=10, default="pdf")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    renderer = models.CharField(max_length=60)
    made_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Is it ours? Asked by the hash of a file.
            models.Index(fields=["sha256"], name="file_by_sha256"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind"], name="a_statement_has_one_file_of_a_kind"),
            exactly_as_long_as(64, "sha256", name="file_sha256"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.statement}"

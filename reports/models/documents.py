"""Made documents: the files of an issued statement, addressed by their hashes, and what is known of files that are owed."""

from datetime import timedelta

from django.db import models

from accounts.models.constraints import exactly_as_long_as
from reports.models.statements import Statement

LEASE = timedelta(minutes=5)
"""For how long an attempt to sign has a statement for itself; longer than any attempt takes."""

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 360))
"""How long the next attempt to make or to sign waits after each that failed; from the last on always as long."""


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts that failed, at least one."""
    return BACK_OFF[min(attempts, len(BACK_OFF)) - 1]


class StatementFile(models.Model):
    """A statement's PDF. `sha256` is its name in the store.

    The same statement always gives the same bytes of kind `pdf`. A `signed` one is those bytes with a signature behind them,
    which nobody can make a second time; `certificate` is the SHA-256 of the certificate whose key signed it.
    """

    PDF, SIGNED = "pdf", "signed"

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="files")
    kind = models.CharField(max_length=10, default="pdf")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    renderer = models.CharField(max_length=60)
    made_at = models.DateTimeField()
    certificate = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        indexes = [
            # Is it ours? Asked by the hash of a file.
            models.Index(fields=["sha256"], name="file_by_sha256"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["statement", "kind"], name="a_statement_has_one_file_of_a_kind"),
            exactly_as_long_as(64, "sha256", name="file_sha256"),
            models.CheckConstraint(
                condition=(models.Q(kind="signed") & ~models.Q(certificate=""))
                | (~models.Q(kind="signed") & models.Q(certificate="")),
                name="a_signed_file_and_no_other_names_its_certificate",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.statement}"


class Attempt(models.Model):
    """How often something was tried for a statement and why that failed, so that the next attempt waits; gone once it is done."""

    attempts = models.PositiveIntegerField(default=0)
    not_before = models.DateTimeField()
    problem = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        abstract = True


class SigningAttempt(Attempt):
    """Signing a statement's PDF.

    An attempt is taken by a conditional UPDATE that counts it and leases the row, so that two workers do not sign one file.
    `problem` is empty while one is under way. `authority_failed_at`: when the time-stamping authority was why it failed.
    """

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="signing")
    authority_failed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # Whose turn is it? Asked by the sweep.
            models.Index(fields=["not_before"], name="signing_by_its_turn"),
        ]

    def __str__(self) -> str:
        return f"signing {self.statement}"


class MakingAttempt(Attempt):
    """Making a statement's PDF: what fails waits, and keeps no other from being made."""

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="making")

    class Meta:
        indexes = [
            # Whose turn is it? Asked by the sweep.
            models.Index(fields=["not_before"], name="making_by_its_turn"),
        ]

    def __str__(self) -> str:
        return f"making {self.statement}"

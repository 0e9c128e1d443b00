"""What keeps a contract's month from being closed, by name, until it is resolved or waived with a reason."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Contract


class ClosingBlock(models.Model):
    """One reason why a contract has no statement for a month yet.

    Every close looks anew: what is gone is marked resolved, what is new is added. `subject` names the thing that blocks (an
    outage's reference, a commitment), so that one block is one row however often the close runs.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="closing_blocks")
    month = models.CharField(max_length=7)
    code = models.CharField(max_length=40)
    subject = models.CharField(max_length=200)
    sentence = models.TextField()
    raised_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    waived_at = models.DateTimeField(null=True, blank=True)
    waived_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    waiver = models.TextField(blank=True)

    class Meta:
        ordering = ["-month", "contract", "code", "subject"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "month", "code", "subject"], name="a_block_is_raised_once"
            ),
            models.CheckConstraint(
                condition=Q(waived_at__isnull=True, waived_by__isnull=True, waiver="")
                | (Q(waived_at__isnull=False, waived_by__isnull=False) & ~Q(waiver="")),
                name="a_waiver_names_who_and_why",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.month}: {self.sentence}"

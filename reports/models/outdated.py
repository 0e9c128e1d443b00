"""What is to be closed again, because something that it was judged by has changed since."""

from django.db import models

from accounts.models import Contract
from accounts.models.constraints import exactly_as_long_as


class Outdated(models.Model):
    """A contract's period, by the month in which it ends: facts, terms or earlier statements of it changed after its close.

    The row is the queue, and one row however many facts came in. The close takes it out before it looks at any fact, so that
    what changes meanwhile puts it in again.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="+")
    month = models.CharField(max_length=7)

    class Meta:
        ordering = ["month", "contract"]
        verbose_name_plural = "outdated"
        constraints = [
            models.UniqueConstraint(fields=["month", "contract"], name="a_period_is_outdated_once"),
            exactly_as_long_as(7, "month", name="outdated_month"),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.month}"

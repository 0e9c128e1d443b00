"""How commitments stand before their period is over, where they are at risk or missed; reckoned with what the periods owe."""

from django.db import models
from django.db.models import F, Q

from accounts.models import Contract
from reports.models.exposure import Exposure


class Standing(models.Model):
    """A commitment whose running period is at risk or missed, as a reckoning found it: told to those who want to know.

    Seconds are exact texts, `uptime_percent` is as statements show it. `name` tells parts of a period apart, as documents do.
    """

    exposure = models.ForeignKey(Exposure, on_delete=models.CASCADE, related_name="standings")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    breached = models.BooleanField()
    period_label = models.CharField(max_length=60)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    commitment_percent = models.CharField(max_length=90)
    uptime_percent = models.CharField(max_length=20)
    downtime_seconds = models.TextField()
    allowed_seconds = models.TextField()

    class Meta:
        ordering = ["exposure", "contract", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["exposure", "contract", "name"], name="an_exposure_says_once_how_a_commitment_stands"
            ),
            models.CheckConstraint(
                condition=Q(period_end__gt=F("period_start")), name="standing_period_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.name}: {'breached' if self.breached else 'at risk'}"

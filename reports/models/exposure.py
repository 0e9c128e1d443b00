"""What the running periods owe so far, and what open outages cost by the hour: reckoned by a sweep, kept until the next one.

Working it out for thousands of contracts takes longer than a page may; so a page shows the last reckoning and its instant.
"""

from django.db import models
from django.db.models import Q

from accounts.models import Contract
from accounts.models.constraints import exactly_as_long_as
from slaservice.outages.models import OutageWindow


class ExposureQuerySet(models.QuerySet["Exposure"]):
    """Reckonings."""

    def whole(self) -> "ExposureQuerySet":
        """Those of which nothing is left to be worked out."""
        return self.filter(chunks__isnull=True)


class Exposure(models.Model):
    """One reckoning: `at` is the instant that its figures speak of, `contracts` how many had to be worked out for it."""

    at = models.DateTimeField()
    contracts = models.PositiveIntegerField()

    objects = ExposureQuerySet.as_manager()

    class Meta:
        get_latest_by = ["at", "id"]

    def __str__(self) -> str:
        return f"exposure as of {self.at:%Y-%m-%d %H:%M} UTC"


class ExposureChunk(models.Model):
    """Contracts (by id) that a reckoning has still to work out, in one transaction, with which the row goes."""

    exposure = models.ForeignKey(Exposure, on_delete=models.CASCADE, related_name="chunks")
    contracts = models.JSONField()

    def __str__(self) -> str:
        return f"{len(self.contracts)} contracts of the {self.exposure}"


class ExposureLine(models.Model):
    """What a contract's running period owes so far; with an `outage`, what it would owe more if that lasted another hour.

    `obstacle` says what keeps it from being worked out; then the amount is nothing.
    """

    exposure = models.ForeignKey(Exposure, on_delete=models.CASCADE, related_name="lines")
    contract = models.ForeignKey(Contract, on_delete=models.CASCADE, related_name="+")
    outage = models.ForeignKey(
        OutageWindow, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    period_label = models.CharField(max_length=60)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField(default=0)
    obstacle = models.TextField(blank=True)

    class Meta:
        ordering = ["exposure", "contract", "outage"]
        constraints = [
            models.UniqueConstraint(
                fields=["exposure", "contract"],
                condition=Q(outage__isnull=True),
                name="an_exposure_says_once_what_a_contract_owes",
            ),
            models.UniqueConstraint(
                fields=["exposure", "outage", "contract"],
                condition=Q(outage__isnull=False),
                name="an_exposure_says_once_what_an_outage_costs",
            ),
            exactly_as_long_as(3, "currency", name="exposure_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.contract} {self.period_label}"

"""Contracts as they were agreed: versions laid end to end in time, each with named commitments.

A version is never edited: what is agreed anew begins with a new version on its date, so that a month is always judged by
the terms that governed it. One version is in force at a time and lies within its contract's term; the database says so
(accounts/database.py).
"""

from django.db import models
from django.db.models import Q

from accounts.models.constraints import (
    amount_in_bounds,
    ends_after_it_starts,
    exactly_as_long_as,
    instant_within_the_century,
    no_longer_than,
    not_blank,
    span_within_the_century,
)
from accounts.models.customers import Customer
from accounts.models.identifiers import contract_id
from slaservice.outages.models import Component, CustomerTier

PERIOD_MONTHS = (1, 2, 3, 4, 6, 12)
"""Lengths of a period that fit into a year, so that the first month says where every period begins."""

OVERLAPS = ("stack", "best", "customer_picks_one")

CLAWBACKS = ("never", "next_period")
"""Whether a later correction may take back what was granted: never, or by a lower credit of the restatement."""

MOST_SETTLING_DAYS = 90


class Contract(models.Model):
    """What one customer agreed with us, from `starts_at` to `ends_at` (exclusive; null: no end agreed).

    `settling_days`: local days after a period's end in which facts may still come in; then its draft is due for review.
    `issues_by_itself`: a statement without a miss is issued then without a person.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contracts")
    public_id = models.CharField(max_length=40, unique=True, default=contract_id, editable=False)
    number = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    settling_days = models.PositiveSmallIntegerField(default=5)
    issues_by_itself = models.BooleanField(default=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(settling_days__lte=MOST_SETTLING_DAYS), name="contract_settles_within_90_days"
            ),
            ends_after_it_starts("contract"),
            span_within_the_century("contract"),
            not_blank("number", name="contract_number"),
            not_blank("title", name="contract_title"),
            no_longer_than(60, "number", name="contract_number"),
            no_longer_than(200, "title", name="contract_title"),
        ]

    def __str__(self) -> str:
        return self.number


class ContractVersion(models.Model):
    """One state of a contract, in force in [starts_at, ends_at): tier, currency, zone, periods, commitments, cap.

    Periods of `period_months` months are laid end to end from local midnight of the first of `first_month` in `timezone`.
    `cap` is the agreement's cap over all commitments, in the form of a commitment's, or null.
    """

    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    tier = models.ForeignKey(CustomerTier, on_delete=models.PROTECT, related_name="+")
    currency = models.CharField(max_length=3)
    timezone = models.CharField(max_length=64)
    period_months = models.PositiveSmallIntegerField(default=1)
    first_month = models.PositiveSmallIntegerField(default=1)
    overlap = models.CharField(max_length=20, default="stack")
    cap = models.JSONField(null=True, blank=True)
    clawback = models.CharField(max_length=11, default="never")

    class Meta:
        ordering = ["contract", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "number"], name="a_contract_numbers_its_versions_once"
            ),
            ends_after_it_starts("contract_version"),
            span_within_the_century("contract_version"),
            models.CheckConstraint(condition=Q(number__gte=1), name="contract_version_numbers_start_at_1"),
            exactly_as_long_as(3, "currency", name="contract_version_currency"),
            not_blank("timezone", name="contract_version_timezone"),
            no_longer_than(64, "timezone", name="contract_version_timezone"),
            models.CheckConstraint(
                condition=Q(period_months__in=PERIOD_MONTHS), name="contract_version_periods_fit_into_a_year"
            ),
            models.CheckConstraint(
                condition=Q(first_month__gte=1, first_month__lte=12),
                name="contract_version_first_month_is_a_month",
            ),
            models.CheckConstraint(
                condition=Q(overlap__in=OVERLAPS), name="contract_version_overlap_is_known"
            ),
            models.CheckConstraint(
                condition=Q(clawback__in=CLAWBACKS), name="contract_version_clawback_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract} version {self.number}"


class Commitment(models.Model):
    """One named promise of a version: these components, these terms, this fee for a period.

    `terms` is the canonical terms document without `components.names`: the names are the codes of the components.
    `fee_minor` is in minor units of the version's currency; null: the amount billed for each period decides.
    """

    version = models.ForeignKey(ContractVersion, on_delete=models.PROTECT, related_name="commitments")
    name = models.CharField(max_length=120)
    terms = models.JSONField()
    fee_minor = models.BigIntegerField(null=True, blank=True)
    components = models.ManyToManyField(Component, through="CommitmentComponent", related_name="commitments")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["version", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["version", "name"], name="a_version_names_its_commitments_once"),
            not_blank("name", name="commitment_name"),
            no_longer_than(120, "name", name="commitment_name"),
            amount_in_bounds("fee_minor", name="commitment_fee"),
        ]

    def __str__(self) -> str:
        return self.name


class CommitmentComponent(models.Model):
    """A component that a commitment covers. A table of its own, because a promised component cannot be deleted."""

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="+")
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "component"], name="a_commitment_covers_a_component_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.commitment}: {self.component}"


class BilledAmount(models.Model):
    """What was billed for a commitment in the period that starts then, in minor units of the version's currency."""

    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="billed_amounts")
    period_start = models.DateTimeField()
    amount_minor = models.BigIntegerField()

    class Meta:
        ordering = ["commitment", "period_start"]
        constraints = [
            models.UniqueConstraint(
                fields=["commitment", "period_start"], name="a_period_of_a_commitment_is_billed_once"
            ),
            instant_within_the_century("period_start", name="billed_period_start"),
            amount_in_bounds("amount_minor", name="billed_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.commitment} from {self.period_start:%Y-%m-%d}"

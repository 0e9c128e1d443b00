"""Service credits wait for finance: what the terms owe is proposed, a person decides, and whoever changes does not approve."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models.constraints import MOST_MINOR_UNITS
from reports.models.statements import Statement
from slaservice.rules.money import Money

DECIDED = ("approved", "rejected", "applied")


class ServiceCredit(models.Model):
    """The credit of a statement. `computed_minor` is what the rules propose, `amount_minor` what stands now.

    For a restatement both speak of the difference to what earlier revisions granted. A draft that is computed anew with
    another result puts its credit back to proposed; with the statement issued the decision stands for good.
    """

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="credit")
    state = models.CharField(max_length=10, default="proposed")
    currency = models.CharField(max_length=3)
    computed_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    reason = models.TextField(blank=True)
    proposed_at = models.DateTimeField()
    adjusted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-proposed_at", "-id"]
        indexes = [
            # The review queue: what waits, oldest first.
            models.Index(fields=["state", "proposed_at"], name="credit_by_state_and_age"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "adjusted", "approved", "rejected", "applied"]),
                name="credit_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(computed_minor__gte=0, computed_minor__lte=MOST_MINOR_UNITS)
                & Q(amount_minor__gte=0, amount_minor__lte=MOST_MINOR_UNITS),
                name="credit_amounts_are_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["proposed", "adjusted"], decided_at__isnull=True, decided_by__isnull=True
                )
                | Q(state__in=DECIDED, decided_at__isnull=False, decided_by__isnull=False),
                name="exactly_decided_credits_name_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["adjusted"], adjusted_by__isnull=False) | ~Q(state="adjusted"),
                name="an_adjusted_credit_names_who",
            ),
            models.CheckConstraint(
                condition=Q(adjusted_by__isnull=False) | Q(amount_minor=F("computed_minor")),
                name="only_a_person_changes_an_amount",
            ),
            models.CheckConstraint(
                condition=Q(adjusted_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(decided_by=F("adjusted_by")),
                name="whoever_adjusts_does_not_decide",
            ),
        ]

    def __str__(self) -> str:
        return f"credit of {self.statement}"

    @property
    def granted_minor(self) -> int:
        """What the customer gets by today's decision."""
        return self.amount_minor if self.state in ("approved", "applied") else 0


class CreditDecision(models.Model):
    """One decision on a statement's credit, kept for good: what was decided, on which digest, by whom and why."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    reason = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["statement", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=["adjust", "approve", "reject"]), name="decision_action_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.by}"

    @property
    def shown_amount(self) -> str:
        """'EUR 120.00'."""
        return f"{self.currency} {Money(self.amount_minor, self.currency)}"

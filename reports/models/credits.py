"""Service credits wait for finance: what the terms owe is proposed, a person decides, and whoever changes does not approve it.

The moves and who makes them are a table: slaservice/rules/workflow.py. A move is a conditional UPDATE. With the statement
issued, the database lets a credit make those moves and nothing else (migration 0002).
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models.constraints import MOST_MINOR_UNITS, no_longer_than
from reports.models.statements import Statement
from slaservice.rules.money import Money
from slaservice.rules.workflow import CREDIT_STATES, GRANTED


class ServiceCredit(models.Model):
    """The credit of a statement. `computed_minor` is what the rules propose, `amount_minor` what stands now.

    For a restatement both speak of the difference to what earlier revisions granted; it is negative only where the contract
    lets a correction take back. Where the terms want a claim the credit is `claimable` until `claim_until` (exclusive; null:
    for good). A draft that is computed anew with another result puts its credit back to where it began.
    """

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, related_name="credit")
    state = models.CharField(max_length=10, default="proposed")
    currency = models.CharField(max_length=3)
    computed_minor = models.BigIntegerField()
    amount_minor = models.BigIntegerField()
    reason = models.TextField(blank=True)
    proposed_at = models.DateTimeField()
    claim_until = models.DateTimeField(null=True, blank=True)
    adjusted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    billing_reference = models.CharField(max_length=100, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-proposed_at", "-id"]
        indexes = [
            # The review queue: what waits, oldest first.
            models.Index(fields=["state", "proposed_at", "id"], name="credit_by_state_and_age"),
            # What nobody claimed in time.
            models.Index(
                fields=["claim_until"], condition=Q(state="claimable"), name="credit_claimable_until"
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CREDIT_STATES), name="credit_state_is_known"),
            models.CheckConstraint(
                condition=Q(computed_minor__gte=-MOST_MINOR_UNITS, computed_minor__lte=MOST_MINOR_UNITS)
                & Q(amount_minor__gte=-MOST_MINOR_UNITS, amount_minor__lte=MOST_MINOR_UNITS),
                name="credit_amounts_are_in_bounds",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=["claimable", "proposed", "adjusted"],
                    decided_at__isnull=True,
                    decided_by__isnull=True,
                )
                | Q(
                    state__in=["approved", "rejected", "applied"],
                    decided_at__isnull=False,
                    decided_by__isnull=False,
                )
                | Q(state__in=["expired", "superseded"]),
                name="exactly_decided_credits_name_who_and_when",
            ),
            models.CheckConstraint(
                condition=Q(state="applied", settled_at__isnull=False, settled_by__isnull=False)
                & ~Q(billing_reference="")
                | Q(state="expired", settled_at__isnull=False, billing_reference="")
                | Q(settled_at__isnull=True, settled_by__isnull=True, billing_reference="")
                & ~Q(state__in=["applied", "expired"]),
                name="an_applied_credit_names_its_bill",
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
            no_longer_than(100, "billing_reference", name="credit_billing_reference"),
        ]

    def __str__(self) -> str:
        return f"credit of {self.statement}"

    @property
    def was_granted(self) -> bool:
        """Whether finance granted it; it stays granted where it then expired. As a condition: reports.queries.WAS_GRANTED."""
        return self.state in GRANTED or (self.state == "expired" and not self.lapsed)

    @property
    def lapsed(self) -> bool:
        """Whether it expired because nobody claimed it in time, and nobody ever decided on it."""
        return self.state == "expired" and self.decided_at is None

    @property
    def granted_minor(self) -> int:
        """What the customer was granted, by today's decision: that much no restatement grants again."""
        return self.amount_minor if self.was_granted else 0

    @property
    def asked_for(self) -> bool:
        """Whether it needed no claim or got one: then what a correction adds to it needs none either."""
        return self.state not in ("claimable", "superseded") and not self.lapsed

    @property
    def shown_amount(self) -> str:
        """'EUR 120.00'."""
        return Money(self.amount_minor, self.currency).shown


DECISIONS = ["claim", "adjust", "approve", "reject", "apply", "expire", "supersede"]


class CreditDecision(models.Model):
    """One decision on a statement's credit, kept for good: what was decided, on which digest, by whom and why.

    `by` is null where no person decided: nobody claimed in time, or a restatement that issued by itself took its place.
    """

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="decisions")
    action = models.CharField(max_length=10)
    digest = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    reason = models.TextField(blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["statement", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(action__in=DECISIONS),
                name="decision_action_is_known",
            ),
            models.CheckConstraint(
                condition=Q(by__isnull=False) | Q(action__in=["expire", "supersede"]),
                name="a_person_decides",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.by or 'the system'}"

    @property
    def shown_amount(self) -> str:
        """'EUR 120.00'."""
        return Money(self.amount_minor, self.currency).shown

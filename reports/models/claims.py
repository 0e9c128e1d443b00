"""Claims: where the terms pay only to those who ask in time, somebody asked, and finance answered."""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import ApiKey
from accounts.models.constraints import MOST_MINOR_UNITS, no_longer_than, not_blank
from reports.models.credits import ServiceCredit

FILED, ACCEPTED, PARTLY_ACCEPTED, REJECTED = "filed", "accepted", "partly_accepted", "rejected"


def claim_id() -> str:
    """The opaque id that customers see: `cl_` and 128 random bits."""
    return f"cl_{secrets.token_hex(16)}"


class Claim(models.Model):
    """A customer's claim for the credit of a statement, received at `received_at`, which its deadline is measured by.

    Filed by a customer's key or member, or by one of our people for the customer: then `claimant` says who asked.
    """

    public_id = models.CharField(max_length=40, unique=True, default=claim_id, editable=False)
    credit = models.ForeignKey(ServiceCredit, on_delete=models.PROTECT, related_name="claims")
    state = models.CharField(max_length=15, default=FILED)
    claimant = models.CharField(max_length=200, help_text="Who of the customer asks.")
    text = models.TextField(max_length=5000, blank=True)
    received_at = models.DateTimeField()
    filed_at = models.DateTimeField()
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    accepted_minor = models.BigIntegerField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["-filed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["credit"], condition=Q(state="filed"), name="a_credit_has_one_open_claim"
            ),
            models.UniqueConstraint(
                fields=["credit"],
                condition=Q(state__in=["accepted", "partly_accepted"]),
                name="a_credit_is_claimed_once",
            ),
            models.CheckConstraint(
                condition=Q(state="filed", decided_by__isnull=True, decided_at__isnull=True)
                | Q(
                    state__in=["accepted", "partly_accepted", "rejected"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="exactly_decided_claims_name_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["partly_accepted", "rejected"]) | ~Q(reason=""),
                name="what_is_not_granted_in_full_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["accepted", "partly_accepted"], accepted_minor__gt=0)
                & Q(accepted_minor__lte=MOST_MINOR_UNITS)
                | Q(state__in=["filed", "rejected"], accepted_minor__isnull=True),
                name="exactly_accepted_claims_have_an_amount",
            ),
            models.CheckConstraint(
                condition=Q(received_at__lte=F("filed_at")), name="a_claim_is_received_before_it_is_filed"
            ),
            models.CheckConstraint(
                condition=Q(filed_by__isnull=False, key__isnull=True)
                | Q(filed_by__isnull=True, key__isnull=False),
                name="a_claim_names_the_person_or_the_key",
            ),
            models.CheckConstraint(
                condition=Q(filed_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(decided_by=F("filed_by")),
                name="whoever_files_a_claim_does_not_decide",
            ),
            not_blank("claimant", name="claimant"),
            no_longer_than(200, "claimant", name="claimant"),
            no_longer_than(5000, "text", name="claim_text"),
        ]

    def __str__(self) -> str:
        return f"claim of {self.claimant} on {self.credit}"

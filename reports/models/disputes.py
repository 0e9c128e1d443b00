"""Disputes: a customer says that an issued statement is wrong, with the times that it saw itself, and we answer.

A dispute changes nothing by itself. Where it is accepted, operators record the facts, and the next close drafts a restatement.
"""

import secrets

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import ApiKey
from accounts.models.constraints import (
    instant_within_the_century,
    no_longer_than,
    not_blank,
    span_within_the_century,
)
from reports.models.statements import Statement
from slaservice.outages.models import Component

OPEN, ACCEPTED, REJECTED = "open", "accepted", "rejected"


def dispute_id() -> str:
    """The opaque id that customers see: `di_` and 128 random bits."""
    return f"di_{secrets.token_hex(16)}"


class Dispute(models.Model):
    """What a customer disputes of an issued statement, and our answer, which the customer reads.

    Filed by a customer's key, or by one of our people for the customer: then `claimant` says who of it disputes.
    """

    public_id = models.CharField(max_length=40, unique=True, default=dispute_id, editable=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="disputes")
    state = models.CharField(max_length=8, default=OPEN)
    claimant = models.CharField(max_length=200, help_text="Who of the customer disputes it.")
    text = models.TextField(max_length=5000)
    filed_at = models.DateTimeField()
    filed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.TextField(max_length=5000, blank=True, help_text="The customer reads it.")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-filed_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["statement"], condition=Q(state="open"), name="a_statement_has_one_open_dispute"
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True, answer="")
                | Q(
                    state__in=["accepted", "rejected"],
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                )
                & ~Q(answer=""),
                name="exactly_decided_disputes_have_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(filed_by__isnull=False, key__isnull=True)
                | Q(filed_by__isnull=True, key__isnull=False),
                name="a_dispute_names_the_person_or_the_key",
            ),
            models.CheckConstraint(
                condition=Q(filed_by__isnull=True)
                | Q(decided_by__isnull=True)
                | ~Q(decided_by=F("filed_by")),
                name="whoever_files_a_dispute_does_not_decide",
            ),
            instant_within_the_century("filed_at", name="dispute_filed_at"),
            not_blank("claimant", name="dispute_claimant"),
            not_blank("text", name="dispute_text"),
            no_longer_than(200, "claimant", name="dispute_claimant"),
            no_longer_than(5000, "text", name="dispute_text"),
            no_longer_than(5000, "answer", name="dispute_answer"),
        ]

    def __str__(self) -> str:
        return f"dispute of {self.claimant} on {self.statement}"


class DisputedWindow(models.Model):
    """A stretch of time in which the customer says that a component was down: [starts_at, ends_at)."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="windows")
    position = models.PositiveSmallIntegerField()
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    text = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["dispute", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["dispute", "position"], name="a_dispute_numbers_its_windows_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="disputed_window_ends_after_it_starts",
            ),
            span_within_the_century("disputed_window"),
            no_longer_than(1000, "text", name="disputed_window_text"),
        ]

    def __str__(self) -> str:
        return f"{self.component}, {self.starts_at:%Y-%m-%d %H:%M} to {self.ends_at:%Y-%m-%d %H:%M} UTC"

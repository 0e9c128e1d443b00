"""Statements: one contract, one period, one revision.

A draft is recomputed while facts change. An issued statement is a frozen document with a number: triggers keep it and its
lines from ever changing, and a correction is the next revision, which supersedes it.
"""

import json
import secrets
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Commitment, Contract
from accounts.models.constraints import MOST_MINOR_UNITS, exactly_as_long_as
from slaservice.rules import workflow


def statement_id() -> str:
    """The opaque id that customers see: `st_` and 128 random bits."""
    return f"st_{secrets.token_hex(16)}"


class Statement(models.Model):
    """What one period came to under one contract.

    `body` is the canonical JSON of the statement's document, kept as text so that both databases keep the same bytes; `digest`
    is its SHA-256. `content_digest` covers agreement, cases and total alone: when it is equal, nothing has changed.
    `credit_minor` is what the terms owe for the period, in minor units of `currency`. From `due_at` on, when the contract's
    settling time is over, a draft is due for review; time alone makes it so, and `status` says it.
    """

    DRAFT, ISSUED = workflow.DRAFT, workflow.ISSUED

    SAYS_NOTHING = "0" * 64
    """The digests of a draft that was let go (reports/outside.py): if its period comes back it is computed anew."""

    public_id = models.CharField(max_length=40, unique=True, default=statement_id, editable=False)
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="statements")
    month = models.CharField(max_length=7, help_text="The month in which the period ends, e.g. 2026-04.")
    period_label = models.CharField(max_length=60)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )
    state = models.CharField(max_length=10, default=DRAFT)
    body = models.TextField()
    digest = models.CharField(max_length=64)
    content_digest = models.CharField(max_length=64)
    currency = models.CharField(max_length=3)
    credit_minor = models.BigIntegerField()
    met = models.BooleanField()
    drafted_at = models.DateTimeField()
    due_at = models.DateTimeField()
    number = models.CharField(max_length=40, null=True, blank=True, unique=True)
    issued_at = models.DateTimeField(null=True, blank=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-period_end", "contract__number", "-revision"]
        indexes = [
            # The desk's list, newest first.
            models.Index(fields=["-period_end", "id"], name="statement_newest_first"),
            # The desk: statements of a month, by state.
            models.Index(fields=["month", "state"], name="statement_by_month_and_state"),
            # What is due for review, or may issue by itself.
            models.Index(
                fields=["due_at", "id"], condition=Q(state="draft"), name="statement_draft_by_due_date"
            ),
            # A customer's list in the API: issued statements of its contracts, newest first.
            models.Index(
                fields=["contract", "state", "-issued_at", "-id"], name="statement_issued_by_contract"
            ),
            # Is it ours? Asked by the digest that a paper prints.
            models.Index(fields=["digest"], condition=Q(state="issued"), name="statement_issued_by_digest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "period_start", "revision"], name="a_period_has_each_revision_once"
            ),
            models.UniqueConstraint(
                fields=["contract", "period_start"],
                condition=Q(state="draft"),
                name="a_period_has_one_draft_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "issued"]), name="statement_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="draft", number__isnull=True, issued_at__isnull=True)
                | Q(state="issued", number__isnull=False, issued_at__isnull=False),
                name="exactly_issued_statements_have_a_number",
            ),
            models.CheckConstraint(
                condition=Q(revision=1, supersedes__isnull=True)
                | Q(revision__gte=2, supersedes__isnull=False),
                name="exactly_later_revisions_supersede",
            ),
            models.CheckConstraint(
                condition=Q(period_end__gt=F("period_start")), name="statement_period_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(credit_minor__gte=0, credit_minor__lte=MOST_MINOR_UNITS),
                name="statement_credit_is_in_bounds",
            ),
            exactly_as_long_as(64, "digest", name="statement_digest"),
            exactly_as_long_as(64, "content_digest", name="statement_content_digest"),
            exactly_as_long_as(3, "currency", name="statement_currency"),
            exactly_as_long_as(7, "month", name="statement_month"),
        ]

    def __str__(self) -> str:
        return self.number or f"draft of {self.contract} for {self.period_label}"

    def status(self, now: datetime) -> str:
        """Where it stands: draft, due for review, nothing to issue; issued, superseded.

        One query unless `supersedes` (of a draft) or `superseded_by` is loaded. As conditions: reports.queries.with_status.
        """
        if self.state == self.DRAFT:
            if not self.says_something_new:
                return workflow.NOTHING_TO_ISSUE
            return workflow.DUE if self.due_at <= now else workflow.DRAFT
        replaced = hasattr(self, "superseded_by") and self.superseded_by.state == self.ISSUED
        return workflow.SUPERSEDED if replaced else workflow.ISSUED

    @property
    def says_something_new(self) -> bool:
        """Not so of a draft that was let go, nor of a restatement that came to what is issued: neither is ever issued."""
        if self.content_digest == self.SAYS_NOTHING:
            return False
        return self.supersedes is None or self.supersedes.content_digest != self.content_digest

    @property
    def document(self) -> Any:
        """The statement's document as JSON values; shape: slaservice.rules.documents."""
        return json.loads(self.body)


class StatementLine(models.Model):
    """One commitment on a statement, as the desk lists and sorts it. The document has the whole of it.

    Percentages and seconds are text as the rules gave them: shown percentages with six decimals, exact seconds.
    """

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    commitment = models.ForeignKey(Commitment, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    components = models.TextField()
    commitment_percent = models.CharField(max_length=90)
    uptime_percent = models.CharField(max_length=20)
    judged_percent = models.TextField(help_text="Exact, as commitment and brackets saw it.")
    applicable = models.BooleanField()
    met = models.BooleanField()
    downtime_seconds = models.TextField()
    excluded_seconds = models.TextField()
    credit_minor = models.BigIntegerField()
    counted = models.BooleanField(
        default=True, help_text="Whether the credit is part of the total: where promises overlap, one may be."
    )
    carried = models.TextField(
        default="0", help_text="Exact money below the minimum issue that the next period takes over."
    )

    class Meta:
        ordering = ["statement", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "position"], name="a_statement_numbers_its_lines_once"
            ),
            models.CheckConstraint(
                condition=Q(credit_minor__gte=0, credit_minor__lte=MOST_MINOR_UNITS),
                name="line_credit_is_in_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.statement}: {self.name}"


class NumberSeries(models.Model):
    """The last number given out in a series (a year). Locked and raised as the last thing an issuing transaction does."""

    series = models.CharField(max_length=20, unique=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "number series"

    def __str__(self) -> str:
        return f"{self.series}: {self.last}"


class Followed(models.Model):
    """How far the history was read for facts that change statements: seals up to `upto` are followed. One row."""

    upto = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.upto)

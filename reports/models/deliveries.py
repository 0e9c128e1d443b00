"""Deliveries: by which way an issued statement reached whom; and the daily mail that tells finance what waits.

Mail is owed by a row: a sweep sends what has no `sent_at` yet, so that nothing is sent from inside a request.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import ApiKey
from accounts.models.constraints import no_longer_than, not_blank
from reports.models.statements import Statement

CHANNELS = ("api", "download", "email", "hand")

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720, 1440))
"""How long a mail waits after each attempt that failed. After the last there is one more, and then a person must look."""

MOST_ATTEMPTS = len(BACK_OFF) + 1

LEASE = timedelta(minutes=15)
"""For how long an attempt is one worker's. Longer than the slowest: a paper is made, and a server answers each step late."""


def delivery_id() -> str:
    """Names a delivery for good, in a mail's Message-ID too."""
    return f"dl_{secrets.token_hex(16)}"


class Delivery(models.Model):
    """A statement was fetched over the API, downloaded by one of our people, mailed, or handed over, to `recipient`.

    `sent_at` null: the mail is still owed; `problem` says why the last attempt failed. `not_before`: until then an attempt
    under way has it to itself, and after one that failed nobody tries again.
    """

    public_id = models.CharField(max_length=40, unique=True, default=delivery_id, editable=False)
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="deliveries")
    channel = models.CharField(max_length=8)
    recipient = models.CharField(max_length=254)
    note = models.TextField(max_length=1000, blank=True)
    asked_at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    key = models.ForeignKey(ApiKey, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-asked_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            # What is still owed.
            models.Index(fields=["asked_at"], condition=Q(sent_at__isnull=True), name="delivery_owed"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["statement", "key"],
                condition=Q(channel="api"),
                name="a_key_fetches_a_statement_first_once",
            ),
            models.UniqueConstraint(
                fields=["statement", "by"],
                condition=Q(channel="download"),
                name="a_person_downloads_a_statement_first_once",
            ),
            models.UniqueConstraint(
                "statement",
                Lower("recipient"),
                condition=Q(channel="email", sent_at__isnull=True, attempts__lt=MOST_ATTEMPTS),
                name="a_statement_is_owed_to_an_address_once",
            ),
            models.CheckConstraint(condition=Q(channel__in=CHANNELS), name="delivery_channel_is_known"),
            models.CheckConstraint(
                condition=Q(channel="email") | Q(sent_at__isnull=False), name="only_a_mail_is_owed"
            ),
            not_blank("recipient", name="delivery_recipient"),
            no_longer_than(254, "recipient", name="delivery_recipient"),
            no_longer_than(1000, "note", name="delivery_note"),
        ]

    def __str__(self) -> str:
        return f"{self.statement} to {self.recipient}"

    @property
    def given_up(self) -> bool:
        """Whether nobody tries any more: it failed too often, or is not to be sent any more."""
        return self.sent_at is None and self.attempts >= MOST_ATTEMPTS


class Digest(models.Model):
    """The mail of one day that tells a person of finance what waits. One a day and person, however often it is asked for."""

    day = models.DateField()
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-day", "to"]
        constraints = [
            models.UniqueConstraint(fields=["day", "to"], name="one_digest_a_day_and_person"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} to {self.to}"

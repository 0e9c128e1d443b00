"""The ledger of postings: every movement of credit money, double entry, append-only; and the journals made of it.

One row takes an amount from one account and puts it into another, so that every posting balances by its form. The accounts
and what moves when are tables in slaservice/rules/postings.py.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Contract, Customer
from accounts.models.constraints import MOST_MINOR_UNITS, exactly_as_long_as
from reports.models.statements import Statement
from slaservice.rules.money import Money
from slaservice.rules.postings import ACCOUNTS


class Posting(models.Model):
    """`amount_minor` of `currency` moves from `credit_account` to `debit_account`, for a statement, at `at`.

    `effective_on` is the last local day of the period for what the close finds of a first statement, and the day of the deed in
    the vendor's zone for all else (slaservice/rules/postings.py: accrues_on). `deed` is the move that it came from ("draft",
    "approve", "apply", ...).
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="postings")
    contract = models.ForeignKey(Contract, on_delete=models.PROTECT, related_name="postings")
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="postings")
    deed = models.CharField(max_length=10)
    debit_account = models.CharField(max_length=15)
    credit_account = models.CharField(max_length=15)
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    effective_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        indexes = [
            # The balance of a customer in a currency.
            models.Index(fields=["customer", "currency"], name="posting_by_customer_currency"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(debit_account__in=ACCOUNTS, credit_account__in=ACCOUNTS)
                & ~Q(debit_account=F("credit_account")),
                name="a_posting_moves_between_two_accounts",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0, amount_minor__lte=2 * MOST_MINOR_UNITS),
                name="a_posting_moves_something",
            ),
            exactly_as_long_as(3, "currency", name="posting_currency"),
        ]

    def __str__(self) -> str:
        return f"{self.deed}: {Money(self.amount_minor, self.currency).shown} for {self.statement}"


class Journal(models.Model):
    """A batch of postings as finance took it to the ERP: its rows are said by ExportedPosting, its file by the hash."""

    number = models.CharField(max_length=40, unique=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    postings = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]
        constraints = [
            exactly_as_long_as(64, "sha256", name="journal_sha256"),
            models.CheckConstraint(condition=Q(postings__gt=0), name="a_journal_is_not_empty"),
        ]

    def __str__(self) -> str:
        return self.number


class ExportedPosting(models.Model):
    """This posting went out with that journal, and with no other."""

    posting = models.OneToOneField(Posting, on_delete=models.PROTECT, related_name="exported")
    journal = models.ForeignKey(Journal, on_delete=models.PROTECT, related_name="rows")

    def __str__(self) -> str:
        return f"{self.posting} in {self.journal}"

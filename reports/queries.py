"""Reading statements: who sees which. Every query that a customer's answer comes from starts here, from the customer."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.models import Customer
from accounts.queries import customers_visible_to
from reports.models import ClosingBlock, ServiceCredit, Statement
from slaservice.rules.workflow import GRANTED

WAS_GRANTED = Q(state__in=GRANTED) | Q(state="expired", decided_at__isnull=False)
"""Credits that finance granted (`ServiceCredit.was_granted`): what was granted and then expired among them, not what lapsed."""


def statements_of(customer: Customer) -> QuerySet[Statement]:
    """What a customer sees: its own issued statements, all revisions."""
    return Statement.objects.filter(contract__customer=customer, state=Statement.ISSUED).select_related(
        "contract", "supersedes", "superseded_by", "credit"
    )


def statements_visible_to(user: AbstractBaseUser) -> QuerySet[Statement]:
    """What one of our people sees: the statements of the customers in their care, drafts too."""
    return Statement.objects.filter(contract__customer__in=customers_visible_to(user))


def credits_visible_to(user: AbstractBaseUser) -> QuerySet[ServiceCredit]:
    """The credits of the customers in a person's care."""
    return ServiceCredit.objects.filter(statement__contract__customer__in=customers_visible_to(user))


def blocks_visible_to(user: AbstractBaseUser) -> QuerySet[ClosingBlock]:
    """What blocks the close for the customers in a person's care, and is neither resolved nor waived."""
    return ClosingBlock.objects.filter(
        contract__customer__in=customers_visible_to(user), resolved_at__isnull=True, waived_at__isnull=True
    )


_SAYS_SOMETHING_NEW = (Q(supersedes__isnull=True) | ~Q(content_digest=F("supersedes__content_digest"))) & ~Q(
    content_digest=Statement.SAYS_NOTHING
)


def due_for_review(now: datetime) -> QuerySet[Statement]:
    """Drafts whose settling time is over, without those of no period any more and restatements that came to what is issued."""
    return Statement.objects.filter(_SAYS_SOMETHING_NEW, state=Statement.DRAFT, due_at__lte=now)


def issuable_by_themselves(now: datetime) -> QuerySet[Statement]:
    """Drafts that need nobody: due, allowed by the contract, first revision, every commitment met, no credit, nothing waived.

    And nothing of an earlier period still waits, whose issue would change their history.
    """
    blocks = ClosingBlock.objects.filter(contract=OuterRef("contract"))
    waived = Q(month=OuterRef("month"), waived_at__isnull=False)
    standing = Q(month__lte=OuterRef("month"), waived_at__isnull=True, resolved_at__isnull=True)
    earlier = Statement.objects.filter(
        _SAYS_SOMETHING_NEW,
        contract=OuterRef("contract"),
        period_start__lt=OuterRef("period_start"),
        state=Statement.DRAFT,
    )
    return due_for_review(now).filter(
        ~Exists(blocks.filter(waived | standing)),
        ~Exists(earlier),
        contract__issues_by_itself=True,
        revision=1,
        met=True,
        credit_minor=0,
        credit__isnull=True,
    )

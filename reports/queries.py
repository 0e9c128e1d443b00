"""Reading statements: who sees which. Every query that a customer's answer comes from starts here, from the customer."""

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from accounts.models import Customer
from accounts.queries import customers_visible_to
from reports.models import ClosingBlock, ServiceCredit, Statement


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

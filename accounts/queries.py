"""Reading: whose customers and contracts, which versions were in force, what a commitment says in full."""

from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import ApiKey, Commitment, Contract, ContractVersion, Customer
from slaservice.history.operations import Person, roles_of
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK

SEES_EVERY_CUSTOMER = frozenset({FINANCE_CLERK, FINANCE_APPROVER, AUDITOR, ADMINISTRATOR})


def sees_every_customer(user: Person) -> bool:
    """Whether a role shows this person every customer."""
    return not SEES_EVERY_CUSTOMER.isdisjoint(roles_of(user))


def customers_visible_to(user: Person | None) -> QuerySet[Customer]:
    """Finance, auditors and administrators see every customer; others those in their care and those they belong to."""
    if user is None:
        return Customer.objects.all()
    if not user.is_active or user.pk is None:
        return Customer.objects.none()
    if sees_every_customer(user):
        return Customer.objects.all()
    # exists-subquery rather than a join: a customer whose manager is also a member must not come twice
    return Customer.objects.filter(
        Q(account_manager_id=user.pk)
        | Q(pk__in=Customer.objects.filter(memberships__user_id=user.pk).values("pk"))
    )


def contracts_visible_to(user: Person | None) -> QuerySet[Contract]:
    """The contracts of the customers that the user sees."""
    return Contract.objects.filter(customer__in=customers_visible_to(user))


def keys_visible_to(user: Person | None) -> QuerySet[ApiKey]:
    """The API keys of the customers that the user sees."""
    return ApiKey.objects.filter(customer__in=customers_visible_to(user))


def versions_in_force(*, start: datetime, end: datetime) -> QuerySet[ContractVersion]:
    """Versions in force at any instant of [start, end), with contract, customer and tier, by contract and number."""
    return (
        ContractVersion.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=start), starts_at__lt=end)
        .select_related("contract__customer", "tier")
        .order_by("contract_id", "number")
    )


def version_at(contract: Contract, at: datetime) -> ContractVersion | None:
    """The version of the contract that is in force at an instant."""
    return contract.versions.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at).first()


def terms_of(commitment: Commitment) -> dict[str, Any]:
    """The full terms document: the stored terms with the components' codes as `components.names`, in order of code.

    No query where `components` was prefetched.
    """
    names = sorted(component.code for component in commitment.components.all())
    return {**commitment.terms, "components": {**commitment.terms.get("components", {}), "names": names}}

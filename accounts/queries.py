"""Reading: whose customers and contracts, which versions were in force, what a commitment says in full."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import AccountsImport, ApiKey, Commitment, Contract, ContractVersion, Customer, Exclusion
from accounts.models.exclusions import APPROVED, ENDED, PROPOSED
from slaservice.history.operations import Person, roles_of
from slaservice.rules.workflow import ADMINISTRATOR, AUDITOR, FINANCE_APPROVER, FINANCE_CLERK, OPERATOR

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


def imports_visible_to(user: Person) -> QuerySet[AccountsImport]:
    """Files that the user sent; who sees every customer sees every file."""
    if sees_every_customer(user):
        return AccountsImport.objects.all()
    return AccountsImport.objects.filter(sent_by=user.pk)


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
    return with_names(commitment.terms, (component.code for component in commitment.components.all()))


def with_names(stored: Mapping[str, Any], codes: Iterable[str]) -> dict[str, Any]:
    """Stored terms with these codes as `components.names`."""
    return {**stored, "components": {**stored.get("components", {}), "names": sorted(codes)}}


def exclusions_visible_to(user: Person | None) -> QuerySet[Exclusion]:
    """Those for everybody, and those for a contract that the user sees; operators, who propose them, see them all."""
    if user is None or OPERATOR in roles_of(user):
        return Exclusion.objects.all()
    return Exclusion.objects.filter(
        Q(contract__isnull=True) | Q(contract__in=contracts_visible_to(user).values("pk"))
    )


def exclusions_known(
    *,
    contracts: Collection[int],
    components: Collection[int],
    start: datetime,
    end: datetime,
    known_at: datetime | None = None,
) -> QuerySet[Exclusion]:
    """Approved exclusions of these contracts or of everybody that overlap [start, end) as they were agreed, by start.

    Contracts and components are given as ids. One that was ended may stop earlier: `Exclusion.until` says when.
    """
    found = _exclusions_touching(contracts, components, start, end)
    if known_at is None:
        return found.filter(state__in=(APPROVED, ENDED))
    return found.filter(approved_at__lte=known_at)


def exclusions_proposed_touching(
    *, contracts: Collection[int], components: Collection[int], start: datetime, end: datetime
) -> QuerySet[Exclusion]:
    """Exclusions of these contracts or of everybody that wait for another person and overlap [start, end)."""
    return _exclusions_touching(contracts, components, start, end).filter(state=PROPOSED)


def _exclusions_touching(
    contracts: Collection[int], components: Collection[int], start: datetime, end: datetime
) -> QuerySet[Exclusion]:
    return (
        Exclusion.objects.filter(
            Q(contract__in=contracts) | Q(contract__isnull=True),
            Q(component__in=components) | Q(component__isnull=True),
            Q(ends_at__isnull=True) | Q(ends_at__gt=start),
            starts_at__lt=end,
        )
        .select_related("component")
        .prefetch_related("tiers")
        .order_by("starts_at", "reference")
    )

"""Reading: whose customers and contracts, which versions were in force, what a commitment says in full."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import AccountsImport, ApiKey, Commitment, Contract, ContractVersion, Customer, Exclusion
from accounts.models.exclusions import APPROVED, ENDED, PROPOSED
from slaservice.history.operations import Person, roles_of
from slaservice.outages.models import CustomerTier, Incident, Maintenance, OutageWindow
from slaservice.outages.models.constraints import LAST_INSTANT
from slaservice.outages.queries import UPDATES_IN_BRIEF, counted
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


def keys_of(customer: Customer) -> QuerySet[ApiKey]:
    """A customer's own keys, whoever made them, good or not."""
    return ApiKey.objects.filter(customer=customer)


def active_keys_of(customer: Customer, at: datetime) -> QuerySet[ApiKey]:
    """Those of them that are good at an instant."""
    unexpired = Q(expires_at__isnull=True) | Q(expires_at__gt=at)
    return keys_of(customer).filter(unexpired, revoked_at__isnull=True)


def contracts_of(customer: Customer) -> QuerySet[Contract]:
    """A customer's own contracts."""
    return Contract.objects.filter(customer=customer)


def versions_of(customer: Customer, contract: str = "") -> QuerySet[ContractVersion]:
    """The versions of a customer's contracts, or of the one with this number or public id, by contract and number."""
    versions = ContractVersion.objects.filter(contract__customer=customer)
    if contract:
        versions = versions.filter(Q(contract__number=contract) | Q(contract__public_id=contract))
    return versions.select_related("contract__customer", "tier").order_by("contract_id", "number")


def with_versions(contracts: QuerySet[Contract], at: datetime | None) -> QuerySet[Contract]:
    """Contracts with their versions, tiers prefetched, in order of number; `at`: only the version in force then."""
    versions = ContractVersion.objects.select_related("tier").order_by("number")
    if at is not None:
        versions = versions.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at), starts_at__lte=at)
    return contracts.prefetch_related(Prefetch("versions", versions))


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


def outages_of(customer: Customer, known_at: datetime | None = None) -> QuerySet[OutageWindow]:
    """Windows that count, or counted then, and touched what the customer was promised. Five statements.

    Each with its component, those of its tiers that are the customer's, and its incident with updates and, as `touching`, the
    windows that touched the customer.
    """
    mine = _windows_touching(customer).filter(counted(known_at))
    return _with_own_tiers(mine, customer).prefetch_related(
        UPDATES_IN_BRIEF, Prefetch("incident__windows", mine, to_attr="touching")
    )


def outage_revisions_of(customer: Customer, **called: str) -> QuerySet[OutageWindow]:
    """Every revision that was ever confirmed and touched the customer, of what is called so: by `public_id` or `reference`."""
    revisions = _windows_touching(customer).filter(**called).order_by("revision")
    return _with_own_tiers(revisions, customer)


def incidents_of(customer: Customer, windows: Q) -> QuerySet[Incident]:
    """Incidents by whose windows, of those that are so, the customer is touched; `began` with the first, all are `touching`.

    Five statements: incidents, updates, and windows with components and the customer's tiers.
    """
    mine = _windows_touching(customer).filter(counted(None))
    first = mine.filter(incident=OuterRef("pk")).order_by("start")
    touching = _with_own_tiers(mine, customer).select_related("component").order_by("start", "public_id")
    return (
        Incident.objects.filter(pk__in=mine.filter(windows).values("incident"))
        .annotate(began=Subquery(first.values("start")[:1]))
        .defer("payload")
        .prefetch_related("updates", Prefetch("windows", touching, to_attr="touching"))
    )


def maintenance_of(customer: Customer, known_at: datetime | None = None) -> QuerySet[Maintenance]:
    """Maintenance that counts, or counted then, of what the customer is promised while it lasts. Two statements."""
    return _with_own_tiers(_maintenance_touching(customer).filter(counted(known_at)), customer)


def maintenance_revisions_of(customer: Customer, **called: str) -> QuerySet[Maintenance]:
    """The same of maintenance."""
    revisions = _maintenance_touching(customer).filter(**called).order_by("revision")
    return _with_own_tiers(revisions, customer)


def _windows_touching(customer: Customer) -> QuerySet[OutageWindow]:
    promised = _in_force_meanwhile(customer).filter(
        tier__windows=OuterRef("pk"), commitments__components=OuterRef("component")
    )
    return OutageWindow.objects.filter(Exists(promised), confirmed_at__isnull=False)


def _maintenance_touching(customer: Customer) -> QuerySet[Maintenance]:
    in_force = _in_force_meanwhile(customer).filter(tier__maintenance=OuterRef("pk"))
    covered = in_force.filter(commitments__components=OuterRef("component"))
    return Maintenance.objects.filter(
        Exists(covered) | Q(Exists(in_force), component__isnull=True), confirmed_at__isnull=False
    )


def _in_force_meanwhile(customer: Customer) -> QuerySet[ContractVersion]:
    """The customer's versions in force at any instant of the fact that the query is about."""
    return ContractVersion.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=OuterRef("start")),
        contract__customer=customer,
        starts_at__lt=Coalesce(OuterRef("end"), LAST_INSTANT),
    )


def _with_own_tiers(facts: QuerySet[Any], customer: Customer) -> QuerySet[Any]:
    """With component and incident; of their tiers only those that a contract of the customer ever had."""
    own = ContractVersion.objects.filter(contract__customer=customer).values("tier")
    tiers = Prefetch("tiers", CustomerTier.objects.filter(pk__in=own))
    if facts.model is OutageWindow:
        return (
            facts.select_related("component", "incident").defer("incident__payload").prefetch_related(tiers)
        )
    return facts.select_related("component").prefetch_related(tiers)

"""A customer's own contracts: what was agreed from when to when, as data and in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerListView, CustomerView
from accounts.models import Commitment, Contract, ContractVersion
from accounts.queries import contracts_of, terms_of, with_versions
from slaservice.api import asked
from slaservice.api.described import describes
from slaservice.api.shapes import Amount, Currency, Day, Exact, Instant, PublicId, utc, utc_or_none
from slaservice.rules.documents import parse_terms
from slaservice.rules.money import Money
from slaservice.rules.periods import zone_named
from slaservice.rules.wording import clauses

READ: Mapping[str, str] = {"GET": "contracts:read"}

ContractNumber = Annotated[str, Field(description="The contract's number.", examples=["C-2026-014"])]


class VersionSummary(TypedDict):
    """One state of a contract, in force in [start, end): an amendment is a new version from its day on.

    `starts_on` and `ends_before` are the same two as days in the contract's zone. Periods of `period_months` months follow each
    other from the first of `first_month`.
    """

    version: Annotated[int, Field(description="Versions are numbered from 1.")]
    start: Instant
    end: Annotated[Instant | None, Field(description="null: no end agreed.")]
    starts_on: Day
    ends_before: Annotated[Day | None, Field(description="The first day that is no longer covered.")]
    customer_tier: Annotated[str, Field(description="The code of the customer tier.")]
    currency: Currency
    timezone: Annotated[str, Field(description="An IANA time zone.", examples=["Europe/Berlin"])]
    period_months: int
    first_month: int


class ContractSummary(TypedDict):
    """A contract as lists show it. `in_force` is the version in force at the instant that is asked for, or now; null: none is."""

    id: PublicId
    number: ContractNumber
    title: str
    start: Instant
    end: Annotated[Instant | None, Field(description="null: no end agreed.")]
    in_force: VersionSummary | None


class AgreedClause(TypedDict):
    """A sentence of the terms in words, the field of the terms that it speaks for, and the paper's own clause, if it is known."""

    field: str
    sentence: str
    clause: str | None


class CoveredComponent(TypedDict):
    """A component that a commitment covers."""

    code: str
    name: str


class AgreedCommitment(TypedDict):
    """One promise. `terms` is the canonical terms document that statements are computed by, `words` says the same in words.

    `fee` is for one period, in the version's currency; null: what is billed for each period decides.
    """

    name: str
    components: list[CoveredComponent]
    fee: Amount | None
    terms: dict[str, Any]
    words: list[AgreedClause]


class AgreedCap(TypedDict):
    """The most that all commitments together owe: a percentage of the sum of their bases, or an amount, for a window."""

    kind: Literal["percent_of_base", "amount"]
    value: Exact
    per: Literal["period", "contract_year", "contract"]


class VersionShown(VersionSummary):
    """A version with everything that was agreed.

    `overlap`: where two commitments cover one component their credits `stack`, the `best` counts, or the customer picks one.
    `clawback`: whether a correction may take back what was granted, by a lower credit of the restatement.
    """

    overlap: Literal["stack", "best", "customer_picks_one"]
    cap: AgreedCap | None
    clawback: Literal["never", "next_period"]
    commitments: list[AgreedCommitment]


class ContractShown(ContractSummary):
    """A contract with its versions, the first one first; where an instant is asked for, the one in force then."""

    versions: list[VersionShown]


def version_summary(version: ContractVersion) -> VersionSummary:
    """A version in short; `tier` is loaded."""
    zone = zone_named(version.timezone)
    return {
        "version": version.number,
        "start": utc(version.starts_at),
        "end": utc_or_none(version.ends_at),
        "starts_on": _day(version.starts_at, zone),
        "ends_before": None if version.ends_at is None else _day(version.ends_at, zone),
        "customer_tier": version.tier.code,
        "currency": version.currency,
        "timezone": version.timezone,
        "period_months": version.period_months,
        "first_month": version.first_month,
    }


def summary(contract: Contract, at: datetime) -> ContractSummary:
    """A contract in short; `versions` with `tier` are prefetched."""
    found = [version for version in contract.versions.all() if _in_force(version, at)]
    return {
        "id": contract.public_id,
        "number": contract.number,
        "title": contract.title,
        "start": utc(contract.starts_at),
        "end": utc_or_none(contract.ends_at),
        "in_force": version_summary(found[0]) if found else None,
    }


def version_shown(version: ContractVersion) -> VersionShown:
    """A version in full; `tier`, `commitments` and their `components` are loaded."""
    overlap: Any = version.overlap
    clawback: Any = version.clawback
    cap: Any = version.cap
    return {
        **version_summary(version),
        "overlap": overlap,
        "cap": cap,
        "clawback": clawback,
        "commitments": [_commitment(one, version.currency) for one in version.commitments.all()],
    }


def _commitment(commitment: Commitment, currency: str) -> AgreedCommitment:
    names = {one.code: one.name for one in commitment.components.all()}
    stored = terms_of(commitment)
    terms = parse_terms(stored)
    fee = commitment.fee_minor
    return {
        "name": commitment.name,
        "components": [{"code": code, "name": name} for code, name in sorted(names.items())],
        "fee": None if fee is None else str(Money(fee, currency)),
        "terms": stored,
        "words": [
            {"field": path, "sentence": sentence, "clause": terms.clauses.get(path)}
            for path, sentence in clauses(terms, names)
        ],
    }


def _in_force(version: ContractVersion, at: datetime) -> bool:
    return version.starts_at <= at and (version.ends_at is None or at < version.ends_at)


def _day(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).date().isoformat()


class ContractList(CustomerListView):
    """/api/v1/contracts"""

    scopes: ClassVar[Mapping[str, str]] = READ
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"number": ("number",), "-number": ("-number",)}
    filters: ClassVar[Mapping[str, asked.Parameter]] = {
        "number": asked.text("Only the contract of this number.", longest=60, example="C-2026-014"),
        "at": asked.instant("Only contracts in force at this instant, with the version in force then."),
    }

    def get_queryset(self) -> QuerySet[Contract]:
        contracts, at = contracts_of(self.customer), self.asked.get("at")
        if "number" in self.asked:
            contracts = contracts.filter(number=self.asked["number"])
        if at is not None:
            lasts = Q(ends_at__isnull=True) | Q(ends_at__gt=at)
            contracts = contracts.filter(lasts, starts_at__lte=at)
        return with_versions(contracts, at or timezone.now())

    @describes("List contracts", gives=ContractSummary, many=True)
    def get(self, request: Request) -> Response:
        """Every contract, also those that have ended or are yet to begin, by number."""
        at = self.asked.get("at") or timezone.now()
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([summary(contract, at) for contract in page or []])


class ContractDetail(CustomerView):
    """/api/v1/contracts/{id or number}"""

    scopes: ClassVar[Mapping[str, str]] = READ
    filters: ClassVar[Mapping[str, asked.Parameter]] = {
        "at": asked.instant("Only the version in force at this instant."),
    }

    @describes("Show a contract", gives=ContractShown)
    def get(self, request: Request, id_or_number: str) -> Response:
        """Everything that was agreed, version by version. A contract is found by its id, or by its number."""
        at = self.asked.get("at")
        named = contracts_of(self.customer).filter(Q(public_id=id_or_number) | Q(number=id_or_number))
        versions = "versions__commitments__components"
        contract = with_versions(named, at).prefetch_related(versions).order_by("pk").first()
        if contract is None:
            raise Http404
        shown: ContractShown = {
            **summary(contract, at or timezone.now()),
            "versions": [version_shown(version) for version in contract.versions.all()],
        }
        return Response(shown)

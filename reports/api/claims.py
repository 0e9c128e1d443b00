"""A customer's own claims: filed once, heard by finance. What is proposed to finance, and why, does not exist here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from pydantic import Field
from pydantic.dataclasses import dataclass
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerListView, CustomerView
from accounts.models import ApiKey
from reports import operations
from reports.api.credits import READ, StatementNamed, statement_named
from reports.models import Claim, ServiceCredit, Statement
from reports.operations.claims import LONGEST_CLAIMANT, LONGEST_TEXT
from reports.public import CLAIM_STATES, by_name, claims_of
from reports.queries import statements_of
from slaservice.api import asked, shapes
from slaservice.api.described import describes
from slaservice.api.idempotency import once
from slaservice.api.shapes import Amount, Body, Currency, Instant, PublicId, utc, utc_or_none
from slaservice.rules.money import Money
from slaservice.rules.refusal import FieldError, Invalid, Refusal

FILE = "claims:file"

ClaimState = Annotated[
    Literal["filed", "granted", "rejected", "superseded"],
    Field(description="; ".join(f"`{state}`: {words}" for state, words in CLAIM_STATES.items())),
]
Claimant = Annotated[
    str, Field(description="Who of the customer asks; without it, the key.", examples=["Jane Roe"])
]
OfStatement = Annotated[
    str,
    Field(
        min_length=1,
        max_length=60,
        description="The id or the number of an issued statement.",
        examples=["SLA-2026-00001"],
    ),
]


class ClaimShown(TypedDict):
    """A claim for a credit that the terms give only to who asks in time.

    `key` is the id of the key that filed it; null: we recorded it for the customer. `received_at` decides whether it is in time.
    """

    id: PublicId
    statement: StatementNamed
    state: ClaimState
    claimant: str
    text: str
    key: str | None
    received_at: Instant
    filed_at: Instant
    claim_before: Annotated[
        Instant | None, Field(description="Until when it could be claimed; null: for good.")
    ]
    currency: Currency
    amount: Annotated[Amount, Field(description="What the terms give.")]
    granted: Annotated[Amount, Field(description="What was granted of it.")]
    decided_at: Instant | None


@dataclass(frozen=True)
class NewClaim(Body):
    """A claim for the credit of a statement. It is received when it arrives here."""

    statement: OfStatement
    text: Annotated[
        str,
        Field(
            max_length=LONGEST_TEXT, description="What happened, with the evidence that the terms ask for."
        ),
    ] = ""
    claimant: Annotated[Claimant | None, Field(min_length=1, max_length=LONGEST_CLAIMANT)] = None


def shown(claim: Any) -> ClaimShown:
    """A claim of `claims_of`."""
    credit, granted = claim.credit, claim.public_state == "granted"
    return {
        "id": claim.public_id,
        "statement": statement_named(credit.statement),
        "state": claim.public_state,
        "claimant": claim.claimant,
        "text": claim.text,
        "key": claim.key.prefix if claim.key else None,
        "received_at": utc(claim.received_at),
        "filed_at": utc(claim.filed_at),
        "claim_before": utc_or_none(credit.claim_until),
        "currency": credit.currency,
        "amount": str(Money(credit.computed_minor, credit.currency)),
        "granted": str(Money(credit.granted_minor if granted else 0, credit.currency)),
        "decided_at": utc_or_none(_decided_at(claim)),
    }


def _decided_at(claim: Any) -> datetime | None:
    """When the customer's answer was final: finance's decision on the credit, unless the claim itself was rejected."""
    if claim.public_state not in ("granted", "rejected"):
        return None
    decided: datetime | None = claim.decided_at if claim.state == "rejected" else claim.credit.decided_at
    return decided


def named_by(key: ApiKey, claimant: str | None) -> str:
    """Who asks, where the request does not say it."""
    return f"API key {key.prefix}" if claimant is None else claimant


def own_statement(statements: QuerySet[Statement], name: str, code: str) -> Statement:
    """The one of these with this id or number. Invalid for any other, whether it exists or not."""
    statement = statements.filter(by_name(name)).defer("body").select_related("credit").first()
    if statement is None:
        reason = "is neither the id nor the number of an issued statement of yours"
        raise Invalid([FieldError("statement", reason)], code)
    return statement


class ClaimList(CustomerListView):
    """/api/v1/claims"""

    scopes: ClassVar[Mapping[str, str]] = {**READ, "POST": FILE}
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"-filed_at": ("-filed_at", "-public_id")}
    filters: ClassVar[Mapping[str, asked.Parameter]] = {
        "state": asked.one_of("Only those that stand so.", list(CLAIM_STATES)),
        "statement": asked.text("Only those of the statement with this id or number.", longest=60),
    }

    def get_queryset(self) -> QuerySet[Claim]:
        claims = claims_of(self.customer)
        if "state" in self.asked:
            claims = claims.filter(public_state=self.asked["state"])
        if "statement" in self.asked:
            claims = claims.filter(by_name(self.asked["statement"], "credit__statement__"))
        return claims

    @describes("List claims", gives=ClaimShown, many=True)
    def get(self, request: Request) -> Response:
        """Every claim, also those that we recorded for the customer, the newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([shown(claim) for claim in page or []])

    @describes(
        "File a claim",
        gives=ClaimShown,
        status=201,
        takes=NewClaim,
        once=True,
        refuses={
            "invalid_claim": "The statement is none of the customer's, or a text cannot be used; each is named.",
            "not_claimable": "The statement has no credit to claim, or not any more.",
            "claim_waits": "A claim for the credit waits for its answer already.",
            "claim_too_late": "The deadline is over: the credit says `claim_before`.",
        },
    )
    @once
    def post(self, request: Request) -> Response:
        """Claims the credit of a statement, whole. Finance hears the claim: it is granted, in full or in part, or rejected."""
        new, now = shapes.read(NewClaim, request.data), timezone.now()
        statement = own_statement(statements_of(self.customer), new.statement, "invalid_claim")
        claim = operations.file_claim(
            credit=_credit(statement),
            claimant=named_by(self.key, new.claimant),
            text=new.text,
            received_at=now,
            key=self.key,
            now=now,
        )
        return Response(shown(claims_of(self.customer).get(pk=claim.pk)), status=201)


def _credit(statement: Statement) -> ServiceCredit:
    credit = getattr(statement, "credit", None)
    if not isinstance(credit, ServiceCredit):
        raise Refusal("not_claimable", f"{statement} has no credit: there is nothing to claim.")
    return credit


class ClaimDetail(CustomerView):
    """/api/v1/claims/{id}"""

    scopes: ClassVar[Mapping[str, str]] = READ

    @describes("Show a claim", gives=ClaimShown)
    def get(self, request: Request, public_id: str) -> Response:
        """Where the claim stands."""
        claim = claims_of(self.customer).filter(public_id=public_id).first()
        if claim is None:
            raise Http404
        return Response(shown(claim))

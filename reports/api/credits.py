"""A customer's own credits: what was granted, and what it may claim until when. What finance considers does not exist here."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerListView, CustomerView
from reports.api.statements import Period
from reports.models import ServiceCredit, Statement
from reports.public import CREDIT_STATES, credits_of
from slaservice.api import asked
from slaservice.api.described import describes
from slaservice.api.shapes import Amount, Currency, Instant, PublicId, utc, utc_or_none
from slaservice.rules.money import Money

READ: Mapping[str, str] = {"GET": "credits:read"}

CreditState = Annotated[
    Literal[
        "claimable", "claimed", "approved", "applied", "expired", "lapsed", "rejected", "superseded"
    ],
    Field(description="; ".join(f"`{state}`: {words}" for state, words in CREDIT_STATES.items())),
]  # fmt: skip


class StatementNamed(TypedDict):
    """Which statement it is of."""

    id: PublicId
    number: Annotated[str, Field(examples=["SLA-2026-00001"])]
    contract: Annotated[str, Field(description="The contract's number.")]
    period: Period


class CreditShown(TypedDict):
    """The credit of a statement. It goes by the statement's id, as a statement has one at most.

    `amount` is what the terms give, for a restatement the difference to what earlier revisions granted; `granted` is what was
    granted of it. `claims` are the customer's claims for it.
    """

    id: PublicId
    statement: StatementNamed
    state: CreditState
    currency: Currency
    amount: Amount
    granted: Amount
    claim_before: Annotated[
        Instant | None,
        Field(description="Where it must be claimed, before when; null: no claim or no deadline."),
    ]
    decided_at: Annotated[Instant | None, Field(description="When it was granted, or rejected.")]
    billing_reference: Annotated[
        str | None, Field(description="The bill or credit note that it stands on.", examples=["INV-2026-118"])
    ]
    settled_at: Annotated[Instant | None, Field(description="When it came onto the bill, expired or lapsed.")]
    claims: list[PublicId]


def statement_named(statement: Statement) -> StatementNamed:
    """An issued statement; `contract` is loaded."""
    assert statement.number is not None, "issued"
    return {
        "id": statement.public_id,
        "number": statement.number,
        "contract": statement.contract.number,
        "period": {
            "label": statement.period_label,
            "start": utc(statement.period_start),
            "end": utc(statement.period_end),
        },
    }


def shown(credit: Any) -> CreditShown:
    """A credit of `credits_of`; `claims` are prefetched."""
    return {
        "id": credit.public_id,
        "statement": statement_named(credit.statement),
        "state": credit.public_state,
        "currency": credit.currency,
        "amount": str(Money(credit.computed_minor, credit.currency)),
        "granted": str(Money(credit.granted_minor, credit.currency)),
        "claim_before": utc_or_none(credit.claim_until),
        "decided_at": utc_or_none(credit.decided_at),
        "billing_reference": credit.billing_reference or None,
        "settled_at": utc_or_none(credit.settled_at),
        "claims": [claim.public_id for claim in credit.claims.all()],
    }


class CreditList(CustomerListView):
    """/api/v1/credits"""

    scopes: ClassVar[Mapping[str, str]] = READ
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"-issued_at": ("-issued_at", "-public_id")}
    filters: ClassVar[Mapping[str, asked.Parameter]] = {
        "state": asked.one_of("Only those that stand so.", list(CREDIT_STATES)),
        "contract": asked.text("Only those of the contract of this number.", longest=60),
    }

    def get_queryset(self) -> QuerySet[ServiceCredit]:
        found = credits_of(self.customer, timezone.now()).prefetch_related("claims")
        if "state" in self.asked:
            found = found.filter(public_state=self.asked["state"])
        if "contract" in self.asked:
            found = found.filter(statement__contract__number=self.asked["contract"])
        return found

    @describes("List credits", gives=CreditShown, many=True)
    def get(self, request: Request) -> Response:
        """Every credit that was granted or may be claimed, or that was claimed; those of the latest issued statements first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([shown(credit) for credit in page or []])


class CreditDetail(CustomerView):
    """/api/v1/credits/{id}"""

    scopes: ClassVar[Mapping[str, str]] = READ

    @describes("Show a credit", gives=CreditShown)
    def get(self, request: Request, public_id: str) -> Response:
        """The credit of the statement with this id."""
        found = credits_of(self.customer, timezone.now()).prefetch_related("claims")
        credit = found.filter(public_id=public_id).first()
        if credit is None:
            raise Http404
        return Response(shown(credit))

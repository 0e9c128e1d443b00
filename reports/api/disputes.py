"""A customer's own disputes of issued statements, with the times that it saw itself, and our answers."""

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Annotated, ClassVar, Literal

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from pydantic import Field
from pydantic.dataclasses import dataclass
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerListView, CustomerView
from reports import operations
from reports.api.claims import FILE, Claimant, OfStatement, named_by, own_statement
from reports.api.credits import READ, StatementNamed, statement_named
from reports.models import Dispute
from reports.operations.claims import LONGEST_CLAIMANT, LONGEST_TEXT
from reports.operations.disputes import LONGEST_NOTE, MOST_WINDOWS, Seen
from reports.public import by_name, disputes_of
from reports.queries import statements_of
from slaservice.api import asked, shapes
from slaservice.api.described import describes
from slaservice.api.idempotency import once
from slaservice.api.shapes import Body, Instant, Moment, PublicId, utc, utc_or_none

DISPUTE_STATES: Mapping[str, str] = {
    "open": "waits for its answer",
    "accepted": "the customer is right: we record what happened, and a restatement follows where it changes a figure",
    "rejected": "the statement stands",
}

DisputeState = Annotated[
    Literal["open", "accepted", "rejected"],
    Field(description="; ".join(f"`{state}`: {words}" for state, words in DISPUTE_STATES.items())),
]
ComponentCode = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="The code of a component of the statement.",
        examples=["api"],
    ),
]


class WindowShown(TypedDict):
    """A stretch of time in which the customer saw a component down: [start, end)."""

    component: ComponentCode
    start: Instant
    end: Instant
    text: str


class DisputeShown(TypedDict):
    """What the customer disputes of a statement, and the answer. `key` is the id of the key that filed it; null: we recorded it.

    A dispute that is accepted changes no figure by itself: a restatement does, once the facts are recorded.
    """

    id: PublicId
    statement: StatementNamed
    state: DisputeState
    claimant: str
    text: str
    windows: list[WindowShown]
    key: str | None
    filed_at: Instant
    answer: Annotated[str | None, Field(description="Our answer; null while it is open.")]
    decided_at: Instant | None


@dataclass(frozen=True)
class NewWindow(Body):
    """A stretch of time in which a component was down, [start, end): it touches the statement's period and is over."""

    component: ComponentCode
    start: Moment
    end: Moment
    text: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


@dataclass(frozen=True)
class NewDispute(Body):
    """What is wrong with a statement, and when the customer saw what down."""

    statement: OfStatement
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    windows: Annotated[list[NewWindow], Field(max_length=MOST_WINDOWS)] = field(default_factory=list)
    claimant: Annotated[Claimant | None, Field(min_length=1, max_length=LONGEST_CLAIMANT)] = None


def shown(dispute: Dispute) -> DisputeShown:
    """A dispute of `disputes_of`."""
    state: Literal["open", "accepted", "rejected"] = dispute.state  # type: ignore[assignment]
    return {
        "id": dispute.public_id,
        "statement": statement_named(dispute.statement),
        "state": state,
        "claimant": dispute.claimant,
        "text": dispute.text,
        "windows": [
            {
                "component": window.component.code,
                "start": utc(window.starts_at),
                "end": utc(window.ends_at),
                "text": window.text,
            }
            for window in dispute.windows.all()
        ],
        "key": dispute.key.prefix if dispute.key else None,
        "filed_at": utc(dispute.filed_at),
        "answer": dispute.answer or None,
        "decided_at": utc_or_none(dispute.decided_at),
    }


class DisputeList(CustomerListView):
    """/api/v1/disputes"""

    scopes: ClassVar[Mapping[str, str]] = {**READ, "POST": FILE}
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"-filed_at": ("-filed_at", "-public_id")}
    filters: ClassVar[Mapping[str, asked.Parameter]] = {
        "state": asked.one_of("Only those that stand so.", list(DISPUTE_STATES)),
        "statement": asked.text("Only those of the statement with this id or number.", longest=60),
    }

    def get_queryset(self) -> QuerySet[Dispute]:
        disputes = disputes_of(self.customer)
        if "state" in self.asked:
            disputes = disputes.filter(state=self.asked["state"])
        if "statement" in self.asked:
            disputes = disputes.filter(by_name(self.asked["statement"], "statement__"))
        return disputes

    @describes("List disputes", gives=DisputeShown, many=True)
    def get(self, request: Request) -> Response:
        """Every dispute, also those that we recorded for the customer, the newest first."""
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([shown(dispute) for dispute in page or []])

    @describes(
        "File a dispute",
        gives=DisputeShown,
        status=201,
        takes=NewDispute,
        once=True,
        refuses={
            "invalid_dispute": "The statement is none of the customer's, or a window or text cannot be used; each is named.",
            "superseded": "A restatement took the statement's place: that one can be disputed.",
            "dispute_waits": "A dispute of the statement waits for its answer already.",
        },
    )
    @once
    def post(self, request: Request) -> Response:
        """Says what is wrong with an issued statement, with the customer's own windows. Somebody of us answers.

        A dispute that is accepted changes nothing by itself: the facts are recorded, and a restatement says what follows.
        """
        new = shapes.read(NewDispute, request.data)
        statement = own_statement(statements_of(self.customer), new.statement, "invalid_dispute")
        dispute = operations.file_dispute(
            statement=statement,
            claimant=named_by(self.key, new.claimant),
            text=new.text,
            windows=[
                Seen(component=one.component, start=one.start, end=one.end, text=one.text)
                for one in new.windows
            ],
            key=self.key,
            now=timezone.now(),
        )
        return Response(shown(disputes_of(self.customer).get(pk=dispute.pk)), status=201)


class DisputeDetail(CustomerView):
    """/api/v1/disputes/{id}"""

    scopes: ClassVar[Mapping[str, str]] = READ

    @describes("Show a dispute", gives=DisputeShown)
    def get(self, request: Request, public_id: str) -> Response:
        """Where the dispute stands, and the answer."""
        dispute = disputes_of(self.customer).filter(public_id=public_id).first()
        if dispute is None:
            raise Http404
        return Response(shown(dispute))

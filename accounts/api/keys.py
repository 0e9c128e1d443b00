"""A customer's own API keys: listed, made by one that it has, revoked. A key's text is shown once and kept nowhere."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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
from accounts.models import SCOPES, ApiKey
from accounts.operations import issue_own_key, revoke_own_key
from accounts.operations.keys import LONGEST, MOST_ACTIVE, MOST_OF_ONE_LABEL
from accounts.queries import keys_of
from slaservice.api import shapes
from slaservice.api.described import describes
from slaservice.api.idempotency import ShownOnce, once
from slaservice.api.shapes import Body, Instant, Moment, utc, utc_or_none

Label = Annotated[
    str,
    Field(
        min_length=1,
        max_length=120,
        description="What the key is for, so that it can be told from others.",
        examples=["Cost reports"],
    ),
]
Scopes = Annotated[
    list[str],
    Field(
        min_length=1,
        max_length=len(SCOPES),
        description="; ".join(f"`{scope}`: {words}" for scope, words in SCOPES.items()),
        examples=[["statements:read"]],
    ),
]

ENDS = (
    f"Later than now, by at most {LONGEST.days} days, and no later than the end of the calling key."
    " Left out: as late as it may be."
)


class KeyShown(TypedDict):
    """An API key of the customer. `id` stands in the key's text behind `sla_`, so that a key can be told from another.

    `last_used_at` is kept to the hour. An expired or revoked key opens nothing, and stays in the list.
    """

    id: Annotated[str, Field(pattern="^[0-9A-Za-z]{8}$", examples=["h7Rk2mQx"])]
    label: Label
    scopes: Scopes
    state: Literal["active", "expired", "revoked"]
    created_at: Instant
    expires_at: Annotated[Instant | None, Field(description="null: it does not expire.")]
    last_used_at: Instant | None
    revoked_at: Instant | None


class KeyMade(KeyShown):
    """A new key. `key` is its text: it is in this one answer and nowhere else.

    The same request sent again gets null: the text was shown before. If it was lost on the way, revoke the key and make another.
    """

    key: Annotated[str | None, Field(description="The text to send as `Authorization: Bearer <key>`.")]


@dataclass(frozen=True)
class NewKey(Body):
    """A key to be made."""

    label: Label
    scopes: Scopes
    # null would say that the key does not expire.
    expires_at: Annotated[Moment, Field(description=ENDS)] = Field(default_factory=lambda: None)  # type: ignore[assignment]


MANAGE = "keys:manage"


def shown(key: ApiKey, now: datetime) -> KeyShown:
    """A key without its text, which nobody has."""
    expired = key.expires_at is not None and key.expires_at <= now
    return {
        "id": key.prefix,
        "label": key.label,
        "scopes": key.scopes,
        "state": "revoked" if key.revoked_at else "expired" if expired else "active",
        "created_at": utc(key.created_at),
        "expires_at": utc_or_none(key.expires_at),
        "last_used_at": utc_or_none(key.last_used_at),
        "revoked_at": utc_or_none(key.revoked_at),
    }


class KeyList(CustomerListView):
    """/api/v1/keys"""

    scopes: ClassVar[Mapping[str, str]] = {"GET": MANAGE, "POST": MANAGE}
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"-created_at": ("-created_at", "-prefix")}

    def get_queryset(self) -> QuerySet[ApiKey]:
        return keys_of(self.customer)

    @describes("List keys", gives=KeyShown, many=True)
    def get(self, request: Request) -> Response:
        """Every key of the customer, whoever made it, the newest first."""
        now = timezone.now()
        page = self.paginate_queryset(self.get_queryset())
        return self.get_paginated_response([shown(key, now) for key in page or []])

    @describes(
        "Make a key",
        gives=KeyMade,
        status=201,
        takes=NewKey,
        once=True,
        refuses={
            "invalid_api_key": "A label, scope or end that a key cannot have; each is named.",
            "too_many_keys": f"{MOST_OF_ONE_LABEL} active keys have the label, or {MOST_ACTIVE} are active in all.",
        },
    )
    @once
    def post(self, request: Request) -> Response:
        """A key has no scope that the calling key lacks, and ends no later than it, and within 366 days.

        To rotate a key, make another of the same label, give it to the program, and revoke the old one: two active keys may
        carry one label. One that outlives the calling key is made by us.
        """
        new, now = shapes.read(NewKey, request.data), timezone.now()
        key, text = issue_own_key(
            caller=self.key, label=new.label, scopes=new.scopes, expires_at=new.expires_at, now=now
        )
        made: KeyMade = {**shown(key, now), "key": text}
        return ShownOnce(made, kept={**made, "key": None}, status=201)


class KeyDetail(CustomerView):
    """/api/v1/keys/{id}"""

    scopes: ClassVar[Mapping[str, str]] = {"DELETE": MANAGE}

    @describes(
        "Revoke a key",
        gives=None,
        status=204,
        once=True,
        refuses={"key_already_revoked": "It was revoked before."},
    )
    @once
    def delete(self, request: Request, public_id: str) -> Response:
        """The key opens nothing from the next request on, for good. A key may revoke itself."""
        key = keys_of(self.customer).filter(prefix=public_id).first()
        if key is None:
            raise Http404
        revoke_own_key(key=key, caller=self.key, now=timezone.now())
        return Response(status=204)

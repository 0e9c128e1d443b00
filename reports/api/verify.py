"""Is this ours, and is it what counts now? Asked by a digest or with the file itself.

Whoever has a digest and no key learns just these two things; a customer also which of its own statements it is. What is another
customer's is answered as to anybody: that it is one of ours, not whose.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field
from pydantic.dataclasses import dataclass
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from typing_extensions import TypedDict

from accounts.api.views import CustomerView
from accounts.models import Customer
from reports.api.statements import StatementSummary, summary
from reports.queries import is_current, revisions_of, statements_of, statements_with, summaries_of
from reports.verification.register import AS_PRINTED, digest, mark_of
from slaservice.api import ApiView, StrictJSONParser
from slaservice.api.described import File, describes
from slaservice.api.shapes import Body, read
from slaservice.rules.refusal import FieldError, Invalid, Refusal

MAX_PDF = 5_000_000
"""Bytes of a file that is asked about; ours have some tens of thousands."""

_SHOWS: Mapping[str, str] = {
    "digest": "This is the digest of a statement that we issued to you.",
    "file": "This is, byte for byte, the PDF that we made of a statement that we issued to you.",
    "mark": "The file bears the mark of a statement that we issued to you, but it is not the file that we made: something saved"
    " it anew or changed it.",
    "elsewhere": "This belongs to a statement that we issued, and that is none of yours.",
    "unknown": "No statement that we issued has this digest, and none of our files this hash.",
}
_DOES_NOT_SHOW: Mapping[str, str] = {
    "digest": "That a paper or file on which it stands is ours: a digest can be copied. Send the PDF itself, or recompute the"
    " digest from the statement's document.",
    "file": "Whether its figures will be corrected later: ask again, or look at the statement's revisions.",
    "mark": "What was changed, or that nothing was. Rely on the PDF that the statement's address gives, not on this file.",
    "elsewhere": "Whose it is, and what it says.",
    "unknown": "That what you hold is forged: a PDF that was printed, scanned or saved anew has another hash, a draft is no"
    " statement, and the digest on a paper is not the plain hash of its document's text. Send the digest that the paper prints.",
}
"""In words, by how it was recognised."""


@dataclass(frozen=True)
class Verification(Body):
    """A digest as a statement prints it, or the SHA-256 of a PDF. Spaces and capitals do not matter."""

    digest: Annotated[str, Field(pattern=AS_PRINTED), BeforeValidator(digest)]


class Standing(TypedDict):
    """Whether a statement that we issued has this digest, or its PDF this hash, and whether no revision supersedes it; null: it
    is not ours.
    """

    ours: bool
    current: bool | None


class Verified(Standing):
    """The same, and where the statement is the caller's own, which it is.

    `recognised_by`: its digest, its file byte for byte, or no more than the mark that a changed file kept; that is not `ours`.
    `newest` is the revision that counts now, where that is another. `shows` and `does_not_show` say in words what to make of it.
    """

    recognised_by: Literal["digest", "file", "mark"] | None
    statement: StatementSummary | None
    newest: StatementSummary | None
    shows: str
    does_not_show: str


class PdfParser(BaseParser):
    """The bytes of a PDF, unread. Refusal `body_too_large`."""

    media_type = "application/pdf"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        content: bytes = stream.read(MAX_PDF + 1)
        if len(content) > MAX_PDF:
            raise Refusal("body_too_large", f"The file is larger than {MAX_PDF:,} bytes.")
        return content


class Verify(CustomerView):
    """/api/v1/verify"""

    scopes: ClassVar[Mapping[str, str]] = {"POST": "documents:verify"}
    parser_classes = [StrictJSONParser, PdfParser]

    @describes(
        "Verify a document",
        gives=Verified,
        takes=Verification,
        takes_file=File("application/pdf", "The PDF itself."),
    )
    def post(self, request: Request) -> Response:
        """Is this ours, is it current, and what superseded it? It changes nothing, and so needs no Idempotency-Key.

        The digest that a statement prints, the SHA-256 of its PDF, or the PDF itself as a body of `application/pdf`, of at most
        5 MB. Which statement it is, is said of the caller's own alone; of any other no more than everybody is told.
        """
        sent: Any = request.data
        if isinstance(sent, bytes):
            sha256, mark = hashlib.sha256(sent).hexdigest(), mark_of(sent)
        else:
            sha256, mark = read(Verification, sent).digest, ""
        return Response(verified(self.customer, sha256=sha256, mark=mark))


class VerifyDigest(ApiView):
    """/api/v1/verify/{digest}"""

    authentication_classes = []
    permission_classes = []

    @describes("Verify a digest", gives=Standing, anybody=True)
    def get(self, request: Request, digest: str) -> Response:
        """Is this the digest or the PDF's SHA-256 of a statement that we issued, and is that one current? Without a key.

        Nothing more is told: `POST /verify` tells a customer which of its own statements it is. That a digest is ours does not
        show that the paper on which it stands is.
        """
        return Response(standing(is_current(_in_address(digest))))


def standing(current: bool | None) -> Standing:
    """What everybody is told."""
    return {"ours": current is not None, "current": current}


def _in_address(said: str) -> str:
    try:
        return digest(said)
    except ValueError as wrong:
        raise Invalid([FieldError("digest", str(wrong))], "invalid_request") from None


def verified(customer: Customer, *, sha256: str, mark: str) -> Verified:
    """What the customer is told of a digest or a file's hash, and of the mark that the file bears."""
    row = summaries_of(statements_with(customer, sha256)).first()
    if row is not None:
        return _own(customer, row, "digest" if row["digest"] == sha256 else "file")
    marked = summaries_of(statements_of(customer).filter(digest__startswith=mark)).first() if mark else None
    if marked is not None:
        return _own(customer, marked, "mark")
    everybody = standing(is_current(sha256))
    known = "elsewhere" if everybody["ours"] else "unknown"
    return {
        **everybody,
        "recognised_by": None,
        "statement": None,
        "newest": None,
        "shows": _SHOWS[known],
        "does_not_show": _DOES_NOT_SHOW[known],
    }


def _own(
    customer: Customer, row: Mapping[str, Any], recognised_by: Literal["digest", "file", "mark"]
) -> Verified:
    newest = None
    if row["superseded_by__number"] is not None:
        own = statements_of(customer).filter(pk=row["id"])
        newest = summaries_of(revisions_of(customer, own)).last()
    ours = recognised_by != "mark"
    return {
        "ours": ours,
        "current": newest is None if ours else None,
        "recognised_by": recognised_by,
        "statement": summary(row),
        "newest": None if newest is None else summary(newest),
        "shows": _SHOWS[recognised_by],
        "does_not_show": _DOES_NOT_SHOW[recognised_by],
    }

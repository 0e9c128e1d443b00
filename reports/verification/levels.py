"""Three levels of an answer, each in words: what was found, what that shows, and what it does not show."""

import hashlib
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from reports.verification import register
from reports.verification.examining import MOST_BYTES, examine
from reports.verification.register import Known
from slaservice.rules import ENGINE_VERSION
from slaservice.rules.printed import printed

Json = dict[str, Any]

_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Level:
    """`outcome` is for programs, the rest for people."""

    name: str
    outcome: str
    says: str
    shows: str
    does_not_show: str


@dataclass(frozen=True, slots=True)
class Report:
    """A file and what was found of it. `current`: None where it is not ours."""

    sha256: str
    size: int
    statement: str | None
    superseded_by: str | None
    levels: tuple[Level, ...]

    @property
    def right(self) -> bool:
        """Ours byte for byte, and nothing else about it is wrong."""
        outcomes = {level.name: level.outcome for level in self.levels}
        return (
            outcomes["register"] == "ours"
            and outcomes["signature"] not in ("broken", "foreign")
            and outcomes["figures"] != "wrong"
        )

    def json(self) -> Json:
        return {"right": self.right, **asdict(self)}


def verify(file: BinaryIO, *, pinned: Collection[str]) -> Report:
    """All three levels of what a file holds, whatever that is. `pinned`: the SHA-256 of each certificate that is trusted."""
    content = file.read(MOST_BYTES + 1)
    hashed, size = hashlib.sha256(content), len(content)
    while more := file.read(_AT_ONCE) if size > MOST_BYTES else b"":
        hashed.update(more)
        size += len(more)
    found = _harmless(examine(content))
    signature = found.get("signature", {"unread": found.get("failed"), "able": False})
    figures = found.get("figures", {"failed": found.get("failed")})
    known = register.known(
        hashed.hexdigest(), digest=figures.get("digest", ""), mark=register.mark_of(content[:MOST_BYTES])
    )
    return Report(
        hashed.hexdigest(),
        size,
        None if known is None else known.number,
        None if known is None else known.superseded_by,
        (_register(known), _signature(signature, known, pinned), _figures(figures)),
    )


def _harmless(found: Any) -> Any:
    """With every text in it fit to be shown: much of it is the word of who made the file, and may be meant for the terminal."""
    if isinstance(found, dict):
        return {name: _harmless(value) for name, value in found.items()}
    if isinstance(found, list):
        return [_harmless(value) for value in found]
    return printed(re.sub(" {2,}", " ", found)) if isinstance(found, str) else found


# The register

_ALTERED = (
    "The paper was altered, or saved anew by another program: do not rely on its pages, fetch the PDF again."
)


def _register(known: Known | None) -> Level:
    if known is None:
        return Level(
            "register",
            "unknown",
            "Not ours: no file of ours has these bytes, and no document of ours is in it.",
            "That it is not, as it stands, a PDF that we made.",
            "That it is forged: what was printed and scanned, or saved anew without what was attached, cannot be recognised."
            " Ask by the digest that the paper prints.",
        )
    which = f"statement {known.number}, revision {known.revision}"
    now = "That statement is current."
    if known.superseded_by:
        now = f"That statement was superseded by {known.superseded_by}."
    if known.by == "file":
        kind = "signed PDF" if known.signed else "PDF"
        return Level(
            "register",
            "ours",
            f"Ours, byte for byte: the {kind} of {which}. {now}",
            "That every byte of the file is as we made it: one changed bit would be seen here.",
            "Whether its figures will be corrected later: ask again then.",
        )
    if known.by == "document":
        return Level(
            "register",
            "altered",
            f"Not the file that we made, though the document in it is that of {which}, unchanged. {_ALTERED} {now}",
            "That the attached document is, byte for byte, the one that we issued.",
            "That one word on its pages is ours.",
        )
    return Level(
        "register",
        "altered",
        f"Not the file that we made, though it bears the mark of {which}, and the document in it is not the one that we issued."
        f" {_ALTERED}",
        "From which statement it was most likely made.",
        "What was changed. A mark can be copied.",
    )


# The signature


def _signature(found: Json, known: Known | None, pinned: Collection[str]) -> Level:
    def level(outcome: str, says: str, shows: str, does_not_show: str) -> Level:
        return Level("signature", outcome, says, shows, does_not_show)

    if "unread" in found:
        outcome = "broken" if found.get("able") else "unexamined"
        return level(
            outcome, f"Not examined. {found['unread']}", "Nothing.", "Whether it is signed, and by whom."
        )
    if not found["count"]:
        hint = (
            f" There is a signed copy of {known.number}: fetch it again."
            if known and known.has_signed
            else ""
        )
        return level(
            "missing",
            f"It carries no signature.{hint}",
            "Nothing.",
            "That it is not ours: a signature can be taken off, and not every PDF is signed.",
        )
    by = f"It names {found['signer']!r} and the certificate {found['certificate']}."
    if found["faults"]:
        return level(
            "broken",
            f"Not valid. {' '.join(found['faults'])} {by}",
            "That the file is not what was signed.",
            "What was changed, and by whom.",
        )
    if found["certificate"] not in pinned:
        where = (
            "is not among SIGNING_CERTIFICATES"
            if pinned
            else "cannot be compared: SIGNING_CERTIFICATES is empty"
        )
        return level(
            "foreign" if pinned else "unpinned",
            f"Whole, but not by a key that is known here. {by} That certificate {where}.",
            "That nothing was changed since somebody signed it.",
            "Who that was: anybody can write any name into a certificate.",
        )
    stamp = (
        f"The time was stamped by {found['stamped_by']!r}."
        if found["stamped_by"]
        else "The time is the signer's own word."
    )
    return level(
        "valid",
        f"Valid. It covers the whole file, and nothing was changed or added after it. {by} Signed at {found['at']}. {stamp}",
        "That whoever holds the key of this pinned certificate signed exactly these bytes.",
        "That the statement is current, that the authority that stamped the time is to be trusted, and that the certificate was"
        " not revoked: nobody is asked.",
    )


# The figures


def _figures(found: Json) -> Level:
    def level(outcome: str, says: str, shows: str, does_not_show: str) -> Level:
        return Level("figures", outcome, says, shows, does_not_show)

    if "failed" in found:
        return level(
            "unexamined", f"Not examined. {found['failed']}", "Nothing.", "Whether the figures are right."
        )
    if "none" in found:
        return level("missing", found["none"], "Nothing.", "Whether the figures are right.")
    said = "\n".join(found["lines"])
    other = "" if found["engine"] == ENGINE_VERSION else f" (the document was made by {found['engine']})"
    of = (
        f"the document in it, of statement {found['number']!r} with the digest {found['digest']}, by the rules' version"
        f" {ENGINE_VERSION}{other}"
    )
    if found["right"]:
        return level(
            "right",
            f"Recomputed {of}: {said}",
            "That its figures follow from the facts and terms that stand in it.",
            "That these facts are true, that the document is ours, and that the pages say what it says.",
        )
    return level(
        "wrong",
        f"Recomputed {of}, and it comes to something else:\n{said}",
        "That its figures do not follow from its facts and terms, so it is not what we issued.",
        "Which of the two was changed.",
    )

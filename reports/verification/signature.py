"""What the signature of a PDF is worth: who made it, whether it covers the whole file, and what came after it.

`intact` alone says little: a signature stays intact while pages are appended behind it. So the bytes that it does not cover are
looked at first, by ourselves: they must be its own digits and nothing else. Whose certificate it is, is only reported here;
whoever asks decides whether that one is pinned.
"""

import io
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from slaservice.certificates import fingerprint

Json = dict[str, Any]

_DIGITS = re.compile(rb"<[0-9A-Fa-f]*>")


def read(content: bytes) -> Json:
    """`count`; of the first signature `signer`, `certificate` (SHA-256), `at`, `stamped_by`; and `faults`, each a sentence.

    ImportError without pyHanko. What its parsers raise on damaged files is for the caller.
    """
    from pyhanko.pdf_utils.reader import PdfFileReader

    reader = PdfFileReader(io.BytesIO(content))
    signatures = list(reader.embedded_signatures)
    if not signatures:
        return {"count": 0, "faults": []}
    first = signatures[0]
    status = _status(first)
    faults = [*_uncovered(first, content), *_broken(status), *_out_of_term(first.signer_cert, status)]
    if len(signatures) > 1:
        faults.append(f"It carries {len(signatures)} signatures, and we put one.")
    return {
        "count": len(signatures),
        "signer": first.signer_cert.subject.human_friendly,
        "certificate": fingerprint(first.signer_cert.dump()),
        "at": status.signer_reported_dt and status.signer_reported_dt.isoformat(),
        "stamped_by": status.timestamp_validity
        and status.timestamp_validity.signing_cert.subject.human_friendly,
        "faults": faults,
    }


def _uncovered(signature: Any, content: bytes) -> list[str]:
    """What is wrong with the range of bytes that is signed: it must be the file but for the signature's own digits."""
    said = [int(part) for part in signature.byte_range]
    if len(said) != 4 or said[0] != 0 or min(said) < 0 or said[1] > said[2]:
        return ["It does not say plainly which bytes it covers."]
    _, ends, resumes, rest = said
    gap = content[ends:resumes]
    faults = []
    if resumes + rest > len(content):
        faults.append("The file ends before what it covers does.")
    elif resumes + rest < len(content):
        behind = len(content) - resumes - rest
        faults.append(f"It does not cover the whole file: bytes appended after it: {behind:,}.")
    if not _DIGITS.fullmatch(gap) or len(gap) % 2:
        faults.append("It leaves out bytes that are not its own.")
    elif bytes.fromhex(gap[1:-1].decode()).rstrip(b"\0") != bytes(signature.pkcs7_content).rstrip(b"\0"):
        faults.append("It leaves out other digits than those of the signature that is read.")
    elif any(bytes(signature.pkcs7_content)[len(_enveloped(signature)) :]):
        faults.append("Something stands behind its digits where nothing should.")
    return faults


def _enveloped(signature: Any) -> bytes:
    """The digits that are the signature, without the zeros that fill its place."""
    from asn1crypto import parser

    _, _, _, header, content, trailer = parser.parse(bytes(signature.pkcs7_content))
    return bytes(header + content + trailer)


def _status(signature: Any) -> Any:
    """What pyHanko finds. Who may sign is not asked: the certificate that it names is taken for good here."""
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    # What is wrong with a stranger's file is no news for the log: it is said to whoever asks.
    logging.getLogger("pyhanko.sign.validation").setLevel(logging.CRITICAL)
    alone = ValidationContext(trust_roots=[signature.signer_cert], allow_fetching=False)
    return validate_pdf_signature(signature, signer_validation_context=alone)


def _broken(status: Any) -> list[str]:
    """Where what it covers was changed, its arithmetic fails, or something came after it."""
    faults = []
    if not status.intact:
        faults.append("What it covers was changed after it was made.")
    elif not status.valid:
        faults.append("It was not made with the key of the certificate that it names.")
    if status.coverage.name != "ENTIRE_FILE":
        faults.append(f"Its coverage is {_plain(status.coverage)}, not the entire file.")
    if status.modification_level is None or status.modification_level.name != "NONE":
        faults.append(f"The file was modified after it: {_plain(status.modification_level)}.")
    stamp = status.timestamp_validity
    if stamp is not None and not (stamp.intact and stamp.valid):
        faults.append("Its time stamp does not belong to it.")
    return faults


def _out_of_term(certificate: Any, status: Any) -> Iterator[str]:
    """Where it was made, by its own word or by the stamp's, when a certificate was not valid yet or not any more."""
    stamp = status.timestamp_validity
    times: list[tuple[str, datetime | None, Any]] = [
        ("The time at which it says it was made", status.signer_reported_dt, certificate)
    ]
    if stamp is not None:
        times.append(("The time that was stamped", stamp.timestamp, certificate))
        times.append(("The time that was stamped", stamp.timestamp, stamp.signing_cert))
    if not any(at for _, at, _ in times):
        yield "It does not say when it was made."
    for what, at, by in times:
        starts, ends = by.not_valid_before, by.not_valid_after
        if at is not None and not starts <= (at if at.tzinfo else at.replace(tzinfo=UTC)) <= ends:
            whose = "its certificate's" if by is certificate else "the authority's certificate's"
            yield f"{what} ({at:%Y-%m-%d %H:%M}) is outside {whose} term, {starts:%Y-%m-%d} to {ends:%Y-%m-%d}."


def _plain(level: Any) -> str:
    """'entire revision'; how far pyHanko could tell."""
    return "unclear" if level is None else str(level.name).lower().replace("_", " ")

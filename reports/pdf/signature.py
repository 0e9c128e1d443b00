"""A signature behind a finished PDF: PAdES-B-B, and B-T where a time-stamping authority is named.

The PDF's own bytes stay as they are; the signature is appended (an incremental update), and certifies that nothing may follow.
A signature carries its time, so no two are alike: what is signed once is kept. pyHanko is wanted only here and where times
are stamped and signatures are read, and comes with the extra `signing`.
"""

import io
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from slaservice.certificates import fingerprint

_RESERVED = 24_576
"""Hexadecimal digits kept free for a signature with its time stamp, beside its certificates; without a stamp pyHanko reckons."""


class CannotSign(Exception):
    """Why not, as a sentence for whoever runs the site."""


class AuthorityFails(CannotSign):
    """The time-stamping authority is why: the next signature would fail as well."""


@dataclass(frozen=True, slots=True)
class Key:
    """A private key as PEM, and certificates as DER: among them that of the key. `chain` is embedded beside it."""

    pem: str = field(repr=False)
    passphrase: str = field(repr=False)
    certificates: tuple[bytes, ...]
    chain: tuple[bytes, ...] = ()
    authority: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """The signed file, and the SHA-256 of the certificate whose key signed it."""

    content: bytes
    certificate: str


def sign(content: bytes, *, key: Key, at: datetime, name: str) -> Signed:
    """`content` with a signature by `name` behind it. CannotSign says what is wrong with key, certificate or authority."""
    material = usable(key, at=at)
    from pyhanko.sign import PdfSignatureMetadata
    from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter

    meta = PdfSignatureMetadata(
        field_name="Signature",
        name=name,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )
    try:
        signer = _signer_at(at)(meta, material, timestamper=_authority(key.authority))
        written = signer.sign_pdf(_appending_to(content), bytes_reserved=_reserved(key, material))
    except CannotSign:
        raise
    except Exception as problem:
        raise CannotSign(f"{type(problem).__name__}: {problem}") from problem
    made = written.getvalue()
    if not made.startswith(content):
        raise CannotSign("The signature was not appended: the file's own bytes changed.")
    return Signed(made, fingerprint(material.signing_cert.dump()))


def usable(key: Key, *, at: datetime) -> Any:
    """The key as pyHanko wants it. CannotSign where it cannot sign at that instant."""
    if find_spec("pyhanko") is None:
        raise CannotSign("pyHanko is not installed: install the extra `signing`.")
    found = _material(key)
    material = next((one for one in found if _in_term(one.signing_cert, at)), found[0])
    _refuse_out_of_term(material.signing_cert, at)
    return material


@lru_cache(maxsize=4)
def _material(key: Key) -> list[Any]:
    """The key as pyHanko wants it, with each of its certificates. CannotSign where it cannot be read or none is its own."""
    from asn1crypto import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
    from cryptography.x509 import load_der_x509_certificate
    from pyhanko.keys.pemder import load_private_key_from_pemder_data
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    try:
        text, passphrase = key.pem.encode(), key.passphrase.encode() or None
    except UnicodeEncodeError:
        raise CannotSign("SIGNING_KEY or SIGNING_PASSPHRASE is no text in UTF-8.") from None
    try:
        own = load_pem_private_key(text, passphrase).public_key().public_bytes(*spki)
        private = load_private_key_from_pemder_data(text, passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise CannotSign(f"SIGNING_KEY cannot be read: {problem}") from None
    try:
        of_key = [
            one
            for one in key.certificates
            if load_der_x509_certificate(one).public_key().public_bytes(*spki) == own
        ]
        beside = SimpleCertificateStore()  # type: ignore[no-untyped-call]
        beside.register_multiple([x509.Certificate.load(one) for one in key.chain])
    except (ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise CannotSign(f"A certificate cannot be read: {problem}") from None
    if not of_key:
        raise CannotSign("None of SIGNING_CERTIFICATES belongs to SIGNING_KEY.")
    return [SimpleSigner(x509.Certificate.load(one), private, beside) for one in of_key]


def _reserved(key: Key, material: Any) -> int | None:
    """Digits to keep free: two for each byte of the certificates that are embedded, and the rest."""
    if not key.authority:
        return None
    return _RESERVED + 2 * sum(map(len, (material.signing_cert.dump(), *key.chain)))


def _in_term(certificate: Any, at: datetime) -> bool:
    return bool(certificate.not_valid_before <= at <= certificate.not_valid_after)


def _refuse_out_of_term(certificate: Any, at: datetime) -> None:
    if not _in_term(certificate, at):
        starts, ends = certificate.not_valid_before, certificate.not_valid_after
        raise CannotSign(
            f"The certificate of SIGNING_KEY is valid from {starts:%Y-%m-%d} to {ends:%Y-%m-%d} only."
        )


def _signer_at(at: datetime) -> Any:
    """pyHanko's signer, with the time of the signature said from outside."""
    from pyhanko.sign.signers import PdfSigner

    class AtThisInstant(PdfSigner):
        def init_signing_session(self, *arguments: Any, **options: Any) -> Any:
            session = super().init_signing_session(*arguments, **options)
            session.system_time = at
            return session

    return AtThisInstant


def _appending_to(content: bytes) -> Any:
    """What writes behind the file's bytes, and leaves what the file says of itself alone.

    pyHanko would name itself beside the producer in one of two places that must agree.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class Behind(IncrementalPdfFileWriter):
        def _update_meta(self) -> None:
            pass

    return Behind(io.BytesIO(content))


def _authority(address: str) -> Any:
    """What asks a time-stamping authority by RFC 3161; None without one."""
    if not address:
        return None
    from reports.pdf.stamping import Authority

    return Authority(address)

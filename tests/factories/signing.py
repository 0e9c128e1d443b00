"""Keys and certificates as a vendor would have them, and an authority that stamps times."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reports.pdf.signature import Key
from slaservice.certificates import certificates, fingerprint

NAME = "Example Platform, Inc."
SIGNED_AT = datetime(2026, 5, 6, 8, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Pair:
    """A private key and its certificate, as PEM."""

    key: str
    certificate: str

    @property
    def fingerprint(self) -> str:
        return fingerprint(certificates(self.certificate)[0])

    def to_sign(self, **more: Any) -> Key:
        """For `signature.sign`."""
        chosen: dict[str, Any] = {"passphrase": "", "certificates": certificates(self.certificate), **more}
        return Key(self.key, **chosen)


@cache
def a_pair(
    which: str = "first",
    *,
    name: str = NAME,
    starts: datetime = datetime(2026, 1, 1, tzinfo=UTC),
    days: int = 730,
    passphrase: str = "",
    stamps_time: bool = False,
    padding: int = 0,
) -> Pair:
    """One pair for each `which`: another has the same name, and nothing else in common."""
    private: Any = (
        rsa.generate_private_key(65537, 2048) if stamps_time else ec.generate_private_key(ec.SECP256R1())
    )
    names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = (
        x509.CertificateBuilder(names, names, private.public_key(), x509.random_serial_number())
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=days))
        .add_extension(usage, critical=True)
    )
    if stamps_time:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(purpose, critical=True)
    if padding:  # as long as an authority's, with its policies and addresses
        more = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"x" * padding)
        builder = builder.add_extension(more, critical=False)
    made = builder.sign(private, SHA256())
    locked = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    return Pair(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked).decode(),
        made.public_bytes(Encoding.PEM).decode(),
    )


def renewed(pair: Pair, *, starts: datetime, days: int) -> Pair:
    """Another certificate of the same key."""
    private: Any = load_pem_private_key(pair.key.encode(), None)
    before = x509.load_pem_x509_certificate(pair.certificate.encode())
    builder = (
        x509.CertificateBuilder(
            before.subject, before.subject, private.public_key(), x509.random_serial_number()
        )
        .not_valid_before(starts)
        .not_valid_after(starts + timedelta(days=days))
    )
    for one in before.extensions:
        builder = builder.add_extension(one.value, critical=one.critical)
    return Pair(pair.key, builder.sign(private, SHA256()).public_bytes(Encoding.PEM).decode())


def a_stamp(request: bytes, *, at: datetime = SIGNED_AT) -> bytes:
    """What an authority answers to a request for a time stamp."""
    from asn1crypto import tsp
    from pyhanko.keys.pemder import load_certs_from_pemder_data, load_private_key_from_pemder_data
    from pyhanko.sign.timestamps import DummyTimeStamper

    pair = a_pair("authority", name="Example Time Stamps", stamps_time=True)
    (own,) = load_certs_from_pemder_data(pair.certificate.encode())
    private = load_private_key_from_pemder_data(pair.key.encode(), None)
    authority = DummyTimeStamper(own, private, fixed_dt=at)
    return bytes(authority.request_tsa_response(tsp.TimeStampReq.load(request)).dump())


def signing(settings: Any, pair: Pair, *pinned: Pair, **more: Any) -> None:
    """A site that signs with this pair; certificates of other pairs are pinned beside it."""
    settings.SIGNING_KEY, settings.SIGNING_PASSPHRASE = pair.key, ""
    settings.SIGNING_CERTIFICATES = tuple(certificates(one.certificate)[0] for one in (pair, *pinned))
    settings.SIGNING_CHAIN, settings.TIMESTAMP_URL = (), ""
    for name, value in more.items():
        setattr(settings, name, value)

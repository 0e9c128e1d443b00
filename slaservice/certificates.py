"""Certificates as PEM text -> their bytes, with nothing but the standard library, so that whoever only compares needs no more."""

import hashlib
import re
import ssl

_PEM = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)


def certificates(text: str) -> tuple[bytes, ...]:
    """The DER bytes of each certificate, in order. ValueError where there is none, or one cannot be read."""
    found = _PEM.findall(text)
    if not found:
        raise ValueError("has no certificate: expected -----BEGIN CERTIFICATE----- as in a PEM file")
    try:
        return tuple(ssl.PEM_cert_to_DER_cert(one) for one in found)
    except ValueError:
        raise ValueError("has a certificate that is not PEM") from None


def fingerprint(certificate: bytes) -> str:
    """The SHA-256 of a certificate's bytes, by which it is pinned."""
    return hashlib.sha256(certificate).hexdigest()

"""Certificates as the environment gives them."""

import hashlib
import ssl

import pytest

from slaservice.certificates import certificates, fingerprint
from tests.factories.signing import a_pair


def test_each_certificate_is_read_and_known_by_its_hash() -> None:
    first, second = a_pair().certificate, a_pair("second").certificate
    read = certificates(f"the key of 2026\n{first}\nand the one before\n{second}")
    assert read == (ssl.PEM_cert_to_DER_cert(first), ssl.PEM_cert_to_DER_cert(second))
    assert fingerprint(read[0]) == hashlib.sha256(read[0]).hexdigest() != fingerprint(read[1])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no certificate"),
        ("/run/secrets/certificate.pem", "has no certificate"),
        ("-----BEGIN CERTIFICATE-----\nAAA\n-----END CERTIFICATE-----", "not PEM"),
    ],
)
def test_what_is_no_certificate_is_said(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        certificates(text)

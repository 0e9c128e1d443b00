"""When a signature was made: within the term of its certificate, or it is not good."""

import io
import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from reports.verification import levels
from reports.verification.signature import read
from tests.factories.signing import NAME, SIGNED_AT, Pair, a_pair
from tests.reports.pdf import kinds

BEFORE, AFTER = datetime(2025, 12, 31, tzinfo=UTC), datetime(2028, 1, 2, tzinfo=UTC)


def material(pair: Pair) -> tuple[Any, Any]:
    from pyhanko.keys.pemder import load_certs_from_pemder_data, load_private_key_from_pemder_data

    (own,) = load_certs_from_pemder_data(pair.certificate.encode())
    return own, load_private_key_from_pemder_data(pair.key.encode(), None)


def signed_at(at: datetime, *, stamped: datetime | None = None) -> bytes:
    """By somebody whose program does not ask whether it may."""
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata
    from pyhanko.sign.fields import MDPPerm
    from pyhanko.sign.signers import PdfSigner, SimpleSigner
    from pyhanko.sign.timestamps import DummyTimeStamper
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    class Then(PdfSigner):
        def init_signing_session(self, *arguments: Any, **options: Any) -> Any:
            session = super().init_signing_session(*arguments, **options)
            session.system_time = at
            return session

    authority = material(a_pair("authority", name="Example Time Stamps", stamps_time=True))
    stamper = DummyTimeStamper(*authority, fixed_dt=stamped) if stamped else None
    meta = PdfSignatureMetadata(
        field_name="Signature", name=NAME, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES
    )
    own = SimpleSigner(*material(a_pair()), SimpleCertificateStore())  # type: ignore[no-untyped-call]
    writer = IncrementalPdfFileWriter(io.BytesIO(kinds.pdf("missed")))
    return bytes(Then(meta, own, timestamper=stamper).sign_pdf(writer).getvalue())


def test_within_the_term_it_is_good() -> None:
    assert read(signed_at(SIGNED_AT))["faults"] == []
    assert read(signed_at(SIGNED_AT, stamped=SIGNED_AT))["faults"] == []


@pytest.mark.parametrize("at", [BEFORE, AFTER])
def test_made_out_of_the_term_of_its_certificate_it_is_not_valid(at: datetime) -> None:
    said = " ".join(read(signed_at(at))["faults"])
    assert f"({at:%Y-%m-%d} 00:00) is outside its certificate's term, 2026-01-01 to 2028-01-01." in said


@pytest.mark.parametrize("at", [BEFORE, AFTER])
def test_a_stamp_out_of_the_term_is_as_bad_whatever_the_signer_says(at: datetime) -> None:
    faults = read(signed_at(SIGNED_AT, stamped=at))["faults"]
    assert [one.split(" (")[0] for one in faults] == ["The time that was stamped"] * 2
    assert "its certificate's" in faults[0] and "the authority's certificate's" in faults[1]


def test_a_good_stamp_says_nothing_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("pyhanko.sign.validation.generic_cms").setLevel(logging.NOTSET)
    content = signed_at(SIGNED_AT, stamped=SIGNED_AT)
    with caplog.at_level(logging.WARNING):
        assert read(content)["stamped_by"]
    assert caplog.records == []


def test_that_nobody_is_asked_whether_it_was_revoked_is_said() -> None:
    found = read(signed_at(SIGNED_AT))
    valid = levels._signature(found, None, [a_pair().fingerprint])
    assert (valid.outcome, "not revoked" in valid.does_not_show) == ("valid", True)

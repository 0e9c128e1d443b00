"""The signature behind a PDF: good for the whole file and nothing less, and what is wrong with one that is not is said."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from reports.pdf import signature
from reports.pdf.signature import CannotSign
from reports.verification.signature import read
from slaservice.certificates import certificates
from tests.factories.signing import NAME, SIGNED_AT, a_pair, a_stamp, renewed
from tests.lying_page import LyingPage, lying_page
from tests.reports.pdf import conforming, kinds, reading
from tests.reports.verification import tampering

VALIDATOR = shutil.which("verapdf")


@cache
def signed() -> bytes:
    return signature.sign(kinds.pdf("missed"), key=a_pair().to_sign(), at=SIGNED_AT, name=NAME).content


def faults(content: bytes) -> str:
    return " ".join(read(content)["faults"])


def test_a_signed_file_is_the_pdf_itself_with_a_signature_behind_it() -> None:
    assert signed().startswith(kinds.pdf("missed"))
    said = read(signed())
    assert said["faults"] == []
    assert (said["count"], said["at"], said["stamped_by"]) == (1, "2026-05-06T08:30:00+00:00", None)
    assert (said["certificate"], NAME in said["signer"]) == (a_pair().fingerprint, True)


def test_a_pdf_as_it_is_made_has_no_signature() -> None:
    assert read(kinds.pdf("missed")) == {"count": 0, "faults": []}


def test_the_signature_forbids_every_change_and_keeps_the_files_claims_and_annex() -> None:
    with reading.opened(signed()) as pdf:
        parameters = pdf.Root.Perms.DocMDP.Reference[0].TransformParams
        assert int(parameters.P) == 1
        assert str(pdf.Root.Perms.DocMDP.SubFilter) == "/ETSI.CAdES.detached"
        metadata = pdf.open_metadata()
        assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
        assert metadata["pdfuaid:part"] == "1"
    assert tampering.annex_of(signed()) == tampering.annex_of(kinds.pdf("missed"))


def test_a_signed_file_is_still_what_it_claims_to_be(tmp_path: Path) -> None:
    said = [one for one in conforming.faults(reading.opened(signed())) if not one.startswith("annotations")]
    assert said == ["openness: /AcroForm in an object"]  # the signature's own field, which nobody sees
    if VALIDATOR is None:
        return  # veraPDF is in no package registry: it is asked where it stands on the PATH
    (tmp_path / "signed.pdf").write_bytes(signed())
    for flavour in ("3a", "ua1"):
        asked = [VALIDATOR, "--flavour", flavour, "--format", "text", str(tmp_path / "signed.pdf")]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        assert answer.startswith("PASS"), answer


CHANGES: list[tuple[Callable[[bytes], bytes], str]] = [
    (lambda content: content + b"%", "bytes appended after it: 1."),
    (tampering.updated_after, "modified after it: other"),
    (lambda content: content.replace(b"/Lang", b"/Long", 1), "changed after it was made"),
    (tampering.saved_anew, "cover"),
    (tampering.a_page_appended, "cover"),
    (lambda content: _reaching(content, -10), "bytes appended after it: 10."),
    (lambda content: _reaching(content, 10), "ends before"),
    (lambda content: _in_the_padding(content), "Something stands behind its digits"),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_whatever_is_done_to_a_signed_file_is_said(change: Callable[[bytes], bytes], said: str) -> None:
    assert said in faults(change(signed()))


def _reaching(content: bytes, further: int) -> bytes:
    """The range that it claims to cover ends sooner or later than the file."""
    start = content.index(b"/ByteRange [") + len(b"/ByteRange [")
    end = content.index(b"]", start)
    numbers = content[start:end].split()
    written = b" ".join([*numbers[:3], str(int(numbers[3]) + further).encode()])
    return content[:start] + written.ljust(end - start) + content[end:]


def _in_the_padding(content: bytes) -> bytes:
    at = content.index(b">", content.index(b"/Contents <")) - 10
    assert content[at : at + 1] == b"0"
    return content[:at] + b"1" + content[at + 1 :]


def test_bytes_that_are_left_out_are_only_the_signatures_own() -> None:
    """The range is bent so that some of the file is covered by nothing, its length right: intact is not enough."""
    content = signed()
    start = content.index(b"/ByteRange [") + len(b"/ByteRange [")
    end = content.index(b"]", start)
    _, ends, resumes, rest = (int(part) for part in content[start:end].split())
    bent = f"0 {ends - 5} {resumes} {rest}".encode().ljust(end - start)
    assert "leaves out bytes that are not its own" in faults(content[:start] + bent + content[end:])


def test_a_second_signature_is_one_too_many() -> None:
    from io import BytesIO

    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import PdfSignatureMetadata
    from pyhanko.sign.signers import PdfSigner

    plain = PdfSigner(
        PdfSignatureMetadata(field_name="Another"), signature.usable(a_pair("other").to_sign(), at=SIGNED_AT)
    )
    first = plain.sign_pdf(IncrementalPdfFileWriter(BytesIO(kinds.pdf("missed")))).getvalue()
    again = PdfSigner(
        PdfSignatureMetadata(field_name="Once more"), signature.usable(a_pair().to_sign(), at=SIGNED_AT)
    )
    both = again.sign_pdf(IncrementalPdfFileWriter(BytesIO(first))).getvalue()
    assert "carries 2 signatures" in faults(both)


# the key


def test_the_certificate_of_the_key_is_found_among_several_and_a_passphrase_opens_it() -> None:
    locked = a_pair("locked", passphrase="correct horse")
    pinned = certificates(a_pair().certificate + locked.certificate)
    key = locked.to_sign(passphrase="correct horse", certificates=pinned)
    made = signature.sign(kinds.pdf("missed"), key=key, at=SIGNED_AT, name=NAME)
    assert made.certificate == locked.fingerprint == read(made.content)["certificate"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"certificates": certificates(a_pair("other").certificate)}, "None of SIGNING_CERTIFICATES"),
    ({"certificates": (b"no certificate",)}, "certificate cannot be read"),
    ({"chain": (b"no certificate",)}, "certificate cannot be read"),
]


@pytest.mark.parametrize(("wrong", "why"), WRONG)
def test_certificates_that_are_not_the_keys_sign_nothing(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(CannotSign, match=why):
        signature.sign(kinds.pdf("missed"), key=a_pair().to_sign(**wrong), at=SIGNED_AT, name=NAME)


@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
def test_a_key_that_cannot_be_read_is_said_and_never_shown(text: str) -> None:
    from dataclasses import replace

    key = replace(a_pair().to_sign(), pem=text)
    with pytest.raises(CannotSign, match="SIGNING_KEY cannot be read"):
        signature.sign(kinds.pdf("missed"), key=key, at=SIGNED_AT, name=NAME)
    assert "PRIVATE" not in repr(key)


def test_a_locked_key_wants_its_passphrase() -> None:
    locked = a_pair("locked", passphrase="correct horse")
    for wrong in ("", "wrong horse"):
        with pytest.raises(CannotSign, match="SIGNING_KEY cannot be read"):
            signature.sign(kinds.pdf("missed"), key=locked.to_sign(passphrase=wrong), at=SIGNED_AT, name=NAME)


@pytest.mark.parametrize("at", [datetime(2025, 12, 31, tzinfo=UTC), datetime(2028, 1, 2, tzinfo=UTC)])
def test_a_certificate_that_is_not_valid_yet_or_any_more_signs_nothing(at: datetime) -> None:
    with pytest.raises(CannotSign, match="valid from 2026-01-01 to 2028-01-01 only"):
        signature.sign(kinds.pdf("missed"), key=a_pair().to_sign(), at=at, name=NAME)


# the time


def an_authority(page: LyingPage) -> str:
    page.acts["/stamp"] = lambda handler: handler.say(
        200, a_stamp(page.posted[-1][1]), content_type="application/timestamp-reply"
    )
    return f"{page.url}/stamp"


def test_an_authority_stamps_the_time() -> None:
    with lying_page() as page:
        key = a_pair().to_sign(authority=an_authority(page))
        made = signature.sign(kinds.pdf("missed"), key=key, at=SIGNED_AT, name=NAME)
    said = read(made.content)
    assert (said["faults"], "Example Time Stamps" in said["stamped_by"]) == ([], True)
    assert page.posted[0][0]["Content-Type"] == "application/timestamp-query"


@pytest.mark.parametrize(
    ("status", "body"), [(500, b""), (200, b"<html>"), (200, b""), (302, b""), (200, b"\x30\x80" * 99)]
)
def test_an_authority_that_fails_or_lies_signs_nothing(status: int, body: bytes) -> None:
    with lying_page() as page:
        page.answers("/stamp", status, body)
        key = a_pair().to_sign(authority=f"{page.url}/stamp")
        with pytest.raises(CannotSign):
            signature.sign(kinds.pdf("missed"), key=key, at=SIGNED_AT, name=NAME)


def test_an_authority_that_nobody_reaches_signs_nothing() -> None:
    key = a_pair().to_sign(authority="http://127.0.0.1:9/stamp")
    with pytest.raises(CannotSign, match="Connect"):
        signature.sign(kinds.pdf("missed"), key=key, at=SIGNED_AT, name=NAME)


def test_a_long_chain_and_a_stamp_fit_into_the_file() -> None:
    chain = [a_pair(f"issuer {number}", padding=1800) for number in range(5)]
    with lying_page() as page:
        beside = tuple(certificates(one.certificate)[0] for one in chain)
        key = a_pair().to_sign(chain=beside, authority=an_authority(page))
        made = signature.sign(kinds.pdf("missed"), key=key, at=SIGNED_AT, name=NAME)
    assert read(made.content)["faults"] == []


def test_of_two_certificates_of_one_key_the_one_in_term_signs() -> None:
    ended = a_pair("ended", starts=datetime(2020, 1, 1, tzinfo=UTC), days=365)
    new = renewed(ended, starts=datetime(2026, 1, 1, tzinfo=UTC), days=365)
    for pinned in ((ended, new), (new, ended)):
        both = tuple(certificates(one.certificate)[0] for one in pinned)
        made = signature.sign(
            kinds.pdf("missed"), key=ended.to_sign(certificates=both), at=SIGNED_AT, name=NAME
        )
        assert made.certificate == new.fingerprint


@pytest.mark.parametrize("wrong", [{"pem": "top\udcffsecret"}, {"passphrase": "top\udcffsecret"}])
def test_a_key_that_is_no_text_is_said_without_a_letter_of_it(wrong: dict[str, Any]) -> None:
    key = replace(a_pair().to_sign(), **wrong)
    with pytest.raises(CannotSign, match="no text in UTF-8") as refused:
        signature.sign(kinds.pdf("missed"), key=key, at=SIGNED_AT, name=NAME)
    assert "udcff" not in str(refused.value)

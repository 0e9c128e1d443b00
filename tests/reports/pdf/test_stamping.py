"""What asks for time stamps: within a deadline, reads so much and no more, and tells nobody the account it asks with."""

import logging
from base64 import b64encode

import pytest

from reports.pdf import signature
from reports.pdf.signature import AuthorityFails
from tests.factories.signing import NAME, SIGNED_AT, a_pair, a_stamp
from tests.lying_page import Handler, LyingPage, lying_page
from tests.reports.pdf import kinds


def sign(authority: str) -> bytes:
    key = a_pair().to_sign(authority=authority)
    return signature.sign(kinds.pdf("missed"), key=key, at=SIGNED_AT, name=NAME).content


def with_account(page: LyingPage) -> str:
    return page.url.replace("//", "//account:s3%20cret@") + "/stamp?token=t0ken"


def test_the_account_in_the_address_is_used_and_never_said(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with lying_page() as page:
        page.acts["/stamp?token=t0ken"] = lambda handler: handler.say(200, a_stamp(page.posted[-1][1]))
        sign(with_account(page))
        page.answers("/stamp?token=t0ken", 401)
        with pytest.raises(AuthorityFails) as refused:
            sign(with_account(page))
    basic = b64encode(b"account:s3 cret").decode()
    assert [headers["Authorization"] for headers, _ in page.posted] == [f"Basic {basic}"] * 2
    assert str(refused.value) == "The time-stamping authority 127.0.0.1 answered 401."
    for secret in ("account", "s3", "t0ken", basic):
        assert secret not in caplog.text
        assert secret not in repr(a_pair().to_sign(authority=with_account(page)))


def test_a_drip_ends_at_the_deadline_as_silence_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def drip(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            handler.wfile.write(b"0")
            if handler.server.page.over.wait(0.02):
                return

    monkeypatch.setattr("reports.pdf.stamping._SECONDS", 0.3)
    with lying_page() as page:
        page.hangs("/silent")
        page.drips("/headers")
        page.acts["/body"] = drip
        for path in ("/body", "/headers", "/silent"):
            with pytest.raises(AuthorityFails, match=r"127\.0\.0\.1 did not answer within 0\.3 seconds"):
                sign(page.url + path)


def test_no_more_is_read_than_a_time_stamp_has() -> None:
    with lying_page() as page:
        page.answers("/stamp", 200, b"0" * 200_000)
        with pytest.raises(AuthorityFails, match="more than 100000 bytes"):
            sign(f"{page.url}/stamp")


@pytest.mark.parametrize("body", [b"", b"<html>", b"\x30\x80" * 99, b"\x30\x05\x30\x03\x02\x01\x02"])
def test_an_answer_that_is_no_time_stamp_is_the_authoritys_fault(body: bytes) -> None:
    with lying_page() as page:
        page.answers("/stamp", 200, body)
        with pytest.raises(AuthorityFails, match=r"127\.0\.0\.1 gave no time stamp"):
            sign(f"{page.url}/stamp")


@pytest.mark.parametrize(
    "address",
    ["tsa.example", "file:///etc/passwd", "http://127.0.0.1:s3cret/", "http://\udcff/", "http:///x"],
)
def test_what_is_no_address_is_said_without_repeating_it(address: str) -> None:
    with pytest.raises(AuthorityFails, match=r"^TIMESTAMP_URL is no address[a-z ]*\.$"):
        sign(address)

"""Reading from the network, of which nothing is known but that it lies: each way of doing so has a name and ends in time."""

import ipaddress
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from slaservice.network import is_public, web_address
from slaservice.outages.importers import fetching
from slaservice.outages.importers.fetching import Fetched, Limits, fetch
from slaservice.rules.refusal import Refusal
from tests.lying_page import LyingPage, lying_page

QUICK = Limits(deadline=1.0, connect=0.5, read=0.3, most_bytes=10_000)


@pytest.fixture
def page() -> Iterator[LyingPage]:
    with lying_page() as page, override_settings(FETCH_PRIVATE_HOSTS=["127.0.0.1"]):
        yield page


def refused(url: str, limits: Limits = QUICK, **conditions: str) -> str:
    """The name of the refusal."""
    with pytest.raises(Refusal) as refusal:
        fetch(url, limits=limits, **conditions)
    return refusal.value.code


def test_a_document_is_read_with_what_to_ask_the_next_time(page: LyingPage) -> None:
    page.shows("/feed", {"name": "Störung"}, last_modified="Sat, 21 Nov 2026 10:00:00 GMT")
    first = fetch(f"{page.url}/feed")
    assert first.json() == {"name": "Störung"}
    assert (first.unchanged, first.last_modified) == (False, "Sat, 21 Nov 2026 10:00:00 GMT")
    again = fetch(f"{page.url}/feed", etag=first.etag, last_modified=first.last_modified)
    assert again == Fetched(b"", first.etag, first.last_modified, unchanged=True)
    assert page.asked[1][1]["If-Modified-Since"] == first.last_modified


def test_an_answer_of_not_modified_that_nobody_asked_for_is_no_answer(page: LyingPage) -> None:
    page.answers("/feed", 304)
    assert refused(f"{page.url}/feed") == "answer_is_not_200"


@pytest.mark.parametrize("tag", ['"\u00e9"', "x" * 501, "a\tb"])
def test_a_mark_that_could_not_be_sent_back_is_not_kept(page: LyingPage, tag: str) -> None:
    page.answers("/feed", 200, b"{}", etag=tag)
    assert fetch(f"{page.url}/feed") == Fetched(b"{}")


def test_a_packed_document_is_unpacked(page: LyingPage) -> None:
    page.zips("/feed", b'{"a": 1}')
    assert fetch(f"{page.url}/feed").json() == {"a": 1}


@pytest.mark.parametrize(
    ("status", "code"),
    [(404, "not_there"), (410, "not_there"), (405, "answer_is_not_200"), (500, "answer_is_not_200")],
)
def test_what_is_not_there_is_told_from_what_failed(page: LyingPage, status: int, code: str) -> None:
    page.answers("/feed", status)
    assert refused(f"{page.url}/feed") == code


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/x",
        "gopher://example.com",
        "javascript:1",
        "//x",
        "",
        "http://",
        "http://a:port/",
        "http://u:p@example.com/",
    ],
)
def test_only_addresses_of_the_web_are_read(url: str) -> None:
    assert refused(url) == "address_is_not_valid"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "[::1]",
        "[::]",
        "[fe80::1]",
        "[fd00::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "2130706433",
        "0x7f.1",
        "127.1",
    ],
)
def test_nothing_of_an_inner_network_is_read_however_it_is_written(host: str) -> None:
    with override_settings(FETCH_PRIVATE_HOSTS=[]):
        assert refused(f"http://{host}:9/") in ("address_is_not_public", "host_is_not_known")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("64:ff9b::5db8:d70e", True),
        ("64:ff9b::a9fe:a9fe", False),
        ("169.254.169.254", False),
        ("192.0.2.1", False),
        ("ff02::1", False),
        ("64:ff9b:1::5db8:d70e", False),
        ("::5db8:d70e", False),
        ("fec0::1", False),
        ("192.0.0.9", False),
        ("168.63.129.16", False),
        ("::ffff:168.63.129.16", False),
        ("::ffff:0:93.184.215.14", False),
        ("3fff::1", False),
        ("5f00::1", False),
        ("192.88.99.1", False),
    ],
)
def test_an_address_is_public_or_not(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


def _resolves(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[int]:
    """Each look-up has the next answer; returns how many were made, so far."""
    looked = [0]

    def look_up(host: str, port: int, **options: Any) -> list[Any]:
        found = answers[min(looked[0], len(answers) - 1)]
        looked[0] += 1
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return looked


def test_a_name_with_one_inner_address_among_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    _resolves(monkeypatch, ["93.184.215.14", "127.0.0.1"])
    assert refused("http://status.example.com/") == "address_is_not_public"


def test_the_connection_goes_to_the_address_that_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time (DNS rebinding) is not asked a second time."""
    looked = _resolves(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    connected: list[Any] = []

    def connect(address: Any, *options: Any, **more: Any) -> Any:
        connected.append(address)
        raise OSError("no route")

    monkeypatch.setattr(socket, "create_connection", connect)
    assert refused("http://status.example.com/") == "fetch_failed"
    assert connected == [("93.184.215.14", 80)]
    assert looked == [1]


def test_redirects_are_followed_three_times(page: LyingPage) -> None:
    page.shows("/feed", {})
    for number in range(4):
        page.redirects(f"/{number}", f"/{number - 1}" if number else "/feed")
    assert fetch(f"{page.url}/2").json() == {}
    assert refused(f"{page.url}/3") == "too_many_redirects"
    page.redirects("/loop", "/loop")
    assert refused(f"{page.url}/loop") == "too_many_redirects"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("http://169.254.169.254/latest/meta-data/", "address_is_not_public"),
        ("http://localhost:1/", "address_is_not_public"),
        ("file:///etc/passwd", "address_is_not_valid"),
        ("http://a:port/", "address_is_not_valid"),
    ],
)
def test_a_redirect_leads_nowhere_that_may_not_be_read(page: LyingPage, target: str, code: str) -> None:
    page.redirects("/feed", target)
    assert refused(f"{page.url}/feed") == code


def test_a_host_that_may_be_an_inner_one_may_not_be_where_a_redirect_leads(page: LyingPage) -> None:
    with lying_page() as other, override_settings(FETCH_PRIVATE_HOSTS=["127.0.0.1", "localhost"]):
        other.shows("/feed", {})
        for host in (other.url, other.url.replace("127.0.0.1", "localhost")):
            page.redirects("/away", f"{host}/feed")
            assert refused(f"{page.url}/away") == "address_is_not_public"
        assert other.asked == []
        assert fetch(f"{other.url}/feed").json() == {}


def test_an_address_of_https_does_not_redirect_to_http() -> None:
    with pytest.raises(Refusal) as refusal:
        fetching._redirected(web_address("https://a.example/"), "http://a.example/")
    assert refusal.value.code == "redirect_is_not_secure"


@pytest.mark.parametrize("does", ["hangs", "drips"])
def test_who_does_not_answer_is_left_in_time(page: LyingPage, does: str) -> None:
    getattr(page, does)("/feed")
    began = time.monotonic()
    assert refused(f"{page.url}/feed") == "fetch_timed_out"
    assert time.monotonic() - began < 3


def test_the_deadline_holds_for_all_of_it_however_long_one_piece_may_take(page: LyingPage) -> None:
    page.hangs("/feed")
    began = time.monotonic()
    assert refused(f"{page.url}/feed", Limits(deadline=0.4, connect=30, read=30)) == "fetch_timed_out"
    assert time.monotonic() - began < 3


def test_an_answer_that_breaks_off_is_none(page: LyingPage) -> None:
    page.breaks_off("/feed", b'{"incidents": []}')
    assert refused(f"{page.url}/feed") == "fetch_failed"


def test_a_packed_answer_that_breaks_off_is_none(page: LyingPage) -> None:
    import gzip

    page.answers("/feed", 200, gzip.compress(b"{}" * 50)[:-9], content_encoding="gzip")
    assert refused(f"{page.url}/feed") == "fetch_failed"
    page.answers("/feed", 200, b"no gzip", content_encoding="gzip")
    assert refused(f"{page.url}/feed") == "fetch_failed"


@pytest.mark.parametrize("more", [b"\0" * 70_000, b"x"])
def test_a_packed_answer_that_goes_on_after_its_end_is_none(page: LyingPage, more: bytes) -> None:
    import gzip

    page.answers("/feed", 200, gzip.compress(b"{}") + more, content_encoding="gzip")
    assert refused(f"{page.url}/feed") == "fetch_failed"


def test_a_large_answer_is_refused_and_so_is_one_that_is_only_small_while_packed(page: LyingPage) -> None:
    page.answers("/large", 200, b" " * 10_001)
    page.zips("/bomb", b" " * 50_000_000)
    page.zips("/just", b"1" + b" " * 9_999)
    assert refused(f"{page.url}/large") == "answer_is_too_large"
    assert refused(f"{page.url}/bomb") == "answer_is_too_large"
    assert fetch(f"{page.url}/just", limits=QUICK).json() == 1


def test_an_encoding_that_nobody_asked_for_is_refused(page: LyingPage) -> None:
    page.answers("/feed", 200, b"\x0b\x01\x80{}\x03", content_encoding="br")
    assert refused(f"{page.url}/feed") == "encoding_is_not_known"


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b"[" * 20_000,
        b"[" * 33 + b"]" * 33,
        b'{"a": NaN}',
        b"\xff\xfe{\x00}\x00",
        b'{"a": "\xe4"}',
        b"",
        b"{",
        b"9" * 5000,
    ],
    ids=["twice", "deep", "33 deep", "NaN", "UTF-16", "Latin-1", "nothing", "half", "5,000 digits"],
)
def test_what_is_no_strict_json_in_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        Fetched(body).json()
    assert refusal.value.code == "content_is_not_json"


def test_a_hundred_thousand_names_are_compared_in_no_time() -> None:
    body = ("{" + ",".join(f'"{number}":0' for number in range(100_000)) + "}").encode()
    began = time.monotonic()
    assert len(Fetched(body).json()) == 100_000
    assert time.monotonic() - began < 2


def test_no_proxy_of_the_environment_is_used(page: LyingPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    page.shows("/feed", {})
    assert fetch(f"{page.url}/feed").json() == {}

"""Reads what stands at an address on the network: within a deadline, up to a size, never from inside our own network.

The other end may lie, hang, drip, redirect, or send a gigabyte as a kilobyte of gzip. So: http and https only, no proxies, at
most three redirects, connections only to checked addresses and until one deadline (slaservice/network.py). Each refusal has a
name.
"""

import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2

from slaservice.network import CheckedNetwork, exempt, web_address
from slaservice.rules.documents import load
from slaservice.rules.refusal import Invalid, Refusal

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED = 304
_LONGEST_VALUE = 500
_AGENT = "slaservice (outage records)"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for all of it, for connecting and between two pieces; decoded bytes; redirects."""

    deadline: float = 20
    connect: float = 5
    read: float = 8
    most_bytes: int = 20_000_000
    redirects: int = 3


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body, and what to ask with the next time. `unchanged`: what the other end has is what we had; no body."""

    body: bytes
    etag: str = ""
    last_modified: str = ""
    unchanged: bool = False

    def json(self) -> Any:
        """The body as strict JSON in UTF-8: no name twice, at most 32 deep. Invalid `content_is_not_json`."""
        try:
            return load(self.body.decode("utf-8-sig"))
        except UnicodeDecodeError:
            raise Refusal("content_is_not_json", "The answer is not UTF-8.") from None
        except Invalid as invalid:
            raise Invalid(invalid.errors, "content_is_not_json") from None


def fetch(url: str, *, etag: str = "", last_modified: str = "", limits: Limits | None = None) -> Fetched:
    """GET, with the conditions of the last time. Refusal by name for everything that is not a whole answer."""
    limits = limits or LIMITS
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    address = web_address(url)
    backend = CheckedNetwork(time.monotonic() + limits.deadline, exempt(address))
    try:
        with httpcore2.ConnectionPool(network_backend=backend) as pool:
            for _ in range(limits.redirects + 1):
                answer = _answer(pool, address, conditions, limits)
                if isinstance(answer, Fetched):
                    return answer
                address = _redirected(address, answer)
    except httpcore2.TimeoutException:
        raise Refusal("fetch_timed_out", f"{address.host} did not answer in time.") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as problem:
        reason = str(problem) or type(problem).__name__
        raise Refusal("fetch_failed", f"{address.host} could not be read: {reason[:200]}.") from None
    raise Refusal("too_many_redirects", f"{url[:200]} redirects more than {limits.redirects} times.")


def _redirected(origin: httpx2.URL, location: str) -> httpx2.URL:
    try:
        target = origin.join(location)
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise Refusal("address_is_not_valid", f"{origin.host} redirects to what is no address.") from None
    if origin.scheme == "https" and target.scheme != "https":
        raise Refusal("redirect_is_not_secure", f"{origin.host} redirects away from https.")
    return web_address(str(target))


def _answer(
    pool: httpcore2.ConnectionPool, address: httpx2.URL, conditions: dict[str, str], limits: Limits
) -> Fetched | str:
    """What came, or the address that the answer points to."""
    headers: dict[bytes | str, bytes | str] = {
        "Host": address.netloc.decode("ascii"),
        "User-Agent": _AGENT,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Connection": "close",
        **{name: value for name, value in conditions.items() if value},
    }
    timeout = {"connect": limits.connect, "read": limits.read, "write": limits.read, "pool": limits.connect}
    target = httpcore2.URL(
        scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path
    )
    with pool.stream("GET", target, headers=headers, extensions={"timeout": timeout}) as response:
        said = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers}
        if response.status in _REDIRECTS and "location" in said:
            return said["location"]
        if response.status == _NOT_MODIFIED and any(conditions.values()):
            return Fetched(b"", conditions["If-None-Match"], conditions["If-Modified-Since"], unchanged=True)
        if response.status != 200:
            code = "not_there" if response.status in (404, 410) else "answer_is_not_200"
            raise Refusal(code, f"{address.host} answered {response.status}.")
        body = _body(response.iter_stream(), said.get("content-encoding", ""), limits.most_bytes)
        etag, changed = _sendable(said.get("etag", "")), _sendable(said.get("last-modified", ""))
        return Fetched(body, etag, changed)


def _sendable(value: str) -> str:
    """A header's value, if it may be sent back as it is."""
    return value if value.isascii() and value.isprintable() and len(value) <= _LONGEST_VALUE else ""


def _body(pieces: Iterable[bytes], encoding: str, most: int) -> bytes:
    body = bytearray()
    for piece in _decoded(pieces, encoding.strip().lower(), most):
        body += piece
        if len(body) > most:
            raise Refusal("answer_is_too_large", f"The answer is larger than {most:,} bytes.")
    return bytes(body)


def _decoded(pieces: Iterable[bytes], encoding: str, most: int) -> Iterator[bytes]:
    """Unpacked at most `most` + 1 bytes at a time, so that a bomb is seen before it goes off."""
    if encoding in ("", "identity"):
        yield from pieces
        return
    if encoding not in ("gzip", "x-gzip"):
        raise Refusal(
            "encoding_is_not_known", f"The answer is encoded as {encoding[:40]!r}, which nobody asked for."
        )
    unpack = zlib.decompressobj(wbits=31)
    try:
        for piece in pieces:
            yield unpack.decompress(piece, most + 1)
            if unpack.unconsumed_tail:
                raise Refusal("answer_is_too_large", f"The answer is larger than {most:,} bytes.")
            if unpack.unused_data:
                raise Refusal("fetch_failed", "The answer goes on after the end of its gzip.")
    except zlib.error:
        raise Refusal("fetch_failed", "The answer is no gzip.") from None
    if not unpack.eof:
        raise Refusal("fetch_failed", "The answer ends too early.")

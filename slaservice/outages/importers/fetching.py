"""Reads what stands at an address on the network: within a deadline, up to a size, never from inside our own network.

The other end may lie, hang, drip, redirect, or send a gigabyte as a kilobyte of gzip. So: http and https only, no proxies, at
most three redirects; a name is looked up once, every address it has is checked, and the connection goes to a checked one, so
that a name which changes its mind in between gains nothing; one deadline for everything together. Each refusal has a name.
"""

import ipaddress
import socket
import time
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpcore2
import httpx2
from django.conf import settings

from slaservice.rules.documents import load
from slaservice.rules.refusal import Invalid, Refusal

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NOT_MODIFIED = 304
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_INNER = tuple(
    map(ipaddress.ip_network, ("64:ff9b:1::/48", "::/96", "fec0::/10", "192.0.0.0/24", "168.63.129.16/32"))
)
"""What Python calls global, or may: local NAT64, IPv4 in IPv6 of old, site-local, IETF's own, and a cloud's metadata service."""
_PORTS = {"http": 80, "https": 443}
_LONGEST_VALUE = 500
_AGENT = "slaservice (outage records)"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


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
    address = _address(url)
    backend = _CheckedNetwork(time.monotonic() + limits.deadline, _exempt(address))
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


def _address(url: str) -> httpx2.URL:
    try:
        address = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise Refusal("address_is_not_valid", "This is no address of the web.") from None
    if address.scheme not in ("http", "https") or not address.host:
        raise Refusal("address_is_not_valid", "An address must start with https:// or http://.")
    if address.userinfo:
        raise Refusal("address_is_not_valid", "An address must not carry a password.")
    return address


def _exempt(address: httpx2.URL) -> tuple[str, int] | None:
    """The host and port that may be of an inner network; a redirect to anywhere else may not."""
    host = address.raw_host.decode("ascii").lower()
    return (host, address.port or _PORTS[address.scheme]) if host in settings.FETCH_PRIVATE_HOSTS else None


def _redirected(origin: httpx2.URL, location: str) -> httpx2.URL:
    try:
        target = origin.join(location)
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise Refusal("address_is_not_valid", f"{origin.host} redirects to what is no address.") from None
    if origin.scheme == "https" and target.scheme != "https":
        raise Refusal("redirect_is_not_secure", f"{origin.host} redirects away from https.")
    return _address(str(target))


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


class _CheckedNetwork(httpcore2.NetworkBackend):
    """Connects only to addresses that are not ours, and lets nothing go on past the deadline."""

    def __init__(self, deadline: float, exempt: tuple[str, int] | None) -> None:
        self.deadline = deadline
        self.exempt = exempt
        self.network = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore2.NetworkStream:
        addresses = _looked_up(host, port)
        if (host.lower(), port) != self.exempt and not all(map(is_public, addresses)):
            raise Refusal(
                "address_is_not_public", f"{host} is an address of an inner network, which is never read."
            )
        for address in addresses[:-1]:
            with suppress(httpcore2.ConnectError):
                return self._connected(address, port, timeout)
        return self._connected(addresses[-1], port, timeout)

    def _connected(self, address: Address, port: int, timeout: float | None) -> "_TimedStream":
        left = _left(self.deadline, timeout)
        return _TimedStream(self.network.connect_tcp(str(address), port, left), self.deadline)

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Any = None
    ) -> httpcore2.NetworkStream:
        raise Refusal("address_is_not_valid", "A socket is no address of the web.")


class _TimedStream(httpcore2.NetworkStream):
    """A connection whose every read and write ends at the deadline: a drip of one byte a second ends there too."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self.stream = stream
        self.deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.stream.read(max_bytes, _left(self.deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.stream.write(buffer, _left(self.deadline, timeout))

    def close(self) -> None:
        self.stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        secure = self.stream.start_tls(ssl_context, server_hostname, _left(self.deadline, timeout))
        return _TimedStream(secure, self.deadline)

    def get_extra_info(self, info: str) -> Any:
        return self.stream.get_extra_info(info)


def _left(deadline: float, timeout: float | None) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the deadline has passed")
    return left if timeout is None else min(left, timeout)


def _looked_up(host: str, port: int) -> list[Address]:
    """Every address of a name, in the order of the system."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refusal("host_is_not_known", f"Nobody knows the host {host[:200]}.") from None
    return [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]


def is_public(address: Address) -> bool:
    """Whether an address is one of the open internet; of an IPv6 address that wraps an IPv4 one, whether that is."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    inner_network = any(address.version == one.version and address in one for one in _INNER)
    return address.is_global and not address.is_multicast and not inner_network

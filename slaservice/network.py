"""Calling other people's servers: never one of our own network, and never for longer than a deadline.

A name is looked up once, every address that it has is checked, and the connection goes to a checked one, so that a name which
changes its mind in between gains nothing. Of an inner network may be only the hosts of FETCH_PRIVATE_HOSTS, whose pages are read,
and the servers of WEBHOOK_PRIVATE_HOSTS, to which customers have events sent.
"""

import ipaddress
import socket
import time
from contextlib import suppress
from typing import Any

import httpcore2
import httpx2
from django.conf import settings

from slaservice.rules.refusal import Refusal

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_INNER = tuple(
    map(
        ipaddress.ip_network,
        (
            "64:ff9b:1::/48", "::/96", "::ffff:0:0:0/96", "fec0::/10", "3fff::/20", "5f00::/16", "192.0.0.0/24",
            "192.88.99.0/24", "168.63.129.16/32",
        ),
    )
)  # fmt: skip
"""What Python calls global, or may: local NAT64, IPv4 in IPv6 of old and translated, site-local, documentation, segment routing,
IETF's own, relays of 6to4, and a cloud's metadata service."""
_PORTS = {"http": 80, "https": 443}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def web_address(url: str) -> httpx2.URL:
    """The parts of an address of the web. Refusal `address_is_not_valid` for anything else."""
    try:
        address = httpx2.URL(url)
    except (httpx2.InvalidURL, UnicodeError, ValueError):
        raise Refusal("address_is_not_valid", "This is no address of the web.") from None
    if address.scheme not in ("http", "https") or not address.host:
        raise Refusal("address_is_not_valid", "An address must start with https:// or http://.")
    if address.userinfo:
        raise Refusal("address_is_not_valid", "An address must not carry a password.")
    return address


def exempt(address: httpx2.URL) -> tuple[str, int] | None:
    """The host and port of a page that may be of an inner network; a redirect to anywhere else may not."""
    host, port = _server(address)
    return (host, port) if host in settings.FETCH_PRIVATE_HOSTS else None


def exempt_for_webhooks(address: httpx2.URL) -> tuple[str, int] | None:
    """The host and port to which events may be sent though they are of an inner network."""
    host, port = _server(address)
    return (host, port) if f"{host}:{port}" in settings.WEBHOOK_PRIVATE_HOSTS else None


def _server(address: httpx2.URL) -> tuple[str, int]:
    return address.raw_host.decode("ascii").lower(), address.port or _PORTS[address.scheme]


def callable_address(url: str) -> httpx2.URL:
    """The parts of an address to which events may be sent: https and not plainly inner, or of WEBHOOK_PRIVATE_HOSTS.
    Refusal else.

    What a name turns out to be is seen when it is called.
    """
    address = web_address(url)
    if exempt_for_webhooks(address) is not None:
        return address
    if address.scheme != "https":
        raise Refusal("address_is_not_secure", "An address must start with https://.")
    written = _written(address.host)
    if written is not None and not is_public(written):
        raise _not_public(address.host)
    return address


def _written(host: str) -> Address | None:
    """The host as an address, in any of the ways in which a system reads one; None: it is a name."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.ip_address(socket.inet_aton(host))
    except (OSError, UnicodeError):
        return None


def _not_public(host: str) -> Refusal:
    return Refusal(
        "address_is_not_public", f"{host} is an address of an inner network, which is never called."
    )


class CheckedNetwork(httpcore2.NetworkBackend):
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
            raise _not_public(host)
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

"""One POST to somebody else's server: within a deadline, no redirect followed, little of the answer read, none of it kept."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpcore2

from slaservice.network import CheckedNetwork, callable_address, exempt_for_webhooks
from slaservice.rules.refusal import Refusal

logger = logging.getLogger(__name__)

_AGENT = "slaservice (webhooks)"

_NOT_REACHED = ("address_is_not_public", "host_is_not_known")
"""What customers are told in one sentence: which names an inner network knows is nothing for them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for all of it and for connecting; bytes of the answer that are read."""

    deadline: float = 15
    connect: float = 5
    most_bytes: int = 4096


LIMITS = Limits()


def post(url: str, *, body: bytes, headers: Mapping[str, str]) -> int:
    """The status of the answer. Refusal where there was none, and before anything is sent to an address that is not allowed."""
    address = callable_address(url)
    timeout = {
        "connect": LIMITS.connect,
        "read": LIMITS.deadline,
        "write": LIMITS.deadline,
        "pool": LIMITS.connect,
    }
    target = httpcore2.URL(
        scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path
    )
    said: dict[bytes | str, bytes | str] = {
        "Host": address.netloc.decode("ascii"),
        "User-Agent": _AGENT,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    said.update(headers)
    backend = CheckedNetwork(time.monotonic() + LIMITS.deadline, exempt_for_webhooks(address))
    try:
        with (
            httpcore2.ConnectionPool(network_backend=backend) as pool,
            pool.stream(
                "POST", target, headers=said, content=body, extensions={"timeout": timeout}
            ) as response,
        ):
            _read_a_little(response)
            return int(response.status)
    except Refusal as refusal:
        if refusal.code not in _NOT_REACHED:
            raise
        logger.warning("No event is sent to %s: %s", address.host, refusal.sentence)
        raise Refusal("no_answer", f"{address.host} could not be reached.") from None
    except httpcore2.TimeoutException:
        raise Refusal("no_answer", f"{address.host} did not answer in time.") from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError) as problem:
        reason = str(problem) or type(problem).__name__
        raise Refusal("no_answer", f"{address.host} could not be reached: {reason[:200]}.") from None


def _read_a_little(response: httpcore2.Response) -> None:
    """A status counts once the answer is there, or so much of it; more is nobody's business."""
    read = 0
    for piece in response.iter_stream():
        read += len(piece)
        if read >= LIMITS.most_bytes:
            return

"""Hostile requests: a payload in each place of each operation that the schema has, and what the answers came to."""

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import urlencode

from tests.api.outside import payloads
from tests.api.outside.calling import Outsider, quiet, tracebacks
from tests.api.outside.schema import Known, operations, places, replaced
from tests.api.outside.world import World, filled, ids

HEADERS = """
Accept Accept-Charset Accept-Encoding Accept-Language Authorization Cache-Control Connection Content-Encoding
Content-Type Cookie Expect Forwarded Idempotency-Key If-Match If-Modified-Since If-None-Match Origin Range
Referer Request-Id Transfer-Encoding User-Agent X-CSRFToken X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto
X-HTTP-Method-Override X-Original-URL X-Request-Id
""".split()
"""Besides those that the schema names."""

SLOW = 0.2
"""Seconds."""

Send = Callable[[], Any]
Place = tuple[str, Callable[[Any], Send], Sequence[Any]]
"""Where a payload goes, what sends it there, and which payloads may go there."""


@dataclass
class Tally:
    """What many answers came to."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    slow: Counter[str] = field(default_factory=Counter)
    sent: int = 0

    @property
    def quick_share(self) -> float:
        return 1 - self.slow.total() / self.sent

    def __str__(self) -> str:
        slowest = ", ".join(f"{place} {count}" for place, count in self.slow.most_common(5))
        return (
            f"{self.sent:,} requests, {self.quick_share:.3%} within {SLOW * 1000:.0f} ms; "
            f"{dict(sorted(self.statuses.items()))}; slow: {slowest or 'none'}"
        )


def attack(world: World, *, requests: int, seed: int) -> Tally:
    """So many requests, spread over all places alike: every place once before any has its second."""
    chance, tally = random.Random(seed), Tally()
    with quiet(), tracebacks() as found:
        for place, send in _picked(list(_places(world)), requests, chance):
            started = time.perf_counter()
            response = send()
            _count(tally, place, response, time.perf_counter() - started)
            if found:
                tally.broken.append(f"{place}: {found.pop()}")
    return tally


def _picked(places: list[Place], requests: int, chance: random.Random) -> Iterator[tuple[str, Send]]:
    done = 0
    while True:
        chance.shuffle(places)
        for name, aim, which in places:
            if done == requests:
                return
            done += 1
            payload = chance.choice(which)
            yield f"{name} = {ascii(payload)[:80]}", aim(payload)


def _count(tally: Tally, place: str, response: Any, seconds: float) -> None:
    tally.sent += 1
    tally.statuses[response.status_code] += 1
    if seconds > SLOW:
        tally.slow[place.partition(" = ")[0]] += 1
    if response.status_code >= 500:
        tally.broken.append(f"{place}: {response.status_code} {response.content[:300]!r}")
    elif response.status_code >= 400 and response["Content-Type"] != "application/problem+json":
        tally.broken.append(f"{place}: {response.status_code} is no problem but {response['Content-Type']}")


def _places(world: World) -> Iterator[Place]:
    texts = payloads.strings()
    for known in operations():
        who = world.whose(known)
        own = next(iter(ids(who, known)), ["x"] * len(known.names))
        body = filled(known.body(), world.values)
        for position, name in enumerate(known.names):
            yield f"{known} {name}", partial(_in_path, who, known, own, position, body), texts
        for name in [*known.parameters, "unheard_of"]:
            yield f"{known} ?{name}", partial(_in_query, who, known, own, name), texts
        for name in {*known.headers, *HEADERS}:
            yield f"{known} {name}:", partial(_in_header, who, known, own, name, body), texts
        for place in places(body) if body is not None else ():
            aim = partial(_in_body, who, known, own, place, body)
            yield f"{known} {'.'.join(map(str, place)) or 'body'}", aim, payloads.values()
        for media_type in known.media_types:
            yield f"{known} {media_type}", partial(_as_body, who, known, own, media_type), payloads.RAW


def _in_path(who: Outsider, known: Known, own: list[str], position: int, body: Any, payload: str) -> Send:
    there = [*own[:position], payload, *own[position + 1 :]]
    return partial(who.send, known.method, known.address(there), body=body)


def _in_query(who: Outsider, known: Known, own: list[str], name: str, payload: str) -> Send:
    query = urlencode({name: payload}, errors="surrogatepass")
    return partial(who.send, known.method, f"{known.address(own)}?{query}")


def _in_header(who: Outsider, known: Known, own: list[str], name: str, body: Any, payload: str) -> Send:
    """As a server would hand it on: Latin-1, no line breaks."""
    value = payload.encode("utf-8", "surrogatepass").decode("latin-1").replace("\r", " ").replace("\n", " ")
    send = partial(who.send, known.method, known.address(own), body=body)
    if name == "Content-Type":
        return partial(send, media_type=value)
    return partial(send, headers={name: value})


def _in_body(
    who: Outsider, known: Known, own: list[str], place: Sequence[str | int], body: Any, payload: Any
) -> Send:
    raw = json.dumps(replaced(body, place, payload)).encode()
    return partial(who.send, known.method, known.address(own), raw=raw)


def _as_body(who: Outsider, known: Known, own: list[str], media_type: str, payload: bytes) -> Send:
    return partial(who.send, known.method, known.address(own), raw=payload, media_type=media_type)

"""Requests of everybody else for what is one customer's: every route and method that the resolver has, with every id."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from django.urls import URLPattern, URLResolver, get_resolver

from tests.api.outside.calling import Outsider, quiet
from tests.api.outside.schema import ROOT, operations
from tests.api.outside.world import SHARED, World, canaries, filled, ids

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")

REFUSALS = {401, 403, 404, 405}

PUBLISHED = {ROOT, f"{ROOT}openapi.json"}
"""The same for everybody, examples and all."""

OPEN = {*PUBLISHED, f"{ROOT}verify/<>"}
"""Answered without a key: the schema, and whether a digest is ours and current, which tells nothing more."""


@dataclass
class Found:
    """What came back, and what should not have."""

    statuses: Counter[int] = field(default_factory=Counter)
    crossings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Asked:
    """One request: who, how, for what."""

    who: str
    method: str
    route: str
    address: str
    body: Any = None

    def __str__(self) -> str:
        return f"{self.method} {self.address} with {self.who}"


def routes() -> list[str]:
    """Every customer-facing address of the running site, `<>` in place of what it names.

    What people record is for all customers, and takes another kind of key: tests/outages/api/test_who_may.py.
    """

    def walk(patterns: Sequence[URLPattern | URLResolver], prefix: str) -> Iterator[str]:
        for pattern in patterns:
            here = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, here)
            elif f"/{here}".startswith(ROOT) and not here.startswith("api/v1/recording/"):
                yield "/" + bare(here)

    return sorted(walk(get_resolver().url_patterns, ""))


def bare(path: str) -> str:
    """A path with <> in place of each name."""
    return re.sub("<[^>]*>|{[^}]*}", "<>", path)


def trespass(world: World, *, requests: int, seed: int) -> Found:
    """So many requests at random. Each answer is searched for what tells of the victim."""
    return _searched(world, lambda telling: _some(world, telling, requests, random.Random(seed)))


def reach(world: World) -> Found:
    """Every operation with the very ids that it has for the victim, by two others: what a forgotten filter lets through."""
    return _searched(world, lambda telling: _every(world))


def _searched(world: World, made: Callable[[list[str]], Iterator[Asked]]) -> Found:
    telling, found = canaries(world), Found()
    with quiet():
        for one in made(telling):
            _ask(world.strangers[one.who], one, telling, found)
    return found


def _every(world: World) -> Iterator[Asked]:
    for known in operations():
        route = bare(known.path)
        if known.key != "customerKey":
            continue
        touched_both = [values for values in ids(world.own, known) if values and values[0].startswith(SHARED)]
        for values in ids(world.other, known):
            address, body = known.address(values), _body(world, known.method, route)
            yield Asked("another customer's key", known.method, route, address, body)
            if values not in touched_both:
                yield Asked("the neighbour's key", known.method, route, address, body)


def _some(world: World, telling: list[str], requests: int, chance: random.Random) -> Iterator[Asked]:
    """With parameters that name what is the victim's, and bodies that do."""
    names = [one for one in telling if " " not in one]
    parameters = sorted({name for one in operations() for name in one.parameters})
    everybody, every_route = list(world.strangers), routes()
    for _ in range(requests):
        route, method, who = chance.choice(every_route), chance.choice(METHODS), chance.choice(everybody)
        address = route
        while "<>" in address:
            address = address.replace("<>", quote(chance.choice(names)), 1)
        if chance.random() < 0.3:
            address += "?" + urlencode({chance.choice(parameters): chance.choice(names)})
        yield Asked(who, method, route, address, _body(world, method, route))


def _body(world: World, method: str, route: str) -> Any:
    """What the schema says a body looks like here; where it names something, that is the victim's."""
    for known in operations():
        if known.method == method and bare(known.path) == route:
            return filled(known.body(), world.theirs)
    return None


def _ask(who: Outsider, asked: Asked, telling: list[str], found: Found) -> None:
    response = who.send(asked.method, asked.address, body=asked.body)
    found.statuses[response.status_code] += 1
    named = "<>" in asked.route and asked.route not in OPEN
    allowed = REFUSALS if named else {*REFUSALS, 200, 201, 400, 409, 422}
    if "?" in asked.address:
        allowed = allowed | {400}
    if response.status_code not in allowed:
        found.crossings.append(f"{asked}: {response.status_code} {response.content[:200]!r}")
    if asked.route in PUBLISHED:
        return
    said = response.content.decode("utf-8", "replace") + str(response.headers)
    sent = f"{asked.address} {asked.body}"
    for canary in telling:
        if canary in said and canary not in sent:
            found.crossings.append(f"{asked}: told {canary}")

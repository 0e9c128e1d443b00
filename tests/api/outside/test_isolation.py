"""One customer's things, asked for by everybody else: nothing of them shows, not even that they are there."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.api.views import CustomerView
from tests.api.outside.calling import a_seed, without_limits
from tests.api.outside.isolation import REFUSALS, reach, routes, trespass
from tests.api.outside.schema import operations
from tests.api.outside.world import CANARY, World, a_world, canaries, ids

UNSCOPED = {
    "objects",
    "_default_manager",
    "_base_manager",
    "raw",
    "cursor",
    "get_object_or_404",
    "get_list_or_404",
}
"""What reaches rows without starting from a customer."""


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with without_limits():
        yield a_world()


def test_the_walk_finds_the_routes() -> None:
    assert {"/api/v1/statements", "/api/v1/statements/<>/pdf", "/api/v1/", "/api/v1/verify/<>"} <= set(
        routes()
    )


def test_there_is_something_to_find(world: World) -> None:
    """The other customer's own answers tell of it; without that the search below would find nothing for no reason."""
    telling = canaries(world)
    kinds = {one.partition("_")[0] for one in telling if "_" in one}
    assert {"st", "ct", "cu"} <= kinds
    assert any(CANARY in one for one in telling)
    assert any(one.startswith("SLA-") for one in telling)


def test_no_route_shows_one_customer_s_things_to_anybody_else(world: World) -> None:
    found = trespass(world, requests=2_000, seed=a_seed())
    assert found.crossings == []
    assert set(found.statuses) >= REFUSALS


def test_nothing_of_one_customer_is_reachable_with_another_s_key(world: World) -> None:
    found = reach(world)
    assert found.crossings == []
    assert {200, 404} <= set(found.statuses)


def test_a_foreign_id_gets_the_very_answer_of_one_that_is_not_there(world: World) -> None:
    stranger = world.strangers["another customer's key"]
    for known in operations():
        for values in ids(world.other, known) if known.key == "customerKey" and known.names else []:
            nowhere = [re.sub("[0-9a-f]{32}$", "0" * 32, values[0]), *values[1:]]
            there, not_there = (_told(stranger.call(known, one)) for one in (values, nowhere))
            assert there == not_there, known


def _told(response: Any) -> tuple[int, str]:
    """Without the id of the request."""
    body = response.content.decode()
    return response.status_code, body.replace(response.headers.get("Request-Id", "-"), "")


def views() -> list[type]:
    """The view classes of the running site that a customer's key opens."""

    def walk(patterns: list[URLPattern | URLResolver]) -> Iterator[type]:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns)
            else:
                view = getattr(pattern.callback, "cls", None)
                if isinstance(view, type) and issubclass(view, CustomerView):
                    yield view

    return list(dict.fromkeys(walk(get_resolver().url_patterns)))


def unscoped(source: str) -> list[str]:
    """Where a source reaches for rows without starting from the customer."""
    found = []
    for node in ast.walk(ast.parse(source)):
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name in UNSCOPED:
            found.append(f"line {getattr(node, 'lineno', 0)}: {ast.unparse(node)}")
    return found


def test_unscoped_rows_are_noticed() -> None:
    assert unscoped("def get(self):\n    return Statement.objects.filter(pk=1)") == [
        "line 2: Statement.objects"
    ]
    assert unscoped("def get(self):\n    return statements_of(self.customer)") == []


@pytest.mark.parametrize("view", views(), ids=lambda view: view.__name__)
def test_no_customer_s_view_reaches_a_row_but_through_the_customer(view: type) -> None:
    for base in view.__mro__:
        if base.__module__.startswith(("accounts.", "reports.")):
            assert unscoped(inspect.getsource(sys.modules[base.__module__])) == [], base.__module__

"""Schemathesis, in this process: requests made from the schema, all its checks on each answer."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import hypothesis
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from slaservice.api.published import schema
from tests.api.outside.calling import Outsider, undone
from tests.api.outside.schema import Known, operations
from tests.api.outside.world import World, ids

Json = Any

REFUSABLE = ["2xx", "3xx", "400", "401", "403", "404", "409", "413", "422"]
"""What data may be answered with that the schema allows: it cannot say what codes exist, or that a span ends after it starts."""

EVERYTHING = [HypothesisTestMode.EXAMPLES, HypothesisTestMode.COVERAGE, HypothesisTestMode.FUZZING]


@contextmanager
def one_connection() -> Iterator[None]:
    """A request closes no connection, as in Django's own test client: it is the test's."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in signals:
            signal.connect(close_old_connections)


class Undone:
    """The site; what a request wrote is written no more once it is answered."""

    def __init__(self) -> None:
        self.site = WSGIHandler()

    def __call__(self, environ: Any, start_response: Any) -> list[bytes]:
        with undone():
            response: Any = self.site(environ, start_response)
            content = [b"".join(response)]
            response.close()
            return content


def fuzz(
    world: World, *, examples: int, seed: int, only: range | None = None
) -> tuple[Counter[str], list[str]]:
    """How many cases each operation had, and what failed. `examples`: how many of each are made up at random; besides, every
    example and every bound of the schema has its case. `only` some of the operations.
    """
    config = SchemathesisConfig.from_dict(
        {"checks": {"positive_data_acceptance": {"expected-statuses": REFUSABLE}}, "seed": seed}
    )
    loaded = schemathesis.openapi.from_dict(_with_ids(world), config=config)
    loaded.app = Undone()
    known = {(one.method, one.path): one for one in operations()}
    cases: Counter[str] = Counter()
    failed: list[str] = []
    every: Any = loaded.get_all_operations()
    for number, result in enumerate(every):
        if only is None or number % only.stop == only.start:
            operation = result.ok()
            who = world.whose(known[operation.method.upper(), operation.path])
            try:
                with one_connection():
                    _fuzz(operation, who, examples, seed, cases)
            except FailureGroup as group:
                failed.append(str(group))
            except Exception as problem:  # noqa: BLE001 - whatever it is, the other operations have their turn
                failed.append(f"{operation.label}: {problem!r}")
    return cases, failed


def _fuzz(operation: Any, who: Outsider, examples: int, seed: int, cases: Counter[str]) -> None:
    def is_fine(case: Any) -> None:
        if not _is_sent(case):
            return
        cases[operation.label] += 1
        case.call_and_validate(headers={"Authorization": who.authorization})

    settings = hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    project = operation.schema.config
    create_test(
        operation=operation,
        test_func=is_fine,
        config=HypothesisTestConfig(settings=settings, modes=EVERYTHING, seed=seed, project=project),
    )()


def _is_sent(case: Any) -> bool:
    """Whether all that was made up for the query stands in the address: a name with an empty list or object does not, and then
    nothing is left that the schema forbids.
    """
    return not any(isinstance(said, list | dict) and not said for said in (case.query or {}).values())


def _with_ids(world: World) -> Json:
    """The schema, in which the ids that may stand in addresses are those that the caller's lists show."""
    made = deepcopy(schema())
    for known in operations():
        shown = ids(world.whose(known), known)
        for position, name in enumerate(known.names if shown else ()):
            _parameter(made, known, name)["schema"] = {
                "type": "string",
                "enum": sorted({values[position] for values in shown}),
            }
    return made


def _parameter(made: Json, known: Known, name: str) -> Json:
    (found,) = (
        one for one in made["paths"][known.path][known.method.lower()]["parameters"] if one["name"] == name
    )
    return found

"""Runs the suite twice: on SQLite in the process, and on PostgreSQL with Redis and real Celery workers.

The rules and the paper, which know no database, run once.

    python -m tests.run [sqlite] [servers] [proof] [bench] [-- what pytest should be told]

DATABASE_URL and REDIS_URL name the servers of the second pass; for each that is unset, one is started and
stopped here. `proof` and `bench` are folders of longer runs; they have the servers too.
"""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.servers import postgresql, redis_at


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end with us
    at = arguments.index("--") if "--" in arguments else len(arguments)
    names, options = arguments[:at] or ["sqlite", "servers"], arguments[at + 1 :]
    if unknown := set(names) - set(PASSES):
        print(f"No such pass: {', '.join(unknown)}. There are: {', '.join(PASSES)}", file=sys.stderr)
        return 2
    failed = [name for name in names if not PASSES[name](options)]
    if failed:
        print(f"\nFailed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def on_sqlite(options: list[str]) -> bool:
    environment = {name: os.environ[name] for name in os.environ if name not in ("DATABASE_URL", "REDIS_URL")}
    return run("SQLite, in the process", environment, ["-n", "auto", "-m", "not distributed", *options])


def on_servers(options: list[str]) -> bool:
    with servers() as environment:
        # What knows no database runs once, unless somebody says what is to run.
        told = options or ["--ignore=tests/rules", "--ignore=tests/reports/pdf"]
        parallel = run("PostgreSQL", environment, ["-n", "auto", "-m", "not distributed", *told])
        workers = run("PostgreSQL, Redis, Celery workers", environment, ["-m", "distributed", *options])
    return parallel and workers


def proof(options: list[str]) -> bool:
    """More examples of the properties that the tests try too, and what only stands in tests/proof."""
    with servers() as environment:
        more = {**environment, "HYPOTHESIS_PROFILE": "proof"}
        return run("Proofs", more, ["-n", "auto", "--hypothesis-show-statistics", *PROPERTIES, *options])


def bench(options: list[str]) -> bool:
    """Every module of tests/bench prints its figures; none judges them."""
    modules = sorted(path.stem for path in Path(__file__).parent.glob("bench/[a-z]*.py"))
    with servers() as environment:
        done = [
            call(f"tests/bench/{name}.py", environment, f"tests.bench.{name}", options) for name in modules
        ]
    return all(done)


PROPERTIES = ["tests/rules/test_properties.py", "tests/proof"]

PASSES: dict[str, Callable[[list[str]], bool]] = {
    "sqlite": on_sqlite,
    "servers": on_servers,
    "proof": proof,
    "bench": bench,
}


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """The environment of a run that has PostgreSQL and Redis."""
    with ExitStack() as stack:
        temporary = tempfile.TemporaryDirectory(prefix="sla-", ignore_cleanup_errors=True)
        folder = Path(stack.enter_context(temporary))
        folder.chmod(0o755)  # started by root, PostgreSQL runs as a user of its own
        database = os.environ.get("DATABASE_URL") or stack.enter_context(postgresql(folder))
        broker = os.environ.get("REDIS_URL") or stack.enter_context(redis_at(folder))
        yield {**os.environ, "DATABASE_URL": database, "REDIS_URL": broker}


def run(title: str, environment: dict[str, str], options: list[str]) -> bool:
    return call(title, environment, "pytest", ["-q", *options])


def call(title: str, environment: dict[str, str], module: str, options: list[str]) -> bool:
    print(f"\n== {title}", flush=True)
    # LOCAL: the suite needs no secrets of anybody's, even where it is given servers.
    command = [sys.executable, "-m", module, *options]
    return subprocess.run(command, env={**environment, "LOCAL": "true"}, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

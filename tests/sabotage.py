"""`python -m tests.sabotage [words]`: takes locks and constraints away, one at a time, and sees the tests fail that guard them.

First all those tests must pass; then each sabotage of tests/sabotages.py is tried (or those whose name holds a word), on a
database of its own. Ends well only if every one is caught.
"""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from rich.console import Console
from rich.table import Table

from tests.run import servers
from tests.sabotages import SABOTAGES, Sabotage
from tests.servers import ROOT, with_database

BASE = "sabotage"
"""The database whose test database, migrated once, the others are copies of."""


def main(words: Sequence[str]) -> int:
    tried = {
        name: each for name, each in SABOTAGES.items() if not words or any(word in name for word in words)
    }
    with servers() as environment:
        url = environment["DATABASE_URL"]
        for database in ("postgresql", "sqlite"):
            if not _all_pass(database, tried, url):
                return 1
        table = Table("taken away", "must fail", "", "s", show_lines=True)
        caught = [_is_caught(name, each, url, table) for name, each in tried.items()]
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    print(f"{sum(caught)} of {len(tried)} sabotages were caught.")
    return 0 if all(caught) else 1


def _all_pass(database: str, tried: dict[str, Sabotage], url: str) -> bool:
    """Without a sabotage the same tests must pass: else their failing says nothing."""
    tests = sorted({test for each in tried.values() if each.database == database for test in each.tests})
    if not tests:
        return True
    options = ["--create-db", "--reuse-db"] if database == "postgresql" else []
    passed, failed = _pytest(tests, _environment(database, url, BASE), options)
    print(f"{database}: {passed} of {len(tests)} tests pass while nothing is taken away.", flush=True)
    return passed == len(tests) and not failed


def _is_caught(name: str, sabotage: Sabotage, url: str, table: Table) -> bool:
    started = time.monotonic()
    with _copy(sabotage.database, url) as database:
        environment = {**_environment(sabotage.database, url, database), "SABOTAGE": name}
        options = ["-p", "tests.sabotaging"]
        options += ["--reuse-db"] if sabotage.database == "postgresql" else []
        passed, failed = _pytest(sabotage.tests, environment, options)
    caught = failed == len(sabotage.tests) and not passed
    said = "caught" if caught else "NOT CAUGHT"
    seconds = f"{time.monotonic() - started:.0f}"
    print(f"{said:<10} {seconds:>4} s  {name}", flush=True)
    table.add_row(name, "\n".join(test.partition("::")[2] for test in sabotage.tests), said, seconds)
    return caught


def _pytest(tests: Sequence[str], environment: dict[str, str], options: Sequence[str]) -> tuple[int, int]:
    """How many tests passed and how many failed; one that did not even begin is neither, and stops everything."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider"]
        command += [f"--junitxml={report}", *options, *tests]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(f"{done.stdout}\n{done.stderr}")
        suite = ElementTree.parse(report).getroot()[0]
    ran, failed, broken = (int(suite.attrib[name]) for name in ("tests", "failures", "errors"))
    if broken:
        raise SystemExit(done.stdout)
    return ran - failed - int(suite.attrib["skipped"]), failed


def _environment(database: str, url: str, name: str) -> dict[str, str]:
    environment = {key: os.environ[key] for key in os.environ if key not in ("DATABASE_URL", "REDIS_URL")}
    if database == "postgresql":
        environment["DATABASE_URL"] = with_database(url, name)
    return {**environment, "LOCAL": "true"}


@contextmanager
def _copy(database: str, url: str) -> Iterator[str]:
    """The name of a database whose test database is a copy of the migrated one. SQLite makes its own for each run."""
    if database != "postgresql":
        yield BASE
        return
    copy = f"{BASE}_copy"
    names = {"copy": sql.Identifier(f"test_{copy}"), "base": sql.Identifier(f"test_{BASE}")}
    with psycopg.connect(with_database(url, "postgres"), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {copy}").format(**names))
        server.execute(sql.SQL("CREATE DATABASE {copy} TEMPLATE {base}").format(**names))
        yield copy
        server.execute(sql.SQL("DROP DATABASE {copy}").format(**names))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

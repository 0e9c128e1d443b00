"""The monthly close of many contracts with five commitments each, as a ratio to writing the same rows by COPY.

    python -m tests.bench.close [--workers] [CONTRACTS ...]        (1,000 and 10,000 if nothing is named)

Each size has databases of its own on the server of DATABASE_URL, which must be PostgreSQL: one is filled, and copied before
each measurement. The close runs in a process of its own; then every row that it wrote is copied out and, into a copy that was
never closed, back in by COPY, with the same constraints and triggers. With `--workers` two Celery workers close once more (over
the Redis of REDIS_URL). Seconds on the clock depend on what else the machine does; seconds of the processor, of the process and
of its server, less so: both ratios are printed. The last lines say where the processor time of the process goes.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.servers import ROOT, Workers, eventually, with_database

SIZES = (1_000, 10_000)
TABLES = (
    "reports_statement",
    "reports_statementline",
    "reports_servicecredit",
    "reports_posting",
    "history_entry",
)
PHASES = {
    "gather": ("reports.closing", "gather"),
    "guards": ("reports.guards", "blocks_of"),
    "compute": ("reports.closing", "compute"),
    "write": ("reports.closing", "write_drafts"),
}


class Clock:
    """Seconds on the clock, and of the processor: of this process and of the server's process that works for it."""

    def __init__(self, server_process: int) -> None:
        self._server = Path(f"/proc/{server_process}/stat")
        self._began = self._read()

    def _read(self) -> tuple[float, float]:
        ticks = (
            sum(map(int, self._server.read_text().rsplit(")", 1)[1].split()[11:13]))
            if self._server.exists()
            else 0
        )
        return time.monotonic(), time.process_time() + ticks / os.sysconf("SC_CLK_TCK")

    def seconds(self) -> tuple[float, float]:
        (began, used), (now, by_now) = self._began, self._read()
        return now - began, by_now - used


# in processes of their own


def fill(contracts: int) -> None:
    from django.db import connection

    from tests.factories.crowd import a_crowd

    a_crowd(contracts)
    with connection.cursor() as cursor:
        cursor.execute(
            "VACUUM ANALYZE"
        )  # what is copied has the statistics of a database that was used before


def close(contracts: int) -> dict[str, Any]:
    """Close once; what it took."""
    from django.db import connection

    from reports import closing
    from tests.factories.crowd import CLOSED, MONTH

    connection.ensure_connection()
    start_up = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spent = watched()
    clock = Clock(connection.connection.info.backend_pid)
    result = closing.close(month=MONTH, now=CLOSED)
    clocked, used = clock.seconds()
    if len(result.drafted) != contracts:
        raise SystemExit(f"{len(result.drafted)} drafts, blocked: {result.blocked[:3]}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"clock": clocked, "cpu": used, "peak": peak / 1024, "start_up": start_up / 1024, "spent": spent}


def watched() -> dict[str, float]:
    """Seconds of the processor by phase, counted from now on."""
    from importlib import import_module

    spent: dict[str, float] = defaultdict(float)

    def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            try:
                return call(*args, **kwargs)
            finally:
                spent[name] += time.process_time() - began

        return run

    for name, (module, function) in PHASES.items():
        place = import_module(module)
        setattr(place, function, timed(name, getattr(place, function)))
    return spent


def due(contracts: int) -> float:
    """Seconds to say what a close owes."""
    from reports import closing
    from tests.factories.crowd import CLOSED, MONTH

    began = time.process_time()
    owed = closing.due(now=CLOSED, month=MONTH)
    assert len(owed) == contracts
    return time.process_time() - began


STEPS: dict[str, Callable[[int], Any]] = {"fill": fill, "close": close, "due": due}


def step(name: str, contracts: int, environment: dict[str, str]) -> Any:
    command = [sys.executable, "-m", "tests.bench.close", name, str(contracts)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
    return json.loads(done.stdout)


# in this process


@contextmanager
def database(server: str, name: str, template: str = "template1") -> Iterator[str]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')  # type: ignore[call-overload,unused-ignore]
        try:
            yield with_database(server, name)
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload,unused-ignore]


def taken_out(server: str, folder: Path, newer_than: int) -> None:
    """The rows that the close wrote, into a file for each table."""
    with psycopg.connect(server) as connection:
        for table in TABLES:
            query = f"COPY (SELECT * FROM {table} WHERE id > {newer_than if table == 'history_entry' else 0}) TO STDOUT"
            with (folder / table).open("wb") as out, connection.cursor().copy(query) as copy:  # type: ignore[arg-type,unused-ignore]
                for block in copy:
                    out.write(block)


def put_back(server: str, folder: Path) -> tuple[float, float]:
    """Seconds to write them by COPY, in one transaction."""
    with psycopg.connect(server) as connection:
        clock = Clock(connection.info.backend_pid)
        with connection.transaction():
            for table in TABLES:
                with (
                    (folder / table).open("rb") as rows,
                    connection.cursor().copy(f"COPY {table} FROM STDIN") as copy,
                ):  # type: ignore[arg-type,unused-ignore]
                    while block := rows.read(1 << 16):
                        copy.write(block)
        return clock.seconds()


def last_entry(server: str) -> int:
    with psycopg.connect(server) as connection:
        row = connection.execute("SELECT coalesce(max(id), 0) FROM history_entry").fetchone()
        assert row is not None
        return int(row[0])


def by_workers(contracts: int, environment: dict[str, str], folder: Path) -> float:
    """Seconds from handing the chunks out until the last statement is there."""
    workers = Workers(2, folder=folder / "workers", environment=environment, include="")
    try:
        workers.wait_until_ready()
        began = time.monotonic()
        hand_out = "from reports import tasks; tasks.close_month('2026-04')"
        subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", hand_out],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:

            def done() -> bool:
                time.sleep(1)  # counting is work for the server too
                row = connection.execute("SELECT count(*) FROM reports_statement").fetchone()
                return row is not None and row[0] == contracts

            eventually(done, within=7200, otherwise=workers.log)
        return time.monotonic() - began
    finally:
        workers.stop()


def measure(server: str, contracts: int, *, workers: bool) -> None:
    name = f"bench_close_{os.getpid()}"
    environment = {**os.environ, "LOCAL": "true"}
    with tempfile.TemporaryDirectory() as temporary, database(server, name) as filled:
        folder = Path(temporary)
        of_filled = {**environment, "DATABASE_URL": filled}
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=of_filled, check=True
        )
        step("fill", contracts, of_filled)
        newer_than = last_entry(filled)
        with database(server, f"{name}_closed", name) as closed:
            of_closed = {**environment, "DATABASE_URL": closed}
            owed = step("due", contracts, of_closed)
            found = step("close", contracts, of_closed)
            taken_out(closed, folder, newer_than)
        with database(server, f"{name}_copied", name) as copied:
            clock, cpu = put_back(copied, folder)
        handed = None
        if workers:
            with database(server, f"{name}_workers", name) as worked:
                handed = by_workers(contracts, {**environment, "DATABASE_URL": worked}, folder)
    taken, used = found["clock"], found["cpu"]
    figures = (
        f"{contracts:>9,} {taken:>8.1f} {used:>8.1f} {used / contracts * 1e3:>8.2f} {clock:>8.1f} {cpu:>8.1f}"
    )
    figures += f" {taken / clock:>7.1f} {used / cpu:>7.1f} {found['peak']:>8.0f} {owed:>8.2f}"
    print(figures if handed is None else f"{figures} {handed:>8.1f}")
    spent = found["spent"]
    print(
        " " * 9 + " of it " + ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in spent.items()),
        flush=True,
    )


def main(arguments: list[str]) -> None:
    if arguments and arguments[0] in STEPS:
        import django

        django.setup()
        print(json.dumps(STEPS[arguments[0]](int(arguments[1]))))
        return
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        raise SystemExit("DATABASE_URL must name a PostgreSQL: there is no COPY elsewhere.")
    sizes = [int(one) for one in arguments if one != "--workers"] or list(SIZES)
    print(
        f"{'contracts':>9} {'seconds':>8} {'of CPU':>8} {'ms each':>8} {'by COPY':>8} {'of CPU':>8} {'ratio':>7} {'of CPU':>7} "
        f"{'peak MB':>8} {'due':>8} {'workers':>8}"
    )
    for size in sizes:
        measure(server, size, workers="--workers" in arguments)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")
    main(sys.argv[1:])

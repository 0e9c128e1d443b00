"""Importing a status page's whole history through the command: seconds and memory for 1,000 and for 10,000 incidents.

    python -m tests.bench.importing [INCIDENTS ...]

Each size has a process, a file and an empty database of its own: on the server of DATABASE_URL, or else SQLite. A tenth of
the incidents overlap another, every component is explained, so every outage is proposed. The first size is one incident: what it
takes is the start of the process, and is taken off the milliseconds of the others.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from tests.servers import ROOT, with_database

SIZES = (1, 1_000, 10_000)
COMPONENTS = [f"component{number}" for number in range(6)]
BEGIN = datetime(2019, 1, 1, tzinfo=UTC)
PROSE = "We are investigating elevated error rates – some requests fail. More as we know it. "
PREPARE = """
from datetime import UTC, datetime
from slaservice.outages import operations as o
now = datetime.now(UTC)
for code in {components!r}:
    component = o.create_component(code=code, name=code, by=None, now=now)
    o.map_feed_component(source="statuspage", external_id=code, component=component, by=None, now=now)
o.create_tier(code="enterprise", name="Enterprise", by=None, now=now)
o.create_tier(code="free", name="Free", by=None, now=now)
"""


def incident(number: int, random: Random) -> dict[str, Any]:
    """Some five kilobytes, as real ones have: four updates, three components."""
    start = BEGIN + timedelta(hours=6 * number, minutes=random.randrange(300))
    hit = random.sample(COMPONENTS, 3)
    moves = [("operational", "partial_outage"), ("partial_outage", "partial_outage"), ("partial_outage", "operational"),
             ("operational", "operational")]  # fmt: skip
    words = ("investigating", "identified", "monitoring", "resolved")
    times = [start + timedelta(minutes=minutes) for minutes in (0, 20, 45, 400 if number % 10 == 0 else 70)]
    updates = [
        {
            "id": f"u{number}x{step}", "incident_id": f"i{number}", "status": words[step], "body": PROSE * random.randrange(2, 7),
            "created_at": at.isoformat(), "updated_at": at.isoformat(), "display_at": at.isoformat(),
            "deliver_notifications": True, "custom_tweet": None, "tweet_id": None,
            "affected_components": [
                {"code": code, "name": f"Our {code}", "old_status": moves[step][0], "new_status": moves[step][1]} for code in hit
            ],
        }
        for step, at in enumerate(times)
    ]  # fmt: skip
    components = [
        {"id": code, "name": f"Our {code}", "status": "operational", "created_at": BEGIN.isoformat(), "position": 1,
         "description": None, "showcase": True, "group_id": None, "page_id": "p1"}
        for code in hit
    ]  # fmt: skip
    return {
        "id": f"i{number}", "name": f"Elevated errors {number}", "status": "resolved", "impact": "major",
        "created_at": times[0].isoformat(), "started_at": times[0].isoformat(), "monitoring_at": times[2].isoformat(),
        "resolved_at": times[3].isoformat(), "shortlink": f"https://stspg.io/{number}", "page_id": "p1",
        "incident_updates": updates[::-1], "components": components,
    }  # fmt: skip


def write(file: Path, count: int) -> None:
    """A feed of so many incidents, newest first."""
    random = Random(1)
    with file.open("w", encoding="utf-8") as out:
        out.write('{"page": {"id": "p1"}, "incidents": [')
        for number in reversed(range(count)):
            out.write(json.dumps(incident(number, random), ensure_ascii=False) + (",\n" if number else ""))
        out.write("]}")


@contextmanager
def empty_database(folder: Path) -> Iterator[dict[str, str]]:
    """The environment with a database that has tables, components and tiers, and nothing else."""
    server = os.environ.get("DATABASE_URL", "")
    environment = {**os.environ, "LOCAL": "true"}
    name = f"bench_importing_{os.getpid()}"
    if not server.startswith("postgres"):
        yield prepared({**environment, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"})
        return
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[call-overload,unused-ignore]
        try:
            yield prepared({**environment, "DATABASE_URL": with_database(server, name)})
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[call-overload,unused-ignore]


def prepared(environment: dict[str, str]) -> dict[str, str]:
    for command in (
        ["migrate", "--verbosity=0"],
        ["shell", "-v0", "-c", PREPARE.format(components=COMPONENTS)],
    ):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True)
    return environment


def measured(file: Path, environment: dict[str, str]) -> tuple[float, float, float]:
    """Seconds on the clock, seconds of the processor, and the peak of memory in MB, of one import."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_statuspage", str(file)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the import ended with {process.returncode}")
    return time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    start_up = 0.0
    print(
        f"{'incidents':>9} {'file MB':>8} {'seconds':>8} {'of CPU':>8} {'ms of CPU each':>15} {'again':>8} {'peak MB':>8}"
    )
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "incidents.json"
            write(file, size)
            with empty_database(Path(folder)) as environment:
                wall, cpu, peak = measured(file, environment)
                again = measured(file, environment)[1]
            start_up = start_up or cpu
            each, megabytes = (cpu - start_up) / size * 1e3, file.stat().st_size / 1e6
            line = f"{size:>9,} {megabytes:>8.1f} {wall:>8.1f} {cpu:>8.1f} {each:>15.2f} {again:>8.1f} {peak:>8.0f}"
            print(line, flush=True)


if __name__ == "__main__":
    main()

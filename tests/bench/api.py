"""The API at 1,000 and at 100,000 statements: a page of 50 statements and a detail, with key and limits on.

    DATABASE_URL=postgres://... REDIS_URL=redis://... python -m tests.bench.api [STATEMENTS ...] [--keep]

gunicorn with two workers, as in production, and wrk on the loopback; beside them, in the same run, a Django view that returns the
same bytes from a constant: without any middleware, and behind the site's. What is called takes turns, and of several turns the
best counts. Half load is half of the calls a second that it came to. "computing" is the processor's time that a call takes of the
workers and of their database connections; on a machine that does other things besides, it says more than the calls a second.
With `--keep` the databases stay and are filled only once.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from accounts.models import ApiKey, Customer  # noqa: E402
from reports.models import Statement  # noqa: E402
from tests.bench.desk import fill, sql  # noqa: E402
from tests.emptying import TRIGGERS_OFF  # noqa: E402
from tests.factories.accounts import a_key  # noqa: E402
from tests.monitoring import Site  # noqa: E402
from tests.servers import with_database  # noqa: E402

SIZES = (1_000, 100_000)
CONTRACTS = 10
"""Of the customer that calls; its statements of eleven months are more than a page."""

TURNS = 3
SECONDS = 4
CONNECTIONS = 8
"""As many as the workers have threads."""


class Measured(NamedTuple):
    """Calls a second, milliseconds at the median and at 99 of 100, and milliseconds of computing for one call."""

    rate: float
    p50: float
    p99: float
    computing: float


class Target(NamedTuple):
    """What is called."""

    name: str
    site: Site
    address: str
    key: str


def main(arguments: Sequence[str]) -> None:
    if shutil.which("wrk") is None:
        sys.exit("No wrk here. Type: apt-get install wrk")
    sizes = [int(one) for one in arguments if one.isdigit()] or SIZES
    setup_test_environment()
    for size in sizes:
        with filled(size, keep="--keep" in arguments):
            measure_all(size)


@contextmanager
def filled(size: int, *, keep: bool) -> Iterator[None]:
    """The default connection on a database with about so many statements."""
    own = str(connection.settings_dict["NAME"])
    connection.settings_dict["TEST"]["NAME"] = f"{own}_api_{size}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False, keepdb=keep)
    try:
        if not Statement.objects.exists():
            begin = time.perf_counter()
            sql("SET statement_timeout = 0")
            with TRIGGERS_OFF["postgresql"]():
                fill(size)
                for table in ("accounts_contract", "reports_posting"):
                    column = "id" if table == "accounts_contract" else "contract_id"
                    sql(f"UPDATE {table} SET customer_id = 1 WHERE {column} <= {CONTRACTS}")
            sql("VACUUM ANALYZE")
            print(f"filled in {time.perf_counter() - begin:.0f} s")
        yield
    finally:
        if keep:
            connection.close()
            connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = own
        else:
            connection.creation.destroy_test_db(own, verbosity=0)


def measure_all(size: int) -> None:
    customer = Customer.objects.get(pk=1)
    ApiKey.objects.filter(customer=customer).update(revoked_at=None)
    key = a_key(customer)[1]
    statement = Statement.objects.filter(contract__customer=customer, state="issued").latest("pk")
    addresses = {
        "page of 50": "/api/v1/statements?limit=50",
        "detail": f"/api/v1/statements/{statement.public_id}",
    }
    print(f"\n{Statement.objects.count():,} statements")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with served(folder / "site", environment(), "slaservice.wsgi") as site:
            bodies = {what: fetched(site.url + address, key) for what, address in addresses.items()}
            for number, body in enumerate(bodies.values()):
                (folder / f"{number}.json").write_bytes(body)
            bare = {**environment(), "BARE_FOLDER": name}
            with (
                served(folder / "bare", bare, "tests.bench.bare") as alone,
                served(folder / "behind", {**bare, "MIDDLEWARE": "site"}, "tests.bench.bare") as behind,
            ):
                for number, (what, address) in enumerate(addresses.items()):
                    report(
                        what,
                        len(bodies[what]),
                        Target("API", site, address, key),
                        Target("bare view", alone, f"/bare/{number}.json", key),
                        Target("bare view behind the site's middleware", behind, f"/bare/{number}.json", key),
                    )


def environment() -> dict[str, str]:
    """Limits are on; nobody reaches them."""
    url = with_database(settings.DATABASE_URL, str(connection.settings_dict["NAME"]))
    return {**os.environ, "DATABASE_URL": url, "API_RATE_LIMIT": str(10**9), "LOCAL": "true"}


@contextmanager
def served(folder: Path, given: Mapping[str, str], application: str) -> Iterator[Site]:
    folder.mkdir()
    site = Site(folder)
    site.start(given, workers=2, application=application)
    try:
        yield site
    finally:
        site.stop()


def fetched(url: str, key: str) -> bytes:
    with urlopen(Request(url, headers={"Authorization": f"Bearer {key}"})) as answer:
        body: bytes = answer.read()
        return body


def report(what: str, size: int, *targets: Target) -> None:
    turns: dict[str, list[Measured]] = {target.name: [] for target in targets}
    for _ in range(TURNS):
        for target in targets:
            turns[target.name].append(wrk(target))
    best = {name: Measured(max(of)[0], *map(min, *(one[1:] for one in of))) for name, of in turns.items()}
    api, *others = (best[target.name] for target in targets)
    half = wrk(targets[0], pause=2000 * CONNECTIONS / api.rate - api.p50)
    print(f"{what}, {size:,} bytes")
    for name, one in best.items():
        print(f"  {shown(one)}  {name}")
    print(f"  {shown(half)}  API at half load")
    shares = " and ".join(f"{api.rate / other.rate:.0%}" for other in others)
    computing = " and ".join(f"{other.computing / api.computing:.0%}" for other in others)
    print(f"  the API reaches {shares} of them; by what a call computes {computing}", flush=True)


def shown(one: Measured) -> str:
    times = f"p50 {one.p50:6.1f} ms  p99 {one.p99:6.1f} ms  computing {one.computing:6.2f} ms"
    return f"{one.rate:7.0f} a second  {times}"


def computing_of(site: Site) -> float:
    """Seconds that the workers of a site and the connections to our database have computed."""
    assert site.process is not None
    workers = Path(f"/proc/{site.process.pid}/task/{site.process.pid}/children").read_text().split()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        backends = [str(pid) for (pid,) in cursor.fetchall()]
    return sum(map(_ticks, workers + backends)) / os.sysconf("SC_CLK_TCK")


def _ticks(process: str) -> int:
    stat = Path(f"/proc/{process}/stat")
    return sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13])) if stat.exists() else 0


def wrk(target: Target, *, pause: float = 0) -> Measured:
    """So many connections that call again at once, or after a pause of milliseconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f"function delay() return {max(round(pause), 1)} end\n" if pause > 0 else "")
        script.flush()
        command = [
            "wrk",
            "--threads=1",
            f"--connections={CONNECTIONS}",
            f"--duration={SECONDS}s",
            "--latency",
        ]
        command += [f"--script={script.name}", f"--header=Authorization: Bearer {target.key}"]
        before = computing_of(target.site)
        url = target.site.url + target.address
        said = subprocess.run([*command, url], check=True, capture_output=True, text=True).stdout
        computing = computing_of(target.site) - before
    if "Non-2xx" in said:
        raise RuntimeError(f"{target.name} refuses:\n{said}")
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    calls = re.search(r"(\d+) requests in", said)
    assert rate is not None and calls is not None, said
    each = computing * 1000 / int(calls[1])
    return Measured(float(rate[1]), _milliseconds(said, "50"), _milliseconds(said, "99"), each)


def _milliseconds(said: str, share: str) -> float:
    found = re.search(rf"{share}%\s+([\d.]+)(us|ms|s)\b", said)
    assert found is not None, said
    return float(found[1]) * {"us": 0.001, "ms": 1, "s": 1000}[found[2]]


if __name__ == "__main__":
    main(sys.argv[1:])

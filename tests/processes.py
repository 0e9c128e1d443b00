"""Real processes at once, against the database of a test: what each is told to do waits behind one barrier.

`at_once` starts one process, which loads Django once and forks the others, so that 32 are a matter of seconds. Each looks at what
it acts on *before* the barrier, as a person looks at a page before pressing its button, and acts behind it (tests/deeds.py).
"""

import json
import multiprocessing
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

import django
from django.conf import settings
from django.db import connection

from slaservice.rules.refusal import Refusal
from tests import sabotaging  # noqa: F401 - as it is loaded, it takes away what SABOTAGE names
from tests.servers import ROOT, with_database

Call = tuple[str, dict[str, Any]]

TOGETHER = {"postgresql": 32, "sqlite": 8}
"""How many processes a race takes, by database."""

_PATIENCE = 120


def at_once(calls: Sequence[Call]) -> dict[str, int]:
    """What became of the calls (a name of DEEDS, its values), counted: "done", the code of a refusal, or what went wrong."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.processes"],
        cwd=ROOT,
        env=_environment(),
        input=json.dumps(calls),
        capture_output=True,
        text=True,
        timeout=2 * _PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(Counter(json.loads(done.stdout)))


def _environment() -> dict[str, str]:
    name = str(connection.settings_dict["NAME"])
    on_postgresql = connection.vendor == "postgresql"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "slaservice.settings",
        "DATABASE_URL": with_database(settings.DATABASE_URL, name) if on_postgresql else f"sqlite:///{name}",
        "DOCUMENTS_DIR": str(settings.DOCUMENTS_DIR),
        "LOCAL": "true",
        "REDIS_URL": "",
    }


def main() -> None:
    """Forks one process for each call on the standard input and prints what became of each."""
    django.setup()
    calls: list[Call] = json.load(sys.stdin)
    context = multiprocessing.get_context("fork")
    barrier, results = context.Barrier(len(calls)), context.SimpleQueue()
    processes = [context.Process(target=_run, args=(call, barrier, results)) for call in calls]
    for process in processes:
        process.start()
    print(json.dumps([results.get() for _ in processes]))
    for process in processes:
        process.join()


def _run(call: Call, barrier: Any, results: Any) -> None:
    from tests import deeds  # only now: it loads models

    name, values = call
    deeds.meet = lambda: barrier.wait(timeout=_PATIENCE)
    try:
        deed = deeds.DEEDS[name](**values)
        _be_patient()
        barrier.wait(timeout=_PATIENCE)
        deed()
        results.put("done")
    except Refusal as refusal:
        results.put(refusal.code)
    except Exception as problem:  # noqa: BLE001 - whatever it is, the test must see it
        barrier.abort()
        results.put(f"{type(problem).__name__}: {problem}")


def _be_patient() -> None:
    """That 32 wait for one another on a slow machine is no fault."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '60s'")


if __name__ == "__main__":
    main()

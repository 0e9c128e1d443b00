"""Work that may hang or grow without bound, done in a process of its own.

The process is a fork of this one, so that whatever was loaded before is there at once and costs no memory twice. It has a limit
on memory and, for each piece of work, on computing time; it is killed when the time by the clock is over, and replaced after so
many pieces of work, whatever they leaked. Between them it stays: a new fork for each would take a quarter longer. It may compute
and nothing else: connections and files of this process are closed in it.
"""

import gc
import os
import pickle
import resource
import select
import signal
import struct
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

MOST = 200
"""Pieces of work for one process."""

_HEAD = struct.Struct("!Q")
_DONE, _FAILED = b"+", b"-"


class Stopped(Exception):
    """The work did not come to its end: it failed, took too long or too much memory, or its process died."""


@dataclass(frozen=True)
class Limits:
    """Bytes of memory beyond what this process has, seconds of computing, seconds by the clock."""

    memory: int = 1 << 30
    computing: int = 30
    waiting: float = 60.0


@dataclass
class _Helper:
    """The process, this end of its two pipes, the memory that it may take, and how much it has done."""

    pid: int
    to: int
    back: int
    memory: int
    done: int = 0


_lock = threading.Lock()
_helper: _Helper | None = None


def apart(work: Callable[[], bytes], limits: Limits = Limits()) -> bytes:
    """What `work` returns; it must be picklable, as a partial of a function is. Stopped where it does not end within limits."""
    with _lock:
        helper = _ready(limits)
        try:
            until = time.monotonic() + limits.waiting
            _write(helper.to, pickle.dumps((work, limits.computing)))
            answer = _read(helper.back, until)
        except BrokenPipeError:
            answer = b""
        except BaseException:
            _end()
            raise
        helper.done += 1
        if answer is None or not answer:
            status = _end()
            raise Stopped(
                f"took longer than {limits.waiting:g} seconds" if answer is None else _death(status, limits)
            )
        if helper.done >= MOST or answer.startswith(_FAILED):
            _end()
    if answer.startswith(_FAILED):
        raise Stopped(answer[1:].decode(errors="replace"))
    return answer[1:]


def _ready(limits: Limits) -> _Helper:
    """The process that waits for work; a new one where there is none, or one with another limit."""
    global _helper
    if _helper is not None and (_helper.memory != limits.memory or os.waitpid(_helper.pid, os.WNOHANG)[0]):
        _end()
    if _helper is None:
        _helper = _started(limits)
    return _helper


def _started(limits: Limits) -> _Helper:
    for_it, to = os.pipe()
    back, from_it = os.pipe()
    # Python warns of locks that other threads may hold while this one forks. What the child runs is loaded before, and the C
    # libraries that draw are used by no other thread; where that were ever wrong, the child's time would run out.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        _serve(for_it, from_it, limits)
    os.close(for_it)
    os.close(from_it)
    return _Helper(pid, to, back, limits.memory)


def _end() -> int:
    """Kill the process and forget it; returns how it ended."""
    global _helper
    helper, _helper = _helper, None
    if helper is None:
        return 0
    os.close(helper.to)
    os.close(helper.back)
    try:
        os.kill(helper.pid, signal.SIGKILL)
        return os.waitpid(helper.pid, 0)[1]
    except (ProcessLookupError, ChildProcessError):  # it was seen to have ended
        return 0


def _forget() -> None:
    """In any other child of this process: the helper is not its own."""
    global _helper, _lock
    helper, _helper, _lock = _helper, None, threading.Lock()
    if helper is not None:
        os.close(helper.to)
        os.close(helper.back)


os.register_at_fork(after_in_child=_forget)


def _serve(work: int, answers: int, limits: Limits) -> NoReturn:
    """The child's whole life: until nobody gives it work any more. Nothing that this process would do at its end is done."""
    try:
        for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGXCPU, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        kept = sorted((work, answers))
        for low, high in zip((3, kept[0] + 1, kept[1] + 1), (*kept, os.sysconf("SC_OPEN_MAX")), strict=True):
            os.closerange(low, high)
        _limit_memory(limits.memory)
        gc.freeze()
        gc.disable()
        while (asked := _read(work, None)) is not None and asked:
            _write(answers, _answer(asked))
            gc.collect()  # while nobody waits
    finally:
        os._exit(0)


def _answer(asked: bytes) -> bytes:
    try:
        work, computing = pickle.loads(asked)
        _limit_computing(computing)
        return _DONE + work()
    except MemoryError:
        return _FAILED + b"took more memory than it may"
    except BaseException as problem:  # noqa: BLE001 -- told to the parent, which raises it
        return _FAILED + f"{type(problem).__name__}: {problem}".encode(errors="replace")


def _limit_memory(more: int) -> None:
    """Beyond what the process has by now, where the system counts it."""
    with suppress(OSError, ValueError):
        size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() + more
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_computing(seconds: int) -> None:
    """From now on. The system ends the process that goes beyond it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + 1 + seconds, hard))


def _write(pipe: int, message: bytes) -> None:
    rest = memoryview(_HEAD.pack(len(message)) + message)
    while rest:
        rest = rest[os.write(pipe, rest) :]


def _read(pipe: int, until: float | None) -> bytes | None:
    """The next message; empty where nobody is at the other end, None where the time is over before."""
    head = _take(pipe, _HEAD.size, until)
    return _take(pipe, _HEAD.unpack(head)[0], until) if head else head


def _take(pipe: int, count: int, until: float | None) -> bytes | None:
    found = bytearray()
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    while len(found) < count:
        left = None if until is None else until - time.monotonic()
        if left is not None and (left <= 0 or not waiting.poll(left * 1000)):
            return None
        part = os.read(pipe, min(count - len(found), 1 << 20))
        if not part:
            return b""
        found += part
    return bytes(found)


def _death(status: int, limits: Limits) -> str:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return f"took more than {limits.computing} seconds of computing"
    return "its process ended without an answer"

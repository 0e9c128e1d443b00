"""Work that may hang or grow without bound, done in a process of its own.

The process is a fork of this one, so that whatever was loaded before is there at once and costs no memory twice. It has a limit
on memory and, for each piece of work, on computing time; it is killed when the time by the clock is over, and replaced after so
many pieces of work, whatever they leaked. Between them it stays: a new fork for each would take a quarter longer. It may compute
and nothing else: connections and files of this process are closed in it. An alarm of its own ends it where nobody is left to.
"""

import gc
import math
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
_TIMES = struct.Struct("!II")
"""Seconds of computing, and seconds until the alarm: before the work, which may hang while it is unpacked."""

_DONE, _FAILED = b"+", b"-"


class Stopped(Exception):
    """The work did not come to its end: it failed, took too long or too much memory, or its process died."""


class Busy(Stopped):
    """The work was not begun: others had the process all the time."""


@dataclass(frozen=True)
class Limits:
    """Bytes of memory beyond what this process has, seconds of computing, seconds by the clock."""

    memory: int = 1 << 30
    computing: int = 30
    waiting: float = 60.0


@dataclass
class _Helper:
    """The process, this end of its two pipes, the memory that it may take, how much it has done, and how it ended."""

    pid: int
    to: int
    back: int
    memory: int
    done: int = 0
    status: int | None = None


_lock = threading.RLock()
"""Of the kind that knows whose it is: who is interrupted while taking it can still tell whether to let go."""

_helper: _Helper | None = None


def apart(work: Callable[[], bytes], limits: Limits = Limits()) -> bytes:
    """What `work` returns; it must be picklable, as a partial of a function is. Stopped where it does not end within limits,
    Busy where its turn does not come within as long.
    """
    lock = _lock
    try:
        if not lock.acquire(timeout=limits.waiting):
            raise Busy(f"waited longer than {limits.waiting:g} seconds for its turn")
        return _done(work, limits)
    finally:
        # Until the lock is another's, or free: where an interruption ever kept this thread from letting go, it does now.
        with suppress(RuntimeError):
            while True:
                lock.release()


def _done(work: Callable[[], bytes], limits: Limits) -> bytes:
    helper = _ready(limits)
    answer = _asked(helper, work, limits)
    if answer is None:
        _end()
        raise Stopped(f"took longer than {limits.waiting:g} seconds")
    if not answer:
        status = _end()
        if helper.done and not _overspent(status):  # whatever ended it may have nothing to do with this work
            return _done(work, limits)
        raise Stopped(_death(status, limits))
    helper.done += 1
    if helper.done >= MOST or answer.startswith(_FAILED):
        _end()
    if answer.startswith(_FAILED):
        raise Stopped(answer[1:].decode(errors="replace"))
    return answer[1:]


def _asked(helper: _Helper, work: Callable[[], bytes], limits: Limits) -> bytes | None:
    """The process's answer; empty where it died, None where the time is over before."""
    try:
        until = time.monotonic() + limits.waiting
        message = _TIMES.pack(limits.computing, math.ceil(limits.waiting) + 1) + pickle.dumps(work)
        return _read(helper.back, until) if _write(helper.to, message, until) else None
    except BrokenPipeError:
        return b""
    except BaseException:
        _end()
        raise


def _ready(limits: Limits) -> _Helper:
    """The process that waits for work; a new one where there is none, or one with another limit."""
    if _helper is not None and (_helper.memory != limits.memory or _ended(_helper, os.WNOHANG)):
        _end()
    return _helper or _started(limits)


def _started(limits: Limits) -> _Helper:
    """A new process. No signal reaches this thread meanwhile, and whatever goes wrong, nothing is left behind."""
    global _helper
    pipes: list[int] = []
    pid = 0
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        pipes.extend(os.pipe())
        pipes.extend(os.pipe())
        for_it, to, back, from_it = pipes
        os.set_blocking(to, False)
        # Python warns of locks that other threads may hold while this one forks. What the child runs is loaded before, and the
        # C libraries that draw are used by no other thread; where that were ever wrong, the child's time would run out.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            _serve(for_it, from_it, limits)
        for its in (for_it, from_it):
            pipes.remove(its)
            os.close(its)
        _helper = _Helper(pid, to, back, limits.memory)
        return _helper
    except BaseException:
        _helper = None
        for pipe in pipes:
            os.close(pipe)
        if pid:
            _killed(_Helper(pid, -1, -1, 0))
        raise
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end() -> int:
    """Kill the process and forget it; returns how it ended."""
    global _helper
    helper, _helper = _helper, None
    if helper is None:
        return 0
    os.close(helper.to)
    os.close(helper.back)
    return _killed(helper)


def _killed(helper: _Helper) -> int:
    if not _ended(helper, os.WNOHANG):
        with suppress(ProcessLookupError):
            os.kill(helper.pid, signal.SIGKILL)
        _ended(helper, 0)
    return helper.status or 0


def _ended(helper: _Helper, how: int) -> bool:
    """Whether it has ended. Once that was seen its number may be another process's: nobody asks for it again."""
    if helper.status is None:
        try:
            pid, status = os.waitpid(helper.pid, how)
        except ChildProcessError:  # where SIGCHLD is ignored the system takes it away unseen
            pid, status = helper.pid, 0
        helper.status = status if pid else None
    return helper.status is not None


def _forget() -> None:
    """In any other child of this process: the helper is not its own."""
    global _helper, _lock
    helper, _helper, _lock = _helper, None, threading.RLock()
    if helper is not None:
        os.close(helper.to)
        os.close(helper.back)


os.register_at_fork(after_in_child=_forget)


def _serve(work: int, answers: int, limits: Limits) -> NoReturn:
    """The child's whole life: until nobody gives it work any more. Nothing that this process would do at its end is done."""
    try:
        for number in (signal.SIGALRM, signal.SIGXCPU, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        for number in (signal.SIGTERM, signal.SIGINT):  # sent to the whole group: it ends once its parent has
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        kept = sorted((work, answers))
        for low, high in zip((3, kept[0] + 1, kept[1] + 1), (*kept, os.sysconf("SC_OPEN_MAX")), strict=True):
            os.closerange(low, high)
        _limit_memory(limits.memory)
        gc.freeze()
        gc.disable()
        while (asked := _read(work, None)) is not None and asked:
            computing, waiting = _TIMES.unpack_from(asked)
            signal.alarm(waiting)
            _limit_computing(computing)
            _write(answers, _answer(asked[_TIMES.size :]), None)
            gc.collect()  # while nobody waits
            signal.alarm(0)
    finally:
        os._exit(0)


def _answer(asked: bytes) -> bytes:
    try:
        return _DONE + pickle.loads(asked)()
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


def _write(pipe: int, message: bytes, until: float | None) -> bool:
    """Whether all of it could be written before the time is over."""
    rest = memoryview(_HEAD.pack(len(message)) + message)
    while rest:
        if not _is_ready(pipe, select.POLLOUT, until):
            return False
        rest = rest[os.write(pipe, rest) :]
    return True


def _read(pipe: int, until: float | None) -> bytes | None:
    """The next message; empty where nobody is at the other end, None where the time is over before."""
    head = _take(pipe, _HEAD.size, until)
    return _take(pipe, _HEAD.unpack(head)[0], until) if head else head


def _take(pipe: int, count: int, until: float | None) -> bytes | None:
    found = bytearray()
    while len(found) < count:
        if not _is_ready(pipe, select.POLLIN, until):
            return None
        part = os.read(pipe, min(count - len(found), 1 << 20))
        if not part:
            return b""
        found += part
    return bytes(found)


def _is_ready(pipe: int, event: int, until: float | None) -> bool:
    """Whether the other end moves before the time is over."""
    left = None if until is None else 1000 * (until - time.monotonic())
    waiting = select.poll()
    waiting.register(pipe, event)
    return (left is None or left > 0) and bool(waiting.poll(left))


def _overspent(status: int) -> bool:
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM)


def _death(status: int, limits: Limits) -> str:
    if not _overspent(status):
        return "its process ended without an answer"
    if os.WTERMSIG(status) == signal.SIGALRM:
        return f"took longer than {limits.waiting:g} seconds"
    return f"took more than {limits.computing} seconds of computing"

"""Work in a process of its own: its answer comes back, and nothing that happens to it happens to who asked."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from reports import apart as apart_module
from reports.apart import Limits, Stopped, apart


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    """Each test begins without a process, and leaves none."""
    apart_module._end()
    yield
    apart_module._end()


def own_pid() -> bytes:
    return str(os.getpid()).encode()


def twice(text: bytes) -> bytes:
    return text * 2


def hang() -> bytes:
    time.sleep(60)
    return b""


def spin() -> bytes:
    while True:
        pass


def eat() -> bytes:
    return bytes(1 << 30)


def die() -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def fail() -> bytes:
    raise ValueError("no such month")


def open_files() -> bytes:
    return b" ".join(sorted(name.encode() for name in os.listdir("/proc/self/fd")))  # noqa: PTH208


def test_the_answer_comes_back_whole_however_long() -> None:
    assert apart(partial(twice, b"ab" * 3_000_000)) == b"ab" * 6_000_000


def test_it_is_another_process_and_stays_the_same_one() -> None:
    first = apart(own_pid)
    assert first != own_pid()
    assert apart(own_pid) == first


def test_after_so_many_pieces_of_work_comes_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart_module, "MOST", 3)
    pids = [apart(own_pid) for _ in range(7)]
    assert [pids.index(pid) for pid in pids] == [0, 0, 0, 3, 3, 3, 6]


@pytest.mark.parametrize(
    ("work", "limits", "why"),
    [
        (hang, Limits(waiting=0.3), "longer than 0.3 seconds"),
        (spin, Limits(computing=1), "more than 1 seconds of computing"),
        (eat, Limits(memory=1 << 27), "more memory than it may"),
        (die, Limits(), "ended without an answer"),
        (fail, Limits(), "ValueError: no such month"),
    ],
)
def test_work_that_does_not_end_well_is_stopped_and_the_next_is_done(
    work: partial[bytes], limits: Limits, why: str
) -> None:
    began = time.monotonic()
    with pytest.raises(Stopped, match=why):
        apart(work, limits)
    assert time.monotonic() - began < 10
    assert apart(partial(twice, b"x")) == b"xx"


def test_a_process_that_died_while_nobody_asked_is_replaced() -> None:
    pid = int(apart(own_pid))
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert int(apart(own_pid)) != pid


def test_what_was_stopped_is_gone() -> None:
    pid = int(apart(own_pid))
    with pytest.raises(Stopped):
        apart(hang, Limits(waiting=0.2))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_it_has_none_of_our_files() -> None:
    reading, writing = os.pipe()
    try:
        assert len(apart(open_files).split()) == 6  # three of the standard, two pipes, the listing
    finally:
        os.close(reading)
        os.close(writing)


def test_many_threads_get_their_own_answers() -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: apart(partial(twice, b"%d" % number)), range(40)))
    assert answers == [b"%d" % number * 2 for number in range(40)]


def test_who_is_interrupted_meanwhile_leaves_no_stale_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Exception):
        pass

    def handler(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, handler)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1)).start()
    try:
        with pytest.raises(Interrupted):
            apart(hang)
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert apart(partial(twice, b"y")) == b"yy"


def test_a_fork_of_ours_has_a_process_of_its_own() -> None:
    ours = apart(own_pid)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, apart(own_pid))
        apart_module._end()
        os._exit(0)
    theirs = os.read(reading, 20)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    assert theirs not in (b"", ours)
    assert apart(own_pid) == ours


def test_it_ends_when_who_forked_it_does() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, apart(own_pid))
        os._exit(0)
    orphan = int(os.read(reading, 20))
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.kill(orphan, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise AssertionError("it is still there")

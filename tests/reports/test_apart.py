"""Work in a process of its own: its answer comes back, and nothing that happens to it happens to who asked."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from reports import apart as apart_module
from reports.apart import Busy, Limits, Stopped, apart


@pytest.fixture(autouse=True)
def _nothing_stays() -> Iterator[None]:
    """Each test begins without a process, and leaves none."""
    apart_module._end()
    yield
    apart_module._end()


def gone(pid: int, within: float = 10.0) -> bool:
    """Whether a process that is no child of ours ends."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def open_here() -> set[str]:
    return set(os.listdir("/proc/self/fd"))  # noqa: PTH208


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


def die_leaving(folder: Path) -> bytes:
    (folder / str(os.getpid())).touch()
    return die()


def slowly(answer: bytes) -> bytes:
    time.sleep(0.6)
    return answer


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
    assert gone(orphan)


def test_one_that_hangs_ends_too_when_who_forked_it_was_killed() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, apart(own_pid))
        with suppress(Stopped):
            apart(hang, Limits(waiting=1))
        os._exit(0)
    orphan = int(os.read(reading, 20))
    time.sleep(0.3)  # it hangs by now
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    assert gone(orphan)


def test_the_alarm_of_one_piece_of_work_does_not_ring_in_the_next() -> None:
    pid = apart(own_pid, Limits(waiting=0.5))
    time.sleep(2.2)
    assert apart(own_pid) == pid


def test_one_that_does_not_even_take_its_work_is_stopped() -> None:
    os.kill(int(apart(own_pid)), signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(apart, partial(twice, bytes(1 << 20)), Limits(waiting=0.3))
        try:
            with pytest.raises(Stopped, match=r"longer than 0\.3 seconds"):
                asked.result(timeout=5)
        finally:
            apart_module._end()
    assert apart(partial(twice, b"x")) == b"xx"


def test_whose_turn_does_not_come_is_told_so() -> None:
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(apart, hang, Limits(waiting=2))
        time.sleep(0.3)
        with pytest.raises(Busy, match=r"waited longer than 0\.1 seconds for its turn"):
            apart(own_pid, Limits(waiting=0.1))
        with pytest.raises(Stopped, match="took longer than 2 seconds"):
            before.result()
    assert apart(partial(twice, b"x")) == b"xx"


def test_what_tells_the_whole_group_to_end_lets_it_finish_its_work() -> None:
    pid = int(apart(own_pid))
    threading.Timer(0.2, os.kill, (pid, signal.SIGTERM)).start()
    assert apart(partial(slowly, b"x")) == b"x"
    assert int(apart(own_pid)) == pid


def test_one_that_is_killed_while_it_works_is_replaced_and_the_work_done_once_more() -> None:
    pid = int(apart(own_pid))
    threading.Timer(0.2, os.kill, (pid, signal.SIGKILL)).start()
    assert apart(partial(slowly, b"x")) == b"x"


def test_work_that_kills_every_process_is_tried_twice_and_no_more(tmp_path: Path) -> None:
    apart(own_pid)
    with pytest.raises(Stopped, match="ended without an answer"):
        apart(partial(die_leaving, tmp_path))
    assert len(list(tmp_path.iterdir())) == 2


def test_where_the_system_takes_away_who_has_ended_the_next_is_done() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        pid = int(apart(own_pid))
        os.kill(pid, signal.SIGKILL)
        assert gone(pid)
        assert int(apart(own_pid)) != pid
    finally:
        apart_module._end()
        signal.signal(signal.SIGCHLD, before)


def test_one_that_was_seen_to_have_ended_is_not_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    pid = int(apart(own_pid))
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    killed: list[int] = []
    with monkeypatch.context() as patched:
        patched.setattr(os, "kill", lambda pid, _: killed.append(pid))
        apart(own_pid)
    assert killed == []


@pytest.mark.parametrize("broken", ["pipe", "fork", "close"])
def test_a_process_that_cannot_be_begun_leaves_nothing_behind(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, calls, ours = open_here(), 0, os.getpid()
    real = getattr(os, broken)

    def failing(*given: int) -> object:
        nonlocal calls
        calls += os.getpid() == ours
        if calls == (2 if broken == "pipe" else 1) and os.getpid() == ours:
            raise OSError(24, "Too many open files")
        return real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(os, broken, failing)
        with pytest.raises(OSError, match="Too many"):
            apart(own_pid)
    if broken != "close":  # what could not be closed is open still
        assert open_here() == before
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)
    assert apart(partial(twice, b"x")) == b"xx"

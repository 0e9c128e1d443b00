"""PDFs a second: our way and the plain one in the same run, cold and warm, memory, and two workers beside one.

    python -m tests.bench.pdf [SECONDS]        (10 for each figure if nothing is said)

A statement of three pages is made again and again, as the file that is issued: PDF/A-3a, PDF/UA-1, with its annex. The plain way
is what WeasyPrint's documentation shows first: a font configuration and a style sheet for each document, made in the process that
asks; it draws the same pages, once with our font files and once with the main ones as the web has them (woff2), which most
projects take. Seconds of the processor are less disturbed by what else the machine does than seconds on the clock; both are
printed. Without `libharfbuzz-subset0` either way takes much longer: fonts are cut by Python then.
"""

import gc
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BytesIO
from statistics import median
from unittest.mock import patch

import django
from fontTools.ttLib import TTFont

from tests.servers import ROOT

KIND = "worst_of_three"
COLD = """
import time; began = time.perf_counter(), time.process_time()
import django; django.setup()
from tests.reports.pdf import kinds
kinds.pdf("{kind}")
print(time.perf_counter() - began[0], time.process_time() - began[1])
"""


def main(seconds: float) -> None:
    from reports.apart import apart
    from reports.pdf import render
    from tests.reports.pdf import kinds, reading, samples

    cold_start()
    document = kinds.KINDS[KIND]()
    work = partial(render.render, document, **samples.printed(document))
    made = work()
    print(f"{KIND}: {len(reading.opened(made).pages)} pages, {len(made):,} bytes")
    plain_seconds = figure("plain: font configuration and style sheet each time", plain(work), seconds)
    with web_fonts():
        web_seconds = figure("plain, with the two main fonts as woff2", plain(work), seconds)
    render.warm()
    here = figure("ours, in this process", work, seconds)
    there = figure("ours, as workers do it: in a process of its own", partial(apart, work), seconds)
    print(
        f"  the plain way takes {plain_seconds / there:.2f} times as long, with web fonts {web_seconds / there:.2f} times"
        f" ({plain_seconds / here:.2f} and {web_seconds / here:.2f} beside ours in one process)"
    )
    memory()
    one, two = (together(count, work, seconds) for count in (1, 2))
    print(f"workers: one {one:.2f} documents a second, two {two:.2f}: {two / one:.2f} times")


def plain(work: Callable[[], bytes]) -> Callable[[], bytes]:
    """The same document with everything loaded anew, and the collector as it comes."""
    from reports.pdf import render

    def draw() -> bytes:
        render._style.cache_clear()
        return work()

    return draw


@contextmanager
def web_fonts() -> Iterator[None]:
    """The two fonts that set nearly everything, compressed as they are for browsers."""
    from reports.pdf import fonts

    files = dict(fonts.files())
    for name in ("Inter-Regular.ttf", "Inter-SemiBold.ttf"):
        font, packed = TTFont(BytesIO(files[name])), BytesIO()
        font.flavor = "woff2"
        font.save(packed)
        files[name] = packed.getvalue()
    with patch.object(fonts, "files", lambda: files):
        yield


def figure(title: str, work: Callable[[], bytes], seconds: float) -> float:
    """Prints what one document takes, and returns its seconds of the processor, of this process and of its children."""
    first = work()
    clock: list[float] = []
    processor: list[float] = []
    until = time.perf_counter() + seconds
    while time.perf_counter() < until or len(clock) < 5:
        began = time.perf_counter(), computed()
        assert work() == first
        clock.append(time.perf_counter() - began[0])
        processor.append(computed() - began[1])
    print(
        f"{title}: {median(clock):.3f} s on the clock, {median(processor):.3f} s of the processor;"
        f" fastest {min(clock):.3f} s; of {len(clock)}"
    )
    return median(processor)


def computed() -> float:
    """Seconds of the processor by this process and the one that draws for it."""
    from reports import apart

    own = time.process_time()
    if apart._helper is None:
        return own
    with open(f"/proc/{apart._helper.pid}/schedstat", encoding="ascii") as file:  # noqa: PTH123
        return own + int(file.read().split()[0]) / 1e9


def cold_start() -> None:
    """A process that has nothing yet, until its first document."""
    script = [sys.executable, "-c", COLD.format(kind=KIND)]
    said = [
        subprocess.run(script, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
        for _ in range(3)
    ]
    clock, processor = (median(float(one[at]) for one in said) for at in (0, 1))
    print(
        f"cold start with the first document: {clock:.2f} s on the clock, {processor:.2f} s of the processor"
    )


def memory() -> None:
    """Of the process that draws: what it has of its own, beside what it shares with the one that forked it."""
    from reports import apart

    assert apart._helper is not None
    with open(f"/proc/{apart._helper.pid}/smaps_rollup", encoding="ascii") as file:  # noqa: PTH123
        sizes = {line.split(":")[0]: int(line.split()[1]) >> 10 for line in file.readlines()[1:]}
    own = sizes["Private_Clean"] + sizes["Private_Dirty"]
    ours = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"memory: {ours} MiB at most in this process; the one that draws {sizes['Rss']} MiB, {own} of them its own"
    )


def together(count: int, work: Callable[[], bytes], seconds: float) -> float:
    """Documents a second of so many forked workers, each with a process that draws for it."""
    from reports.apart import apart

    gc.collect()
    gc.freeze()
    reading, writing = os.pipe()
    for _ in range(count):
        if os.fork() == 0:
            apart(work)
            until, made = time.perf_counter() + seconds, 0
            while time.perf_counter() < until:
                apart(work)
                made += 1
            os.write(writing, b"%d " % made)
            os._exit(0)
    for _ in range(count):
        os.wait()
    done = sum(map(int, os.read(reading, 1000).split()))
    os.close(reading)
    os.close(writing)
    return done / seconds


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "slaservice.settings")
    django.setup()
    main(float(sys.argv[1]) if sys.argv[1:] else 10.0)

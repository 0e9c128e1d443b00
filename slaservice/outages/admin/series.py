"""User reports beside a recorded window: a drawing for each source, a lane for each channel, and the onset that each suggests.

Counts are evidence: nothing here becomes downtime. How the onset is found stands in slaservice/rules/onset.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from slaservice.outages.admin.fields import exact
from slaservice.outages.models import OutageWindow, UserReports
from slaservice.outages.queries import user_reports
from slaservice.rules.intervals import SECOND, instant, moment
from slaservice.rules.onset import TRAILING, Count, onset

BEFORE, AFTER, LONGEST = timedelta(hours=3), timedelta(hours=1), timedelta(hours=48)
"""What is drawn: from before the window's start until after its end, and no more than this."""

_WIDTH, _LANE, _LABEL = 720, 48, 72
_BAR, _SHADE, _MARK, _TEXT = "#48617a", "#f6d9d5", "#b3261e", "#555555"


@dataclass(frozen=True, slots=True)
class Lane:
    """The counts of one channel that are drawn, the length of their intervals, and the onset they suggest (an instant)."""

    channel: str
    seconds: int
    counts: Sequence[Count]
    onset: int | None


@dataclass(frozen=True, slots=True)
class Frame:
    """What is drawn, in instants, and the window in it."""

    start: int
    end: int
    window_start: int
    window_end: int

    def x(self, at: int) -> int:
        inside = min(max(at, self.start), self.end)
        return _LABEL + (inside - self.start) * (_WIDTH - _LABEL) // (self.end - self.start)


def beside(window: OutageWindow) -> SafeString | str:
    """The drawings of every source that counted reports around the window."""
    frame = _frame(window)
    drawn = [_source(source, lanes, frame) for source, lanes in _lanes(window, frame)]
    return format_html_join("", "{}", ((one,) for one in drawn)) or "none recorded"


def _frame(window: OutageWindow) -> Frame:
    first = window.start - BEFORE
    last = min((window.end or window.start + LONGEST) + AFTER, first + LONGEST)
    end = instant(window.end) if window.end else instant(last)
    return Frame(instant(first), instant(last), instant(window.start), min(end, instant(last)))


def _lanes(window: OutageWindow, frame: Frame) -> Iterator[tuple[str, list[Lane]]]:
    rows = user_reports(
        component=window.component_id, start=moment(frame.start - TRAILING), end=moment(frame.end)
    )
    series = groupby(rows, key=lambda row: (row.source, row.channel))
    found = [(source, _lane(channel, list(group), frame)) for (source, channel), group in series]
    for source, lanes in groupby(found, key=lambda one: one[0]):
        yield source, [lane for _, lane in lanes]


def _lane(channel: str, rows: Sequence[UserReports], frame: Frame) -> Lane:
    counts = [Count(instant(row.start), row.count) for row in rows]
    return Lane(
        channel,
        rows[-1].seconds,
        [one for one in counts if one.start >= frame.start],
        onset(counts, start=frame.start, end=frame.window_end),
    )


def _source(source: str, lanes: Sequence[Lane], frame: Frame) -> SafeString:
    said = format_html_join("", "<li>{}: {}</li>", ((lane.channel, _words(lane, frame)) for lane in lanes))
    caption = (
        f"{source}, {exact(moment(frame.start))} to {exact(moment(frame.end))} UTC; "
        "shaded: the recorded window; line: the onset that the counts suggest"
    )
    return format_html("<div><p>{}</p>{}<ul>{}</ul></div>", caption, _drawing(source, lanes, frame), said)


def _words(lane: Lane, frame: Frame) -> str:
    if lane.onset is None:
        return "reports do not stand out before the window ends"
    apart = timedelta(microseconds=abs(lane.onset - frame.window_start))
    side = "before" if lane.onset < frame.window_start else "after"
    where = f"{apart} {side} the recorded start" if apart else "at the recorded start"
    return f"reports stand out from {exact(moment(lane.onset))} UTC, {where}"


def _drawing(source: str, lanes: Sequence[Lane], frame: Frame) -> SafeString:
    height = len(lanes) * _LANE
    shade = _box(
        frame.x(frame.window_start), 0, frame.x(frame.window_end) - frame.x(frame.window_start), height
    )
    parts = [_path([shade], _SHADE)]
    for number, lane in enumerate(lanes):
        parts += _lane_parts(lane, (number + 1) * _LANE, frame)
    title = f"User reports counted by {source}"
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {} {}" width="{}" height="{}" font-size="12">'
        "<title>{}</title>{}</svg>",
        _WIDTH,
        height,
        _WIDTH,
        height,
        title,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _lane_parts(lane: Lane, floor: int, frame: Frame) -> Iterator[SafeString]:
    most = max((one.reports for one in lane.counts), default=0)
    bars = []
    for start, count in lane.counts:
        left, right = frame.x(start), frame.x(start + lane.seconds * SECOND)
        rise = count * (_LANE - 8) // most if most else 0
        bars.append(_box(left, floor - rise, max(1, right - left - 1), rise))
    yield _path(bars, _BAR)
    if lane.onset is not None:
        yield _path([_box(frame.x(lane.onset), floor - _LANE + 2, 2, _LANE - 2)], _MARK)
    yield format_html('<text x="0" y="{}" fill="{}">{}</text>', floor - 18, _TEXT, lane.channel)
    yield format_html('<text x="0" y="{}" fill="{}">max {}</text>', floor - 4, _TEXT, most)


def _box(left: int, top: int, width: int, height: int) -> str:
    return f"M{left} {top}h{width}v{height}h-{width}z"


def _path(shapes: Sequence[str], fill: str) -> SafeString:
    return format_html('<path fill="{}" d="{}"/>', fill, "".join(shapes))

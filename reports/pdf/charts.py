"""Inline drawings: a strip of the period's days with a scale, and a gauge of the uptime against its target.

Plain SVG without scripts, styles or links, one path for each colour (one shape for each day costs three times as much).
Lengths are exact, in units of a quarter millimetre, and cut when they are written, so that every machine draws the same; labels
are escaped here, everything else is numbers made here.
"""

from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from itertools import groupby
from typing import Protocol

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from reports.pdf.clock import month_name, short_day
from reports.pdf.figures import place
from reports.pdf.ledger import Day
from slaservice.rules.exact import ONE, ZERO
from slaservice.rules.words import in_percent

Length = Fraction | int

INK, GREY, PALE, LINE = "#1b2430", "#667085", "#e9edf1", "#c3cad4"
MET, MISSED = "#1a7a4c", "#b3261e"

_WIDTH = 696
_PLOT = 652
_HEIGHT = 44
_LANE = 5
_HAIR = Fraction("0.4")
_THIN = Fraction("1.5")
_SCALE = ((60, "1 min"), (3600, "1 h"), (86_400, "24 h"))


def strip(days: Sequence[Day], allowed: Fraction, title: str, *, numbered: bool = True) -> SafeString:
    """A bar of downtime for each local day on a logarithmic scale, a lane below for excluded time, day numbers.

    Days that alone take more than `allowed` seconds stand out, by a stripe too, for print without colour; days without
    eligible time are empty frames.
    """
    step = Fraction(_PLOT, len(days))
    gap = min(Fraction(2), step * Fraction("0.12"))
    cells: list[str] = []
    bars: list[str] = []
    tall: list[str] = []
    stripes: list[str] = []
    excluded: list[str] = []
    for index, day in enumerate(days):
        left, width = index * step, step - gap
        if day.eligible:
            cells.append(_box(left, 0, width, _HEIGHT))
        if day.lost:
            height = max(_THIN, _rise(day.lost))
            (tall if day.lost > allowed else bars).append(_box(left, _HEIGHT - height, width, height))
            if day.lost > allowed and height > 6:
                stripes.append(_box(left, _HEIGHT - height + Fraction("2.5"), width, _THIN))
        if day.excluded:
            excluded.append(_box(left, _HEIGHT + 3, width, _LANE))
    frames = [
        _box(first * step + _HAIR, _HAIR, (last - first + 1) * step - gap - 2 * _HAIR, _HEIGHT - 2 * _HAIR)
        for first, last in _idle(days)
    ]
    parts = [
        _path(cells, PALE),
        *_rulers(),
        _path(frames, "#fff", stroke=LINE),
        _path(bars, INK),
        _path(tall, MISSED),
        _path(stripes, "#fff"),
        _path(excluded, GREY),
        *(_day_labels(days, step, _HEIGHT + _LANE + 15) if numbered else ()),
    ]
    return _svg(_WIDTH, _HEIGHT + _LANE + (19 if numbered else 5), title, parts)


def _idle(days: Sequence[Day]) -> Iterator[tuple[int, int]]:
    """Stretches of days without eligible time: first and last index."""
    for idle, group in groupby(enumerate(days), key=lambda pair: not pair[1].eligible):
        if idle:
            indices = [index for index, _ in group]
            yield indices[0], indices[-1]


def legend(*, bars: bool, tall: bool, frames: bool, excluded: bool) -> list[tuple[SafeString, str]]:
    """The key to a strip: a swatch and its words, only for what the strip shows."""
    entries = [(PALE, LINE, gettext("no downtime"))]
    if bars:
        entries.append((INK, INK, gettext("downtime")))
    if tall:
        entries.append((MISSED, MISSED, gettext("a day above the whole period’s allowance")))
    if excluded:
        entries.append((GREY, GREY, gettext("excluded (lane below)")))
    if frames:
        entries.append(("none", LINE, gettext("nothing eligible")))
    return [(_swatch(fill, line, words), words) for fill, line, words in entries]


def _swatch(fill: str, line: str, words: str) -> SafeString:
    edge = Fraction("0.5")
    stripe = _path([_box(edge, 3, 9, _THIN)] if fill == MISSED else [], "#fff")
    return _svg(10, 10, words, [_path([_box(edge, edge, 9, 9)], fill, stroke=line), stripe])


def gauge(uptime: Fraction, target: Fraction, *, met: bool, labels: tuple[str, str]) -> SafeString:
    """Where the uptime stands against its target on an axis that ends at 100 %; `labels` are both as they are printed."""
    low = 100 - _span(100 - min(uptime, target))
    left, right = 62, 638

    def on_axis(value: Fraction) -> Fraction:
        return left + (right - left) * (max(value, low) - low) / (100 - low)

    at, goal = on_axis(uptime), on_axis(target)
    colour = MET if met else MISSED
    uptime_shown = gettext("uptime {uptime}").format(uptime=labels[0])
    target_shown = gettext("target {target}").format(target=labels[1])
    title = gettext("Uptime {uptime}, target {target}").format(uptime=labels[0], target=labels[1])
    parts = [
        _path([_box(left, 20, right - left, 9)], PALE),
        _path([_box(goal, 20, right - goal, 9)], LINE),
        _path([_box(min(at, goal), 20, abs(at - goal), 9)], colour),
        _path([_box(goal - Fraction("0.9"), 13, Fraction("1.8"), 16)], INK),
        _path([_box(at - Fraction("1.6"), 17, Fraction("3.2"), 18)], colour),
        _label(goal, 9, target_shown, fill=INK),
        _label(at, 45, uptime_shown, fill=colour, bold=True),
        _text(left - 6, 28, in_percent(low), anchor="end"),
        _text(right + 6, 28, in_percent(Fraction(100))),
    ]
    return _svg(_WIDTH, 50, title, parts)


class Marked(Protocol):
    """A period of the trend."""

    @property
    def label(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def uptime(self) -> Fraction | None: ...
    @property
    def target(self) -> Fraction | None: ...


_TREND = 44
"""Height of the trend's axis."""


def trend(points: Sequence[Marked], title: str) -> SafeString:
    """Uptimes in time order on an axis that ends at 100 %, joined by a line, each period's target dashed, values below.

    A missed period is a cross; the last is the statement's own.
    """
    step = Fraction(_PLOT, len(points))
    known = [point for point in points if point.uptime is not None and point.target is not None]
    low = 100 - _span(max((100 - min(p.uptime or ZERO, p.target or ZERO) for p in known), default=ONE), _FINE)

    def height(percent: Fraction) -> Fraction:
        return 4 + (100 - percent) / (100 - low) * _TREND

    line: list[str] = []
    goals: list[str] = []
    met: list[str] = []
    missed: list[str] = []
    words: list[SafeString] = []
    before = False
    for index, point in enumerate(points):
        middle, last = (index + Fraction(1, 2)) * step, index == len(points) - 1
        if point.uptime is not None and point.target is not None:
            y = height(point.uptime)
            line.append(f"{'L' if before else 'M'}{place(middle, 1)} {place(y, 1)}")
            goals.append(f"M{place(index * step, 1)} {place(height(point.target), 1)}h{place(step, 1)}")
            (met if point.kind == "met" else missed).append(_mark(middle, y, cross=point.kind != "met"))
        before = point.uptime is not None
        shown = f"✗ {point.value}" if point.kind == "missed" else point.value
        fill = MISSED if point.kind == "missed" else INK if point.uptime is not None else GREY
        words += [
            _text(middle, _TREND + 18, shown, "middle", fill=fill, bold=last),
            _text(middle, _TREND + 28, point.label, "middle", fill=INK if last else GREY),
        ]
    parts = [
        _path([_box(0, 4, _PLOT, _TREND)], "#f4f6f8"),
        _stroke(goals, GREY, dashed=True),
        _stroke(line, GREY, width="0.8"),
        _path(met, MET),
        _stroke(missed, MISSED),
        *words,
        _text(_PLOT + 5, Fraction(7), in_percent(Fraction(100)), size="7.6"),
        _text(_PLOT + 5, Fraction(_TREND + 4), in_percent(low), size="7.6"),
    ]
    return _svg(_WIDTH, _TREND + 32, title, parts)


def _mark(x: Fraction, y: Fraction, *, cross: bool) -> str:
    """A dot, or a cross."""
    if not cross:
        return f"M{place(x - Fraction('2.2'), 1)} {place(y, 1)}a2.2 2.2 0 1 0 4.4 0a2.2 2.2 0 1 0 -4.4 0"
    return f"M{place(x - 3, 1)} {place(y - 3, 1)}l6 6m0 -6l-6 6"


def _stroke(paths: Sequence[str], colour: str, *, width: str = "1.6", dashed: bool = False) -> SafeString:
    if not paths:
        return SafeString("")
    return format_html(
        '<path d="{}" fill="none" stroke="{}" stroke-width="{}"{}/>',
        "".join(paths),
        colour,
        "0.8" if dashed else width,
        SafeString(' stroke-dasharray="3 2.4"' if dashed else ""),
    )


_STEPS = "0.002 0.005 0.01 0.02 0.05 0.1 0.2 0.5 1 2 5 10 20 50"
_FINE = (
    "0.002 0.003 0.005 0.01 0.02 0.03 0.05 0.08 0.1 0.15 0.2 0.3 0.4 0.5 0.8 1 1.5 2 3 4 5 8 10 15 20 30 50"
)


def _span(distance: Fraction, steps: str = _STEPS) -> Fraction:
    """The nearest even length of axis that holds a distance from 100 and some air."""
    fits = (Fraction(step) for step in steps.split() if Fraction(step) >= distance * Fraction(115, 100))
    return next(fits, Fraction(100))


def _label(x: Fraction, y: int, words: str, *, fill: str, bold: bool = False) -> SafeString:
    """Words centred at x, without leaving the drawing."""
    anchor, x = (
        ("start", max(ZERO, x - 30))
        if x < 130
        else ("end", min(Fraction(_WIDTH), x + 30))
        if x > 580
        else ("middle", x)
    )
    return _text(x, y, words, anchor, fill=fill, bold=bold)


def _rise(seconds: Length) -> Fraction:
    """Height of a bar: a minute, an hour and a day are well apart, a second is still there."""
    share = _logarithm(seconds) / _logarithm(86_400)
    return min(ONE, share) * _HEIGHT


def _logarithm(seconds: Length) -> Fraction:
    """To so many digits that every machine has the same."""
    grown, digits = 1 + Fraction(seconds) / 15, Context(prec=12)
    return Fraction(digits.divide(Decimal(grown.numerator), Decimal(grown.denominator)).ln(digits))


def _rulers() -> list[SafeString]:
    heights = [(_HEIGHT - _rise(seconds), words) for seconds, words in _SCALE]
    lines = " ".join(f"M0 {place(y, 1)}H{_PLOT}" for y, _ in heights)
    return [
        format_html('<path d="{}" fill="none" stroke="#fff" stroke-width="0.8"/>', lines),
        *(_text(_PLOT + 5, max(Fraction(7), y + 3), words, size="7.6") for y, words in heights),
    ]


def _day_labels(days: Sequence[Day], step: Fraction, y: int) -> list[SafeString]:
    """Day numbers in a month, day and month in a longer period; as many as have room."""
    wanted = _wanted_labels(days, step)
    labels: list[SafeString] = []
    free = Fraction(-1)
    for index, words in sorted(wanted.items()):
        middle, width = (index + Fraction("0.46")) * step, len(words) * Fraction("4.6")
        left = max(ZERO, middle - width / 2)
        if left >= free:
            labels.append(_text(left, y, words, size="8"))
            free = left + width + 5
    return labels


def _wanted_labels(days: Sequence[Day], step: Fraction) -> dict[int, str]:
    """Index -> label: first days of months (or of the period) before others, the last day before its neighbours."""
    last = len(days) - 1
    one_month = len({(day.date.year, day.date.month) for day in days}) == 1
    firsts = {index for index, day in enumerate(days) if day.date.day == 1 or index == 0}
    if one_month:
        kept = {index for index, day in enumerate(days) if day.date.day % 5 == 0 and last - index > 1}
        return {index: str(days[index].date.day) for index in kept | {0, last}}
    long = len(days) > 120
    wanted = {i: month_name(days[i].date) if long else short_day(days[i].date) for i in firsts}
    if step * 5 > 26:
        for index, day in enumerate(days):
            room = min((abs(index - first) for first in firsts), default=99) * step > 40
            if day.date.day % 5 == 0 and index not in firsts and room:
                wanted[index] = str(day.date.day)
    return wanted


def _box(x: Length, y: Length, width: Length, height: Length) -> str:
    left, top, wide, high = (place(length, 2) for length in (x, y, width, height))
    return f"M{left} {top}h{wide}v{high}h-{wide}z"


def _path(boxes: Sequence[str], fill: str, stroke: str = "") -> SafeString:
    if not boxes:
        return SafeString("")
    if stroke:
        return format_html(
            '<path d="{}" fill="{}" stroke="{}" stroke-width="0.8"/>', "".join(boxes), fill, stroke
        )
    return format_html('<path d="{}" fill="{}"/>', "".join(boxes), fill)


def _text(
    x: Length,
    y: Length,
    words: str,
    anchor: str = "start",
    *,
    fill: str = GREY,
    size: str = "8.4",
    bold: bool = False,
) -> SafeString:
    return format_html(
        '<text x="{}" y="{}" font-size="{}" font-weight="{}" text-anchor="{}" fill="{}">{}</text>',
        place(x, 1),
        place(y, 1),
        size,
        600 if bold else 400,
        anchor,
        fill,
        words,
    )


def _svg(width: int, height: int, title: str, parts: Sequence[SafeString]) -> SafeString:
    return format_html(
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{}" viewBox="0 0 {} {}" width="{}mm" height="{}mm"'
        ' font-family="Statement"><title>{}</title>{}</svg>',
        title,
        width,
        height,
        place(Fraction(width, 4), 2),
        place(Fraction(height, 4), 2),
        title,
        format_html_join("", "{}", ((p,) for p in parts)),
    )

"""A ledger as a picture and as a table: the period as a band, and on it whatever is not simply up.

The drawing has no style of its own but classes (the site's policy allows no inline style), and stretches with the page: where
things stand is in percent of the width, so that its words stay as large on a telephone as on a desk.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from reports.pdf import figures
from reports.pdf.clock import month_name
from reports.pdf.facts import Facts
from reports.pdf.ledger import Ledger, Row
from reports.pdf.text import printable
from reports.review.words import part_of
from slaservice.rules.evidence import Exclusion, Outage
from slaservice.rules.exclusions import exclusion_name
from slaservice.rules.intervals import SECOND
from slaservice.rules.signal import window_loss, window_name
from slaservice.rules.words import number

WORDS = {
    "down": "down",
    "below_minimum": "below the minimum, not counted",
    "excluded": "excluded",
    "no_data": "no measurements",
    "outside_service_hours": "outside service hours",
    "not_in_term": "not in term",
    "after_as_of": "still to come",
    "up": "up",
}
"""The buckets of a ledger, in words."""

MOST_ROWS = 300
"""Rows of the table beside the picture; every one is in the statement's document."""

_COLUMNS = 800
"""As finely as stretches are told apart where there are more of them than that."""

_HEIGHT = 34
_THIN = 9


@dataclass(frozen=True, slots=True)
class Stretch:
    """A row of the table: when, how long, what it is, at which loss, how much of it counted, and which facts say so."""

    when: str
    length: str
    kind: str
    what: str
    loss: str
    counted: str
    facts: list[str]
    marks: str


@dataclass(frozen=True, slots=True)
class Picture:
    """One ledger: what it speaks of, the drawing, what its colours mean (class, words), the same as a table."""

    name: str
    drawing: SafeString
    legend: list[tuple[str, str]]
    stretches: list[Stretch]
    total: int


def pictures(facts: Facts) -> list[Picture]:
    """The ledgers of a commitment: one, or one for each component that is measured by itself."""
    return [_picture(facts, ledger) for ledger in facts.ledgers]


def _picture(facts: Facts, ledger: Ledger) -> Picture:
    told = [row for row in ledger.rows if row.bucket != "up"]
    seen = list(dict.fromkeys(row.bucket for row in told))
    recorded = [one for one in _outages(facts, ledger) if one[3]]
    excuses = list(_excuses(facts, ledger))
    legend = [(name, WORDS[name]) for name in WORDS if name in seen or name == "up"]
    if any(row.bucket != "down" and row.loss for row in told):
        legend.append(("down", "counts as down"))
    name = facts.name(ledger.component) if ledger.component else ""
    return Picture(
        name=name,
        drawing=_drawing(facts, told, recorded, excuses, name or facts.title),
        legend=list(dict(legend).items()),
        stretches=[_stretch(facts, row) for row in told[:MOST_ROWS]],
        total=len(told),
    )


def _stretch(facts: Facts, row: Row) -> Stretch:
    return Stretch(
        when=facts.clock.span(row.start, row.end),
        length=figures.clock(Fraction(row.end - row.start, SECOND)),
        kind="down" if row.loss else row.bucket,
        what=WORDS[row.bucket],
        loss=number(row.loss) if row.loss else "",
        counted=figures.clock(row.lost) if row.loss else "",
        facts=[printable(name, 60) for name in (*row.windows, *([row.exclusion] if row.exclusion else []))],
        marks=", ".join(printable(mark, 60) for mark in row.marks),
    )


Recorded = tuple[int, int, str, Fraction]
"""A fact as it was recorded, within the period: start, end, words, the share that it would lose."""


def _outages(facts: Facts, ledger: Ledger) -> Iterator[Recorded]:
    until = facts.evidence.as_of or facts.clock.end
    for index, outage in enumerate(facts.evidence.outages):
        if ledger.component in (None, outage.component):
            end = until if outage.end is None else outage.end
            words = f"{printable(window_name(outage, index), 60)}: {_said(facts, outage)}"
            yield outage.start, end, words, window_loss(facts.terms, outage)


def _said(facts: Facts, outage: Outage) -> str:
    severity = printable(outage.severity, 40).replace("_", " ")
    return f"{facts.clock.span(outage.start, outage.end)}, {facts.name(outage.component)}, {severity}"


def _excuses(facts: Facts, ledger: Ledger) -> Iterator[Recorded]:
    for index, one in enumerate(facts.evidence.maintenance):
        if ledger.component in (None, one.component) or one.component == "*":
            yield (
                one.start,
                one.end,
                f"{printable(exclusion_name(one, index), 60)}: {_excuse(facts, one)}",
                Fraction(0),
            )


def _excuse(facts: Facts, one: Exclusion) -> str:
    return f"{facts.clock.span(one.start, one.end)}, {one.category.replace('_', ' ')}"


# The drawing: three lanes, one below the other, and the days.


def _drawing(
    facts: Facts, told: Sequence[Row], recorded: Sequence[Recorded], excuses: Sequence[Recorded], name: str
) -> SafeString:
    parts: list[SafeString] = []
    top = 0
    if recorded:
        parts += [_words("0", top + 10, "Outages as recorded"), *_lane(facts, recorded, top + 15, "recorded")]
        top += 30
    parts += [
        _words("0", top + 10, "As the ledger counts it"),
        _box(facts, facts.clock.start, facts.clock.end, top + 15, _HEIGHT, "up", ""),
    ]
    parts += _counted(facts, told, top + 15)
    bottom = top + 15 + _HEIGHT
    parts += _days(facts, top + 15, bottom)
    top = bottom + 20
    if excuses:
        parts += [
            _words("0", top + 10, "Maintenance and exclusions as recorded"),
            *_lane(facts, excuses, top + 15, "excuse"),
        ]
        top += 30
    title = f"The ledger of {name}, {facts.clock.label()}: {_summary(told)}"
    return format_html(
        '<svg class="ledger" role="img" aria-label="{}" width="100%" height="{}">{}</svg>',
        title,
        top,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _summary(told: Sequence[Row]) -> str:
    """'3 stretches down, 1 excluded': for whoever does not see the drawing; the table beside it has them all."""
    counted = {name: len(list(group)) for name, group in groupby(sorted(row.bucket for row in told))}
    said = [f"{counted[name]} × {words}" for name, words in WORDS.items() if name in counted]
    return ", ".join(said) or "up throughout"


def _counted(facts: Facts, told: Sequence[Row], top: int) -> Iterator[SafeString]:
    """Every stretch that is not up; its height says how much of it counts. Where there are too many, neighbours are one."""
    clock = facts.clock
    column = max(1, (clock.end - clock.start) // _COLUMNS) if len(told) > _COLUMNS else 0
    groups = groupby(
        told, key=lambda row: (row.bucket, row.loss > 0, row.start // column if column else row.start)
    )
    for (bucket, _, _), group in groups:
        rows = list(group)
        loss = max(row.loss for row in rows)
        start, end = rows[0].start, rows[-1].end
        lost = sum((row.lost for row in rows), Fraction(0))
        words = f"{clock.span(start, end)}: {WORDS[bucket]}" + (
            f", {figures.clock(lost)} counted" if lost else ""
        )
        names = dict.fromkeys(
            name for row in rows for name in (*row.windows[:1], *([row.exclusion] if row.exclusion else []))
        )
        words += f" ({', '.join(printable(name, 60) for name in list(names)[:3])})" if names else ""
        if bucket != "down":
            yield _box(facts, start, end, top, _HEIGHT, bucket, words)
        if loss:
            height = max(_HEIGHT // 4, round(_HEIGHT * loss))
            yield _box(facts, start, end, top + _HEIGHT - height, height, "down", words)


def _lane(facts: Facts, recorded: Sequence[Recorded], top: int, kind: str) -> Iterator[SafeString]:
    for start, end, words, _ in recorded:
        if start < facts.clock.end and end > facts.clock.start:
            first, last = max(start, facts.clock.start), min(end, facts.clock.end)
            yield _box(facts, first, last, top, _THIN, kind, words)


def _days(facts: Facts, top: int, bottom: int) -> Iterator[SafeString]:
    """A line at the start of each day that is named; days of one month by number, of several by month."""
    days = facts.clock.days()
    several = len({(day.year, day.month) for day, _, _ in days}) > 1
    for index, (day, start, _) in enumerate(days):
        if (day.day == 1 or index == 0) if several else day.day in (1, 5, 10, 15, 20, 25, 30):
            at = _place(facts, start)
            yield format_html('<line x1="{}" x2="{}" y1="{}" y2="{}" class="day"/>', at, at, top, bottom + 4)
            yield _words(at, bottom + 15, f"{day.day} {month_name(day)}" if several else str(day.day))


def _place(facts: Facts, at: int) -> str:
    return part_of(at - facts.clock.start, facts.clock.end - facts.clock.start)


def _box(facts: Facts, start: int, end: int, top: int, height: int, kind: str, words: str) -> SafeString:
    width = part_of(end - start, facts.clock.end - facts.clock.start)
    place = format_html(
        'x="{}" y="{}" width="{}" height="{}" class="{}"', _place(facts, start), top, width, height, kind
    )
    if not words:
        return format_html("<rect {}/>", place)
    return format_html("<rect {}><title>{}</title></rect>", place, words)


def _words(x: str, y: int, words: str) -> SafeString:
    return format_html('<text x="{}" y="{}">{}</text>', x, y, words)

"""Availability: one signal through exclusions, minimum and grid to a ledger of every instant of the period.

The ledger is painted layer by layer; an instant belongs to the first layer that covers it. Every row says whether its time
is eligible and what share of it is lost, so that the denominator is the sum of the eligible rows and the downtime the sum of
time times loss: what is shown and what is counted cannot differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from slaservice.rules.evidence import EVERY_COMPONENT, Evidence, Exclusion
from slaservice.rules.exact import ONE, ZERO, total
from slaservice.rules.intervals import NOTHING, SECOND, Interval, IntervalSet
from slaservice.rules.periods import Period, service_time, zone_named
from slaservice.rules.signal import (
    Dropped,
    Piece,
    Run,
    Signal,
    clip,
    covered,
    highest,
    long_enough,
    lowest,
    mask,
    on_grid,
    request_pieces,
    runs,
    window_pieces,
)
from slaservice.rules.terms import RATIO_LEVEL, Terms

BUCKETS = (
    "not_in_term",
    "after_as_of",
    "outside_service_hours",
    "no_data",
    "excluded",
    "below_minimum",
    "down",
    "up",
)
"""Every instant of a period is in exactly one of these: the first that fits, in this order."""


class Row(NamedTuple):
    """One line of the ledger. `marks` name maintenance that excuses nothing here: late notice, beyond the allowance."""

    start: int
    end: int
    bucket: str
    eligible: bool
    loss: Fraction
    windows: tuple[str, ...] = ()
    exclusion: str | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every instant of the period for one signal; `component` is None where one signal stands for all. Seconds are exact."""

    component: str | None
    rows: tuple[Row, ...]
    downtime: Fraction
    eligible: Fraction
    measured_downtime: Fraction
    measured_time: Fraction
    tested: tuple[Run, ...]
    dropped: tuple[Dropped, ...]

    @property
    def uptime(self) -> Fraction | None:
        """1 - downtime / eligible; None where nothing is eligible."""
        return 1 - self.downtime / self.eligible if self.eligible else None

    def seconds(self, bucket: str) -> Fraction:
        return Fraction(sum(row.end - row.start for row in self.rows if row.bucket == bucket), SECOND)

    def lost_runs(self) -> list[list[Row]]:
        """Rows with a loss, grouped where they touch: the outages that are left when everything is taken off."""
        groups: list[list[Row]] = []
        for row in self.rows:
            if not row.loss:
                continue
            if groups and groups[-1][-1].end == row.start:
                groups[-1].append(row)
            else:
                groups.append([row])
        return groups


def lost_seconds(rows: Iterable[Row] | Iterable[Piece]) -> Fraction:
    """Time times loss, in seconds, exactly."""
    by_loss: dict[Fraction, int] = {}
    for row in rows:
        by_loss[row.loss] = by_loss.get(row.loss, 0) + row.end - row.start
    return total(loss * time for loss, time in by_loss.items()) / SECOND


@dataclass(frozen=True, slots=True)
class Excuses:
    """What the exclusions say of one signal: time excused for all its components and for single ones, and the rest."""

    for_all: IntervalSet
    named: tuple[Piece, ...]
    by_component: dict[str, IntervalSet]
    everywhere: IntervalSet
    in_vain: tuple[tuple[str, IntervalSet], ...]


def exclusion_name(exclusion: Exclusion, index: int) -> str:
    """The id of an exclusion, or its place in the document."""
    return exclusion.id or f"maintenance[{index}]"


def excuses(terms: Terms, evidence: Evidence, components: Sequence[str], promised: IntervalSet) -> Excuses:
    """Notice, category, then allowance: which time the exclusions excuse for these components.

    The allowance is used up in time order over the promised time; maintenance without timely notice uses none of it.
    """
    valid: list[tuple[str, Exclusion]] = []
    late: list[tuple[str, IntervalSet]] = []
    for index, exclusion in enumerate(evidence.maintenance):
        if exclusion.component not in (*components, EVERY_COMPONENT) or not terms.exclude.covers(
            exclusion.category
        ):
            continue
        name = exclusion_name(exclusion, index)
        if announced_in_time(terms, exclusion):
            valid.append((name, exclusion))
        else:
            late.append((f"late notice: {name}", IntervalSet.of([(exclusion.start, exclusion.end)])))

    scheduled = (
        IntervalSet.of((e.start, e.end) for _, e in valid if e.category == "scheduled_maintenance") & promised
    )
    allowance = terms.exclude.allowance_seconds
    beyond = NOTHING if allowance is None else scheduled - scheduled.first(allowance * SECOND)

    named: list[Piece] = []
    by_component: dict[str, IntervalSet] = dict.fromkeys((*components, EVERY_COMPONENT), NOTHING)
    over: list[tuple[str, IntervalSet]] = []
    for name, exclusion in valid:
        time = IntervalSet.of([(exclusion.start, exclusion.end)])
        if beyond and exclusion.category == "scheduled_maintenance":
            over.append((f"beyond the allowance: {name}", time & beyond))
            time -= beyond
        by_component[exclusion.component] |= time
        named += [Piece(start, end, ONE, (name,)) for start, end in time]

    everywhere = by_component[EVERY_COMPONENT]
    for_all = by_component[components[0]]
    for component in components[1:]:
        for_all &= by_component[component]
    return Excuses(
        for_all=for_all | everywhere,
        named=tuple(highest(named)),
        by_component=by_component,
        everywhere=everywhere,
        in_vain=tuple((mark, time) for mark, time in late + over if time),
    )


def announced_in_time(terms: Terms, exclusion: Exclusion) -> bool:
    """Whether the notice that the terms want was given; only scheduled maintenance needs one."""
    notice = terms.exclude.notice_seconds
    if notice is None or exclusion.category != "scheduled_maintenance":
        return True
    return exclusion.announced_at is not None and exclusion.announced_at <= exclusion.start - notice * SECOND


@dataclass(frozen=True, slots=True)
class Frame:
    """The time that a measurement speaks of: the period, and what of it is in term, known and within service hours."""

    period: Interval
    not_in_term: IntervalSet
    after_as_of: IntervalSet
    outside_hours: IntervalSet
    promised: IntervalSet
    elapsed: IntervalSet
    open_until: int
    known: Interval


def frame(terms: Terms, evidence: Evidence, period: Period) -> Frame:
    """Cut the period by the contract's term, by what is known, and by the service hours."""
    start, end = period.interval
    whole = IntervalSet((period.interval,))
    term_start = start if evidence.service_start is None else min(max(start, evidence.service_start), end)
    term_end = end if evidence.service_end is None else max(min(end, evidence.service_end), start)
    term = IntervalSet.of([(term_start, term_end)])
    as_of = end if evidence.as_of is None else min(max(start, evidence.as_of), end)
    elapsed = term & IntervalSet.of([(start, as_of)])
    hours = terms.service_hours
    open_time = (
        whole
        if hours is None
        else service_time(zone_named(hours.timezone), hours.weekly, hours.exceptions, period.interval)
    )
    return Frame(
        period=period.interval,
        not_in_term=whole - term,
        after_as_of=IntervalSet.of([(as_of, end)]),
        outside_hours=whole - open_time,
        promised=elapsed & open_time,
        elapsed=elapsed,
        open_until=as_of,
        known=Interval(start, max(as_of, start)),
    )


def measure(terms: Terms, evidence: Evidence, period: Period) -> list[Ledger]:
    """One ledger where the signals of the components are combined, one for each component where their ratios are."""
    time = frame(terms, evidence, period)
    names = terms.components.names
    if terms.combine in RATIO_LEVEL:
        return [_ledger(terms, evidence, time, (name,), name) for name in names]
    return [_ledger(terms, evidence, time, names, None)]


def _ledger(
    terms: Terms, evidence: Evidence, time: Frame, components: tuple[str, ...], component: str | None
) -> Ledger:
    excused = excuses(terms, evidence, components, time.promised)
    gaps = {
        name: IntervalSet.of((g.start, g.end) for g in evidence.no_data if g.component == name)
        for name in components
    }
    facts = [_facts(terms, evidence, time, name) for name in components]
    minimum = terms.shape.min_run
    tested: list[Run] = []

    def combined(signals: list[Signal]) -> Signal:
        if len(signals) == 1:
            return signals[0]
        return (
            lowest(signals)
            if terms.combine == "all_down"
            else highest(p for signal in signals for p in signal)
        )

    raw = combined([highest(windows + requests) for windows, requests, _ in facts])
    own: list[Signal] = []
    unshaped: list[Signal] = []
    for name, (windows, requests, _) in zip(components, facts, strict=True):
        kept = windows
        if minimum and minimum.test_on == "window":
            cut = _cut(windows, time, minimum.straddle)
            kept, verdicts = long_enough(([window] for window in cut), minimum)
            tested += verdicts
            unshaped.append(
                _treated(terms, highest(windows + requests), gaps[name], excused.by_component[name])
            )
        own.append(_treated(terms, highest(kept + requests), gaps[name], excused.by_component[name]))
    signal = combined(own)
    before = mask(combined(unshaped) if unshaped else signal, excused.everywhere)

    if minimum and minimum.test_on == "merged":
        signal, verdicts = long_enough(runs(_cut(signal, time, minimum.straddle)), minimum)
        tested += verdicts
    signal = mask(signal, excused.everywhere)
    signal = mask(on_grid(signal, terms.shape.quantum_seconds, terms.shape.quantum_rule), excused.for_all)
    if minimum and minimum.test_on == "net":
        signal, verdicts = long_enough(runs(_cut(signal, time, minimum.straddle)), minimum)
        tested += verdicts

    unmeasured = gaps[components[0]]
    for name in components[1:]:
        unmeasured &= gaps[name]
    partly = NOTHING
    if len(components) > 1:
        for name in components:
            partly |= excused.by_component[name]
        partly = (partly & covered(raw)) - covered(signal)
    rows = _paint(terms, time, excused, unmeasured, partly, before, signal)
    measured = clip(raw, time.elapsed)
    return Ledger(
        component=component,
        rows=rows,
        downtime=lost_seconds(row for row in rows if row.loss),
        eligible=Fraction(sum(row.end - row.start for row in rows if row.eligible), SECOND),
        measured_downtime=lost_seconds(measured),
        measured_time=Fraction(time.elapsed.length, SECOND),
        tested=tuple(run for run in tested if run.start < time.period.end and run.end > time.period.start),
        dropped=tuple(drop for _, _, dropped in facts for drop in dropped),
    )


def _facts(
    terms: Terms, evidence: Evidence, time: Frame, component: str
) -> tuple[list[Piece], list[Piece], list[Dropped]]:
    """Windows and request intervals of a component as far as the terms use them, and the windows that count nothing."""
    windows: list[Piece] = []
    requests: list[Piece] = []
    dropped: list[Dropped] = []
    if terms.signal.source != "requests":
        windows, dropped = window_pieces(terms, evidence, component, time.open_until)
    if terms.signal.source != "windows":
        requests = request_pieces(terms, evidence, component)
    return windows, requests, dropped


def _treated(terms: Terms, signal: Signal, gaps: IntervalSet, excused: IntervalSet) -> Signal:
    """A component's signal with its gaps as the terms treat them, and without the time excused for it."""
    if gaps:
        signal = mask(signal, gaps)
        if terms.no_data == "as_down":
            signal = highest(signal + [Piece(start, end, ONE, ("no data",)) for start, end in gaps])
    return mask(signal, excused)


def _cut(signal: Signal, time: Frame, straddle: str) -> Signal:
    """The signal as a minimum sees it at the period's edge: whole, or clipped to what is known of the period."""
    if straddle == "whole_run":
        return signal
    known = IntervalSet.of([time.known])
    return [piece for one in signal for piece in clip([one], known)]


def _paint(
    terms: Terms,
    time: Frame,
    excused: Excuses,
    unmeasured: IntervalSet,
    partly: IntervalSet,
    before: Signal,
    signal: Signal,
) -> tuple[Row, ...]:
    """Lay the buckets over the period, the first that fits; see BUCKETS."""
    removed = terms.exclude.effect == "remove"
    silence = ONE if terms.no_data == "as_down" else ZERO
    named = list(excused.named)
    layers: tuple[tuple[str, bool, Signal], ...] = (
        ("not_in_term", terms.partial_period == "whole", _plain(time.not_in_term - time.outside_hours)),
        ("not_in_term", False, _plain(time.not_in_term)),
        ("after_as_of", terms.provisional == "whole", _plain(time.after_as_of - time.outside_hours)),
        ("after_as_of", False, _plain(time.after_as_of)),
        ("outside_service_hours", False, _plain(time.outside_hours)),
        ("no_data", terms.no_data != "remove", _plain(unmeasured, silence)),
        ("excluded", not removed, clip(named, excused.for_all)),
        ("excluded", True, clip(named, partly)),
        ("below_minimum", True, _plain(covered(before) - covered(signal))),
        ("down", True, signal),
    )
    rows: list[Row] = []
    rest = IntervalSet((time.period,))
    for bucket, eligible, layer in layers:
        if not layer:
            continue
        painted = clip(layer, rest)
        rest -= covered(layer)
        if bucket == "excluded":
            rows += [Row(p.start, p.end, bucket, eligible, ZERO, exclusion=p.windows[0]) for p in painted]
        else:
            rows += [Row(p.start, p.end, bucket, eligible, p.loss, p.windows) for p in painted]
    rows += [Row(start, end, "up", True, ZERO) for start, end in rest]
    rows = _joined(sorted(rows))
    return tuple(_marked(rows, excused.in_vain) if excused.in_vain else rows)


def _joined(rows: list[Row]) -> list[Row]:
    """Rows in time order, those that differ in nothing but their time joined."""
    joined: list[Row] = []
    for row in rows:
        if joined and joined[-1][2:] == row[2:]:
            joined[-1] = joined[-1]._replace(end=row.end)
        else:
            joined.append(row)
    return joined


def _plain(instants: IntervalSet, loss: Fraction = ZERO) -> Signal:
    return [Piece(start, end, loss, ()) for start, end in instants]


def _marked(rows: list[Row], in_vain: Sequence[tuple[str, IntervalSet]]) -> list[Row]:
    """Lost rows cut and marked where an exclusion was meant to excuse them and does not."""
    for mark, time in in_vain:
        marked: list[Row] = []
        for row in rows:
            span = IntervalSet((Interval(row.start, row.end),))
            if row.bucket != "down" or not span & time:
                marked.append(row)
                continue
            marked += [
                row._replace(start=part.start, end=part.end, marks=(*row.marks, mark)) for part in span & time
            ]
            marked += [row._replace(start=part.start, end=part.end) for part in span - time]
        rows = sorted(marked)
    return rows

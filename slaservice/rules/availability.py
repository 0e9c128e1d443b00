"""Availability: one signal through exclusions, minimum and grid to a ledger of every instant of the period.

The steps stand in the order of evaluation: signal, exclusions of single components, combination, minimum on merged runs,
exclusions of everything, grid, minimum on what is left. Clipping and bucketing is the ledger's.
"""

from collections.abc import Mapping
from fractions import Fraction
from functools import reduce
from operator import and_

from slaservice.rules.evidence import Evidence
from slaservice.rules.exact import ONE
from slaservice.rules.exclusions import Excuses, excuses
from slaservice.rules.intervals import NOTHING, SECOND, IntervalSet
from slaservice.rules.ledger import Frame, Ledger, frame, lost_seconds, paint
from slaservice.rules.periods import Period
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

Facts = tuple[list[Piece], list[Piece], list[Dropped]]
"""A component's windows and request intervals as far as the terms use them, and the windows that count nothing."""


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
    """The steps of the order of evaluation, for one signal."""
    excused = excuses(terms, evidence, components, time.promised)
    gaps = {name: _gaps(evidence, name) for name in components}
    facts = {name: _facts(terms, evidence, time, name) for name in components}
    recorded = {name: highest(windows + requests) for name, (windows, requests, _) in facts.items()}
    tested: list[Run] = []
    counted = _long_windows(terms, time, facts, recorded, tested)

    def treated(signals: dict[str, Signal], excused_of: Mapping[str, IntervalSet]) -> Signal:
        return _combined(terms, [_treated(terms, signals[n], gaps[n], excused_of[n]) for n in components])

    unshaped = treated(recorded, excused.by_component)
    kept = unshaped if counted is recorded else treated(counted, excused.by_component)
    signal = _shaped(terms, time, excused, kept, tested)
    raw = _combined(terms, list(recorded.values()))
    partly = NOTHING
    if len(components) > 1 and any(excused.by_component[name] for name in components):
        # Down but for what excuses single components: the minimum and the grid have no part in it.
        unexcused = treated(recorded, dict.fromkeys(components, NOTHING))
        partly = covered(unexcused) - covered(unshaped) - covered(signal)
    rows = paint(
        terms,
        time,
        excused,
        unmeasured=reduce(and_, gaps.values()),
        partly=partly,
        before=mask(unshaped, excused.everywhere),
        signal=signal,
    )
    return Ledger(
        component=component,
        rows=rows,
        downtime=lost_seconds(rows),
        eligible=Fraction(sum(row.end - row.start for row in rows if row.eligible), SECOND),
        measured_downtime=lost_seconds(clip(raw, time.elapsed)),
        measured_time=Fraction(time.elapsed.length, SECOND),
        tested=tuple(run for run in tested if run.start < time.period.end and run.end > time.period.start),
        dropped=tuple(drop for _, _, dropped in facts.values() for drop in dropped),
    )


def _gaps(evidence: Evidence, component: str) -> IntervalSet:
    """The time for which a component is known not to have been measured."""
    gaps = IntervalSet.of((gap.start, gap.end) for gap in evidence.no_data if gap.component == component)
    if evidence.as_of is None or not gaps:
        return gaps
    return gaps & IntervalSet.of([(gaps.parts[0].start, evidence.as_of)])


def _combined(terms: Terms, signals: list[Signal]) -> Signal:
    """Several components as one signal: the highest loss, or the lowest where all must be down."""
    if len(signals) == 1:
        return signals[0]
    if terms.combine == "all_down":
        return lowest(signals)
    return highest(piece for signal in signals for piece in signal)


def _long_windows(
    terms: Terms, time: Frame, facts: Mapping[str, Facts], recorded: dict[str, Signal], tested: list[Run]
) -> dict[str, Signal]:
    """The signals without the windows that are too short by themselves, where the terms test each by itself."""
    minimum = terms.shape.min_run
    if minimum is None or minimum.test_on != "window":
        return recorded
    signals = {}
    for name, (windows, requests, _) in facts.items():
        kept, verdicts = long_enough(([one] for one in _cut(windows, time, minimum.straddle)), minimum)
        signals[name] = highest(kept + requests)
        tested += verdicts
    return signals


def _shaped(terms: Terms, time: Frame, excused: Excuses, signal: Signal, tested: list[Run]) -> Signal:
    """Minimum on merged runs, exclusions of everything, grid, minimum on what is left."""
    shape = terms.shape

    def long_runs(signal: Signal, test_on: str) -> Signal:
        if shape.min_run is None or shape.min_run.test_on != test_on:
            return signal
        kept, verdicts = long_enough(runs(_cut(signal, time, shape.min_run.straddle)), shape.min_run)
        tested.extend(verdicts)
        return kept

    signal = mask(long_runs(signal, "merged"), excused.everywhere)
    # Maintenance is never downtime: what a cell of the grid spread into excused time is taken back.
    signal = mask(on_grid(signal, shape.quantum_seconds, shape.quantum_rule), excused.for_all)
    return long_runs(signal, "net")


def _facts(terms: Terms, evidence: Evidence, time: Frame, component: str) -> Facts:
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

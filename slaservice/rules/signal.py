"""The signal: outage windows and request counts become one loss between 0 and 1 for every instant.

A signal is a list of pieces in time order that do not overlap; where there is no piece, nothing is lost. Where facts
overlap, the highest loss counts, never the sum, and of equal ones the earlier start and then the name decides which is
named. So every lost instant has one deciding window, and the shares of the windows add up to the downtime.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from slaservice.rules.evidence import Evidence, Outage, RequestInterval
from slaservice.rules.exact import ONE, ZERO
from slaservice.rules.intervals import SECOND, IntervalSet
from slaservice.rules.reasons import EMPTY, WEIGHTLESS
from slaservice.rules.terms import AffectedShare, MinimumRun, Requests, Terms


class Piece(NamedTuple):
    """A stretch with one loss, and the names of the windows that decide it."""

    start: int
    end: int
    loss: Fraction
    windows: tuple[str, ...]


class Run(NamedTuple):
    """A stretch of time that was lost without a break, and what the minimum said of it."""

    start: int
    end: int
    counted: bool
    reason: str


class Dropped(NamedTuple):
    """A window that counts nothing at all."""

    window: str
    reason: str


Signal = list[Piece]


def window_name(outage: Outage, index: int) -> str:
    """The id of an outage, or its place in the document."""
    return outage.id or f"outages[{index}]"


def window_loss(terms: Terms, outage: Outage) -> Fraction:
    """Severity weight, with the affected share as the terms treat it."""
    weight = terms.signal.severity_weight[outage.severity]
    share = terms.signal.affected_share
    if share.mode == "weight":
        return weight * outage.affected_share
    if share.mode == "threshold" and not _above(outage.affected_share, share):
        return ZERO
    return weight


def request_loss(rule: Requests, interval: RequestInterval) -> Fraction:
    """The error rate of an interval, or all of it above the threshold; nothing where nothing was asked."""
    if not interval.total:
        return ZERO
    rate = Fraction(interval.errors, interval.total)
    if rule.mode == "threshold":
        return ONE if _above(rate, rule) else ZERO
    return rate


def _above(value: Fraction, rule: AffectedShare | Requests) -> bool:
    assert rule.above is not None
    return value > rule.above or (rule.op == ">=" and value == rule.above)


def window_pieces(
    terms: Terms, evidence: Evidence, component: str, until: int
) -> tuple[list[Piece], list[Dropped]]:
    """The windows of a component, not yet merged; an open one lasts `until`. And those that count nothing, with why."""
    pieces: list[Piece] = []
    dropped: list[Dropped] = []
    for index, outage in enumerate(evidence.outages):
        if outage.component != component:
            continue
        name = window_name(outage, index)
        end = until if outage.end is None else outage.end
        if evidence.as_of is not None:
            end = min(end, evidence.as_of)
        loss = window_loss(terms, outage)
        if outage.end == outage.start:
            dropped.append(Dropped(name, EMPTY))
        elif not loss:
            dropped.append(Dropped(name, WEIGHTLESS.format(severity=outage.severity)))
        elif outage.start < end:
            pieces.append(Piece(outage.start, end, loss, (name,)))
    return pieces, dropped


def request_pieces(terms: Terms, evidence: Evidence, component: str) -> list[Piece]:
    """The lossy request intervals of a component."""
    latest = evidence.as_of
    pieces = []
    for index, interval in enumerate(evidence.requests):
        if interval.component != component:
            continue
        end = interval.start + interval.seconds * SECOND
        if latest is not None:
            end = min(end, latest)
        loss = request_loss(terms.signal.requests, interval)
        if loss and interval.start < end:
            pieces.append(Piece(interval.start, end, loss, (f"requests[{index}]",)))
    return pieces


def highest(pieces: Iterable[Piece]) -> Signal:
    """The signal of pieces that may overlap: the highest loss; of equal ones the earlier start, then the name."""
    return _sweep(pieces, sign=-1)


def _sweep(pieces: Iterable[Piece], sign: int) -> Signal:
    """One pass over sorted pieces; `sign` -1 lets the highest loss decide, 1 the lowest of those present."""
    ordered = sorted(pieces)
    if all(left.end <= right.start for left, right in pairwise(ordered)):
        return ordered
    ranks = _ranks(ordered, sign)
    waiting: list[tuple[int, int, tuple[str, ...], Piece]] = []
    signal: Signal = []
    arrivals = iter(ordered)
    arriving = next(arrivals, None)
    now = ordered[0].start
    while arriving or waiting:
        if not waiting and arriving:
            now = max(now, arriving.start)
        while arriving and arriving.start <= now:
            heappush(waiting, (ranks[id(arriving.loss)], arriving.start, arriving.windows, arriving))
            arriving = next(arrivals, None)
        while waiting and waiting[0][3].end <= now:
            heappop(waiting)
        if not waiting:
            continue
        decides = waiting[0][3]
        until = min(decides.end, arriving.start) if arriving else decides.end
        _append(signal, Piece(now, until, decides.loss, decides.windows))
        now = until
    return signal


def _ranks(pieces: Iterable[Piece], sign: int) -> dict[int, int]:
    """The order of the losses by the identity of the loss: few are distinct, and a Fraction is dear to compare and to hash."""
    losses = {id(piece.loss): piece.loss for piece in pieces}
    ranks: dict[int, int] = {}
    rank, last = -1, None
    for identity, loss in sorted(losses.items(), key=lambda item: sign * item[1]):
        rank += loss != last
        ranks[identity], last = rank, loss
    return ranks


def _append(signal: Signal, piece: Piece) -> None:
    """Add a piece at the end; it joins the last one where it touches it and is of the same kind."""
    last = signal[-1] if signal else None
    if last and last.end == piece.start and last.windows == piece.windows and last.loss == piece.loss:
        signal[-1] = Piece(last.start, piece.end, last.loss, last.windows)
    else:
        signal.append(piece)


def lowest(signals: Sequence[Signal]) -> Signal:
    """Where every signal has a loss, the lowest of them, deciding windows of all named together."""
    together = signals[0]
    for other in signals[1:]:
        together = list(_both(together, other))
    return together


def _both(left: Signal, right: Signal) -> Iterator[Piece]:
    mine, theirs = iter(left), iter(right)
    one, two = next(mine, None), next(theirs, None)
    while one and two:
        start, end = max(one.start, two.start), min(one.end, two.end)
        if start < end:
            yield Piece(start, end, min(one.loss, two.loss), one.windows + two.windows)
        if one.end <= two.end:
            one = next(mine, None)
        else:
            two = next(theirs, None)


def clip(signal: Signal, allowed: IntervalSet) -> Signal:
    """What of a signal lies within a set of instants."""
    kept: Signal = []
    parts = iter(allowed)
    part = next(parts, None)
    for piece in signal:
        start, end, loss, windows = piece
        while part and part.end <= start:
            part = next(parts, None)
        while part and part.start < end:
            if part.start <= start and end <= part.end:
                kept.append(piece)
            else:
                kept.append(Piece(max(start, part.start), min(end, part.end), loss, windows))
            if part.end >= end:
                break
            part = next(parts, None)
    return kept


def mask(signal: Signal, excused: IntervalSet) -> Signal:
    """What of a signal lies outside a set of instants."""
    if not excused or not signal:
        return signal
    return clip(signal, excused.complement(signal[0].start, signal[-1].end))


def covered(signal: Signal) -> IntervalSet:
    """The instants at which anything is lost."""
    return IntervalSet.of((piece.start, piece.end) for piece in signal)


def runs(signal: Signal) -> Iterator[list[Piece]]:
    """The pieces of a signal in groups without a break between them."""
    group: list[Piece] = []
    for piece in signal:
        if group and group[-1].end != piece.start:
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def long_enough(groups: Iterable[list[Piece]], rule: MinimumRun) -> tuple[Signal, list[Run]]:
    """The pieces of the groups that last long enough (all of it, or what exceeds the minimum), and the verdict on each."""
    kept: Signal = []
    verdicts: list[Run] = []
    minimum = rule.seconds * SECOND
    for group in groups:
        start, end = group[0].start, group[-1].end
        counted = end - start > minimum or (rule.op == ">=" and end - start == minimum)
        reason = "" if counted else f"not {'at least' if rule.op == '>=' else 'more than'} {rule.seconds} s"
        if counted and rule.counts == "excess":
            kept += clip(group, IntervalSet.of([(start + minimum, end)]))
            reason = f"what exceeds {rule.seconds} s"
        elif counted:
            kept += group
        verdicts.append(Run(start, end, counted, reason))
    return kept, verdicts


def on_grid(signal: Signal, seconds: int, rule: str) -> Signal:
    """The signal in whole cells of the Unix epoch: `any` lets a cell take its highest loss, `all` its lowest.

    A quantum of one second is no grid at all.
    """
    if seconds == 1 or not signal:
        return signal
    cell = seconds * SECOND
    widened = [p._replace(start=p.start // cell * cell, end=-(-p.end // cell) * cell) for p in signal]
    if rule == "any":
        return highest(widened)
    whole_cells = IntervalSet.of(
        (-(-part.start // cell) * cell, part.end // cell * cell) for part in covered(signal)
    )
    return clip(_sweep(widened, sign=1), whole_cells)

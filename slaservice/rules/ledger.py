"""The ledger: every instant of a period in exactly one bucket, painted layer by layer, the first that fits.

Every row says whether its time is eligible and what share of it is lost, so that the denominator is the sum of the eligible
rows and the downtime the sum of time times loss: what is shown and what is counted cannot differ.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from slaservice.rules.evidence import Evidence
from slaservice.rules.exact import ONE, ZERO, total
from slaservice.rules.exclusions import Excuses
from slaservice.rules.intervals import NOTHING, SECOND, Interval, IntervalSet
from slaservice.rules.periods import Period, service_time, zone_named
from slaservice.rules.signal import Dropped, Piece, Run, Signal, clip, covered
from slaservice.rules.terms import Terms

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
    time_of: dict[int, int] = {}
    losses: dict[int, Fraction] = {}
    for row in rows:
        loss = row.loss
        if loss is ZERO:
            continue
        identity = id(loss)  # a Fraction is dear to hash, and the same few objects come again and again
        losses[identity] = loss
        time_of[identity] = time_of.get(identity, 0) + row.end - row.start
    return total(
        Fraction(loss.numerator * time_of[identity], loss.denominator * SECOND)
        for identity, loss in losses.items()
    )


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


def paint(
    terms: Terms,
    time: Frame,
    excused: Excuses,
    *,
    unmeasured: IntervalSet,
    partly: IntervalSet,
    before: Signal,
    signal: Signal,
) -> tuple[Row, ...]:
    """Lay the buckets over the period, the first that fits; see BUCKETS."""
    removed = terms.exclude.effect == "remove"
    silence = ONE if terms.no_data == "as_down" else ZERO
    named = list(excused.named)
    to_come = NOTHING if terms.provisional == "whole" else time.after_as_of
    nothing_yet = time.outside_hours | to_come
    too_short = NOTHING if before == signal else covered(before) - covered(signal)
    layers: tuple[tuple[str, bool, Signal], ...] = (
        ("not_in_term", terms.partial_period == "whole", _plain(time.not_in_term - nothing_yet)),
        ("not_in_term", False, _plain(time.not_in_term)),
        ("after_as_of", terms.provisional == "whole", _plain(time.after_as_of - time.outside_hours)),
        ("after_as_of", False, _plain(time.after_as_of)),
        ("outside_service_hours", False, _plain(time.outside_hours)),
        ("no_data", terms.no_data != "remove", _plain(unmeasured, silence)),
        ("excluded", not removed, clip(named, excused.for_all)),
        ("excluded", True, clip(named, partly)),
        ("below_minimum", True, _plain(too_short)),
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
                row._replace(start=part.start, end=part.end, marks=tuple(sorted((*row.marks, mark))))
                for part in span & time
            ]
            marked += [row._replace(start=part.start, end=part.end) for part in span - time]
        rows = sorted(marked)
    return rows

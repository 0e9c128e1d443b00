"""How fast an incident was answered and how often something fails, in the words of service management (ITIL, ServiceNow).

Everything is arithmetic over instants: microseconds since the Unix epoch. The times of one incident:

began          the earliest start of its confirmed windows. Without a confirmed window there was no outage and there are no times.
acknowledged   the first update of any status but a post-mortem, at the instant at which it was *typed* where that is known:
               a backdated update tells customers nothing before it is typed. (MTTA counts from here.)
identified     the first update with the status "identified", at the instant for which it speaks; where none has it, not known.
mitigated      the latest end of its confirmed windows: service is restored. Not yet while one is open. (MTRS of ITIL, which
               contracts call MTTR.)
resolved       the first update with the status "resolved" after which none says that the incident goes on: a reopened incident
               is resolved when it is resolved for the last time.

What lies before `began` took no time: a page may warn before the first window starts.

The figures of a component and a period, from its confirmed windows joined where they overlap or touch, each a *failure*:

failures       those that start within the period. One that reaches in from before is the earlier period's.
MTTR           the mean length, start to end, of these failures, also where the end lies after the period. One that is still
               open has no length yet and is left out. None if no failure has ended.
MTBF           (time of the period − time down within it) ÷ failures, as ServiceNow counts it: what was down includes what
               reached in from before. None without a failure: no failure is not a long time between failures.

The time of the period is what is in term and has passed. Nothing is excluded here: what contracts excuse was down as well.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from slaservice.rules.intervals import IntervalSet

MILESTONES = ("acknowledged", "identified", "mitigated", "resolved")
GOES_ON = frozenset({"investigating", "identified", "monitoring"})
_POSTMORTEM = "postmortem"
_NEVER = 1 << 62
"""Later than every instant of the calendar: the end of what is still open."""

Span = tuple[int, int | None]
"""[start, end) of a window; null end: still open."""


class Posted(NamedTuple):
    """One update of an incident: the instant for which it speaks, and the one at which it was typed, if known."""

    status: str
    at: int
    typed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """The instants of one incident; null: not yet, or nobody said."""

    began: int
    acknowledged: int | None
    identified: int | None
    mitigated: int | None
    resolved: int | None

    def took(self, milestone: str) -> int | None:
        """Microseconds from the beginning to a milestone, never less than none."""
        at: int | None = getattr(self, milestone)
        return None if at is None else max(0, at - self.began)


def response(windows: Sequence[Span], updates: Iterable[Posted]) -> Response | None:
    """The times of an incident from its confirmed windows and its updates, in any order. None without a window."""
    if not windows:
        return None
    posted = sorted(updates, key=lambda update: update.at)
    told = [update.at if update.typed_at is None else update.typed_at for update in posted if _tells(update)]
    ends = [end for _, end in windows if end is not None]
    return Response(
        began=min(start for start, _ in windows),
        acknowledged=min(told, default=None),
        identified=next((update.at for update in posted if update.status == "identified"), None),
        mitigated=max(ends) if len(ends) == len(windows) else None,
        resolved=_resolved(posted),
    )


def _tells(update: Posted) -> bool:
    return update.status != _POSTMORTEM


def _resolved(posted: Sequence[Posted]) -> int | None:
    since = None
    for update in posted:
        if update.status in GOES_ON:
            since = None
        elif update.status == "resolved" and since is None:
            since = update.at
    return since


@dataclass(frozen=True, slots=True)
class Reliability:
    """How often one thing failed in a period and for how long; lengths in microseconds."""

    failures: int
    restored: int
    repair: int
    up: int

    @property
    def mttr(self) -> Fraction | None:
        """Mean time to restore service."""
        return Fraction(self.repair, self.restored) if self.restored else None

    @property
    def mtbf(self) -> Fraction | None:
        """Mean time between failures."""
        return Fraction(self.up, self.failures) if self.failures else None


def reliability(windows: Iterable[Span], period: IntervalSet) -> Reliability:
    """The figures of one component from its confirmed windows, also those that reach out of `period`, the time that counts."""
    runs = IntervalSet.of((start, _NEVER if end is None else end) for start, end in windows)
    failures = [run for run in runs if any(part.start <= run.start < part.end for part in period)]
    lengths = [run.length for run in failures if run.end < _NEVER]
    return Reliability(len(failures), len(lengths), sum(lengths), (period - runs).length)

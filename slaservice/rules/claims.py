"""What hangs off a result and never changes it: by when to claim, and whether the customer may leave.

A deadline is the first instant that is too late: the end of a local day for days, months and billing cycles, exact for hours.
Business days are Monday to Friday without the days that the terms' service hours close.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from slaservice.rules.evidence import Outage
from slaservice.rules.intervals import SECOND
from slaservice.rules.periods import Period, add_months, local_date, local_midnight
from slaservice.rules.terms import Deadline, Terminate, Terms

_ONE_DAY = timedelta(days=1)

DAYS_TO_CLAIM = timedelta(days=30)
"""What a customer has at least to claim a credit from the day on which the statement that says so is issued.

The terms' deadline counts from the incident or the period, and a statement may be issued after it, a restatement above all:
then nobody could have claimed in time.
"""


@dataclass(frozen=True, slots=True)
class Anchors:
    """The instants that deadlines count from; None is not known (yet), and then neither is the deadline."""

    incident_start: int | None
    incident_end: int | None
    awareness: int | None
    period_end: int


def too_late(
    deadline: Deadline, anchors: Anchors, zone: ZoneInfo, holidays: frozenset[date] = frozenset()
) -> int | None:
    """The instant from which it is too late; None while the anchor is not known."""
    anchor: int | None = getattr(anchors, deadline.anchor)
    if anchor is None:
        return None
    if deadline.unit == "hours":
        return anchor + deadline.n * 3600 * SECOND
    # A period's end is a midnight: the last day of the period is the day that counts.
    day = local_date(anchor - 1 if deadline.anchor == "period_end" else anchor, zone)
    if deadline.unit == "days":
        last = day + deadline.n * _ONE_DAY
    elif deadline.unit == "months":
        last = add_months(day, deadline.n)
    elif deadline.unit == "billing_cycles":
        last = add_months(day.replace(day=1), deadline.n + 1) - _ONE_DAY
    else:
        last = _business_day(day, deadline.n, holidays)
    return local_midnight(last + _ONE_DAY, zone)


def _business_day(day: date, count: int, holidays: frozenset[date]) -> date:
    """The count-th business day after a day."""
    while count:
        day += _ONE_DAY
        count -= day.weekday() < 5 and day not in holidays
    return day


def holidays_of(terms: Terms) -> frozenset[date]:
    """The days that the service hours close."""
    if terms.service_hours is None:
        return frozenset()
    return frozenset(day for day, openings in terms.service_hours.exceptions.items() if not openings)


@dataclass(frozen=True, slots=True)
class IncidentDeadlines:
    """By when one outage must be reported and its credit claimed; None where the terms or the facts say nothing."""

    window: str
    notice: int | None
    claim: int | None


def deadlines(
    terms: Terms, period: Period, outages: Iterable[tuple[str, Outage]]
) -> tuple[IncidentDeadlines, ...]:
    """The deadlines of outages, each with its name."""
    holidays = holidays_of(terms)

    def due(deadline: Deadline | None, outage: Outage) -> int | None:
        if deadline is None:
            return None
        anchors = Anchors(outage.start, outage.end, outage.aware_at, period.end)
        return too_late(deadline, anchors, period.zone, holidays)

    return tuple(
        IncidentDeadlines(name, due(terms.claim.notice, outage), due(terms.claim.deadline, outage))
        for name, outage in outages
    )


def period_deadline(terms: Terms, period: Period) -> int | None:
    """From when it is too late to claim for the period as a whole; None where the terms count from something else."""
    deadline = terms.claim.deadline
    if deadline is None or deadline.anchor != "period_end":
        return None
    anchors = Anchors(incident_start=None, incident_end=None, awareness=None, period_end=period.end)
    return too_late(deadline, anchors, period.zone, holidays_of(terms))


def too_late_once_issued(until: int, issued: int, zone: ZoneInfo) -> int:
    """The instant from which it is too late to claim what a statement says that was issued then: `until`, or later."""
    return max(until, local_midnight(local_date(issued, zone) + DAYS_TO_CLAIM + _ONE_DAY, zone))


@dataclass(frozen=True, slots=True)
class ExitRight:
    """One right to end the contract: whether it is held now, how many periods count for it, and whether one more would do."""

    right: int
    held: bool
    misses: int
    one_more_miss: bool


def exit_rights(rights: Sequence[Terminate], uptimes: Sequence[Fraction]) -> tuple[ExitRight, ...]:
    """Where the rights stand after these periods' uptimes, in percent, oldest first, this period's last."""
    return tuple(_exit_right(index, right, uptimes) for index, right in enumerate(rights))


def _exit_right(index: int, right: Terminate, uptimes: Sequence[Fraction]) -> ExitRight:
    below = [uptime < right.below for uptime in uptimes]
    now, then = below[-right.m :], [*below, True][-right.m :]
    held = _enough(now, right)
    return ExitRight(index, held, sum(now), not held and _enough(then, right))


def _enough(below: Sequence[bool], right: Terminate) -> bool:
    """Whether n of these periods were below, one directly after the other where the right says so."""
    if not right.consecutive:
        return sum(below) >= right.n
    return any(all(below[start : start + right.n]) for start in range(len(below) - right.n + 1))

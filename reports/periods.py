"""Which period of which contract ends in a month: pure planning over rows that are already loaded.

A contract's periods are laid end to end by the version in force at their end. Versions with the same calendar (zone, months,
first month, currency) share a period and are its parts; a version with another calendar begins a series of its own, with the
period that is the first from its day on. An amendment begins such a version only where both calendars begin a period. Where
they differ in their zone, the hours between the two midnights are in exactly one period: the one before ends, and the first of
the new series begins, when the version does.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from accounts.models import Contract, ContractVersion
from slaservice.rules import versions as versioning
from slaservice.rules.intervals import Interval, instant
from slaservice.rules.periods import (
    Period,
    add_months,
    calendar_period,
    local_date,
    period_ending_in,
    zone_named,
)
from slaservice.rules.refusal import Refusal
from slaservice.rules.versions import Span

MOST_MONTHS = 12
"""Of one period."""

LONGEST_PERIOD = timedelta(days=366 + 2)
"""A leap year, and what a change of zone adds at either end."""


@dataclass(frozen=True, slots=True)
class Part:
    """The stretch of a period that one version governs, and the share of the fee that it carries."""

    version: ContractVersion
    span: Interval
    share: Fraction


@dataclass(frozen=True, slots=True)
class Plan:
    """One contract's period that ends in a month, cut at the changes of version; `first` is its first local day."""

    contract: Contract
    month: str
    first: date
    months: int
    period: Period
    parts: tuple[Part, ...]

    @property
    def calendar(self) -> Period:
        """The period as the calendar has it: `period` itself, but where a change of zone moved its start."""
        return calendar_period(self.first, self.months, self.period.timezone)

    @property
    def whole(self) -> bool:
        """Whether one version governs the calendar's period for as long as the contract lives in it: its fee is the whole fee."""
        if len(self.parts) != 1 or self.period != self.calendar:
            return False
        starts_at, ends_at = self.contract.starts_at, self.contract.ends_at
        lived = Span(instant(starts_at), None if ends_at is None else instant(ends_at))
        return self.parts[0].span == lived.within(self.period.interval)

    @property
    def leading(self) -> ContractVersion:
        """The version in force at the period's end, or at the contract's."""
        return self.parts[-1].version

    @property
    def label(self) -> str:
        """'April 2026', 'April to June 2026'."""
        last = date(int(self.month[:4]), int(self.month[5:]), 1)
        if self.months == 1:
            return f"{last:%B %Y}"
        year = "" if self.first.year == last.year else f" {self.first.year}"
        return f"{self.first:%B}{year} to {last:%B %Y}"


def parse_month(text: str) -> tuple[int, int]:
    """'2026-04' as (2026, 4). Refusal for anything else."""
    if not re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", text):
        raise Refusal("not_a_month", f"{text!r} is not a month: write it like 2026-04.")
    return int(text[:4]), int(text[5:])


def plans(month: str, versions: Iterable[ContractVersion]) -> list[Plan]:
    """The periods that end in the month, by contract; `versions` are sorted by contract and number.

    Nothing for a contract whose periods do not end in that month or that was not in force in the one that does.
    """
    planned = []
    for _, group in groupby(versions, key=lambda version: version.contract_id):
        together = list(group)
        found = _cut(month, tuple(map(_in_force, together)))
        if found is None:
            continue
        first, period, cut = found
        parts = tuple(Part(together[part.version], part.span, part.share) for part in cut)
        leading = parts[-1].version
        planned.append(Plan(leading.contract, month, first, leading.period_months, period, parts))
    return planned


def plans_over(month: date, versions: Iterable[ContractVersion]) -> Iterator[Plan]:
    """The period of each contract that lies over a month, given by its first day; `versions` as for `plans`."""
    rest = list(versions)
    for ends_in in _months_from(month, range(MOST_MONTHS)):
        found = [plan for plan in plans(ends_in, rest) if plan.first <= month]
        yield from found
        rest = _without(found, rest)


def plans_at(now: datetime, versions: Iterable[ContractVersion]) -> Iterator[Plan]:
    """The period that each contract is in. A month ends earlier in the east, and a period months later."""
    rest = list(versions)
    this = now.date().replace(day=1)
    for ends_in in _months_from(this, (0, -1, *range(1, MOST_MONTHS + 1))):
        found = [plan for plan in plans(ends_in, rest) if plan.period.start <= instant(now) < plan.period.end]
        yield from found
        rest = _without(found, rest)


def _months_from(first: date, ahead: Iterable[int]) -> Iterator[str]:
    """Months by their distance from one, given by its first day; of this century, as `parse_month` has it."""
    for months in ahead:
        if 2000 * 12 <= first.year * 12 + first.month - 1 + months < 2100 * 12:
            yield f"{add_months(first, months):%Y-%m}"


def _without(found: Iterable[Plan], versions: Iterable[ContractVersion]) -> list[ContractVersion]:
    done = {plan.contract.pk for plan in found}
    return [version for version in versions if version.contract_id not in done]


def plan_between(version: ContractVersion, span: Interval) -> Plan:
    """A stretch that one version governs, whatever its calendar: no statement speaks of it, and no fee is due for it."""
    period = Period(span.start, span.end, version.timezone)
    first = local_date(span.start, period.zone)
    return Plan(version.contract, "", first, 0, period, (Part(version, span, Fraction(1)),))


class InForce(NamedTuple):
    """What planning needs of a version: when it is in force, and its calendar."""

    starts_at: datetime
    ends_at: datetime | None
    timezone: str
    period_months: int
    first_month: int
    currency: str

    @property
    def calendar(self) -> tuple[str, int, int, str]:
        return self.timezone, self.period_months, self.first_month, self.currency

    @property
    def span(self) -> Span:
        return Span(instant(self.starts_at), None if self.ends_at is None else instant(self.ends_at))


def _in_force(version: ContractVersion) -> InForce:
    return InForce(*(getattr(version, name) for name in InForce._fields))


def periods(month: str, versions: Iterable[tuple[int, InForce]]) -> Iterator[tuple[int, Period]]:
    """The periods of `plans` by the id of their contract, for a hundred thousand contracts at a time.

    `versions` come with the id of their contract, sorted by contract and number.
    """
    for contract, group in groupby(versions, key=lambda version: version[0]):
        found = _cut(month, tuple(version for _, version in group))
        if found is not None:
            yield contract, found[1]


@lru_cache(maxsize=4096)
def _cut(month: str, versions: tuple[InForce, ...]) -> tuple[date, Period, Sequence[versioning.Part]] | None:
    """The first local day of the period that ends in the month, the period, and its parts by the versions' places.

    None where no period ends then. Many contracts began on the same day with the same calendar, so it is kept.
    """
    year, number = parse_month(month)
    for series in reversed(_series(versions)):
        leading = versions[series[-1]]
        first = period_ending_in(year, number, months=leading.period_months, first_month=leading.first_month)
        if first is None:
            continue
        period = calendar_period(first, leading.period_months, leading.timezone)
        if series[0] > 0:
            began_on = _day_of_change(versions, series[0])
            if first < began_on:
                continue
            if first == began_on:
                period = replace(period, start=versions[series[0]].span.start)
        cut = versioning.split(period.interval, [versions[at].span for at in series])
        if cut:
            return first, period, [versioning.Part(series[at.version], at.span, at.share) for at in cut]
    return None


def _series(versions: Sequence[InForce]) -> list[list[int]]:
    """The places of versions that follow each other with one calendar, in time order."""
    places = groupby(range(len(versions)), key=lambda at: versions[at].calendar)
    return [list(group) for _, group in places]


def _day_of_change(versions: Sequence[InForce], place: int) -> date:
    """The day from which a version has another calendar: in the zone agreed until then, as amendments count their days."""
    return local_date(versions[place].span.start, zone_named(versions[place - 1].timezone))

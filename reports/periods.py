"""Which period of which contract ends in a month: pure planning over rows that are already loaded.

A contract's periods are laid end to end by the version in force at their end. Versions with the same calendar (zone, months,
first month, currency) share a period and are its parts; a version with another calendar begins a series of its own.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import groupby

from accounts.models import Contract, ContractVersion
from slaservice.rules.intervals import Interval, instant
from slaservice.rules.periods import Period, calendar_period, period_ending_in
from slaservice.rules.refusal import Refusal
from slaservice.rules.versions import Span, split


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
    planned = (
        _plan(month, list(group)) for _, group in groupby(versions, key=lambda version: version.contract_id)
    )
    return [plan for plan in planned if plan is not None]


def _plan(month: str, versions: list[ContractVersion]) -> Plan | None:
    year, number = parse_month(month)
    for leading in reversed(versions):
        first = period_ending_in(year, number, months=leading.period_months, first_month=leading.first_month)
        if first is None:
            continue
        period = calendar_period(first, leading.period_months, leading.timezone)
        together = [version for version in versions if _calendar(version) == _calendar(leading)]
        spans = [
            Span(instant(v.starts_at), None if v.ends_at is None else instant(v.ends_at)) for v in together
        ]
        parts = tuple(
            Part(together[part.version], part.span, part.share) for part in split(period.interval, spans)
        )
        if parts and parts[-1].version is leading:
            return Plan(leading.contract, month, first, leading.period_months, period, parts)
    return None


def _calendar(version: ContractVersion) -> tuple[str, int, int, str]:
    return version.timezone, version.period_months, version.first_month, version.currency

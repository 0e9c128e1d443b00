"""A change of version inside a period splits it: each part is an explicit range under its own version.

The fee of a part is the version's fee by the part's share of the period's seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from slaservice.rules.intervals import Interval
from slaservice.rules.refusal import FieldError, Invalid


@dataclass(frozen=True, slots=True)
class Span:
    """When a version is in force: `[start, end)` in instants; `end` None is open."""

    start: int
    end: int | None

    def within(self, period: Interval) -> Interval | None:
        """The part of a period that it governs."""
        start, end = (
            max(self.start, period.start),
            period.end if self.end is None else min(self.end, period.end),
        )
        return Interval(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a period: which version governs it (its index), when, and what share of the period's fee it carries."""

    version: int
    span: Interval
    share: Fraction


def split(period: Interval, versions: Sequence[Span]) -> list[Part]:
    """The parts of a period in time order. Invalid, naming them, when versions end before they start or overlap."""
    errors = [
        FieldError(f"versions[{index}].end", "is not after its start")
        for index, version in enumerate(versions)
        if version.end is not None and version.end <= version.start
    ]
    order = sorted(range(len(versions)), key=lambda index: versions[index].start)
    for earlier, later in pairwise(order):
        end = versions[earlier].end
        if end is None or end > versions[later].start:
            errors.append(FieldError(f"versions[{later}].start", f"is before the end of versions[{earlier}]"))
    if errors:
        raise Invalid(errors)
    spans = [(index, versions[index].within(period)) for index in order]
    return [
        Part(index, span, Fraction(span.length, period.length)) for index, span in spans if span is not None
    ]

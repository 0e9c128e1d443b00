"""Exclusions: which time maintenance and the other categories excuse. Notice, category, then allowance.

Everything that maintenance does to a figure is decided here; the ledger then names the exclusion beside the time it excused.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from slaservice.rules.evidence import EVERY_COMPONENT, Evidence, Exclusion
from slaservice.rules.exact import ONE
from slaservice.rules.intervals import NOTHING, SECOND, Interval, IntervalSet
from slaservice.rules.reasons import BEYOND_ALLOWANCE, LATE_NOTICE
from slaservice.rules.signal import Piece, highest
from slaservice.rules.terms import Terms


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
            late.append(
                (LATE_NOTICE.format(exclusion=name), IntervalSet.of([(exclusion.start, exclusion.end)]))
            )

    scheduled = (
        IntervalSet.of((e.start, e.end) for _, e in valid if e.category == "scheduled_maintenance") & promised
    )
    allowance = terms.exclude.allowance_seconds
    beyond = NOTHING if allowance is None else scheduled - scheduled.first(allowance * SECOND)

    named: list[Piece] = []
    over: list[tuple[str, IntervalSet]] = []
    spans: dict[str, list[Interval]] = {component: [] for component in (*components, EVERY_COMPONENT)}
    for name, exclusion in valid:
        time = IntervalSet.of([(exclusion.start, exclusion.end)])
        if beyond and exclusion.category == "scheduled_maintenance":
            over.append((BEYOND_ALLOWANCE.format(exclusion=name), time & beyond))
            time -= beyond
        spans[exclusion.component] += time
        named += [Piece(start, end, ONE, (name,)) for start, end in time]

    by_component = {component: IntervalSet.of(parts) for component, parts in spans.items()}
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

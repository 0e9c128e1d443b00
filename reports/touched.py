"""Which contracts' months a change touches: from entries of history to periods that were closed, or blocked.

By a table: for each kind of row that history speaks of, what it means for whom and when. Rather too much than too little: what is
closed again without need changes nothing.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q

from accounts.models import BilledAmount, Contract, ContractVersion, Customer, Exclusion
from reports.facts import tiers_of
from reports.models import ClosingBlock, ServiceCredit, Statement
from reports.periods import MOST_MONTHS
from slaservice.history.models import Entry
from slaservice.outages import queries as recorded
from slaservice.outages.models import (
    Component,
    CustomerTier,
    Maintenance,
    MeasurementGap,
    OutageWindow,
    RequestCount,
)
from slaservice.outages.models.constraints import FIRST_INSTANT, LAST_INSTANT
from slaservice.rules.intervals import IntervalSet, instant, moment

Months = set[tuple[int, str]]
"""Contracts by id, and the months in which their periods end."""

EDGE = timedelta(days=1)
"""How far outside a period something may matter by itself: requests that fail on, to the length of a minimum."""

MOST_SPANS = 20
"""Spans that are looked at one by one; more of one component are taken as one from first to last."""


@dataclass(frozen=True, slots=True)
class Whom:
    """For a contract, or for those of `tiers` (None: of any) that promise `component` (None: any)."""

    contract: int | None = None
    component: int | None = None
    tiers: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something is otherwise in [start, end)."""

    whom: Whom
    start: datetime
    end: datetime


def months_touched(entries: Iterable[Entry]) -> Months:
    """The closed or blocked months that these entries touch: a fixed number of queries for each component and its tiers."""
    by_kind: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_kind[entry.object_type].append(entry)
    spans: dict[Whom, list[tuple[int, int]]] = defaultdict(list)
    months: Months = set()
    for kind, of_kind in by_kind.items():
        for change in _CHANGES.get(kind, _nothing)(of_kind):
            spans[change.whom].append((instant(change.start), instant(change.end)))
        months |= _DRAFTS.get(kind, _no_months)(of_kind)
    for whom, found in spans.items():
        for start, end in _joined(found):
            months |= (
                _of_contract(whom.contract, start, end) if whom.contract else _of_promise(whom, start, end)
            )
    return months


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
    joined = IntervalSet.of(spans).parts
    if len(joined) > MOST_SPANS:
        return [(moment(joined[0].start), moment(joined[-1].end))]
    return [(moment(one.start), moment(one.end)) for one in joined]


def _ids(entries: Iterable[Entry], *actions: str) -> list[int]:
    """Of the rows that the entries speak of; of those with these actions, where any are named."""
    return [int(entry.object_id) for entry in entries if not actions or entry.action in actions]


# Which months of whom


def _of_contract(contract: int, start: datetime, end: datetime) -> Months:
    return _closed_or_blocked(Q(contract=contract), start, end)


def _of_promise(whom: Whom, start: datetime, end: datetime) -> Months:
    """Of everybody who was promised the component: in the periods of the span, and of the runs that reach out of it."""
    components = _all(Component) if whom.component is None else [whom.component]
    tiers = _all(CustomerTier) if whom.tiers is None else sorted(whom.tiers)
    start, end = recorded.reach_if_confirmed(
        components=components,
        tiers=tiers,
        start=max(start - EDGE, FIRST_INSTANT),
        end=min(end + EDGE, LAST_INSTANT),
    )
    versions = ContractVersion.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=start), starts_at__lt=end, tier__in=tiers
    )
    if whom.component is not None:
        versions = versions.filter(commitments__components=whom.component)
    return _closed_or_blocked(Q(contract__in=versions.order_by().values("contract")), start, end)


def _all(model: Any) -> list[int]:
    return list(model.objects.values_list("pk", flat=True))


def _closed_or_blocked(whose: Q, start: datetime, end: datetime) -> Months:
    """A block does not say when its period lies: those of every month in which one of the span may end."""
    closed = Statement.objects.filter(whose, period_start__lt=end, period_end__gt=start).order_by()
    blocked = ClosingBlock.objects.filter(
        whose,
        resolved_at__isnull=True,
        month__gte=f"{start - EDGE:%Y-%m}",
        month__lte=_months_later(end, MOST_MONTHS),
    ).order_by()
    return {
        pair for rows in (closed, blocked) for pair in rows.values_list("contract_id", "month").distinct()
    }


def _months_later(at: datetime, months: int) -> str:
    month = at.year * 12 + at.month - 1 + months
    return f"{month // 12:04}-{month % 12 + 1:02}"


def _drafts(**of: Any) -> Months:
    return set(Statement.objects.filter(state=Statement.DRAFT, **of).values_list("contract_id", "month"))


# What a change of each kind of row is


def _windows(entries: Sequence[Entry]) -> Iterator[Change]:
    for row in OutageWindow.objects.filter(pk__in=_ids(entries)).prefetch_related("tiers"):
        yield Change(
            Whom(component=row.component_id, tiers=tiers_of(row)), row.start, row.end or LAST_INSTANT
        )


def _maintenance(entries: Sequence[Entry]) -> Iterator[Change]:
    for row in Maintenance.objects.filter(pk__in=_ids(entries)).prefetch_related("tiers"):
        yield Change(Whom(component=row.component_id, tiers=tiers_of(row)), row.start, row.end)


def _gaps(entries: Sequence[Entry]) -> Iterator[Change]:
    for row in MeasurementGap.objects.filter(pk__in=_ids(entries)):
        yield Change(Whom(component=row.component_id), row.start, row.end or LAST_INSTANT)


def _counts(entries: Sequence[Entry]) -> Iterator[Change]:
    """Corrected and withdrawn ones have an entry each."""
    rows = RequestCount.objects.filter(pk__in=_ids(entries))
    for component, tier, start, seconds in rows.values_list("component", "tier", "start", "seconds"):
        whom = Whom(component=component, tiers=frozenset({tier}))
        yield Change(whom, start, start + timedelta(seconds=seconds))


def _recorded_counts(entries: Sequence[Entry]) -> Iterator[Change]:
    """New ones come in batches: the entry speaks of the component and says from when to when."""
    for entry in entries:
        if entry.action == "requests.record":
            start, end = (datetime.fromisoformat(entry.data[name]) for name in ("from", "until"))
            yield Change(Whom(component=int(entry.object_id)), start, end)


def _exclusions(entries: Sequence[Entry]) -> Iterator[Change]:
    for row in Exclusion.objects.filter(pk__in=_ids(entries)).prefetch_related("tiers"):
        everybody = Whom(component=row.component_id, tiers=tiers_of(row))
        whom = Whom(contract=row.contract_id) if row.contract_id else everybody
        yield Change(whom, row.starts_at, row.ends_at or LAST_INSTANT)


def _billed(entries: Sequence[Entry]) -> Iterator[Change]:
    rows = BilledAmount.objects.filter(pk__in=_ids(entries))
    for contract, start in rows.values_list("commitment__version__contract", "period_start"):
        yield Change(Whom(contract=contract), start, start + EDGE)


def _contracts(entries: Sequence[Entry]) -> Iterator[Change]:
    """From the day of an amendment or of the earlier of two ends; from the beginning where an entry names no day."""
    for entry in entries:
        if entry.action not in ("contracts.sign", "contracts.arrange"):
            named = (entry.data.get(name) for name in ("starts_on", "before", "after"))
            days = [_day(text) for text in named if text]
            yield Change(Whom(contract=int(entry.object_id)), min(days, default=FIRST_INSTANT), LAST_INSTANT)


def _day(text: str) -> datetime:
    """A day before what an entry names, whatever the contract's zone is."""
    day = date.fromisoformat(text[:10])
    return datetime.combine(day, time(), UTC) - EDGE


def _issued(entries: Sequence[Entry]) -> Iterator[Change]:
    """What is issued is history for later periods, and counts against their caps."""
    rows = Statement.objects.filter(pk__in=_ids(entries, "statements.issue"))
    for contract, end in rows.values_list("contract", "period_end"):
        yield Change(Whom(contract=contract), end, LAST_INSTANT)


def _credits(entries: Sequence[Entry]) -> Iterator[Change]:
    """What an issued statement's credit came to is granted already where a restatement is drafted.

    What is not given any more, or is given after all, is counted otherwise against the caps of later periods.
    """
    moved = ServiceCredit.objects.filter(
        pk__in=_ids(entries, "credits.reject", "credits.expire", "credits.claim"),
        statement__state=Statement.ISSUED,
    )
    for contract, end in moved.values_list("statement__contract", "statement__period_end"):
        yield Change(Whom(contract=contract), end, LAST_INSTANT)
    restatement = Statement.objects.filter(
        contract=OuterRef("statement__contract"),
        period_start=OuterRef("statement__period_start"),
        state=Statement.DRAFT,
    )
    rows = ServiceCredit.objects.filter(
        Exists(restatement), pk__in=_ids(entries), statement__state=Statement.ISSUED
    )
    for contract, start, end in rows.values_list(
        "statement__contract", "statement__period_start", "statement__period_end"
    ):
        yield Change(Whom(contract=contract), start, end)


def _nothing(entries: Sequence[Entry]) -> Iterator[Change]:
    yield from ()


_CHANGES: dict[str, Callable[[Sequence[Entry]], Iterator[Change]]] = {
    OutageWindow._meta.label_lower: _windows,
    Maintenance._meta.label_lower: _maintenance,
    MeasurementGap._meta.label_lower: _gaps,
    RequestCount._meta.label_lower: _counts,
    Component._meta.label_lower: _recorded_counts,
    Exclusion._meta.label_lower: _exclusions,
    BilledAmount._meta.label_lower: _billed,
    Contract._meta.label_lower: _contracts,
    Statement._meta.label_lower: _issued,
    ServiceCredit._meta.label_lower: _credits,
}


def _drafts_of_customers(entries: Sequence[Entry]) -> Months:
    """Names and addresses stand on drafts; on what is issued they stay as they were."""
    return _drafts(contract__customer__in=_ids(entries, "customers.change"))


def _drafts_of_components(entries: Sequence[Entry]) -> Months:
    return _drafts(lines__commitment__components__in=_ids(entries, "components.change"))


def _drafts_of_contracts(entries: Sequence[Entry]) -> Months:
    """When a draft is due is for the contract to say."""
    return _drafts(contract__in=_ids(entries, "contracts.arrange"))


def _waived(entries: Sequence[Entry]) -> Months:
    return set(ClosingBlock.objects.filter(pk__in=_ids(entries)).values_list("contract_id", "month"))


def _no_months(entries: Sequence[Entry]) -> Months:
    return set()


_DRAFTS: dict[str, Callable[[Sequence[Entry]], Months]] = {
    Customer._meta.label_lower: _drafts_of_customers,
    Component._meta.label_lower: _drafts_of_components,
    Contract._meta.label_lower: _drafts_of_contracts,
    ClosingBlock._meta.label_lower: _waived,
}

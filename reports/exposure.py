"""What the running periods owe so far, and what one more hour of each open outage would cost; by the close's own rules.

*So far* supposes that nothing fails any more until the period's end: an open outage ends now, and all the time to come is up. So
the figure is what is owed at least, not what the first bad day of a month extrapolates to. *One more hour* of an outage is the
difference to that when it alone lasts an hour longer; one that is only proposed is taken as if it were confirmed.

Only contracts that can owe anything are worked out: where a promised component failed in the period (an outage, failed requests,
time not measured), where terms pay whether or not something failed, or where earlier periods carry something over. Maintenance
alone costs nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max, Min, Q, QuerySet

from accounts.models import ContractVersion
from accounts.models.contracts import CommitmentComponent
from reports.document import agreement_of
from reports.inputs import Gathered, Occasion, gather_supposing
from reports.known import Supposition
from reports.models import Exposure, ExposureLine
from reports.periods import Plan, plans
from slaservice.outages.models import CONFIRMED, PROPOSED, MeasurementGap, OutageWindow, RequestCount
from slaservice.rules.agreement import settle
from slaservice.rules.assessment import Case, Measurement, assess, measured
from slaservice.rules.evidence import Evidence
from slaservice.rules.exact import fixed
from slaservice.rules.intervals import SECOND, instant, moment
from slaservice.rules.money import Money
from slaservice.rules.periods import add_months
from slaservice.rules.refusal import Refusal

CHUNK = 500
"""Contracts gathered at once: few enough for the memory, and enough to share what is measured."""

HOUR = 3600 * SECOND
LONGEST_PERIOD = timedelta(days=366 + 2)
MONTHS_AHEAD = 12

Span = tuple[datetime, datetime | None]
Failures = Mapping[tuple[int, int], Sequence[Span]]
"""Component and tier -> when something failed."""


def reckon(*, now: datetime) -> Exposure:
    """Work everything out anew and keep it; what was reckoned before goes."""
    failures = _failures(now)
    planned = _running_and_touched(failures, now)
    found = list(_lines(planned, now))
    with transaction.atomic():
        exposure = Exposure.objects.create(at=now, contracts=len(planned))
        for line in found:
            line.exposure = exposure
        ExposureLine.objects.bulk_create(found, batch_size=2000)
        Exposure.objects.filter(pk__lt=exposure.pk).delete()
    return exposure


def open_outages(now: datetime) -> QuerySet[OutageWindow]:
    """Outages that last, confirmed or proposed, the oldest first."""
    return OutageWindow.objects.filter(
        state__in=(CONFIRMED, PROPOSED), end__isnull=True, start__lte=now
    ).order_by("start", "pk")


# whose period runs, and may owe something


def _failures(now: datetime) -> Failures:
    """What failed in the longest time that a running period may have lasted."""
    since = now - LONGEST_PERIOD
    lasting = Q(start__lt=now) & (Q(end__gt=since) | Q(end__isnull=True))
    spans: dict[tuple[int, int], list[Span]] = defaultdict(list)
    windows = OutageWindow.objects.filter(lasting, Q(state=CONFIRMED) | Q(state=PROPOSED, end__isnull=True))
    for component, tier, start, end in windows.order_by().values_list("component", "tiers", "start", "end"):
        spans[component, tier].append((start, end))
    counted = RequestCount.objects.filter(start__gte=since, failed__gt=0, replaced_at__isnull=True).order_by()
    for component, tier, first, last in counted.values_list("component", "tier").annotate(
        Min("start"), Max("start")
    ):
        spans[component, tier].append((first, last + timedelta(days=1)))
    gaps = MeasurementGap.objects.filter(lasting, state=CONFIRMED).order_by()
    for component, start, end in gaps.values_list("component", "start", "end"):
        spans[component, 0].append((start, end))  # of every tier
    return spans


def _running_and_touched(failures: Failures, now: datetime) -> list[Plan]:
    """The running periods of the contracts that may owe something, by month and contract."""
    promised = _promised(failures, now)
    contracts, found = sorted(promised), []
    for start in range(0, len(contracts), CHUNK):
        found += [
            plan
            for plan in _running(contracts[start : start + CHUNK], now)
            if _may_owe(plan, promised[plan.contract.pk], failures)
        ]
    return sorted(found, key=lambda plan: (plan.month, plan.contract.pk))


def _promised(failures: Failures, now: datetime) -> dict[int, set[tuple[int, int]]]:
    """The components and tiers that failed and were promised, by contract; (0, 0) where the terms may pay all the same."""
    rows = CommitmentComponent.objects.filter(
        Q(commitment__version__ends_at__isnull=True)
        | Q(commitment__version__ends_at__gt=now - LONGEST_PERIOD),
        commitment__version__starts_at__lt=now,
    ).order_by()
    contract, tier = "commitment__version__contract", "commitment__version__tier"
    promised: dict[int, set[tuple[int, int]]] = defaultdict(set)
    failed = {component for component, _ in failures}
    for pk, component, of_tier in rows.filter(component__in=failed).values_list(contract, "component", tier):
        promised[pk].add((component, of_tier))
    anyway = rows.filter(
        Q(commitment__terms__credit__gate__kind="always") | Q(commitment__terms__minimum_issue__below="carry")
    )
    for pk in anyway.values_list(contract, flat=True):
        promised[pk].add((0, 0))
    return promised


def _running(contracts: Collection[int], now: datetime) -> Iterator[Plan]:
    """The period that each contract is in. One query; a month ends earlier in the east, and a period months later."""
    versions = list(
        ContractVersion.objects.filter(contract__in=contracts)
        .select_related("contract__customer", "tier")
        .order_by("contract_id", "number")
    )
    this = now.date().replace(day=1)
    for ahead in (0, -1, *range(1, MONTHS_AHEAD + 1)):
        running = [
            plan
            for plan in plans(f"{add_months(this, ahead):%Y-%m}", versions)
            if moment(plan.period.start) <= now < moment(plan.period.end)
        ]
        yield from running
        done = {plan.contract.pk for plan in running}
        versions = [version for version in versions if version.contract_id not in done]


def _may_owe(plan: Plan, promised: Collection[tuple[int, int]], failures: Failures) -> bool:
    start, end = moment(plan.period.start), moment(plan.period.end)
    return any(
        key == (0, 0)
        or any(
            since < end and (until is None or until >= start)
            for since, until in (*failures.get(key, ()), *failures.get((key[0], 0), ()))
        )
        for key in promised
    )


# what they owe


def _lines(planned: Sequence[Plan], now: datetime) -> Iterator[ExposureLine]:
    outages = list(open_outages(now).select_related("component").prefetch_related("tiers"))
    for month in sorted({plan.month for plan in planned}):
        of_month = [plan for plan in planned if plan.month == month]
        for start in range(0, len(of_month), CHUNK):
            yield from _lines_of_chunk(of_month[start : start + CHUNK], outages, now)


def _lines_of_chunk(
    chunk: Sequence[Plan], outages: Sequence[OutageWindow], now: datetime
) -> Iterator[ExposureLine]:
    judge = _Judge(instant(now))
    proposed = [outage for outage in outages if outage.state == PROPOSED]
    stands, *supposed = gather_supposing(
        [Supposition(chunk), *(Supposition(chunk, added=[outage]) for outage in proposed)]
    )
    confirmed = [outage for outage in outages if outage.state == CONFIRMED]
    for gathered, _ in stands:
        yield from _lines_of(gathered, confirmed, judge)
    for outage, pairs in zip(proposed, supposed, strict=True):
        for _, gathered in pairs:
            yield from (line for line in _lines_of(gathered, [outage], judge) if line.outage)


def _lines_of(gathered: Gathered, outages: Sequence[OutageWindow], judge: "_Judge") -> Iterator[ExposureLine]:
    """What the period owes so far, where it owes anything; and the cost of an hour for each of the outages that hit it."""
    plan = gathered.plan
    of: dict[str, Any] = {
        "contract": plan.contract,
        "period_label": plan.label,
        "currency": plan.leading.currency,
    }
    hit = {window.pk for one in gathered.cases for window in one.windows}
    try:
        so_far = judge.credit(gathered)
        if so_far.minor:
            yield ExposureLine(**of, amount_minor=so_far.minor)
        for outage in (one for one in outages if one.pk in hit):
            more = judge.credit(gathered, lasting=outage.reference) - so_far
            yield ExposureLine(**of, outage=outage, amount_minor=more.minor)
    except Refusal as refusal:
        yield ExposureLine(**of, obstacle=refusal.sentence)


class _Judge:
    """Judges by the rules as if nothing failed any more after `now`; what contracts of a chunk share is measured once."""

    def __init__(self, now: int) -> None:
        self._now = now
        self._measured: dict[tuple[int, str], tuple[Occasion, Measurement]] = {}

    def credit(self, gathered: Gathered, *, lasting: str = "") -> Money:
        """What the period owes; with `lasting`, if that open outage goes on for an hour. Refusal where nobody can say."""
        obstacles = [block.sentence for block in gathered.blocks if not block.waivable]
        if obstacles:
            raise Refusal("not_worked_out", " ".join(obstacles))
        found = {one.id: assess(one.case, self._measurement(one.occasion, lasting)) for one in gathered.cases}
        settlement = settle(agreement_of(gathered), found)
        return Money.stated(fixed(settlement.amount, settlement.decimals), settlement.currency)

    def _measurement(self, occasion: Occasion, lasting: str) -> Measurement:
        key = id(occasion), lasting  # the occasion is kept beside it, so that no other has its id
        if key not in self._measured:
            terms = replace(occasion.case.terms, provisional="whole")
            until = self._now + HOUR if lasting else self._now
            evidence = _known(occasion.case.evidence, self._now, until, lasting)
            self._measured[key] = occasion, measured(Case(terms, evidence))
        return self._measured[key][1]


def _known(evidence: Evidence, now: int, until: int, lasting: str) -> Evidence:
    """What is known `until` an instant, of which only the outage `lasting` was not over at `now`."""
    return replace(
        evidence,
        as_of=until,
        outages=tuple(
            outage
            if outage.id == lasting
            else replace(outage, end=now if outage.end is None else min(outage.end, now))
            for outage in evidence.outages
            if outage.start < now
        ),
        no_data=tuple(replace(gap, end=min(gap.end, now)) for gap in evidence.no_data if gap.start < now),
    )

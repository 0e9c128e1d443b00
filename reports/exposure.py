"""What the running periods owe so far, and what one more hour of each open outage would cost; by the close's own rules.

*So far* supposes that nothing fails any more until the period's end: an open outage ends now, and all the time to come is up. So
the figure is what is owed at least, not what the first bad day of a month extrapolates to. *One more hour* of an outage is the
difference to that when it alone lasts an hour longer; one that is only proposed is taken as if it were confirmed.

Only contracts that can owe anything are worked out: where a promised component failed in the period (an outage, failed requests,
time not measured), where terms pay whether or not something failed, or where earlier periods carry something over. Maintenance
alone costs nothing. Of those the commitments that are at risk or missed are noted besides.

Chunk by chunk, each chunk one transaction. A reckoning begins by noting the chunks as rows; a row goes with the transaction that
works it out, so that a chunk that is asked for twice is done once, and the figures are whole when no row is left.
"""

import logging
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
from reports.models import Exposure, ExposureChunk, ExposureLine, Standing
from reports.periods import LONGEST_PERIOD, Plan, plans_at
from slaservice.outages.models import CONFIRMED, PROPOSED, MeasurementGap, OutageWindow, RequestCount
from slaservice.outages.queries import overlaps
from slaservice.rules.agreement import settle
from slaservice.rules.assessment import Case, Measurement, assess, measured
from slaservice.rules.documents import shown_percent
from slaservice.rules.evidence import Evidence
from slaservice.rules.exact import exact_text
from slaservice.rules.intervals import SECOND, instant, moment
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal
from slaservice.rules.standing import standing

logger = logging.getLogger(__name__)

OUR_OWN_ERROR = "An error of our own keeps it from being worked out: it is in the log."

_OUR_OWN_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What a mistake of ours raises. What another connection caused, or the worker's end, is none: then the chunk comes again."""

CHUNK = 500
"""Contracts of one transaction: few enough for the memory and a worker's time, and enough to share what is measured."""

GIVEN_UP = timedelta(hours=1)
"""A reckoning that is not whole by then is left, and another begins: its figures would be old."""

HOUR = 3600 * SECOND

Span = tuple[datetime, datetime | None]
Failures = Mapping[tuple[int, int], Sequence[Span]]
"""Component and tier -> when something failed."""


def reckon(*, now: datetime) -> Exposure:
    """Begin anew and work everything out in this process; what was reckoned before goes."""
    exposure = begin(now=now)
    for chunk in list(exposure.chunks.order_by("pk").values_list("pk", flat=True)):
        work_out(chunk=chunk)
    return exposure


def owed(*, now: datetime) -> list[int]:
    """Ids of the chunks that are still to be worked out; where no reckoning runs one begins, or where one runs for too long."""
    running = ExposureChunk.objects.filter(exposure__at__gt=now - GIVEN_UP)
    if not running.exists():
        begin(now=now)
    return list(running.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def begin(*, now: datetime) -> Exposure:
    """Note whose running periods may owe anything, in chunks; reckonings that are not whole are left."""
    Exposure.objects.filter(chunks__isnull=False).delete()
    contracts = _running_and_touched(now)
    exposure = Exposure.objects.create(at=now, contracts=len(contracts))
    ExposureChunk.objects.bulk_create(
        ExposureChunk(exposure=exposure, contracts=contracts[start : start + CHUNK])
        for start in range(0, len(contracts), CHUNK)
    )
    _let_go_of_earlier()
    return exposure


@transaction.atomic
def work_out(*, chunk: int) -> None:
    """Work out what the contracts of a chunk owe; nothing where that was done already."""
    noted = ExposureChunk.objects.select_related("exposure").filter(pk=chunk).first()
    if noted is None or not ExposureChunk.objects.filter(pk=chunk).delete()[0]:
        return
    now = noted.exposure.at
    found = list(_lines(list(_running(noted.contracts, now)), now))
    for row in found:
        row.exposure = noted.exposure
    ExposureLine.objects.bulk_create((row for row in found if isinstance(row, ExposureLine)), batch_size=2000)
    Standing.objects.bulk_create((row for row in found if isinstance(row, Standing)), batch_size=2000)
    _let_go_of_earlier()


def _let_go_of_earlier() -> None:
    """The last whole reckoning is what is shown: those before it go."""
    last = Exposure.objects.whole().order_by("pk").last()
    if last is not None:
        Exposure.objects.filter(pk__lt=last.pk).delete()


def open_outages(now: datetime) -> QuerySet[OutageWindow]:
    """Outages that last, confirmed or proposed, the oldest first."""
    return OutageWindow.objects.filter(
        state__in=(CONFIRMED, PROPOSED), end__isnull=True, start__lte=now
    ).order_by("start", "pk")


# whose period runs, and may owe something


def _failures(now: datetime) -> Failures:
    """What failed in the longest time that a running period may have lasted."""
    since = now - LONGEST_PERIOD
    lasting = overlaps(since, now)
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


def _running_and_touched(now: datetime) -> list[int]:
    """Ids of the contracts whose running period may owe something, by its month and in order."""
    failures = _failures(now)
    promised = _promised(failures, now)
    contracts, found = sorted(promised), []
    for start in range(0, len(contracts), CHUNK):
        found += [
            (plan.month, plan.contract.pk)
            for plan in _running(contracts[start : start + CHUNK], now)
            if _may_owe(plan, promised[plan.contract.pk], failures)
        ]
    return [contract for _, contract in sorted(found)]


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
    """The period that each contract is in. One query."""
    versions = list(
        ContractVersion.objects.filter(contract__in=contracts)
        .select_related("contract__customer", "tier")
        .order_by("contract_id", "number")
    )
    return plans_at(now, versions)


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


def _lines(planned: Sequence[Plan], now: datetime) -> Iterator[ExposureLine | Standing]:
    outages = list(open_outages(now).select_related("component").prefetch_related("tiers"))
    for month in sorted({plan.month for plan in planned}):
        yield from _lines_or_obstacles([plan for plan in planned if plan.month == month], outages, now)


def _lines_or_obstacles(
    planned: Sequence[Plan], outages: Sequence[OutageWindow], now: datetime
) -> Sequence[ExposureLine | Standing]:
    """The lines of all; where an error of our own ends that, of one after the other, so that it hides no other's."""
    try:
        return list(_lines_of_plans(planned, outages, now))
    except _OUR_OWN_ERRORS:
        if len(planned) == 1:
            logger.exception("What contract %s owes cannot be worked out.", planned[0].contract.number)
            return [ExposureLine(**_named(planned[0]), obstacle=OUR_OWN_ERROR)]
    return [line for plan in planned for line in _lines_or_obstacles([plan], outages, now)]


def _lines_of_plans(
    planned: Sequence[Plan], outages: Sequence[OutageWindow], now: datetime
) -> Iterator[ExposureLine | Standing]:
    judge = _Judge(instant(now))
    proposed = [outage for outage in outages if outage.state == PROPOSED]
    stands, *supposed = gather_supposing(
        [Supposition(planned), *(Supposition(planned, added=[outage]) for outage in proposed)]
    )
    confirmed = [outage for outage in outages if outage.state == CONFIRMED]
    for gathered, _ in stands:
        yield from _lines_of(gathered, confirmed, judge)
        yield from judge.standings(gathered)
    for outage, pairs in zip(proposed, supposed, strict=True):
        for _, gathered in pairs:
            yield from (line for line in _lines_of(gathered, [outage], judge) if line.outage)


def _lines_of(gathered: Gathered, outages: Sequence[OutageWindow], judge: "_Judge") -> Iterator[ExposureLine]:
    """What the period owes so far, where it owes anything; and the cost of an hour for each of the outages that hit it."""
    of = _named(gathered.plan)
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


def _named(plan: Plan) -> dict[str, Any]:
    """Whose line it is, and of which period."""
    return {"contract": plan.contract, "period_label": plan.label, "currency": plan.leading.currency}


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
        return settle(agreement_of(gathered), found).owed

    def standings(self, gathered: Gathered) -> Iterator[Standing]:
        """The commitments that are at risk or missed already; none where nobody can say."""
        plan = gathered.plan
        if any(not block.waivable for block in gathered.blocks):
            return
        for one in gathered.cases:
            so_far = self._measurement(one.occasion, "")
            stands = standing(so_far)
            if stands != "met":
                yield Standing(
                    contract=plan.contract,
                    period_label=plan.label,
                    period_start=moment(plan.period.start),
                    period_end=moment(plan.period.end),
                    name=one.id,
                    breached=stands == "breached",
                    commitment_percent=exact_text(so_far.terms.commitment_percent),
                    uptime_percent=shown_percent(so_far.uptime_percent),
                    downtime_seconds=exact_text(so_far.downtime),
                    allowed_seconds=exact_text(so_far.allowed_downtime),
                )

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

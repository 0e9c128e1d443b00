"""Request counts are recorded in bulk, as often as it takes: the same values again change nothing, others are refused by
name unless a reason is given, and then a revision replaces what was recorded. An interval that was recorded by mistake is
withdrawn; nobody records it again by accident, because that takes a reason.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise

from django.db import transaction
from django.db.models import Max

from slaservice.history import operations as history
from slaservice.history.operations import Deed
from slaservice.outages.models import Component, CustomerTier, RequestCount
from slaservice.outages.models.request_counts import LONGEST_INTERVAL, MOST_REQUESTS
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By
from slaservice.outages.operations.windows import CLOCKS_MAY_DIFFER_BY
from slaservice.outages.queries import request_counts_touching
from slaservice.rules.refusal import Invalid, Refusal

AT_ONCE = 1000
"""Rows that are compared with what is recorded, and written, at a time."""


@dataclass(frozen=True, slots=True)
class RequestCountRow:
    """`total` requests of a component and a tier in [start, start + seconds), of which `failed` failed."""

    component: Component
    tier: CustomerTier
    start: datetime
    seconds: int
    total: int
    failed: int

    @property
    def pair(self) -> tuple[int, int]:
        return self.component.pk, self.tier.pk

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    @property
    def values(self) -> tuple[int, int, int]:
        return self.seconds, self.total, self.failed

    def __str__(self) -> str:
        return f"{self.component} for {self.tier} from {self.start:%Y-%m-%d %H:%M:%S}"


@dataclass(slots=True)
class CountsRecorded:
    """How many rows were new, said what was recorded already, or replaced it."""

    added: int = 0
    unchanged: int = 0
    corrected: int = 0


_Entry = tuple[int, RequestCountRow]
"""A row with its place in the batch."""


@transaction.atomic
def record_request_counts(
    *, rows: Sequence[RequestCountRow], source: str, by: By, now: datetime, reason: str = ""
) -> CountsRecorded:
    """All of them or none, in a fixed number of queries per thousand rows.

    Invalid with every fault of every row, as `rows[3].failed`. A row with the start of a recorded interval and other values
    is a correction if there is a `reason`, else a fault, and so is one with the start of an interval that was withdrawn. An
    interval that overlaps another of its component and tier is a fault.
    """
    history.require(by, "measurement.record")
    faults: dict[int, Faults] = {}
    _check(rows, source, reason, faults, now=now)
    ordered = _distinct(rows, faults)
    result = CountsRecorded(unchanged=len(rows) - len(ordered))
    _lock({row.component.pk for row in rows})
    for first in range(0, len(ordered), AT_ONCE):
        chunk = ordered[first : first + AT_ONCE]
        new, replaced = _compared(chunk, reason, faults, now=now)
        result.unchanged += len(chunk) - len(new)
        if not faults:
            _write(new, replaced, result, source=source, reason=reason, by=by, now=now)
    _raise(faults)
    _tell(rows, result, source=source, reason=reason, by=by, now=now)
    return result


@transaction.atomic
def withdraw_request_counts(
    *, rows: Sequence[RequestCount], reason: str, by: By, now: datetime
) -> list[RequestCount]:
    """Counts that should never have been recorded count no longer, and nothing takes their place.

    All of them or none: Invalid without a reason, Refusal where one no longer counts or was recorded later than `now`.
    """
    history.require(by, "measurement.record")
    faults = Faults()
    faults.text("reason", reason, longest=3900, blank=False)
    faults.raise_if_any()
    _lock({row.component_id for row in rows})
    withdrawn: list[RequestCount] = []
    for first in range(0, len(rows), AT_ONCE):
        withdrawn += _withdrawn({row.pk for row in rows[first : first + AT_ONCE]}, now=now)
    deeds = [Deed(row, reason, {"before": _plain(row)}) for row in withdrawn]
    history.record_many(by=by, action="requests.withdraw", deeds=deeds, at=now)
    return withdrawn


def _withdrawn(ids: Collection[int], *, now: datetime) -> list[RequestCount]:
    counting = RequestCount.objects.filter(pk__in=ids, replaced_at__isnull=True, recorded_at__lte=now)
    if counting.update(replaced_at=now) != len(ids):
        raise Refusal(
            "request_count_does_not_count",
            "Somebody has corrected or withdrawn this count already, or it was recorded later than this.",
        )
    return list(RequestCount.objects.filter(pk__in=ids).select_related("component", "tier"))


# what is wrong


def _of(faults: dict[int, Faults], number: int) -> Faults:
    return faults.setdefault(number, Faults(f"rows[{number}]."))


def _raise(faults: dict[int, Faults]) -> None:
    errors = [error for number in sorted(faults) for error in faults[number].errors]
    if errors:
        raise Invalid(errors, faults[min(faults)].code)


def _check(
    rows: Sequence[RequestCountRow], source: str, reason: str, faults: dict[int, Faults], *, now: datetime
) -> None:
    beside = Faults()
    beside.text("source", source, longest=60, blank=False)
    beside.text("reason", reason, longest=3900)
    if beside.errors:
        faults[-1] = beside
    for number, row in enumerate(rows):
        found = Faults(f"rows[{number}].")
        _check_row(row, found, now=now)
        if found.errors:
            faults[number] = found


def _check_row(row: RequestCountRow, faults: Faults, *, now: datetime) -> None:
    lasts = 1 <= row.seconds <= LONGEST_INTERVAL
    if not lasts:
        faults.add(
            "request_count_has_no_length", "seconds", f"The interval lasts 1 to {LONGEST_INTERVAL} seconds."
        )
    if faults.instant("start", row.start) and lasts and row.end > now + CLOCKS_MAY_DIFFER_BY:
        faults.add("request_count_lies_in_the_future", "start", "The interval must be over.")
    if not 0 <= row.total <= MOST_REQUESTS:
        faults.add("request_count_is_not_a_count", "total", f"There are 0 to {MOST_REQUESTS} requests.")
    if not 0 <= row.failed <= max(row.total, 0):
        faults.add("more_requests_failed_than_there_were", "failed", "Of all requests, 0 to all failed.")


def _distinct(rows: Sequence[RequestCountRow], faults: dict[int, Faults]) -> list[_Entry]:
    """The sound rows by component, tier and start, each once; a fault where two of the batch contradict each other."""
    ordered: list[_Entry] = []
    sound = [entry for entry in enumerate(rows) if entry[0] not in faults]
    for number, row in sorted(sound, key=lambda one: (*one[1].pair, one[1].start, one[0])):
        last = ordered[-1][1] if ordered else None
        if last is not None and (last.pair, last.start) == (row.pair, row.start):
            if last.values != row.values:
                _of(faults, number).add(
                    "request_counts_contradict",
                    "start",
                    f"{row}: rows[{ordered[-1][0]}] says otherwise.",
                )
            continue
        if last is not None and last.pair == row.pair and last.end > row.start:
            _overlapping(faults, number, row, f"rows[{ordered[-1][0]}]")
        ordered.append((number, row))
    return ordered


def _overlapping(faults: dict[int, Faults], number: int, row: RequestCountRow, other: str) -> None:
    _of(faults, number).add(
        "request_counts_overlap",
        "start",
        f"{row}: the interval overlaps {other}, so requests would count twice.",
    )


# against what is recorded


def _lock(components: Collection[int]) -> None:
    """One batch at a time for a component: two at once would each find nothing recorded."""
    list(
        Component.objects.select_for_update(no_key=True)
        .filter(pk__in=components)
        .order_by("pk")
        .values_list("pk")
    )


def _compared(
    chunk: Sequence[_Entry], reason: str, faults: dict[int, Faults], *, now: datetime
) -> tuple[list[tuple[RequestCountRow, int]], list[RequestCount]]:
    """The rows that say something new, each with the number of its revision, and what they replace."""
    recorded = _recorded(chunk)
    earlier = _withdrawn_before([row for _, row in chunk if row.start not in recorded[row.pair]])
    new: list[tuple[RequestCountRow, int]] = []
    replaced = []
    for pair, entries in groupby(chunk, key=lambda one: one[1].pair):
        there = recorded[pair]
        mine = list(entries)
        for number, row in mine:
            stored = there.get(row.start)
            if stored is None:
                last = earlier.get((*pair, row.start), 0)
                if last and not reason.strip():
                    _of(faults, number).add(
                        "request_count_was_withdrawn",
                        "start",
                        f"{row}: this was recorded and withdrawn. Give a reason to record it again.",
                    )
                new.append((row, last + 1))
            elif (stored.seconds, stored.total, stored.failed) != row.values:
                _correction(stored, number, row, reason, faults, now=now)
                new.append((row, stored.revision + 1))
                replaced.append(stored)
        for number, row, other in _conflicts(mine, there):
            _overlapping(faults, number, row, f"the one from {other:%Y-%m-%d %H:%M:%S}")
    return new, replaced


def _recorded(chunk: Sequence[_Entry]) -> dict[tuple[int, int], dict[datetime, RequestCount]]:
    rows = [row for _, row in chunk]
    recorded: dict[tuple[int, int], dict[datetime, RequestCount]] = defaultdict(dict)
    for count in request_counts_touching(
        components={row.component.pk for row in rows},
        tiers={row.tier.pk for row in rows},
        start=min(row.start for row in rows),
        end=max(row.end for row in rows),
    ):
        recorded[count.component_id, count.tier_id][count.start] = count
    return recorded


def _withdrawn_before(rows: Sequence[RequestCountRow]) -> dict[tuple[int, int, datetime], int]:
    """The newest revision of what was withdrawn, by component, tier and start. These rows have none that counts."""
    if not rows:
        return {}
    found = RequestCount.objects.filter(
        component__in={row.component.pk for row in rows},
        tier__in={row.tier.pk for row in rows},
        start__in={row.start for row in rows},
    ).order_by()
    newest = found.values_list("component", "tier", "start").annotate(newest=Max("revision"))
    return {(component, tier, start): revision for component, tier, start, revision in newest}


def _correction(
    stored: RequestCount,
    number: int,
    row: RequestCountRow,
    reason: str,
    faults: dict[int, Faults],
    *,
    now: datetime,
) -> None:
    """A fault unless a reason is given; Refusal where it would be earlier than what it corrects."""
    if not reason.strip():
        _of(faults, number).add(
            "request_count_is_recorded_otherwise",
            "start",
            f"{row}: recorded are {stored.seconds} s with {stored.total} requests, of which {stored.failed} failed. "
            "Give a reason to correct that.",
        )
    if now < stored.recorded_at:
        raise Refusal(
            "decided_before_it_was_known",
            f"{row} was recorded at {stored.recorded_at:%Y-%m-%d %H:%M:%S} UTC, which is later.",
        )


def _conflicts(
    entries: Sequence[_Entry], there: dict[datetime, RequestCount]
) -> Iterator[tuple[int, RequestCountRow, datetime]]:
    """Rows that overlap a recorded interval which stays: neither of the two has the other's start."""
    ends = {at: at + timedelta(seconds=count.seconds) for at, count in there.items()}
    mine = {row.start: (number, row) for number, row in entries}
    ends |= {row.start: row.end for _, row in entries}
    for earlier, later in pairwise(sorted(ends)):
        if ends[earlier] > later and (earlier in mine) != (later in mine):
            yield (*mine[earlier], later) if earlier in mine else (*mine[later], earlier)


# what is written


def _write(
    new: Sequence[tuple[RequestCountRow, int]],
    replaced: Sequence[RequestCount],
    result: CountsRecorded,
    *,
    source: str,
    reason: str,
    by: By,
    now: datetime,
) -> None:
    RequestCount.objects.filter(pk__in=[count.pk for count in replaced]).update(replaced_at=now)
    written = RequestCount.objects.bulk_create(
        RequestCount(
            component=row.component,
            tier=row.tier,
            start=row.start,
            seconds=row.seconds,
            total=row.total,
            failed=row.failed,
            revision=revision,
            source=source,
            recorded_at=now,
            recorded_by_id=None if by is None else by.pk,
            reason=reason if revision > 1 else "",
        )
        for row, revision in new
    )
    result.added += len(new) - len(replaced)
    result.corrected += len(replaced)
    before = {(one.component_id, one.tier_id, one.start): one for one in replaced}
    deeds = [
        Deed(one, reason, {"before": _plain(old), "after": _plain(one)})
        for one in written
        if (old := before.get((one.component_id, one.tier_id, one.start)))
    ]
    history.record_many(by=by, action="requests.correct", deeds=deeds, at=now)


def _plain(count: RequestCount) -> dict[str, int]:
    return {name: getattr(count, name) for name in ("seconds", "total", "failed")}


def _tell(
    rows: Sequence[RequestCountRow],
    result: CountsRecorded,
    *,
    source: str,
    reason: str,
    by: By,
    now: datetime,
) -> None:
    """One entry for each component that the batch speaks of, if it changed anything: the counts themselves say who and when."""
    if not result.added + result.corrected:
        return
    spans: dict[Component, list[RequestCountRow]] = defaultdict(list)
    for row in rows:
        spans[row.component].append(row)
    deeds = [
        Deed(
            component,
            reason,
            {
                "source": source,
                "rows": len(mine),
                "from": min(row.start for row in mine).isoformat(),
                "until": max(row.end for row in mine).isoformat(),
            },
        )
        for component, mine in spans.items()
    ]
    history.record_many(by=by, action="requests.record", deeds=deeds, at=now)

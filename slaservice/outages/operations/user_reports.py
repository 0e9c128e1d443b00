"""User reports are recorded in bulk, as often as it takes: the same counts again change nothing, others are refused by name."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from slaservice.history import operations as history
from slaservice.history.operations import Deed
from slaservice.outages.models import CHANNELS, Component, UserReports
from slaservice.outages.models.user_reports import LONGEST_INTERVAL, MOST_REPORTS
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By
from slaservice.outages.operations.windows import CLOCKS_MAY_DIFFER_BY
from slaservice.rules.intervals import SECOND, instant
from slaservice.rules.refusal import Invalid

AT_ONCE = 1000
"""Rows that are written at a time."""


@dataclass(frozen=True, slots=True)
class UserReportsRow:
    """`count` reports about a component on a channel in [start, start + seconds)."""

    component: Component
    channel: str
    start: datetime
    seconds: int
    count: int

    @property
    def series(self) -> tuple[int, str]:
        return self.component.pk, self.channel

    def __str__(self) -> str:
        return f"{self.component} on {self.channel} from {self.start:%Y-%m-%d %H:%M:%S}"


@dataclass(slots=True)
class ReportsRecorded:
    """How many rows were new, and how many said what was recorded already."""

    added: int = 0
    unchanged: int = 0


_NEAR = timedelta(seconds=LONGEST_INTERVAL)


@dataclass(slots=True)
class _Series:
    """What is recorded of one component and channel thereabouts: lengths and counts by start, and the starts in order.

    After a gap of a day it may go on in intervals of another length, so it is the neighbours in time that are compared.
    """

    starts: list[datetime] = field(default_factory=list)
    lengths: dict[datetime, int] = field(default_factory=dict)
    counts: dict[datetime, int] = field(default_factory=dict)

    def add(self, start: datetime, seconds: int, count: int) -> None:
        insort(self.starts, start)
        self.lengths[start], self.counts[start] = seconds, count

    def length_beside(self, row: UserReportsRow) -> int | None:
        """The length of a neighbour within a day that lasts another time than the row."""
        place = bisect_left(self.starts, row.start)
        beside = self.starts[max(0, place - 1) : place + 1]
        lengths = [self.lengths[start] for start in beside if abs(start - row.start) < _NEAR]
        return next((seconds for seconds in lengths if seconds != row.seconds), None)


@transaction.atomic
def record_user_reports(
    *, rows: Sequence[UserReportsRow], source: str, by: By, now: datetime
) -> ReportsRecorded:
    """All of them or none, in a fixed number of queries per thousand rows.

    Invalid with every fault of every row, as `rows[3].count`: an interval has one count for good, and the intervals of a
    series have one length, but for gaps of a day, and begin at a multiple of it since the Unix epoch, so that no report
    counts twice.
    """
    history.require(by, "measurement.record")
    found = Faults()
    found.text("source", source, longest=60, blank=False)
    checked = [found, *(_checked(number, row, now=now) for number, row in enumerate(rows))]
    _raise(checked)
    _lock(rows)
    recorded = _recorded(rows, source)
    new = list(_new(rows, recorded, checked))
    _raise(checked)
    UserReports.objects.bulk_create([_stored(row, source, by=by, now=now) for row in new], batch_size=AT_ONCE)
    _tell(new, source, by=by, now=now)
    return ReportsRecorded(len(new), len(rows) - len(new))


def _raise(found: Sequence[Faults]) -> None:
    wrong = [faults for faults in found if faults.errors]
    if wrong:
        raise Invalid([error for faults in wrong for error in faults.errors], wrong[0].code)


def _checked(number: int, row: UserReportsRow, *, now: datetime) -> Faults:
    faults = Faults(f"rows[{number}].")
    if row.channel not in CHANNELS:
        faults.add("channel_is_not_known", "channel", f"The channel must be one of: {', '.join(CHANNELS)}.")
    if not 0 <= row.count <= MOST_REPORTS:
        faults.add("user_reports_are_not_a_count", "count", f"There are 0 to {MOST_REPORTS} reports.")
    if not 1 <= row.seconds <= LONGEST_INTERVAL:
        faults.add(
            "user_reports_have_no_length", "seconds", f"The interval lasts 1 to {LONGEST_INTERVAL} seconds."
        )
    elif faults.instant("start", row.start):
        if row.start + timedelta(seconds=row.seconds) > now + CLOCKS_MAY_DIFFER_BY:
            faults.add("user_reports_lie_in_the_future", "start", "The interval must be over.")
        if instant(row.start) % (row.seconds * SECOND):
            faults.add(
                "user_reports_are_not_aligned",
                "start",
                f"Intervals of {row.seconds} s begin at a multiple of their length since 1970.",
            )
    return faults


def _lock(rows: Sequence[UserReportsRow]) -> None:
    """One batch at a time for a component: two at once would each find nothing recorded."""
    components = {row.component.pk for row in rows}
    list(
        Component.objects.select_for_update(no_key=True)
        .filter(pk__in=components)
        .order_by("pk")
        .values_list("pk")
    )


def _recorded(rows: Sequence[UserReportsRow], source: str) -> dict[tuple[int, str], _Series]:
    recorded: dict[tuple[int, str], _Series] = defaultdict(_Series)
    if not rows:
        return recorded
    there = UserReports.objects.filter(
        source=source,
        component__in={row.component.pk for row in rows},
        start__gt=min(row.start for row in rows) - _NEAR,
        start__lt=max(row.start for row in rows) + _NEAR,
    ).order_by("start")
    for component, channel, start, seconds, count in there.values_list(
        "component", "channel", "start", "seconds", "count"
    ):
        recorded[component, channel].add(start, seconds, count)
    return recorded


def _new(
    rows: Sequence[UserReportsRow], recorded: dict[tuple[int, str], _Series], checked: Sequence[Faults]
) -> Iterator[UserReportsRow]:
    """The rows that say something new; a fault for one that contradicts what is recorded or stands before it."""
    for row, faults in zip(rows, checked[1:], strict=True):
        series = recorded[row.series]
        if (seconds := series.length_beside(row)) is not None:
            faults.add(
                "user_reports_of_another_length",
                "seconds",
                f"{row}: the intervals beside it last {seconds} s.",
            )
            continue
        known = series.counts.get(row.start)
        if known is None:
            series.add(row.start, row.seconds, row.count)
            yield row
        elif known != row.count:
            faults.add(
                "user_reports_are_recorded_otherwise",
                "count",
                f"{row}: {known} are recorded, and a count is recorded for good.",
            )


def _stored(row: UserReportsRow, source: str, *, by: By, now: datetime) -> UserReports:
    return UserReports(
        source=source,
        component=row.component,
        channel=row.channel,
        start=row.start,
        seconds=row.seconds,
        count=row.count,
        recorded_at=now,
        recorded_by_id=None if by is None else by.pk,
    )


def _tell(new: Sequence[UserReportsRow], source: str, *, by: By, now: datetime) -> None:
    """One entry for each component that got counts: the counts themselves say who and when."""
    by_component: dict[Component, list[UserReportsRow]] = defaultdict(list)
    for row in new:
        by_component[row.component].append(row)
    deeds = [
        Deed(
            component,
            data={
                "source": source,
                "intervals": len(mine),
                "first": min(row.start for row in mine).isoformat(),
                "last": max(row.start for row in mine).isoformat(),
            },
        )
        for component, mine in by_component.items()
    ]
    history.record_many(by=by, action="reports.record", deeds=deeds, at=now)

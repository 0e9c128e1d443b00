"""Reading facts: what counted when, as known when; what still waits; what was published about it.

Every query is a fixed number of statements however many rows it finds. Components and tiers are given as ids.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from slaservice.outages.models import CONFIRMED, PROPOSED, FeedComponent, Incident, Maintenance, OutageWindow
from slaservice.outages.models.constraints import FIRST_INSTANT, LAST_INSTANT
from slaservice.outages.models.maintenance import MaintenanceTier
from slaservice.outages.models.windows import OutageWindowTier
from slaservice.rules.intervals import IntervalSet, instant, moment

_FIRST_LOOK = timedelta(days=1)
_FARTHER = 32


def windows_known(
    *,
    components: Collection[int],
    tiers: Collection[int],
    start: datetime,
    end: datetime,
    known_at: datetime | None = None,
) -> QuerySet[OutageWindow]:
    """Confirmed windows of these components that hit any of these tiers and overlap [start, end), by start.

    With `known_at`: those that counted at that instant, whatever was corrected since. Two statements: windows with
    component and incident, and their tiers.
    """
    return (
        OutageWindow.objects.filter(
            _known(known_at),
            _overlaps(start, end),
            component__in=components,
            pk__in=OutageWindowTier.objects.filter(tier__in=tiers).values("window"),
        )
        .select_related("component", "incident")
        .defer("incident__payload")
        .prefetch_related("tiers")
        .order_by("start", "pk")
    )


def windows_connected(
    *,
    components: Collection[int],
    tiers: Collection[int],
    start: datetime,
    end: datetime,
    known_at: datetime | None = None,
) -> QuerySet[OutageWindow]:
    """`windows_known`, and the windows outside [start, end) that connect to one of those by overlap or touch, in any steps.

    A minimum length is tested on the whole run, which may cross the edge of a period. One statement to find how far the
    runs reach (more only where they reach beyond a day, a month, three years), then those of `windows_known`.
    """
    earliest, latest = _reach(start, end, _spans(components, tiers, known_at))
    return windows_known(components=components, tiers=tiers, start=earliest, end=latest, known_at=known_at)


def _spans(
    components: Collection[int], tiers: Collection[int], known_at: datetime | None
) -> QuerySet[OutageWindow]:
    hit = OutageWindowTier.objects.filter(tier__in=tiers).values("window")
    return OutageWindow.objects.filter(_known(known_at), component__in=components, pk__in=hit).order_by()


def _reach(start: datetime, end: datetime, windows: QuerySet[OutageWindow]) -> tuple[datetime, datetime]:
    """[start, end) widened to the edges of the runs that cross them, looking ever farther until both edges are seen."""
    look = _FIRST_LOOK
    while True:
        low, high = _earlier(start, look), _later(end, look)
        spans = windows.filter(_overlaps(low, high)).values_list("start", "end")
        runs = IntervalSet.of((instant(first), instant(last or LAST_INSTANT)) for first, last in spans)
        crossing = [run for run in runs if run.start < instant(end) and run.end > instant(start)]
        earliest = min([start, *(moment(run.start) for run in crossing)])
        latest = max([end, *(moment(run.end) for run in crossing)])
        if (earliest > low or low == FIRST_INSTANT) and (latest < high or latest == LAST_INSTANT):
            return earliest, latest
        look *= _FARTHER


def _earlier(at: datetime, by: timedelta) -> datetime:
    return at - by if at - FIRST_INSTANT > by else FIRST_INSTANT


def _later(at: datetime, by: timedelta) -> datetime:
    return at + by if LAST_INSTANT - at > by else LAST_INSTANT


def maintenance_known(
    *,
    components: Collection[int],
    tiers: Collection[int],
    start: datetime,
    end: datetime,
    known_at: datetime | None = None,
) -> QuerySet[Maintenance]:
    """Confirmed maintenance of these components, or of every component, for any of these tiers, that overlaps [start, end)."""
    return (
        Maintenance.objects.filter(
            Q(component__in=components) | Q(component__isnull=True),
            _known(known_at),
            _overlaps(start, end),
            pk__in=MaintenanceTier.objects.filter(tier__in=tiers).values("maintenance"),
        )
        .select_related("component")
        .prefetch_related("tiers")
        .order_by("start", "pk")
    )


def proposed_touching(
    *,
    start: datetime,
    end: datetime,
    components: Collection[int] | None = None,
    tiers: Collection[int] | None = None,
) -> QuerySet[OutageWindow]:
    """Windows still to be decided that overlap [start, end): what a close waits for."""
    proposed = OutageWindow.objects.filter(_overlaps(start, end), state=PROPOSED)
    if components is not None:
        proposed = proposed.filter(component__in=components)
    if tiers is not None:
        proposed = proposed.filter(pk__in=OutageWindowTier.objects.filter(tier__in=tiers).values("window"))
    return (
        proposed.select_related("component", "incident")
        .defer("incident__payload")
        .prefetch_related("tiers")
        .order_by("start", "pk")
    )


def maintenance_proposed_touching(*, start: datetime, end: datetime) -> QuerySet[Maintenance]:
    """Maintenance still to be decided that overlaps [start, end)."""
    proposed = Maintenance.objects.filter(_overlaps(start, end), state=PROPOSED)
    return proposed.select_related("component").prefetch_related("tiers").order_by("start", "pk")


def open_windows(*, before: datetime, known_at: datetime | None = None) -> QuerySet[OutageWindow]:
    """Confirmed windows without an end that started before this instant: a close clips them and warns."""
    windows = OutageWindow.objects.filter(_known(known_at), end__isnull=True, start__lt=before)
    return (
        windows.select_related("component", "incident")
        .defer("incident__payload")
        .prefetch_related("tiers")
        .order_by("start", "pk")
    )


def pending_correction(window: OutageWindow | Maintenance) -> OutageWindow | Maintenance | None:
    """The correction of this revision that waits for a decision."""
    return type(window)._default_manager.filter(supersedes=window.pk, state=PROPOSED).first()


def incidents_of(windows: Iterable[OutageWindow]) -> QuerySet[Incident]:
    """The incidents that these windows belong to, with their updates, by start."""
    ids = {window.incident_id for window in windows if window.incident_id is not None}
    return Incident.objects.filter(pk__in=ids).prefetch_related("updates").order_by("started_at", "pk")


def questions_of_feeds() -> QuerySet[FeedComponent]:
    """Ids of feeds of which nobody has said what they mean here."""
    return FeedComponent.objects.filter(component__isnull=True)


def _overlaps(start: datetime, end: datetime) -> Q:
    return Q(start__lt=end) & (Q(end__gt=start) | Q(end__isnull=True))


def _known(known_at: datetime | None) -> Q:
    """Counts now, or counted then: from its confirmation until it was withdrawn or superseded."""
    if known_at is None:
        return Q(state=CONFIRMED)
    return Q(confirmed_at__lte=known_at) & (Q(closed_at__isnull=True) | Q(closed_at__gt=known_at))

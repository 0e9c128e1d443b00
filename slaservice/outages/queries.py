"""Reading facts: what counted when, as known when; what still waits; what was published about it.

Every query is a fixed number of statements however many rows it finds. Components and tiers are given as ids.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from slaservice.outages.models import (
    CONFIRMED,
    PROPOSED,
    Component,
    CustomerTier,
    Evidence,
    FeedComponent,
    HookMessage,
    Incident,
    IncidentUpdate,
    Maintenance,
    MeasurementGap,
    OutageWindow,
    RequestCount,
    UserReports,
)
from slaservice.outages.models.constraints import FIRST_INSTANT, LAST_INSTANT
from slaservice.outages.models.hooks import MOST_ATTEMPTS
from slaservice.outages.models.maintenance import MaintenanceTier
from slaservice.outages.models.request_counts import LONGEST_INTERVAL
from slaservice.outages.models.windows import OutageWindowTier
from slaservice.rules.intervals import IntervalSet, instant, moment
from slaservice.rules.response import Posted, Response, Span, response

_DAY = timedelta(days=1)
_FIRST_LOOK = _DAY
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
            counted(known_at),
            overlaps(start, end),
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


def reach_if_confirmed(
    *, components: Collection[int], tiers: Collection[int], start: datetime, end: datetime
) -> tuple[datetime, datetime]:
    """[start, end) widened to the edges of the runs that cross them, as if all that is proposed were confirmed."""
    hit = OutageWindowTier.objects.filter(tier__in=tiers).values("window")
    windows = OutageWindow.objects.filter(
        state__in=(CONFIRMED, PROPOSED), component__in=components, pk__in=hit
    )
    return _reach(start, end, windows.order_by())


def _spans(
    components: Collection[int], tiers: Collection[int], known_at: datetime | None
) -> QuerySet[OutageWindow]:
    hit = OutageWindowTier.objects.filter(tier__in=tiers).values("window")
    return OutageWindow.objects.filter(counted(known_at), component__in=components, pk__in=hit).order_by()


def _reach(start: datetime, end: datetime, windows: QuerySet[OutageWindow]) -> tuple[datetime, datetime]:
    """[start, end) widened to the edges of the runs that cross them, looking ever farther until both edges are seen."""
    look = _FIRST_LOOK
    while True:
        low, high = _earlier(start, look), _later(end, look)
        spans = windows.filter(overlaps(low, high)).values_list("start", "end")
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
            counted(known_at),
            overlaps(start, end),
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
    proposed = OutageWindow.objects.filter(overlaps(start, end), state=PROPOSED)
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
    proposed = Maintenance.objects.filter(overlaps(start, end), state=PROPOSED)
    return proposed.select_related("component").prefetch_related("tiers").order_by("start", "pk")


def gaps_known(
    *, components: Collection[int], start: datetime, end: datetime, known_at: datetime | None = None
) -> QuerySet[MeasurementGap]:
    """Confirmed gaps in the measurement of these components that overlap [start, end)."""
    gaps = MeasurementGap.objects.filter(counted(known_at), overlaps(start, end), component__in=components)
    return gaps.select_related("component").order_by("start", "pk")


def gaps_proposed_touching(*, start: datetime, end: datetime) -> QuerySet[MeasurementGap]:
    """Gaps still to be decided that overlap [start, end)."""
    proposed = MeasurementGap.objects.filter(overlaps(start, end), state=PROPOSED)
    return proposed.select_related("component").order_by("start", "pk")


def request_counts_touching(
    *,
    components: Collection[int],
    tiers: Collection[int],
    start: datetime,
    end: datetime,
    known_at: datetime | None = None,
) -> QuerySet[RequestCount]:
    """Counts of these components and tiers whose interval overlaps [start, end), or begins less than a day before; by start.

    The database does not know where an interval ends: who needs those alone that overlap compares `start` and `seconds`.
    """
    long_ones = Q(
        start__gte=_earlier(start, timedelta(seconds=LONGEST_INTERVAL)), seconds__gt=_DAY.total_seconds()
    )
    return RequestCount.objects.filter(
        Q(start__gte=_earlier(start, _DAY)) | long_ones,
        _requests_counted(known_at),
        component__in=components,
        tier__in=tiers,
        start__lt=end,
    ).order_by("start", "component", "tier")


def _requests_counted(known_at: datetime | None) -> Q:
    if known_at is None:
        return Q(replaced_at__isnull=True)
    return Q(recorded_at__lte=known_at) & (Q(replaced_at__isnull=True) | Q(replaced_at__gt=known_at))


def open_windows(*, before: datetime, known_at: datetime | None = None) -> QuerySet[OutageWindow]:
    """Confirmed windows without an end that started before this instant: a close clips them and warns."""
    windows = OutageWindow.objects.filter(counted(known_at), end__isnull=True, start__lt=before)
    return (
        windows.select_related("component", "incident")
        .defer("incident__payload")
        .prefetch_related("tiers")
        .order_by("start", "pk")
    )


def pending_correction(
    window: OutageWindow | Maintenance | MeasurementGap,
) -> OutageWindow | Maintenance | MeasurementGap | None:
    """The correction of this revision that waits for a decision."""
    return type(window)._default_manager.filter(supersedes=window.pk, state=PROPOSED).first()


def incidents_of(windows: Iterable[OutageWindow]) -> QuerySet[Incident]:
    """The incidents that these windows belong to, with their updates, by start."""
    ids = {window.incident_id for window in windows if window.incident_id is not None}
    return Incident.objects.filter(pk__in=ids).prefetch_related("updates").order_by("started_at", "pk")


UPDATES_IN_BRIEF = Prefetch(
    "incident__updates",
    IncidentUpdate.objects.only("incident", "status", "displayed_at", "posted_at"),
)
"""For windows: the updates of their incidents, as far as times follow from them. One statement more."""


def spans_of(component: Component, *, start: datetime, end: datetime) -> list[Span]:
    """Confirmed outages of a component in [start, end), and what connects to them, for any tier, of any severity."""
    tiers = CustomerTier.objects.values_list("pk", flat=True)
    windows = windows_connected(components=[component.pk], tiers=list(tiers), start=start, end=end)
    return [span_of(window.start, window.end) for window in windows]


def response_of(incident: Incident) -> Response | None:
    """How fast an incident was answered, by all its confirmed windows. Two statements."""
    spans = OutageWindow.objects.filter(counted(None), incident=incident).values_list("start", "end")
    return response([span_of(*one) for one in spans], posted(incident))


def span_of(start: datetime, end: datetime | None) -> Span:
    return instant(start), None if end is None else instant(end)


def posted(incident: Incident) -> list[Posted]:
    """An incident's updates as the rules read them."""
    return [
        Posted(one.status, instant(one.displayed_at), instant(one.posted_at) if one.posted_at else None)
        for one in incident.updates.all()
    ]


def evidence_of(window: OutageWindow) -> QuerySet[Evidence]:
    """Files shown for any revision of the outage, oldest first, with who showed them."""
    shown = Evidence.objects.filter(window__source=window.source, window__external_id=window.external_id)
    return shown.select_related("window", "added_by").order_by("added_at", "pk")


def user_reports(*, component: int, start: datetime, end: datetime) -> QuerySet[UserReports]:
    """Counts of user reports about a component whose intervals start in [start, end), series by series, by start."""
    return UserReports.objects.filter(component=component, start__gte=start, start__lt=end).order_by(
        "source", "channel", "start"
    )


def questions_of_feeds() -> QuerySet[FeedComponent]:
    """Ids of feeds of which nobody has said what they mean here."""
    return FeedComponent.objects.filter(component__isnull=True)


def unrecorded_messages() -> QuerySet[HookMessage]:
    """Messages of monitors and pages that were given up: they, or something in them, could not be recorded. Without bodies."""
    given_up = HookMessage.objects.filter(processed_at__isnull=True, attempts__gte=MOST_ATTEMPTS)
    return given_up.select_related("hook").defer("body").order_by("pk")


def overlaps(start: datetime, end: datetime) -> Q:
    """What has a start and an end, or none yet, and overlaps [start, end)."""
    return Q(start__lt=end) & (Q(end__gt=start) | Q(end__isnull=True))


def counted(known_at: datetime | None) -> Q:
    """Counts now, or counted then: from its confirmation until it was withdrawn or superseded."""
    if known_at is None:
        return Q(state=CONFIRMED)
    return Q(confirmed_at__lte=known_at) & (Q(closed_at__isnull=True) | Q(closed_at__gt=known_at))


def recorded(
    model: type[OutageWindow] | type[Maintenance],
    *,
    start: datetime | None = None,
    end: datetime | None = None,
    known_at: datetime | None = None,
    **equal: Any,
) -> QuerySet[Any]:
    """Every revision, whatever its state, as lists show it: of what overlaps [start, end), of what counted at `known_at`.

    Three statements: rows with component, incident and people, and their tiers.
    """
    rows: QuerySet[Any] = model._default_manager.filter(
        overlaps(start or FIRST_INSTANT, end or LAST_INSTANT), **equal
    )
    if known_at is not None:
        rows = rows.filter(counted(known_at))
    related = ["component", "proposed_by", "confirmed_by", "closed_by"]
    if model is OutageWindow:
        rows, related = rows.defer("incident__payload"), [*related, "incident"]
    return rows.select_related(*related).prefetch_related("tiers")

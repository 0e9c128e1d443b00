"""Numbers that follow each other without a gap: 'SLA-2026-00001', 'JNL-2026-00001'."""

from datetime import datetime

from django.conf import settings
from django.db.models import F

from reports.models import NumberSeries
from slaservice.rules.intervals import instant
from slaservice.rules.periods import local_date, zone_named


def series_of(kind: str, now: datetime) -> str:
    """'SLA-2026': a series for each kind and year of the vendor's zone."""
    return f"{kind}-{local_date(instant(now), zone_named(settings.VENDOR_TIME_ZONE)).year}"


def next_number(kind: str, now: datetime) -> str:
    """The next of its series. Holds the series' row until the transaction ends: what is rolled back leaves no gap."""
    series = series_of(kind, now)
    NumberSeries.objects.get_or_create(series=series)
    NumberSeries.objects.filter(series=series).update(last=F("last") + 1)
    return f"{series}-{NumberSeries.objects.get(series=series).last:05}"

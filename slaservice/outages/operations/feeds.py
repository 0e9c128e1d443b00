"""Which status pages are read on a timetable: entered, changed, asked for at once."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Q

from slaservice.history import operations as history
from slaservice.outages.models import PolledFeed
from slaservice.outages.operations.faults import Faults
from slaservice.outages.operations.life import By
from slaservice.rules.refusal import Refusal

_EDIT = "feeds.edit"
MAY_CHANGE = ("url", "enabled", "seconds")
SOONEST, LATEST = 30, 86_400


@transaction.atomic
def create_feed(
    *, source: str, url: str, by: By, now: datetime, seconds: int = 300, enabled: bool = True
) -> PolledFeed:
    """A page that is polled from now on. Invalid with every fault; Refusal `already_recorded` if the source is polled."""
    history.require(by, _EDIT)
    values = {"url": url.rstrip("/"), "enabled": enabled, "seconds": seconds}
    _check(values, source=source)
    try:
        with transaction.atomic():
            feed = PolledFeed.objects.create(source=source, due_at=now, **values)
    except IntegrityError as conflict:
        raise Refusal("already_recorded", f"The source {source} is polled already.") from conflict
    data = {"after": {"source": source, **values}}
    history.record(by=by, action="feeds.create", obj=feed, data=data, at=now)
    return feed


@transaction.atomic
def change_feed(*, feed: PolledFeed, by: By, now: datetime, reason: str = "", **changes: Any) -> PolledFeed:
    """Another address, pace, or a pause. A page at another address is read from the beginning."""
    history.require(by, _EDIT)
    if unknown := set(changes) - set(MAY_CHANGE):
        raise Refusal("field_is_not_known", f"This cannot be changed: {', '.join(sorted(unknown))}.")
    current = PolledFeed.objects.select_for_update().get(pk=feed.pk)
    before = {name: getattr(current, name) for name in MAY_CHANGE}
    after = {**before, **changes}
    after["url"] = after["url"].rstrip("/")
    _check(after)
    if after == before:
        return current
    moved: dict[str, Any] = {"validators": {}} if after["url"] != before["url"] else {}
    for name, value in {**after, **moved, "due_at": now}.items():
        setattr(current, name, value)
    current.save(update_fields=[*after, *moved, "due_at"])
    data = {"before": before, "after": after}
    history.record(by=by, action="feeds.change", obj=current, reason=reason, data=data, at=now)
    return current


def poll_soon(*, feed: PolledFeed, now: datetime) -> None:
    """Makes it due: something was heard, or somebody does not want to wait. While it is polled, it is being read anyway."""
    done = Q(polled_at__isnull=True) | Q(succeeded_at=F("polled_at")) | Q(failed_at=F("polled_at"))
    PolledFeed.objects.filter(done, pk=feed.pk, due_at__gt=now).update(due_at=now)


def _check(values: dict[str, Any], *, source: str | None = None) -> None:
    faults = Faults()
    if source is not None:
        faults.source("source", source)
    if not values["url"]:
        faults.add("text_is_missing", "url", "This must not be empty.")
    faults.link("url", values["url"])
    if not SOONEST <= values["seconds"] <= LATEST:
        faults.add("pace_is_not_allowed", "seconds", f"Poll every {SOONEST} to {LATEST:,} seconds.")
    faults.raise_if_any()

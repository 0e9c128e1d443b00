"""Statuspage's messages to subscribers: an incident, or a component that changed. They have no type; what they hold tells.

An incident comes without its components' changes, so it never replaces what was read from the page itself: it only adds the
updates that are new, and makes the page due to be read. That keeps the facts where the page cannot be read just now.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from slaservice.outages.importers.instants import parse_instant
from slaservice.outages.importers.statuspage import import_what_can_be
from slaservice.outages.importers.statuspage.statuses import record_change, storable
from slaservice.outages.importers.webhooks.sightings import Reading
from slaservice.outages.models import Hook, HookMessage, Incident, PolledFeed
from slaservice.outages.operations.feeds import poll_soon


def read(hook: Hook, message: HookMessage, content: Mapping[str, Any], now: datetime) -> Reading:
    """Keeps what is new in it under the page's own source."""
    assert hook.feed is not None
    feed = PolledFeed.objects.select_for_update().get(pk=hook.feed.pk)
    reading = Reading()
    if isinstance(content.get("component_update"), Mapping):
        recorded = record_change(content=content, source=feed.source, now=now)
        if recorded:
            reading.said.append("A component's status was recorded.")
        else:
            reading.lose("No status can be read in it.")
    if isinstance(incident := content.get("incident"), Mapping):
        _read_incident(reading, feed, incident, now=now)
    if not reading.said:
        reading.said.append("It holds neither an incident nor a component's change.")
    poll_soon(feed=feed, now=now)
    return reading


def _read_incident(reading: Reading, feed: PolledFeed, posted: Mapping[str, Any], *, now: datetime) -> None:
    known = storable(str(posted.get("id", "")))[:200]
    row = Incident.objects.filter(source=feed.source, external_id=known).first()
    whole = merged(row.payload, posted) if row else posted
    result = import_what_can_be(feed={"incidents": [whole]}, source=feed.source, by=None, now=now)
    reading.said += result.changes + result.questions or ["Known already."]
    reading.unrecorded = reading.unrecorded or bool(result.incidents_left_out)


def merged(stored: Mapping[str, Any], posted: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is stored, with the updates that only the message has; its words of the day too, where it is the newer one."""
    known = {str(update.get("id")) for update in _updates(stored)}
    more = [update for update in _updates(posted) if str(update.get("id")) not in known]
    if not more:
        return stored
    newer = _newest(posted) >= _newest(stored)
    said = {
        name: value for name, value in posted.items() if newer and value is not None and name != "components"
    }
    return {**stored, **said, "incident_updates": [*more, *_updates(stored)]}


def _updates(incident: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    updates = incident.get("incident_updates")
    return [one for one in updates if isinstance(one, Mapping)] if isinstance(updates, list) else []


def _newest(incident: Mapping[str, Any]) -> str:
    """When its last update was typed, to be compared."""
    found = []
    for update in _updates(incident):
        try:
            at = parse_instant(update.get("created_at"))
        except ValueError:
            continue
        found += [at.floor.isoformat(timespec="microseconds")] if at else []
    return max(found, default="")

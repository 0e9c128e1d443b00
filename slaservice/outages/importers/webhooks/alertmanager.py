"""Alertmanager's webhook, version 4: one message holds many alerts, firing and resolved alike, and comes again and again.

An alert is one by fingerprint and start; the group that it comes in says nothing. `endsAt` in the year 1 means that it goes
on. Messages may overtake each other, so only what an alert says of itself counts, never the order: an end once seen stays,
and of two ends the later one does (an alert may go on after it was said to be over).
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from slaservice.outages.importers.instants import Instant, parse_instant
from slaservice.outages.importers.statuspage.statuses import storable
from slaservice.outages.importers.webhooks.sightings import Reading, Sighting, name_of, record
from slaservice.outages.models import Hook, HookMessage
from slaservice.rules.documents import canonical

FIRING, RESOLVED = "firing", "resolved"
_LONGEST_NOTE = 1000


class _Alert(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    status: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    startsAt: Annotated[Instant | None, PlainValidator(parse_instant)]  # noqa: N815
    endsAt: Annotated[Instant | None, PlainValidator(parse_instant)] = None  # noqa: N815
    fingerprint: str = ""
    generatorURL: str = ""  # noqa: N815


def read(hook: Hook, message: HookMessage, content: Mapping[str, Any], now: datetime) -> Reading:
    """Every alert by itself: one that cannot be read keeps no other away."""
    alerts = content.get("alerts")
    if not isinstance(alerts, list):
        return Reading(["This is no message of Alertmanager: it has no list of alerts."], unrecorded=True)
    sightings, unread = [], []
    for number, raw in enumerate(alerts):
        try:
            sightings.append(_sighting(hook, _Alert.model_validate(raw)))
        except ValidationError as problem:
            fields = ", ".join(sorted({str(error["loc"][0]) for error in problem.errors() if error["loc"]}))
            unread.append(f"alerts[{number}] cannot be read: {fields or 'it is no object'}.")
        except ValueError as problem:
            unread.append(f"alerts[{number}] cannot be read: {problem}.")
    if content.get("truncatedAlerts"):
        unread.append(f"Alertmanager left out {storable(str(content['truncatedAlerts']))[:20]} alerts.")
    reading = record(hook, sightings, now=now)
    reading.lose(*unread)
    return reading


def _sighting(hook: Hook, alert: _Alert) -> Sighting:
    """ValueError with the reason where the alert says nothing that could be an outage."""
    if alert.status not in (FIRING, RESOLVED):
        raise ValueError(f"the status {alert.status[:40]!r} is not known")
    if alert.startsAt is None:
        raise ValueError("it has no start")
    end = alert.endsAt.ceil if alert.status == RESOLVED and alert.endsAt else None
    if alert.status == RESOLVED and end is None:
        raise ValueError("it is resolved at no time")
    if end is not None and end <= alert.startsAt.floor:
        raise ValueError("it ends before it starts")
    thing = storable(alert.fingerprint) or hashlib.sha256(canonical(dict(alert.labels))).hexdigest()[:16]
    return Sighting(
        name_of(thing, alert.startsAt.floor),
        _component(hook, alert),
        alert.startsAt.floor,
        end,
        str(hook.severities.get(alert.labels.get("severity", ""), hook.severity)),
        _note(alert),
        storable(alert.generatorURL),
        later_end_wins=True,
    )


def _component(hook: Hook, alert: _Alert) -> str:
    """The label that names the component; an alert without it is asked about by its name."""
    named = alert.labels.get(hook.component_label) or f"alertname={alert.labels.get('alertname', '')}"
    return storable(named)[:200]


def _note(alert: _Alert) -> str:
    texts = (
        alert.labels.get("alertname"),
        alert.annotations.get("summary"),
        alert.annotations.get("description"),
    )
    return storable(": ".join(filter(None, texts)))[:_LONGEST_NOTE]

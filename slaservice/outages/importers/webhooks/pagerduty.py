"""PagerDuty's webhook, version 3: one event of one incident in each message, in any order, each perhaps more than once.

All events of the incident are read together, so their order of arrival says nothing. An incident that is reopened is another
failure; one that was reopened without a word of its end had ended by then.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator, ValidationError

from slaservice.outages.importers.instants import Instant, parse_instant
from slaservice.outages.importers.statuspage.statuses import storable
from slaservice.outages.importers.webhooks.sightings import Reading, Sighting, name_of, record
from slaservice.outages.models import Hook, HookMessage

OPENS = frozenset({"incident.triggered", "incident.reopened"})
ENDS = frozenset({"incident.resolved"})


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Service(_Read):
    id: str
    summary: str | None = None


class _Incident(_Read):
    id: str
    title: str | None = None
    html_url: str | None = None
    service: _Service


class _Event(_Read):
    event_type: str
    occurred_at: Annotated[Instant | None, PlainValidator(parse_instant)]
    data: _Incident


@dataclass(frozen=True, slots=True)
class _Turn:
    """An event that opens or ends the incident."""

    at: Instant
    opens: bool
    incident: _Incident


def read(hook: Hook, message: HookMessage, content: Mapping[str, Any], now: datetime) -> Reading:
    """What all events of this message's incident come to."""
    kind = _type_of(content)
    if kind not in OPENS | ENDS:
        return Reading([f"{storable(kind)[:60] or 'An event without a type'}: nothing to do."])
    if _turn(content) is None:
        wanting = "The event cannot be read: it needs a time, an incident and its service."
        return Reading([wanting], unrecorded=True)
    turns = sorted(_turns(hook, message), key=lambda turn: (turn.at, turn.opens))
    if not any(turn.opens for turn in turns):
        return Reading(["It is over, but nothing has said when it began; that message may still come."])
    return record(hook, list(_sightings(hook, turns)), now=now)


def _turns(hook: Hook, message: HookMessage) -> Iterator[_Turn]:
    rows = HookMessage.objects.filter(hook=hook, subject=message.subject) if message.subject else [message]
    for row in rows:
        turn = _turn(json.loads(bytes(row.body)))
        if turn is not None:
            yield turn


def _type_of(content: Mapping[str, Any]) -> str:
    event = content.get("event")
    kind = event.get("event_type") if isinstance(event, Mapping) else None
    return kind if isinstance(kind, str) else ""


def _turn(content: Mapping[str, Any]) -> _Turn | None:
    try:
        event = _Event.model_validate(content.get("event"))
    except ValidationError:
        return None
    if event.occurred_at is None or event.event_type not in OPENS | ENDS:
        return None
    return _Turn(event.occurred_at, event.event_type in OPENS, event.data)


def _sightings(hook: Hook, turns: Sequence[_Turn]) -> Iterator[Sighting]:
    """One for each opening, until the first end after it, or until it was opened again."""
    for number, turn in enumerate(turns):
        if not turn.opens:
            continue
        end = next((later.at for later in turns[number + 1 :] if later.at > turn.at), None)
        service = turn.incident.service
        yield Sighting(
            name_of(storable(turn.incident.id), turn.at.floor),
            storable(service.id)[:200],
            turn.at.floor,
            end.ceil if end else None,
            hook.severity,
            storable(": ".join(filter(None, (service.summary, turn.incident.title))))[:1000],
            storable(turn.incident.html_url or ""),
        )

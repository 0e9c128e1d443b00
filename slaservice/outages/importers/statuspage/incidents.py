"""Incidents as rows: new ones, and the feed's later edits, of which the history keeps what stood before."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from slaservice.history import operations as history
from slaservice.history.operations import Deed
from slaservice.outages.importers.instants import Instant
from slaservice.outages.importers.statuspage.values import FeedIncident, FeedUpdate
from slaservice.outages.models import Incident, IncidentUpdate
from slaservice.outages.operations.faults import is_web_address
from slaservice.outages.operations.life import By
from slaservice.rules.documents import canonical


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows by the feed's ids, and which of them this import made or changed."""

    rows: Mapping[str, Incident]
    new: frozenset[str]
    changed: frozenset[str]


def stored_incidents(incidents: Iterable[FeedIncident], *, source: str) -> dict[str, Incident]:
    """The rows of these incidents that are there."""
    ids = [incident.external_id for incident in incidents]
    return {row.external_id: row for row in Incident.objects.filter(source=source, external_id__in=ids)}


def store_incidents(
    incidents: Sequence[FeedIncident],
    *,
    rows: Mapping[str, Incident],
    before: Mapping[str, FeedIncident | None],
    source: str,
    by: By,
    now: datetime,
) -> Stored:
    """Adds what is not in `rows` and rewrites what differs from `before`, what the rows' payloads say."""
    new = [incident for incident in incidents if incident.external_id not in rows]
    changed = [one for one in incidents if one.external_id in rows and before[one.external_id] != one]
    made = Incident.objects.bulk_create(
        [Incident(source=source, external_id=one.external_id, **_columns(one)) for one in new]
    )
    IncidentUpdate.objects.bulk_create(
        [_update_row(row, update) for row, one in zip(made, new, strict=True) for update in one.updates]
    )
    history.record_many(by=by, action="incidents.import", deeds=[Deed(row) for row in made], at=now)
    for one in changed:
        _change(rows[one.external_id], one, by=by, now=now)
    return Stored(
        {**rows, **{row.external_id: row for row in made}},
        frozenset(one.external_id for one in new),
        frozenset(one.external_id for one in changed),
    )


def _change(row: Incident, incident: FeedIncident, *, by: By, now: datetime) -> None:
    """Rewrites the row. Updates are rewritten and added; one that the feed has dropped stays."""
    data = {"before": {"payload": row.payload, "payload_sha256": row.payload_sha256}}
    columns = _columns(incident)
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))
    known = {update.external_id: update.pk for update in row.updates.all()}
    for update in incident.updates:
        fresh = _update_row(row, update)
        fresh.pk = known.get(update.external_id)
        fresh.save(force_insert=fresh.pk is None, force_update=fresh.pk is not None)
    history.record(by=by, action="incidents.change", obj=row, data=data, at=now)


def _columns(incident: FeedIncident) -> dict[str, Any]:
    return {
        "title": incident.title[:500],
        "impact": incident.impact,
        "status": incident.status,
        "started_at": _floor(incident.started_at),
        "identified_at": _floor(incident.identified_at),
        "monitoring_at": _floor(incident.monitoring_at),
        "resolved_at": incident.resolved_at.ceil if incident.resolved_at else None,
        "public_url": incident.public_url if is_web_address(incident.public_url[:501]) else "",
        "payload": incident.payload,
        "payload_sha256": hashlib.sha256(canonical(incident.payload)).hexdigest(),
    }


def _update_row(row: Incident, update: FeedUpdate) -> IncidentUpdate:
    return IncidentUpdate(
        incident=row,
        external_id=update.external_id,
        status=update.status,
        body=update.body,
        displayed_at=update.displayed_at.floor,
        posted_at=_floor(update.posted_at),
        transitions=[[one.component, one.old, one.new] for one in update.transitions],
    )


def _floor(at: Instant | None) -> datetime | None:
    return at.floor if at else None

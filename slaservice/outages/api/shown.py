"""Recorded facts as JSON: codes, not row numbers; instants in UTC; who did what when."""

from datetime import datetime
from typing import Any

from slaservice.api.shapes import utc, utc_or_none
from slaservice.outages.api.shapes import (
    Deed,
    RecordedComponent,
    RecordedLife,
    RecordedMaintenance,
    RecordedName,
    RecordedOutage,
    RecordedTier,
)
from slaservice.outages.models import Component, CustomerTier, Maintenance, OutageWindow
from slaservice.rules.evidence import EVERY_COMPONENT


def component(row: Component) -> RecordedComponent:
    return {
        "code": row.code,
        "name": row.name,
        "starts_on": row.starts_on.isoformat() if row.starts_on else None,
        "ends_on": row.ends_on.isoformat() if row.ends_on else None,
        "position": row.position,
    }


def tier(row: CustomerTier) -> RecordedTier:
    return {"code": row.code, "name": row.name, "position": row.position}


def outage(row: OutageWindow) -> RecordedOutage:
    return {
        **_identity(row),
        "component": row.component.code,
        "tiers": _codes(row),
        "start": utc(row.start),
        "end": utc_or_none(row.end),
        "severity": row.severity,
        "affected_count": row.affected_count,
        "affected_of": row.affected_of,
        "basis": row.basis,
        "incident": f"{row.incident.source}:{row.incident.external_id}" if row.incident else None,
        "cause": row.cause,
        "note": row.note,
        "evidence_url": row.evidence_url,
        **_life(row),
    }


def maintenance(row: Maintenance) -> RecordedMaintenance:
    return {
        **_identity(row),
        "component": row.component.code if row.component else EVERY_COMPONENT,
        "tiers": _codes(row),
        "category": row.category,
        "start": utc(row.start),
        "end": utc(row.end),
        "title": row.title,
        "announced_at": utc_or_none(row.announced_at),
        "planned_start": utc_or_none(row.planned_start),
        "planned_end": utc_or_none(row.planned_end),
        "note": row.note,
        **_life(row),
    }


def _identity(row: OutageWindow | Maintenance) -> RecordedName:
    return {
        "id": row.pk,
        "reference": row.reference,
        "revision": row.revision,
        "state": row.state,
        "source": row.source,
        "external_id": row.external_id,
    }


def _life(row: OutageWindow | Maintenance) -> RecordedLife:
    """What became of it; `supersedes` is the id of the revision that it corrects."""
    return {
        "supersedes": row.supersedes_id,
        "proposed": _deed(row.proposed_at, row.proposed_by),
        "confirmed": _deed(row.confirmed_at, row.confirmed_by) if row.confirmed_at else None,
        "closed": {**_deed(row.closed_at, row.closed_by), "reason": row.close_reason}
        if row.closed_at
        else None,
    }


def _deed(at: datetime, by: Any) -> Deed:
    return {"at": utc(at), "by": by.get_username() if by else None}


def _codes(row: OutageWindow | Maintenance) -> list[str]:
    return sorted(one.code for one in row.tiers.all())

"""Recorded facts as JSON: codes, not row numbers; instants in UTC; who did what when."""

from datetime import datetime
from typing import Any

from slaservice.outages.models import Component, CustomerTier, Maintenance, OutageWindow
from slaservice.rules.evidence import EVERY_COMPONENT, instant_text
from slaservice.rules.intervals import instant

Json = dict[str, Any]


def component(row: Component) -> Json:
    return {
        "code": row.code,
        "name": row.name,
        "starts_on": row.starts_on and row.starts_on.isoformat(),
        "ends_on": row.ends_on and row.ends_on.isoformat(),
        "position": row.position,
    }


def tier(row: CustomerTier) -> Json:
    return {"code": row.code, "name": row.name, "position": row.position}


def outage(row: OutageWindow) -> Json:
    said = {
        "component": row.component.code,
        "tiers": _codes(row),
        "start": _utc(row.start),
        "end": _utc(row.end),
        "severity": row.severity,
        "affected_count": row.affected_count,
        "affected_of": row.affected_of,
        "basis": row.basis,
        "incident": f"{row.incident.source}:{row.incident.external_id}" if row.incident else None,
        "cause": row.cause,
        "note": row.note,
        "evidence_url": row.evidence_url,
    }
    return _identity(row) | said | _life(row)


def maintenance(row: Maintenance) -> Json:
    said = {
        "component": row.component.code if row.component else EVERY_COMPONENT,
        "tiers": _codes(row),
        "category": row.category,
        "start": _utc(row.start),
        "end": _utc(row.end),
        "title": row.title,
        "announced_at": _utc(row.announced_at),
        "planned_start": _utc(row.planned_start),
        "planned_end": _utc(row.planned_end),
        "note": row.note,
    }
    return _identity(row) | said | _life(row)


def _identity(row: Any) -> Json:
    return {
        "id": row.pk,
        "reference": row.reference,
        "revision": row.revision,
        "state": row.state,
        "source": row.source,
        "external_id": row.external_id,
    }


def _life(row: Any) -> Json:
    """What became of it; `supersedes` is the id of the revision that it corrects."""
    return {
        "supersedes": row.supersedes_id,
        "proposed": _deed(row.proposed_at, row.proposed_by),
        "confirmed": _deed(row.confirmed_at, row.confirmed_by),
        "closed": (_deed(row.closed_at, row.closed_by) or {}) | {"reason": row.close_reason}
        if row.closed_at
        else None,
    }


def _deed(at: datetime | None, by: Any) -> Json | None:
    return {"at": _utc(at), "by": by.get_username() if by else None} if at else None


def _codes(row: Any) -> list[str]:
    return sorted(one.code for one in row.tiers.all())


def _utc(at: datetime | None) -> str | None:
    return None if at is None else instant_text(instant(at))

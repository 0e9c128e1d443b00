"""Makes a statement's document from few arguments, worked out by the real rules. `kinds` has the ready ones."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from slaservice.rules.agreement import settle
from slaservice.rules.assessment import assess
from slaservice.rules.documents import (
    case_json,
    digest,
    parse_agreement,
    parse_case,
    result_json,
    total_json,
)

Json = dict[str, Any]

APRIL = {"kind": "calendar", "year": 2026, "month": 4, "months": 1, "timezone": "Europe/Berlin"}
NAMES = {
    "api": "Northwind API",
    "console": "Web console",
    "hooks": "Webhooks",
    "store": "Object storage",
    "sso": "Single sign-on",
}
BRACKETS = (("99.0", "99.95", "10"), ("95.0", "99.0", "25"), (None, "95.0", "100"))
WEIGHTS = {"major_outage": "1", "partial_outage": "3/10", "degraded_performance": "0"}


def brackets(rows: tuple[tuple[str | None, str | None, str], ...] = BRACKETS) -> Json:
    """A table of (from, below, credit) over the uptime."""
    ranges = [
        {"from": low, "from_closed": low is not None, "to": high, "to_closed": False, "credit": credit}
        for low, high, credit in rows
    ]
    return {"type": "brackets", "quantity": "uptime_percent", "ranges": ranges}


def terms(names: tuple[str, ...] = ("api",), **changes: Any) -> Json:
    """Terms of a usual contract; `changes` replace whole fields."""
    usual: Json = {
        "commitment_percent": "99.95",
        "signal": {"source": "windows", "severity_weight": WEIGHTS},
        "exclude": {
            "effect": "not_downtime",
            "notice_seconds": 259_200,
            "categories": ["scheduled_maintenance", "force_majeure"],
        },
        "components": {"names": list(names), "combine": "any_down" if len(names) > 1 else None},
        "credit": {"rules": [brackets()]},
        "cap": {"kind": "percent_of_base", "value": "50"},
        "money": {"currency": "EUR"},
        "claim": {"by": "customer", "deadline": {"n": 30, "unit": "days", "anchor": "period_end"}},
        "clauses": {
            "commitment_percent": "2.1",
            "signal.severity_weight": "2.3",
            "exclude": "4.1",
            "exclude.notice_seconds": "4.2",
            "credit.rules": "5.1",
            "cap": "5.3",
            "base": "5.2",
            "claim.deadline": "6.1",
        },
    }
    return usual | changes


def outage(
    start: str, minutes: float, *, component: str = "api", severity: str = "major_outage", **more: Any
) -> Json:
    """A window of so many minutes; `id` is made of what it is where none is given."""
    began = datetime.fromisoformat(start).astimezone(UTC)
    ended = began + timedelta(minutes=minutes)
    window = {"component": component, "start": _text(began), "end": _text(ended), "severity": severity}
    return {**window, "id": f"W-{began:%m%d%H%M}-{component}", **more}


def maintenance(
    start: str, minutes: float, *, ahead_hours: float | None = 96, component: str = "*", **more: Any
) -> Json:
    """Scheduled maintenance, announced so many hours ahead."""
    began = datetime.fromisoformat(start).astimezone(UTC)
    announced = None if ahead_hours is None else _text(began - timedelta(hours=ahead_hours))
    window = {"component": component, "start": _text(began), "end": _text(began + timedelta(minutes=minutes))}
    return {**window, "announced_at": announced, "id": f"M-{began:%m%d}", **more}


def case(name: str, terms: Json, evidence: Json, incidents: list[Json] | None = None) -> Json:
    """A commitment with its result, as a statement freezes it."""
    parsed = parse_case({"terms": terms, "input": {"period": APRIL, "fee": "8125.00", **evidence}})
    return {
        "id": name,
        "title": name,
        "incidents": incidents or [],
        **case_json(parsed),
        "expected": result_json(assess(parsed)),
    }


def incident(reference: str, title: str, *windows: Json) -> Json:
    """An incident to which windows belong."""
    ids = [window["id"] for window in windows]
    return {
        "reference": reference,
        "title": title,
        "start": windows[0]["start"],
        "end": windows[-1]["end"],
        "impact": "major",
        "url": f"https://status.northwind.example/incidents/{reference}",
        "windows": ids,
    }


def statement(
    cases: list[Json], *, agreement: Json | None = None, identity: Mapping[str, Any] | None = None
) -> Json:
    """A statement's document of these cases."""
    result, period = cases[0]["expected"], cases[0]["input"]["period"]
    joint = agreement or {"overlap": "stack", "cap": None}
    settled = settle(parse_agreement(joint), {c["id"]: assess(parse_case(c)) for c in cases})
    known: Json = {
        "vendor": {
            "name": "Northwind Cloud",
            "address": "Northwind Cloud GmbH\nSpeicherstraße 12\n20457 Hamburg\nGermany",
            "contact": "sla@northwind.example",
        },
        "customer": {
            "name": "Acme Logistics",
            "legal_name": "Acme Logistics GmbH & Co. KG",
            "address": "Hafenstraße 7\n28217 Bremen\nGermany",
        },
        "contract": {"number": "C-10482", "title": "Platform Enterprise", "version": 2},
        "tier": "enterprise",
        "period": {
            "label": "",
            "start": result["period_start"],
            "end": result["period_end"],
            "timezone": period["timezone"],
            "months": period.get("months", 1),
        },
        "revision": 1,
        "supersedes": None,
        "components": NAMES,
        "currency": cases[0]["terms"]["money"]["currency"],
        "engine": "1.0.0",
        "tzdata": "2026b",
    }
    return {
        "identity": known | dict(identity or {}),
        "agreement": joint,
        "cases": cases,
        "total": total_json(settled),
    }


def printed(document: Json) -> Json:
    """The other arguments of `render` for an issued statement."""
    return {
        "number": "SLA-2026-000042",
        "digest": digest(document),
        "issued_on": datetime(2026, 5, 5, 7, 30, tzinfo=UTC),
    }


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

"""Makes a statement's document from few arguments, worked out by the real rules. `kinds` has the ready ones."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from slaservice.rules.agreement import settle
from slaservice.rules.assessment import assess
from slaservice.rules.documents import (
    canonical,
    case_json,
    digest_of,
    parse_agreement,
    parse_case,
    result_json,
    total_json,
)
from slaservice.rules.evidence import instant_text
from slaservice.rules.periods import local_midnight

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
        "verify": "https://sla.northwind.example/verify/",
    }
    return {
        "identity": known | dict(identity or {}),
        "agreement": joint,
        "cases": cases,
        "total": total_json(settled),
    }


def trend(
    before: tuple[int, int], uptimes: list[str | None], *names: str, months: int = 1, target: str = "99.95"
) -> list[Json]:
    """Earlier periods of so many months each, the last one ending where (year, month) begins; None: nothing was issued.

    Each further name has an uptime a tenth of the way nearer to 100.
    """
    first = (before[0] * 12 + before[1] - 1) - months * len(uptimes)
    starts = [
        date(month // 12, month % 12 + 1, 1)
        for month in range(first, first + months * len(uptimes) + 1, months)
    ]
    bounds = [instant_text(local_midnight(start, ZoneInfo("Europe/Berlin"))) for start in starts]
    return [
        {
            "start": start,
            "end": end,
            "number": uptime and f"SLA-{start[:4]}-{start[5:7]}0042",
            "commitments": [
                _figure(name, place, uptime, target) for place, name in enumerate(names) if uptime
            ],
        }
        for start, end, uptime in zip(bounds[:-1], bounds[1:], uptimes, strict=True)
    ]


def _figure(name: str, place: int, uptime: str, target: str) -> Json:
    shown = 100 - (100 - Decimal(uptime)) * (10 - place) / 10
    return {
        "name": name,
        "commitment_percent": target,
        "uptime_percent": f"{shown:.6f}",
        "met": shown >= Decimal(target),
    }


def revision(number: int, currency: str, cases: list[tuple[str, str, str, str]], changes: list[Json]) -> Json:
    """An earlier revision: (commitment, downtime in seconds, uptime, credit) of each case, and what was recorded otherwise."""
    return {
        "number": f"SLA-2026-{number:06}",
        "revision": number,
        "issued_at": f"2026-0{4 + number}-05T07:30:00Z",
        "currency": currency,
        "owed": f"{sum(Decimal(credit) for *_, credit in cases)}",
        "cases": [
            {
                "id": name,
                "downtime_seconds": downtime,
                "uptime_percent": uptime,
                "applicable": True,
                "credit_amount": credit,
            }
            for name, downtime, uptime, credit in cases
        ],
        "changes": changes,
    }


def changed(case: str | None, fact: str, how: str = "changed", *names: str) -> Json:
    """What is recorded otherwise of a case."""
    return {"case": case, "fact": fact, "how": how, "names": list(names)}


def printed(document: Json) -> Json:
    """The other arguments of `render` for an issued statement."""
    return {
        "number": "SLA-2026-000042",
        "digest": digest_of(canonical(document), engine=document["identity"]["engine"]),
        "issued_on": datetime(2026, 5, 5, 7, 30, tzinfo=UTC),
    }


def _text(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")

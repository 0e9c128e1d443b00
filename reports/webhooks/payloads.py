"""What an event tells: public ids, numbers, links and the few facts that a receiver needs, all of which the API shows too."""

from datetime import datetime
from typing import Any

from reports.models import ServiceCredit, Standing, Statement, WebhookEvent
from slaservice.outages.models import OutageWindow
from slaservice.rules.documents import canonical
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import instant
from slaservice.rules.money import Money

Json = dict[str, Any]

API = "/api/v1"


def body_of(event: WebhookEvent) -> bytes:
    """The body of every attempt, the same to the byte."""
    return canonical({"type": event.type, "timestamp": utc(event.occurred_at), "data": event.data})


def utc(at: datetime) -> str:
    return instant_text(instant(at))


def of_statement(statement: Statement, granted_minor: int) -> Json:
    """An issued statement, and what of its credit was granted with it."""
    return {
        "statement": statement.public_id,
        "number": statement.number,
        "contract": statement.contract.number,
        "period": _period(statement.period_label, statement.period_start, statement.period_end),
        "revision": statement.revision,
        "supersedes": statement.supersedes.number if statement.supersedes else None,
        "commitment_met": statement.met,
        "credit": {
            "currency": statement.currency,
            "owed": str(Money(statement.credit_minor, statement.currency)),
            "granted": str(Money(granted_minor, statement.currency)),
        },
        "digest": statement.digest,
        "link": f"{API}/statements/{statement.public_id}",
    }


def of_credit(statement: Statement, credit: ServiceCredit) -> Json:
    """The credit of an issued statement, granted."""
    return {
        "statement": statement.public_id,
        "number": statement.number,
        "contract": statement.contract.number,
        "period": _period(statement.period_label, statement.period_start, statement.period_end),
        "currency": credit.currency,
        "amount": str(Money(credit.amount_minor, credit.currency)),
        "link": f"{API}/statements/{statement.public_id}",
    }


def of_outage(window: OutageWindow, state: str) -> Json:
    """A revision of an outage that was confirmed; `state` says what became of it: confirmed, withdrawn or superseded."""
    return {
        "outage": window.public_id,
        "reference": window.reference,
        "state": state,
        "revision": window.revision,
        "component": window.component.code,
        "severity": window.severity,
        "start": utc(window.start),
        "end": utc(window.end) if window.end else None,
        "link": f"{API}/outages/{window.public_id}",
    }


def of_standing(standing: Standing) -> Json:
    """How a commitment stands in its running period. Provisional: what is recorded later may change it."""
    return {
        "contract": standing.contract.number,
        "commitment": standing.name,
        "period": _period(standing.period_label, standing.period_start, standing.period_end),
        "commitment_percent": standing.commitment_percent,
        "uptime_percent": standing.uptime_percent,
        "downtime_seconds": standing.downtime_seconds,
        "allowed_downtime_seconds": standing.allowed_seconds,
        "as_of": utc(standing.exposure.at),
        "provisional": True,
        "link": f"{API}/contracts/{standing.contract.public_id}",
    }


def _period(label: str, start: datetime, end: datetime) -> Json:
    return {"label": label, "start": utc(start), "end": utc(end)}

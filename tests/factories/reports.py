"""Closed months, made through the operations: a contract, an outage, a draft, a decided credit, an issued statement."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from accounts.models import Contract, ContractVersion
from reports import closing, operations
from reports.inputs import Gathered, gather
from reports.models import ServiceCredit, Statement
from reports.periods import plans
from slaservice.outages.models import MeasurementGap, OutageWindow
from slaservice.outages.operations import (
    RequestCountRow,
    confirm,
    confirm_gap,
    propose_outage,
    record_gap,
    record_request_counts,
)
from slaservice.rules.intervals import moment
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import a_component, a_contract, a_person, a_tier

MONTH = "2026-04"
CLOSED = datetime(2026, 5, 5, 9, 0, tzinfo=UTC)
"""When April is closed in these tests."""


def april(day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """An instant of April 2026 in UTC."""
    return datetime(2026, 4, day, hour, minute, second, tzinfo=UTC)


def a_proposal(
    start: datetime | None = None, end: datetime | None = None, *, still_open: bool = False, **values: Any
) -> OutageWindow:
    """A major outage of the API for the enterprise tier, from noon to two on 10 April, that nobody has decided on."""
    chosen: dict[str, Any] = {
        "component": a_component("api"),
        "tiers": [a_tier("enterprise")],
        "start": start or april(10, 12),
        "end": None if still_open else end or april(10, 14),
        "severity": "major_outage",
        "basis": "operator",
        "by": None,
        "now": CLOSED,
        **values,
    }
    return propose_outage(**chosen)


def an_outage(start: datetime | None = None, end: datetime | None = None, **values: Any) -> OutageWindow:
    """The same, confirmed."""
    return confirm(window=a_proposal(start, end, **values), by=None, now=values.get("now", CLOSED))


def a_draft(contract: Contract | None = None, *, now: datetime = CLOSED) -> Statement:
    """The draft of April for a contract."""
    contract = contract or a_contract()
    closing.close_chunk(month=MONTH, contracts=[contract.pk], now=now)
    return Statement.objects.get(contract=contract, month=MONTH, state=Statement.DRAFT)


def a_missed_draft(contract: Contract | None = None) -> Statement:
    """April with two hours down: a draft whose credit waits."""
    an_outage()
    return a_draft(contract)


def an_approved(statement: Statement, *, now: datetime = CLOSED) -> Statement:
    """The draft with its credit, if any, approved as computed."""
    credit = ServiceCredit.objects.filter(statement=statement).first()
    if credit is not None:
        operations.approve(credit=credit, by=a_person(FINANCE_APPROVER), now=now)
    return statement


def an_issued(
    contract: Contract | None = None, *, statement: Statement | None = None, now: datetime = CLOSED
) -> Statement:
    """April, issued."""
    draft = an_approved(statement or a_draft(contract, now=now), now=now)
    return operations.issue(statement=draft, by=a_person(FINANCE_CLERK), now=now)


def gather_for(*, month: str, contracts: Collection[int], now: datetime) -> list[Gathered]:
    """What a close of these contracts would judge by; nothing is written."""
    versions = ContractVersion.objects.filter(contract__in=contracts).order_by("contract_id", "number")
    planned = plans(month, versions.select_related("contract__customer", "tier"))
    return gather([plan for plan in planned if moment(plan.period.end) <= now])


def a_count(start: datetime, **values: Any) -> None:
    """An hour of the API for the enterprise tier: 1,000 requests, of which 20 failed."""
    chosen: dict[str, Any] = {"seconds": 3600, "total": 1000, "failed": 20, **values}
    chosen.setdefault("component", a_component("api"))
    chosen.setdefault("tier", a_tier("enterprise"))
    reason, now = chosen.pop("reason", ""), chosen.pop("now", CLOSED)
    record_request_counts(
        rows=[RequestCountRow(start=start, **chosen)], source="probe", by=None, now=now, reason=reason
    )


def a_gap(start: datetime, end: datetime | None, **values: Any) -> MeasurementGap:
    """Nothing measured the API; confirmed."""
    chosen: dict[str, Any] = {"component": a_component("api"), "cause": "The probe was down.", **values}
    return confirm_gap(
        gap=record_gap(start=start, end=end, by=None, now=CLOSED, **chosen), by=None, now=CLOSED
    )

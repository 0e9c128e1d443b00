"""A quarter that was issued month by month, and what a late correction of it drafts."""

from datetime import UTC, datetime, timedelta
from typing import Any

from accounts.models import Contract
from reports import closing, following, operations
from reports.models import ServiceCredit, Statement
from slaservice.history import sealing
from slaservice.outages.models import OutageWindow
from slaservice.outages.operations import correct
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import TERMS, a_contract, a_person, a_promise, an_agreement
from tests.factories.reports import MONTH, an_outage

QUARTER = ("2026-04", "2026-05", "2026-06")
LATE = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)
"""When somebody finds out what April was really like."""


def the_tenth(month: str, hour: int = 12) -> datetime:
    return datetime(int(month[:4]), int(month[5:]), 10, hour, tzinfo=UTC)


def after(month: str) -> datetime:
    """Early in the month that follows, when a month is closed and issued."""
    first = the_tenth(month).replace(day=1) + timedelta(days=32)
    return first.replace(day=5, hour=9)


def down(month: str, hours: int = 2, *, now: datetime | None = None) -> OutageWindow:
    """The API was down for hours from noon of the 10th: 2 hours owe 10 %, 8 to 35 hours 25 %."""
    start = the_tenth(month)
    return an_outage(start, start + timedelta(hours=hours), now=now or after(month))


def a_contract_with(agreed: dict[str, Any] | None = None, **terms: Any) -> Contract:
    """1,250.00 a month, terms and agreement changed as said."""
    return a_contract(
        agreement=an_agreement(promises=[a_promise(terms={**TERMS, **terms})], **(agreed or {}))
    )


def draft_of(contract: Contract, month: str) -> Statement:
    return Statement.objects.get(contract=contract, month=month, state=Statement.DRAFT)


def issue_month(contract: Contract, month: str, *, now: datetime) -> Statement:
    """Closed, its credit approved as computed, issued."""
    closing.close_chunk(month=month, contracts=[contract.pk], now=now)
    return issue_draft(draft_of(contract, month), now=now)


def issue_draft(draft: Statement, *, now: datetime) -> Statement:
    for credit in ServiceCredit.objects.filter(statement=draft, state__in=["proposed", "adjusted"]):
        operations.approve(credit=credit, by=a_person(FINANCE_APPROVER), now=now)
    return operations.issue(statement=draft, by=a_person(FINANCE_CLERK), now=now)


def issue_quarter(contract: Contract) -> list[Statement]:
    return [issue_month(contract, month, now=after(month)) for month in QUARTER]


def follow(now: datetime = LATE) -> None:
    """What the sweeps do: seal, follow, close again."""
    sealing.seal(now=now)
    following.catch_up(now=now)


def drafted(contract: Contract) -> dict[str, tuple[int, int, int]]:
    """The drafts by month: revision, minor units owed, minor units of the credit to be decided (0: none)."""
    drafts = Statement.objects.filter(contract=contract, state=Statement.DRAFT).select_related("credit")
    return {
        draft.month: (
            draft.revision,
            draft.credit_minor,
            draft.credit.amount_minor if hasattr(draft, "credit") else 0,
        )
        for draft in drafts
    }


def longer(window: OutageWindow, hours: int) -> None:
    """April's outage turns out to have lasted as many hours."""
    correct(window=window, by=None, now=LATE, reason="found in the logs", end=the_tenth(MONTH, 12 + hours))


def issued_bodies() -> dict[str, str]:
    return {
        str(one.number): one.body + one.digest for one in Statement.objects.filter(state=Statement.ISSUED)
    }

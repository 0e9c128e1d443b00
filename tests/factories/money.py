"""Credits that are claimed, capped over months, granted and settled: made through the operations."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import User

from accounts.models import Contract, Customer
from reports import closing, operations
from reports.models import Claim, Dispute, Posting, ServiceCredit, Statement
from reports.operations.disputes import Seen
from slaservice.outages.models import OutageWindow
from slaservice.rules.workflow import ACCOUNT_MANAGER, FINANCE_APPROVER, FINANCE_CLERK
from tests.factories.accounts import TERMS, a_contract, a_customer, a_person, a_promise, an_agreement
from tests.factories.reports import CLOSED, a_draft, an_issued, an_outage

AUTUMN = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
"""When all the months of these tests are over."""

RECEIVED = datetime(2026, 5, 5, 8, 0, tzinfo=UTC)
TOO_LATE = datetime(2026, 6, 4, 22, 0, tzinfo=UTC)
"""The end of 4 June in Berlin, 30 days after the issue: from then on April is not claimed any more."""

BY_CUSTOMER = {"by": "customer", "deadline": {"n": 30, "unit": "days", "anchor": "period_end"}}


def a_contract_with(customer: Customer | None = None, agreement: Any = None, **terms: Any) -> Contract:
    """A contract whose one commitment has other terms."""
    promise = a_promise(terms={**TERMS, **terms})
    return a_contract(customer, agreement=an_agreement(promises=[promise], **(agreement or {})))


def a_capped_contract(value: str, per: str = "contract_year") -> Contract:
    """A contract whose commitment pays so much money at most over a window."""
    return a_contract_with(cap={"kind": "amount", "value": value, "per": per})


def missed_months(contract: Contract, count: int, *, year: int = 2026, first: int = 4) -> list[ServiceCredit]:
    """The credits of so many months with two hours down each, EUR 125.00 every month; all are drafts."""
    credits = []
    for month in range(first, first + count):
        an_outage(
            datetime(year, month, 10, 12, tzinfo=UTC), datetime(year, month, 10, 14, tzinfo=UTC), now=AUTUMN
        )
        name = f"{year}-{month:02}"
        closing.close_chunk(month=name, contracts=[contract.pk], now=AUTUMN)
        credits.append(ServiceCredit.objects.get(statement__contract=contract, statement__month=name))
    return credits


def an_approval(credit: ServiceCredit, *, now: datetime = AUTUMN) -> ServiceCredit:
    return operations.approve(credit=credit, by=a_person(FINANCE_APPROVER), now=now)


def _missed(contract: Contract | None) -> Statement:
    """April with two hours down: the same two, however many contracts miss it."""
    if not OutageWindow.objects.exists():
        an_outage()
    return a_draft(contract)


def a_granted(contract: Contract | None = None) -> ServiceCredit:
    """EUR 125.00 for April, approved and issued."""
    return ServiceCredit.objects.get(statement=an_issued(statement=_missed(contract)))


def a_claimable(*, issued: bool = True, contract: Contract | None = None) -> ServiceCredit:
    """EUR 125.00 for April that the customer must claim before 5 June in Berlin; a draft says 31 May yet."""
    draft = _missed(contract or a_contract_with(claim=BY_CUSTOMER))
    if issued:
        operations.issue(statement=draft, by=a_person(FINANCE_CLERK), now=CLOSED)
    return ServiceCredit.objects.get(statement=draft)


def a_claim(credit: ServiceCredit | None = None, *, by: User | None = None, **values: Any) -> Claim:
    """A claim that reached a person of finance, two hours before it was recorded."""
    chosen: dict[str, Any] = {
        "claimant": "Jane Roe",
        "text": "The API was down on 10 April.",
        "received_at": RECEIVED,
        "now": CLOSED,
        **values,
    }
    return operations.file_claim(credit=credit or a_claimable(), by=by or a_person(FINANCE_CLERK), **chosen)


def an_account_manager(customer: Customer | None = None) -> tuple[User, Customer]:
    """One with a customer in their care."""
    manager = a_person(ACCOUNT_MANAGER)
    return manager, customer or a_customer(account_manager=manager)


def held_by(statement: Statement) -> dict[str, int]:
    """What the accounts hold for a statement, added up posting by posting; accounts that hold nothing are left out."""
    held: dict[str, int] = {}
    for posting in Posting.objects.filter(statement=statement):
        held[posting.debit_account] = held.get(posting.debit_account, 0) - posting.amount_minor
        held[posting.credit_account] = held.get(posting.credit_account, 0) + posting.amount_minor
    return {account: minor for account, minor in held.items() if minor}


def a_dispute(statement: Statement | None = None, *, by: User | None = None, **values: Any) -> Dispute:
    """A dispute of April that reached a person of finance: the API was down for three hours more on 12 April."""
    chosen: dict[str, Any] = {
        "claimant": "Jane Roe",
        "text": "The API was down on 12 April too.",
        "windows": [a_seen()],
        "now": CLOSED,
        **values,
    }
    return operations.file_dispute(
        statement=statement or a_granted().statement, by=by or a_person(FINANCE_CLERK), **chosen
    )


def a_seen(**values: Any) -> Seen:
    chosen: dict[str, Any] = {
        "component": "api",
        "start": datetime(2026, 4, 12, 9, 0, tzinfo=UTC),
        "end": datetime(2026, 4, 12, 12, 0, tzinfo=UTC),
        "text": "Nothing answered.",
        **values,
    }
    return Seen(**chosen)

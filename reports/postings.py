"""Posting what credits do, and what the accounts hold: per statement, per contract, per customer; currencies are never mixed.

A posting is made from what a credit says now, not from what it did: what moves is the difference to what the statement's accounts
hold. So whoever changes a credit posts its new state and amount, holding the statement's row, and the balances follow.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import F, QuerySet, Sum, Value

from reports.models import Posting, Statement
from slaservice import bulk
from slaservice.rules.intervals import instant
from slaservice.rules.periods import local_date, zone_named
from slaservice.rules.postings import ACCOUNTS, transfers


@dataclass(frozen=True, slots=True)
class Change:
    """What the credit of a statement has come to: its state (None: there is none any more) and amount, from which day on.

    The statement's contract is loaded.
    """

    statement: Statement
    state: str | None
    amount_minor: int
    effective_on: date


@dataclass(frozen=True, slots=True)
class Balance:
    """What the accounts hold in one currency, as credit balances in minor units; `of` is the id that was asked by."""

    of: int
    currency: str
    accounts: Mapping[str, int]


def day_of(now: datetime) -> date:
    """The day of a deed, for the books: the vendor's."""
    return local_date(instant(now), zone_named(settings.VENDOR_TIME_ZONE))


def post_many(changes: Iterable[Change], *, deed: str, by: User | None, now: datetime) -> list[Posting]:
    """Post what moves; nothing where nothing does. Two queries, however many changes."""
    changes = list(changes)
    held = _held(change.statement.pk for change in changes)
    return bulk.insert(
        Posting(
            customer_id=change.statement.contract.customer_id,
            contract_id=change.statement.contract_id,
            statement=change.statement,
            deed=deed,
            debit_account=transfer.debit,
            credit_account=transfer.credit,
            currency=currency,
            amount_minor=transfer.minor,
            effective_on=change.effective_on,
            at=now,
            by=by,
        )
        for change in changes
        for currency, accounts, state in _by_currency(change, held[change.statement.pk])
        for transfer in transfers(accounts, state, change.amount_minor)
    )


def post(
    *,
    statement: Statement,
    state: str | None,
    amount_minor: int,
    deed: str,
    by: User | None,
    now: datetime,
) -> list[Posting]:
    """Post what a deed of today did to one statement's credit."""
    return post_many([Change(statement, state, amount_minor, day_of(now))], deed=deed, by=by, now=now)


def _by_currency(
    change: Change, held: Mapping[str, Mapping[str, int]]
) -> Iterable[tuple[str, Mapping[str, int], str | None]]:
    """The statement's currency, and any other that is still held since a draft was computed in it: that one is let go."""
    own = change.statement.currency
    yield own, held.get(own, {}), change.state
    yield from ((currency, accounts, None) for currency, accounts in held.items() if currency != own)


def _held(statements: Iterable[int]) -> dict[int, dict[str, dict[str, int]]]:
    """Statement -> currency -> account -> what it holds."""
    held: dict[int, dict[str, dict[str, int]]] = defaultdict(dict)
    for balance in balances(Posting.objects.filter(statement__in=list(statements)), by="statement"):
        held[balance.of][balance.currency] = dict(balance.accounts)
    return held


def balances(postings: QuerySet[Posting], *, by: str = "") -> list[Balance]:
    """What postings add up to, by "statement", "contract" or "customer" and currency, in that order. One query.

    Without `by` all of them together, by currency; `of` is 0 then.
    """
    sums: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: dict.fromkeys(ACCOUNTS, 0))
    moved = (
        postings.order_by()
        .annotate(of=F(f"{by}_id") if by else Value(0))
        .values_list("of", "currency", "debit_account", "credit_account")
        .annotate(Sum("amount_minor"))
    )
    for of, currency, debit, credit, minor in moved:
        sums[of, currency][debit] -= int(minor)
        sums[of, currency][credit] += int(minor)
    return [Balance(of, currency, accounts) for (of, currency), accounts in sorted(sums.items(), key=_order)]


def _order(item: tuple[tuple[int, str], dict[str, int]]) -> tuple[int, str]:
    return item[0]

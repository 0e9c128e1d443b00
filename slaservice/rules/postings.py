"""Where credit money stands: the accounts, and what moves between them when a credit changes. Double entry.

A credit stands in one account, against SLA credits as contra revenue. What a change moves is the difference between where the
money was and where it belongs now, so that the postings of a statement always add up to what its credit says.

A closed book is not written into. What a first statement is computed to owe accrues in its period, as of its last day. A
restatement is of a period whose book may be closed, and in the ERP: it is an event of the day on which it is drafted, like every
decision, and its posting names the period beside its date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

CONTRA_REVENUE, ACCRUED, PAYABLE, APPLIED, EXPIRED = (
    "contra_revenue",
    "accrued",
    "payable",
    "applied",
    "expired",
)

ACCOUNTS = (CONTRA_REVENUE, ACCRUED, PAYABLE, APPLIED, EXPIRED)

CHART = {
    # account        number, name in the journal; an installation may have numbers of its own
    CONTRA_REVENUE: ("4900", "SLA credits (contra revenue)"),
    ACCRUED: ("2310", "SLA credits accrued"),
    PAYABLE: ("2320", "SLA credits payable"),
    APPLIED: ("2330", "SLA credits applied to bills"),
    EXPIRED: ("4910", "SLA credits expired"),
}

STANDS_IN = {
    # state of the credit      account that holds its amount
    "claimable": ACCRUED,
    "proposed": ACCRUED,
    "adjusted": ACCRUED,
    "approved": PAYABLE,
    "applied": APPLIED,
    "expired": EXPIRED,
    # rejected, superseded, none: nothing is held, the revenue is whole again
}


@dataclass(frozen=True, slots=True)
class Transfer:
    """`minor` (over 0, minor units) goes out of `credit` and into `debit`, as accounts are debited and credited."""

    debit: str
    credit: str
    minor: int


def accrues_on(revision: int, last_day: date, today: date) -> date:
    """From which day on a draft's credit is in the books: a first statement's from its period's end, another's from today."""
    return last_day if revision == 1 else today


def transfers(held: Mapping[str, int], state: str | None, amount: int) -> list[Transfer]:
    """What must move so that `amount` (minor units, negative where taken back) stands where `state` says, and nothing else.

    `held`: what the accounts but contra revenue hold for this statement now, as credit balances. None: there is no credit.
    """
    wanted = {STANDS_IN[state]: amount} if state in STANDS_IN else {}
    more = {name: wanted.get(name, 0) - held.get(name, 0) for name in ACCOUNTS if name != CONTRA_REVENUE}
    more[CONTRA_REVENUE] = -sum(more.values())
    moved = []
    takers = [name for name in more if more[name] > 0]
    for giver in [name for name in more if more[name] < 0]:
        while more[giver]:
            minor = min(-more[giver], more[takers[0]])
            moved.append(Transfer(debit=giver, credit=takers[0], minor=minor))
            more[giver] += minor
            more[takers[0]] -= minor
            if not more[takers[0]]:
                takers.pop(0)
    return moved

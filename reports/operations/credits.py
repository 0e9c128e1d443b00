"""Deciding on a credit: adjusted by one person, approved or rejected by another."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from accounts.models.constraints import MOST_MINOR_UNITS
from reports.models import ServiceCredit, Statement
from reports.models.claims import REJECTED
from reports.operations.caps import granted_before, require_room, takes_back
from reports.operations.moves import lock, move, required
from reports.operations.reasons import given, noted
from slaservice.history import operations as history
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal


@transaction.atomic
def adjust(*, credit: ServiceCredit, amount: str, reason: str, by: User, now: datetime) -> ServiceCredit:
    """Put another amount before the approvers, in text of the credit's currency ("120.00"), with the reason why.

    No more than the caps leave. Below nothing only where the contract lets a correction take back what was granted, and no
    more than was.
    """
    history.require(by, required("adjust"))
    money = Money.parse(amount, credit.currency)
    why = given(reason)
    statement = lock(credit)
    least = -granted_before(statement) if _takes_back(statement) else 0
    if not least <= money.minor <= MOST_MINOR_UNITS:
        raise Refusal(
            "amount_out_of_bounds", f"{amount} {credit.currency} is not an amount that can be credited."
        )
    require_room(statement, money, code="above_the_cap")
    return move(
        "adjust",
        credit=credit,
        statement=statement,
        by=by,
        now=now,
        reason=why,
        changes={"amount_minor": money.minor, "adjusted_by": by},
    )


def _takes_back(statement: Statement) -> bool:
    """Whether it is a correction, of a period in which one may take back what was granted."""
    return statement.revision > 1 and takes_back(statement, statement.contract.versions.all())


@transaction.atomic
def approve(*, credit: ServiceCredit, by: User, now: datetime, reason: str = "") -> ServiceCredit:
    """Grant the amount as it stands, within the caps by what else is granted now. Whoever adjusted it or claimed it cannot.

    The contract's row is held meanwhile, so that of two approvals against one cap the second sees the first.
    """
    history.require(by, required("approve"))
    why = noted(reason)
    statement = lock(credit)
    _refuse_own_change(credit, by)
    require_room(statement, Money(credit.amount_minor, credit.currency), code="over_the_cap")
    return move(
        "approve",
        credit=credit,
        statement=statement,
        by=by,
        now=now,
        reason=why,
        changes={"decided_by": by, "decided_at": now},
    )


@transaction.atomic
def reject(*, credit: ServiceCredit, reason: str, by: User, now: datetime) -> ServiceCredit:
    """Grant nothing, and say why."""
    history.require(by, required("reject"))
    why = given(reason)
    statement = lock(credit)
    _refuse_own_change(credit, by)
    return move(
        "reject",
        credit=credit,
        statement=statement,
        by=by,
        now=now,
        reason=why,
        changes={"decided_by": by, "decided_at": now},
    )


def _refuse_own_change(credit: ServiceCredit, by: User) -> None:
    if credit.adjusted_by_id == by.pk:
        raise Refusal("own_change", "Whoever changed an amount does not decide on it: a second person must.")
    if credit.claims.exclude(state=REJECTED).filter(filed_by=by).exists():
        raise Refusal(
            "own_change", "Whoever filed the claim does not decide on its credit: a second person must."
        )

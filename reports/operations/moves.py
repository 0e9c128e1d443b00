"""One move of a credit: from the table, as a conditional UPDATE, with its decision, its posting and its line of history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from accounts.models import Contract
from reports import postings
from reports.models import CreditDecision, ServiceCredit, Statement
from slaservice.history import operations as history
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import CREDIT_MOVES

DECISIONS = {"claim": "claim", "claim in part": "claim", "lapse": "expire"}
"""What a move is called among the decisions, where that is not its own name."""


def lock(credit: ServiceCredit) -> Statement:
    """Take the rows that money is decided under, always in this order: the contract's, whose caps bind, then the statement's."""
    contract = Statement.objects.values_list("contract_id", flat=True).get(pk=credit.statement_id)
    Contract.objects.select_for_update().get(pk=contract)
    return (
        Statement.objects.select_for_update(of=("self",))
        .select_related("contract__customer")
        .get(pk=credit.statement_id)
    )


@transaction.atomic
def move(
    verb: str,
    *,
    credit: ServiceCredit,
    statement: Statement,
    by: User | None,
    now: datetime,
    reason: str,
    changes: Mapping[str, Any] | None = None,
) -> ServiceCredit:
    """Move a credit, if it is still as the person saw it. The caller has locked the statement and asked whether `by` may.

    Each draft proposes anew, so that what was seen on another draft does not move even where the amount is the same.
    """
    step = CREDIT_MOVES[verb]
    moved = ServiceCredit.objects.filter(
        pk=credit.pk,
        state__in=step.origin,
        proposed_at=credit.proposed_at,
        amount_minor=credit.amount_minor,
        adjusted_by=credit.adjusted_by_id,
    ).update(state=step.target, reason=reason, **(changes or {}))
    if moved != 1:
        raise Refusal("credit_changed", "The credit has changed or is decided already: look at it again.")
    credit.refresh_from_db()
    action = DECISIONS.get(verb, verb)
    CreditDecision.objects.create(
        statement=statement,
        action=action,
        digest=statement.digest,
        currency=credit.currency,
        amount_minor=credit.amount_minor,
        reason=reason,
        by=by,
        at=now,
    )
    postings.post(
        statement=statement,
        state=credit.state,
        amount_minor=credit.amount_minor,
        deed=action,
        by=by,
        now=now,
    )
    history.record(
        by=by,
        action=f"credits.{action}",
        obj=credit,
        reason=reason,
        at=now,
        data={
            "state": credit.state,
            "amount_minor": credit.amount_minor,
            "currency": credit.currency,
            "digest": statement.digest,
        },
    )
    return credit


def required(verb: str) -> str:
    """The permission that a move takes of a person."""
    action = CREDIT_MOVES[verb].action
    assert action is not None
    return action

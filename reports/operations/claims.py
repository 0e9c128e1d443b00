"""Claims: filed in time, by the customer or by one of our people for it; accepted in full or in part, or rejected with a reason.

An accepted claim puts the credit before the approvers; a rejected one leaves it claimable until its time is over. In time is
what was received in time: our people may record it when the credit has lapsed already. Where terms that were amended meanwhile
need no claim any more, accepting it closes it, and the credit goes its way.
"""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from accounts.models import ApiKey
from accounts.operations.fields import Faults
from accounts.operations.permission import require_for
from reports.models import Claim, CreditDecision, ServiceCredit, Statement
from reports.models.claims import ACCEPTED, FILED, PARTLY_ACCEPTED, REJECTED
from reports.operations.moves import lock, move, required
from reports.operations.reasons import given, noted
from slaservice.history import operations as history
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import instant
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import GRANTED, WAITS_FOR_FINANCE

LONGEST_CLAIMANT = 75
"""So that claimant and customer fit into one line of history."""

LONGEST_TEXT = 5000


@transaction.atomic
def file_claim(
    *,
    credit: ServiceCredit,
    claimant: str,
    text: str,
    received_at: datetime,
    now: datetime,
    by: User | None = None,
    key: ApiKey | None = None,
) -> Claim:
    """Record that the customer claims the credit: in person by its key, or by one of our people on its behalf.

    The instant that the claim was received decides whether it is in time. Our people may record one that arrived before the
    statement was issued; a customer knows of issued statements only.
    """
    faults = Faults("invalid_claim")
    claimant = faults.text("claimant", claimant, longest=LONGEST_CLAIMANT)
    text = faults.text("text", text, longest=LONGEST_TEXT, lines=True, blank=True)
    faults.raise_if_any()
    statement = lock(credit)
    _require_whose(statement, by, key)
    credit = ServiceCredit.objects.get(pk=credit.pk)
    _require_unclaimed(statement, credit, by_us=key is None)
    _require_in_time(statement, credit, received_at, now)
    claim = Claim.objects.create(
        credit=credit,
        claimant=claimant,
        text=text,
        received_at=received_at,
        filed_at=now,
        filed_by=by,
        key=key,
    )
    history.record(
        by=by,
        action="claims.file",
        obj=claim,
        at=now,
        on_behalf_of=f"{claimant}, {statement.contract.customer}",
        data={
            "statement": statement.public_id,
            "received_at": instant_text(instant(received_at)),
            "key": key.prefix if key else None,
        },
    )
    return claim


def _require_whose(statement: Statement, by: User | None, key: ApiKey | None) -> None:
    if key is None:
        if by is None:
            raise Refusal("not_permitted", "A claim is filed by somebody: a person, or a customer's key.")
        require_for(by, "claims.file", statement.contract.customer)
    elif key.customer_id != statement.contract.customer_id or statement.state != Statement.ISSUED:
        raise Refusal("not_permitted", "This is no issued statement of the key's customer.")


def _require_unclaimed(statement: Statement, credit: ServiceCredit, *, by_us: bool) -> None:
    """That there is something to claim, and nobody does already. A customer is not told what finance does with its credit."""
    if credit.state != "claimable" and not (by_us and credit.lapsed):
        stands = f"is {credit.state}" if by_us else "is not one to claim, or not any more"
        raise Refusal("not_claimable", f"The credit of {statement} {stands}: there is nothing to claim.")
    _require_latest(statement, credit)
    if credit.claims.filter(state=FILED).exists():
        raise Refusal("claim_waits", f"A claim for the credit of {statement} waits for its decision already.")


def _require_latest(statement: Statement, credit: ServiceCredit) -> None:
    """What has lapsed is owed by the revision that took its place, where there is one."""
    newer = Statement.objects.filter(supersedes=statement, state=Statement.ISSUED).first()
    if credit.lapsed and newer is not None:
        raise Refusal("superseded", f"{newer} took the place of {statement}: its credit is what is claimed.")


def _require_in_time(
    statement: Statement, credit: ServiceCredit, received_at: datetime, now: datetime
) -> None:
    if not statement.period_start <= received_at <= now:
        raise Refusal(
            "claim_out_of_time", "A claim is received after the period began, and not in the future."
        )
    if credit.claim_until is not None and received_at >= credit.claim_until:
        until = instant_text(instant(credit.claim_until))
        raise Refusal("claim_too_late", f"The credit had to be claimed before {until}.")


@transaction.atomic
def accept_claim(
    *, claim: Claim, by: User, now: datetime, amount: str | None = None, reason: str = ""
) -> Claim:
    """Accept a claim: in full, or an amount below it with the reason why. Whoever accepts in part does not approve."""
    history.require(by, required("claim"))
    credit = claim.credit
    accepted = Money(credit.amount_minor, credit.currency)
    if amount is not None:
        accepted = Money.parse(amount, credit.currency)
    if not 0 < accepted.minor <= credit.amount_minor:
        raise Refusal(
            "amount_out_of_bounds", f"A claim is accepted up to {credit.shown_amount}, and not for nothing."
        )
    in_part = accepted.minor < credit.amount_minor
    why = given(reason) if in_part else noted(reason)
    statement = lock(credit)
    current = ServiceCredit.objects.get(pk=credit.pk)
    _require_latest(statement, current)
    state = PARTLY_ACCEPTED if in_part else ACCEPTED
    _decide(claim, state, by, now, reason=why, accepted_minor=accepted.minor)
    goes_its_way = current.state in WAITS_FOR_FINANCE | GRANTED and current.proposed_at == credit.proposed_at
    if goes_its_way and not in_part:
        _note(statement, accepted.minor, why, by, now)
    else:
        changes = {"amount_minor": accepted.minor, "adjusted_by": by} if in_part else {}
        verb = "claim in part" if in_part else "claim"
        cleared = {"settled_at": None, **changes}
        move(verb, credit=credit, statement=statement, by=by, now=now, reason=why, changes=cleared)
    _record(claim, "claims.accept", by, now)
    return claim


@transaction.atomic
def reject_claim(*, claim: Claim, reason: str, by: User, now: datetime) -> Claim:
    """Reject a claim, and say why. The credit stays claimable until its time is over."""
    history.require(by, required("claim"))
    why = given(reason)
    statement = lock(claim.credit)
    _decide(claim, REJECTED, by, now, reason=why)
    _note(statement, 0, why, by, now)
    _record(claim, "claims.reject", by, now)
    return claim


def _note(statement: Statement, amount_minor: int, reason: str, by: User, now: datetime) -> None:
    """A decision on the claim that leaves the credit where it is."""
    CreditDecision.objects.create(
        statement=statement,
        action="claim",
        digest=statement.digest,
        currency=statement.currency,
        amount_minor=amount_minor,
        reason=reason,
        by=by,
        at=now,
    )


def _decide(claim: Claim, state: str, by: User, now: datetime, *, reason: str, **changes: object) -> None:
    """Once, and never by whoever filed it."""
    if claim.filed_by_id == by.pk:
        raise Refusal("own_claim", "Whoever filed a claim does not decide on it: a second person must.")
    decided = Claim.objects.filter(pk=claim.pk, state=FILED).update(
        state=state, decided_by=by, decided_at=now, reason=reason, **changes
    )
    if decided != 1:
        raise Refusal("claim_decided", "Somebody has decided on this claim already.")
    claim.refresh_from_db()


def _record(claim: Claim, action: str, by: User, now: datetime) -> None:
    history.record(
        by=by,
        action=action,
        obj=claim,
        reason=claim.reason,
        at=now,
        data={"accepted_minor": claim.accepted_minor, "currency": claim.credit.currency},
    )

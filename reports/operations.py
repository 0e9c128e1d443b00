"""The verbs of finance: adjust, approve, reject a credit; issue a statement; waive what blocks a close.

Each is one transaction with its line of history, and each move is a conditional UPDATE: of two that meet, one is refused. None
of them sends or renders anything; what is owed afterwards (a document) is a row that a sweep finds.
"""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.db import transaction
from django.db.models import F

from accounts.models import Contract
from accounts.models.constraints import MOST_MINOR_UNITS
from reports import closing
from reports.document import issued_document
from reports.models import ClosingBlock, CreditDecision, NumberSeries, ServiceCredit, Statement
from slaservice.history import operations as history
from slaservice.rules.documents import canonical, digest
from slaservice.rules.intervals import instant
from slaservice.rules.money import Money
from slaservice.rules.periods import local_date, zone_named
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import CREDIT_MOVES

WAIVABLE = frozenset(
    {
        "proposed_window",
        "proposed_maintenance",
        "proposed_gap",
        "proposed_exclusion",
        "no_request_counts",
        "open_too_long",
        "in_the_future",
        "looks_like_a_duplicate",
        "no_data",
    }
)
"""Blocks that a person may waive. Without a fee or with facts that the terms cannot judge there is nothing to compute."""


@transaction.atomic
def adjust(*, credit: ServiceCredit, amount: str, reason: str, by: User, now: datetime) -> ServiceCredit:
    """Put another amount before the approvers, in text of the credit's currency ("120.00"), with the reason why."""
    money = Money.parse(amount, credit.currency)
    if not 0 <= money.minor <= MOST_MINOR_UNITS:
        raise Refusal(
            "amount_out_of_bounds", f"{amount} {credit.currency} is not an amount that can be credited."
        )
    return _decide(
        "adjust",
        credit,
        by,
        now,
        reason=_given(reason),
        amount_minor=money.minor,
        adjusted_by=by,
    )


@transaction.atomic
def approve(*, credit: ServiceCredit, by: User, now: datetime, reason: str = "") -> ServiceCredit:
    """Grant the amount as it stands. Whoever adjusted it cannot."""
    return _decide("approve", credit, by, now, reason=reason, decided_by=by, decided_at=now)


@transaction.atomic
def reject(*, credit: ServiceCredit, reason: str, by: User, now: datetime) -> ServiceCredit:
    """Grant nothing, and say why."""
    return _decide("reject", credit, by, now, reason=_given(reason), decided_by=by, decided_at=now)


def _given(reason: str) -> str:
    if not reason.strip():
        raise Refusal("reason_missing", "Say why: the reason stands in the history and on the statement.")
    return reason.strip()


def _decide(
    verb: str, credit: ServiceCredit, by: User, now: datetime, *, reason: str, **changes: object
) -> ServiceCredit:
    """Move a credit, if it is still as the person saw it, and keep the decision."""
    move = CREDIT_MOVES[verb]
    history.require(by, move.action)
    if verb != "adjust" and credit.adjusted_by_id == by.pk:
        raise Refusal("own_change", "Whoever changed an amount does not decide on it: a second person must.")
    statement = Statement.objects.select_for_update().get(pk=credit.statement_id)
    if statement.state != Statement.DRAFT:
        raise Refusal("already_issued", f"{statement} is issued: its credit is decided.")
    moved = ServiceCredit.objects.filter(
        pk=credit.pk,
        state__in=move.origin,
        amount_minor=credit.amount_minor,
        adjusted_by=credit.adjusted_by_id,
    ).update(state=move.target, reason=reason, **changes)
    if moved != 1:
        raise Refusal("credit_changed", "The credit has changed or is decided already: look at it again.")
    credit.refresh_from_db()
    CreditDecision.objects.create(
        statement=statement,
        action=verb,
        digest=statement.digest,
        currency=credit.currency,
        amount_minor=credit.amount_minor,
        reason=reason,
        by=by,
        at=now,
    )
    history.record(
        by=by,
        action=move.action,
        obj=credit,
        reason=reason,
        at=now,
        data={"amount_minor": credit.amount_minor, "currency": credit.currency, "digest": statement.digest},
    )
    return credit


def issue(*, statement: Statement, by: AbstractBaseUser | None, now: datetime) -> Statement:
    """Freeze a draft: its number and the decision on its credit join the document, and nothing of it changes again.

    The contract's month is closed once more before: what is issued says what is known now. Refusal where that is blocked,
    where it came to another draft than the person saw (which stays, to be looked at), and while a credit waits for its
    decision.
    """
    history.require(by, "statements.issue")
    again = closing.close_chunk(month=statement.month, contracts=[statement.contract_id], now=now)
    if again.blocked:
        reasons = " ".join(sentence for _, sentence in again.blocked)
        raise Refusal("close_is_blocked", f"{statement} cannot be issued: {reasons}")
    return _issue(statement, by=by, now=now)


@transaction.atomic
def _issue(statement: Statement, *, by: AbstractBaseUser | None, now: datetime) -> Statement:
    """The number is the last thing that the transaction takes, so that numbers follow each other without a gap."""
    Contract.objects.select_for_update().get(pk=statement.contract_id)
    seen = statement.digest
    statement = Statement.objects.select_for_update().select_related("contract").get(pk=statement.pk)
    if statement.state != Statement.DRAFT:
        raise Refusal("already_issued", f"{statement} is issued already.")
    if statement.digest != seen:
        raise Refusal("draft_changed", "The draft was computed anew: look at it again.")
    credit = ServiceCredit.objects.filter(statement=statement).first()
    if credit is not None and credit.state not in ("approved", "rejected"):
        raise Refusal("credit_waits", f"The credit of {statement} waits for its decision.")
    granted = None if credit is None else Money(credit.granted_minor, credit.currency)
    number = _next_number(now)
    document = issued_document(
        statement.document,
        number=number,
        issued_at=now,
        granted=granted,
        reason="" if credit is None else credit.reason,
    )
    issued = Statement.objects.filter(pk=statement.pk, state=Statement.DRAFT, digest=seen).update(
        state=Statement.ISSUED,
        number=number,
        issued_at=now,
        issued_by=by,
        body=canonical(document).decode(),
        digest=digest(document),
    )
    if issued != 1:
        raise Refusal("draft_changed", "The draft was computed anew: look at it again.")
    statement.refresh_from_db()
    history.record(
        by=by,
        action="statements.issue",
        obj=statement,
        at=now,
        data={"number": number, "digest": statement.digest},
    )
    return statement


def _next_number(now: datetime) -> str:
    """'SLA-2026-00001': without gaps within a year of the vendor's zone. Holds the series' row until the transaction ends."""
    series = f"SLA-{local_date(instant(now), zone_named(settings.VENDOR_TIME_ZONE)).year}"
    NumberSeries.objects.get_or_create(series=series)
    NumberSeries.objects.filter(series=series).update(last=F("last") + 1)
    return f"{series}-{NumberSeries.objects.get(series=series).last:05}"


@transaction.atomic
def waive(*, block: ClosingBlock, reason: str, by: User, now: datetime) -> ClosingBlock:
    """Let a contract's month be closed although this is unresolved, and say why. The next close heeds it."""
    history.require(by, "periods.waive")
    if block.code not in WAIVABLE:
        raise Refusal("cannot_be_waived", f"This must be put right, not waived: {block.sentence}")
    waived = ClosingBlock.objects.filter(pk=block.pk, waived_at__isnull=True).update(
        waived_at=now, waived_by=by, waiver=_given(reason)
    )
    if waived != 1:
        raise Refusal("already_waived", "Somebody has waived this already.")
    block.refresh_from_db()
    history.record(
        by=by, action="periods.waive", obj=block, reason=reason, at=now, data={"sentence": block.sentence}
    )
    return block

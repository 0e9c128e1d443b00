"""Issuing a statement: its number, and from then on the database keeps it as it is.

A person issues what is due and was looked at. What was missed by nobody and costs nothing issues by itself.
"""

import logging
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from accounts.models import Contract
from reports import closing, look
from reports.background import background
from reports.document import issued_document
from reports.models import ServiceCredit, Statement
from reports.models.claims import FILED
from reports.operations.caps import granted_before
from reports.operations.moves import move
from reports.operations.numbers import next_number
from reports.queries import issuable_by_themselves
from slaservice.history import operations as history
from slaservice.history.queries import latest_seal
from slaservice.history.sealing import seal_where_nothing_sweeps
from slaservice.rules.claims import too_late_once_issued
from slaservice.rules.documents import canonical, digest
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import instant, moment
from slaservice.rules.money import Money
from slaservice.rules.periods import zone_named
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import UNDECIDED, WAITS_FOR_FINANCE

logger = logging.getLogger(__name__)


def issue(*, statement: Statement, by: User | None, now: datetime) -> Statement:
    """Freeze a draft: its number and the decision on its credit join the document, and nothing of it changes again.

    The contract's month is closed once more before: what is issued says what is known now. Refusal before the contract's
    settling time is over, where the close is blocked, where it came to another draft than the person saw (which stays, to be
    looked at), and while a credit waits for finance. A credit that is to be claimed may be claimed afterwards.
    """
    history.require(by, "statements.issue")
    again = closing.close_chunk(month=statement.month, contracts=[statement.contract_id], now=now)
    if again.blocked:
        reasons = " ".join(sentence for _, sentence in again.blocked)
        raise Refusal("close_is_blocked", f"{statement} cannot be issued: {reasons}")
    seal_where_nothing_sweeps(now=now)
    return _issue(statement, by=by, now=now)


def issue_by_themselves(
    *, statements: Collection[int], now: datetime, stopped_by: closing.Exceptions = ()
) -> list[Statement]:
    """Issue those of these statements (ids) that may issue by themselves, once their months are closed anew.

    A refusal of one is logged by its name and stops no other; it is asked again at the next call. `stopped_by` as for
    `closing.close_each`.
    """
    candidates = issuable_by_themselves(now).filter(pk__in=statements)
    contracts: dict[str, list[int]] = defaultdict(list)
    for month, contract in candidates.values_list("month", "contract"):
        contracts[month].append(contract)
    kept: set[str] = set()
    for month in sorted(contracts):
        again = closing.close_each(month=month, contracts=contracts[month], now=now, stopped_by=stopped_by)
        kept |= {number for number, _ in again.blocked}
    seal_where_nothing_sweeps(now=now)
    issued = []
    free = candidates.exclude(contract__number__in=kept).select_related("contract")
    for statement in free.order_by("period_end", "contract__number"):
        try:
            issued.append(_issue(statement, by=None, now=now))
        except Refusal as refusal:
            logger.warning("%s does not issue by itself: %s", statement, refusal.sentence)
    return issued


@transaction.atomic
def _issue(statement: Statement, *, by: User | None, now: datetime) -> Statement:
    """The number is the last thing that the transaction takes, so that numbers follow each other without a gap."""
    Contract.objects.select_for_update().get(pk=statement.contract_id)
    seen = statement.digest
    statement = (
        Statement.objects.select_for_update(of=("self",))
        .select_related("contract", "supersedes")
        .get(pk=statement.pk)
    )
    credit = ServiceCredit.objects.filter(statement=statement).first()
    _refuse_what_may_not(statement, credit, seen, now)
    _supersede_credits(statement, by=by, now=now)
    _leave_time_to_claim(statement, credit, now)
    look.keep_logo(statement.document)
    seal = latest_seal()
    computed = statement.document
    told = background(statement, computed)
    number = next_number("SLA", now)
    document = issued_document(
        computed,
        number=number,
        issued_at=now,
        granted=Money(credit.granted_minor, credit.currency) if credit and credit.decided_at else None,
        reason=_why(credit),
        claim=_claim(credit),
        anchor=None if seal is None else {"seq": seal.seq, "hash": seal.hash},
        background=told,
        verify=f"{settings.SITE_URL}/verify/",
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


def _refuse_what_may_not(
    statement: Statement, credit: ServiceCredit | None, seen: str, now: datetime
) -> None:
    if statement.state != Statement.DRAFT:
        raise Refusal("already_issued", f"{statement} is issued already.")
    if statement.digest == Statement.SAYS_NOTHING:
        raise Refusal(
            "not_in_term", f"{statement} is of no period of the contract any more: nothing is to be issued."
        )
    if statement.digest != seen:
        raise Refusal("draft_changed", "The draft was computed anew: look at it again.")
    if statement.due_at > now:
        raise Refusal(
            "still_settling",
            f"Facts may still come in: {statement} is due for review on {statement.due_at:%Y-%m-%d at %H:%M} UTC.",
        )
    before = statement.supersedes
    if before is not None and before.content_digest == statement.content_digest:
        raise Refusal(
            "nothing_to_restate", f"{statement} says what {before} says: there is nothing to issue."
        )
    # An earlier revision's credit was decided on after the close above: the difference would be granted twice, or not at all.
    granted = str(Money(granted_before(statement), statement.currency))
    if before is not None and statement.document["identity"]["already_granted"] != granted:
        raise Refusal(
            "draft_changed", "What earlier revisions granted has changed: close the month once more."
        )
    if credit is not None and credit.state in WAITS_FOR_FINANCE:
        raise Refusal("credit_waits", f"The credit of {statement} waits for its decision.")


def _why(credit: ServiceCredit | None) -> str:
    """What the customer reads of the decision's reason: nothing, unless another amount was granted than the rules came to."""
    return "" if credit is None or credit.granted_minor == credit.computed_minor else credit.reason


def _claim(credit: ServiceCredit | None) -> dict[str, str | None] | None:
    """What the customer may still claim, and the first instant that is too late."""
    if credit is None or credit.state != "claimable":
        return None
    until = None if credit.claim_until is None else instant_text(instant(credit.claim_until))
    amount = str(Money(credit.amount_minor, credit.currency))
    return {"amount": amount, "currency": credit.currency, "until": until}


def _leave_time_to_claim(statement: Statement, credit: ServiceCredit | None, now: datetime) -> None:
    """Move the last day to claim behind the issue, where the terms' own comes sooner."""
    if credit is None or credit.state != "claimable" or credit.claim_until is None:
        return
    zone = zone_named(statement.document["identity"]["period"]["timezone"])
    credit.claim_until = moment(too_late_once_issued(instant(credit.claim_until), instant(now), zone))
    ServiceCredit.objects.filter(pk=credit.pk).update(claim_until=credit.claim_until)


def _supersede_credits(statement: Statement, *, by: User | None, now: datetime) -> None:
    """The restatement's own credit takes the place of what nobody has decided on of earlier revisions.

    A claim that waits is answered before, on what has lapsed too: else both would be granted.
    """
    earlier = ServiceCredit.objects.filter(
        statement__contract=statement.contract_id,
        statement__period_start=statement.period_start,
        statement__revision__lt=statement.revision,
    ).select_related("statement__contract")
    for credit in earlier.filter(claims__state=FILED):
        raise Refusal(
            "claim_waits", f"A claim on {credit.statement} waits for its answer: decide on it first."
        )
    undecided = earlier.select_for_update(of=("self",)).filter(state__in=UNDECIDED)
    for credit in undecided:
        reason = f"Revision {statement.revision} takes its place."
        move("supersede", credit=credit, statement=credit.statement, by=by, now=now, reason=reason)

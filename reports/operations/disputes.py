"""Disputes: filed by the customer or by one of our people for it, and answered, accepted or rejected, in words that it reads.

Neither changes a fact or a figure: where a dispute is right, operators record what happened, and a restatement follows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from accounts.models import ApiKey
from accounts.models.constraints import FIRST_INSTANT
from accounts.operations.fields import Faults
from accounts.operations.permission import require_for
from reports.models import Dispute, DisputedWindow, Statement
from reports.models.disputes import ACCEPTED, OPEN, REJECTED
from reports.operations.claims import LONGEST_CLAIMANT, LONGEST_TEXT
from slaservice.history import operations as history
from slaservice.outages.models import Component
from slaservice.rules.refusal import Refusal

MOST_WINDOWS = 100
LONGEST_NOTE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A stretch of time in which the customer saw a component down, [start, end); `component` is its code."""

    component: str
    start: datetime
    end: datetime
    text: str = ""


@transaction.atomic
def file_dispute(
    *,
    statement: Statement,
    claimant: str,
    text: str,
    windows: Sequence[Seen] = (),
    now: datetime,
    by: User | None = None,
    key: ApiKey | None = None,
) -> Dispute:
    """Record that the customer disputes an issued statement: by its own key, or by one of our people on its behalf.

    Each window is of a component of the statement, touches its period and is over. Invalid names every fault. One dispute of a
    statement is open at a time, and the latest revision is the one to dispute.
    """
    statement = (
        Statement.objects.select_for_update(of=("self",))
        .select_related("contract__customer")
        .defer("body")
        .get(pk=statement.pk)
    )
    _require_whose(statement, by, key)
    faults = Faults("invalid_dispute")
    claimant = faults.text("claimant", claimant, longest=LONGEST_CLAIMANT)
    text = faults.text("text", text, longest=LONGEST_TEXT, lines=True)
    rows = _read(statement, windows, now, faults)
    faults.raise_if_any()
    _require_latest_and_undisputed(statement)
    dispute = Dispute.objects.create(
        statement=statement, claimant=claimant, text=text, filed_at=now, filed_by=by, key=key
    )
    for row in rows:
        row.dispute = dispute
    DisputedWindow.objects.bulk_create(rows)
    history.record(
        by=by,
        action="disputes.file",
        obj=dispute,
        at=now,
        on_behalf_of=f"{claimant}, {statement.contract.customer}",
        data={
            "statement": statement.public_id,
            "windows": len(rows),
            "key": key.prefix if key else None,
        },
    )
    return dispute


def _require_whose(statement: Statement, by: User | None, key: ApiKey | None) -> None:
    if key is not None:
        if key.customer_id != statement.contract.customer_id or statement.state != Statement.ISSUED:
            raise Refusal("not_permitted", "This is no issued statement of the key's customer.")
        return
    if by is None:
        raise Refusal("not_permitted", "A dispute is filed by somebody: a person, or a customer's key.")
    require_for(by, "disputes.file", statement.contract.customer)
    if statement.state != Statement.ISSUED:
        raise Refusal("not_issued", "A draft is not disputed: the customer does not have it.")


def _require_latest_and_undisputed(statement: Statement) -> None:
    newer = Statement.objects.filter(supersedes=statement, state=Statement.ISSUED).first()
    if newer is not None:
        raise Refusal(
            "superseded", f"{newer} took the place of {statement}: that one is what can be disputed."
        )
    if statement.disputes.filter(state=OPEN).exists():
        raise Refusal("dispute_waits", f"A dispute of {statement} waits for its answer already.")


def _read(
    statement: Statement, windows: Sequence[Seen], now: datetime, faults: Faults
) -> list[DisputedWindow]:
    if len(windows) > MOST_WINDOWS:
        faults.add("windows", f"are more than {MOST_WINDOWS}")
        return []
    covered = Component.objects.filter(commitments__in=statement.lines.values("commitment")).distinct()
    components = {component.code: component for component in covered} if windows else {}
    rows = []
    for position, seen in enumerate(windows):
        path = f"windows[{position}]"
        for field, reason in _faults_of(seen, statement, components, now):
            faults.add(f"{path}.{field}", reason)
        rows.append(
            DisputedWindow(
                position=position,
                component=components.get(seen.component),
                starts_at=seen.start,
                ends_at=seen.end,
                text=faults.text(f"{path}.text", seen.text, longest=LONGEST_NOTE, lines=True, blank=True),
            )
        )
    return rows


def _faults_of(
    seen: Seen, statement: Statement, components: dict[str, Component], now: datetime
) -> Iterator[tuple[str, str]]:
    """(field, reason)"""
    if seen.component not in components:
        yield "component", f"must be a component of the statement: {', '.join(sorted(components))}"
    if seen.end <= seen.start:
        yield "end", "must be later than the start"
    elif seen.end > now:
        yield "end", "must not be in the future"
    elif seen.start >= statement.period_end or seen.end <= statement.period_start:
        yield "start", "lies, with the end, outside of the statement's period"
    if seen.start < FIRST_INSTANT:
        yield "start", "must be in this century"


@transaction.atomic
def accept_dispute(*, dispute: Dispute, answer: str, by: User, now: datetime) -> Dispute:
    """The customer is right, and reads the answer. What happened is for operators to record: nothing else changes here."""
    return _decide(dispute, ACCEPTED, answer, by, now)


@transaction.atomic
def reject_dispute(*, dispute: Dispute, answer: str, by: User, now: datetime) -> Dispute:
    """The statement stands, and the customer reads why."""
    return _decide(dispute, REJECTED, answer, by, now)


def _decide(dispute: Dispute, state: str, answer: str, by: User, now: datetime) -> Dispute:
    """Once, and never by whoever filed it."""
    history.require(by, "disputes.decide")
    faults = Faults("invalid_answer")
    answer = faults.text("answer", answer, longest=LONGEST_TEXT, lines=True)
    faults.raise_if_any()
    if dispute.filed_by_id == by.pk:
        raise Refusal("own_dispute", "Whoever filed a dispute does not decide on it: a second person must.")
    decided = Dispute.objects.filter(pk=dispute.pk, state=OPEN).update(
        state=state, answer=answer, decided_by=by, decided_at=now
    )
    if decided != 1:
        raise Refusal("dispute_decided", "Somebody has decided on this dispute already.")
    dispute.refresh_from_db()
    verb = {ACCEPTED: "accept", REJECTED: "reject"}[state]
    history.record(by=by, action=f"disputes.{verb}", obj=dispute, reason=dispute.answer, at=now)
    return dispute

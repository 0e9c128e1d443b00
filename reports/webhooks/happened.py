"""From entries of history to what customers are told: only what they may see, and only those whom it concerns."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from accounts.models import ContractVersion
from reports.models import ServiceCredit, Statement
from reports.webhooks import payloads
from slaservice.history.models import Entry
from slaservice.outages.models import OutageWindow
from slaservice.outages.models.constraints import LAST_INSTANT

_OUTAGES = {
    "outages.confirm": "confirmed",
    "outages.correct": "confirmed",
    "outages.withdraw": "withdrawn",
    "outages.supersede": "superseded",
}
"""What an entry about a window says of it."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that `customer` (an id) may be told of; `name` tells it from others of its type."""

    customer: int
    type: str
    name: str
    subject: str
    data: dict[str, Any]
    at: datetime

    @property
    def key(self) -> str:
        return f"{self.type} {self.name}"


def happened(entries: Sequence[Entry], customers: Collection[int]) -> Iterator[Happened]:
    """What these entries mean for these customers, in the entries' order."""
    statements = _statements(entries, customers)
    by_credit = {str(credit.pk): one for one in statements.values() if (credit := _credit(one))}
    windows = _windows(entries)
    for entry in entries:
        if entry.action == "statements.issue" and (issued := statements.get(int(entry.object_id))):
            yield from _issued(issued, entry)
        elif entry.action == "credits.approve" and (decided := by_credit.get(entry.object_id)):
            yield from _approved(decided, entry)
        elif entry.action in _OUTAGES and (window := windows.get(entry.object_id)):
            yield from _recorded(window, entry, customers)


def _statements(entries: Sequence[Entry], customers: Collection[int]) -> dict[int, Statement]:
    """The issued statements that the entries speak of, by id."""
    issued = [int(entry.object_id) for entry in entries if entry.action == "statements.issue"]
    credits = [int(entry.object_id) for entry in entries if entry.action == "credits.approve"]
    found = Statement.objects.filter(
        Q(pk__in=issued) | Q(credit__in=credits), state=Statement.ISSUED, contract__customer__in=customers
    )
    rows = found.select_related("contract", "supersedes", "credit").defer("body", "supersedes__body")
    return {statement.pk: statement for statement in rows}


def _credit(statement: Statement) -> ServiceCredit | None:
    return getattr(statement, "credit", None)


def _issued(statement: Statement, entry: Entry) -> Iterator[Happened]:
    """The statement; and its credit, if that was granted before the statement was there to be seen."""
    credit, at = _credit(statement), entry.at
    kind = "statement.issued" if statement.revision == 1 else "statement.restated"
    if credit is None or not credit.was_granted or credit.decided_at is None or credit.decided_at > at:
        yield _of_statement(kind, statement, payloads.of_statement(statement, 0), at)
        return
    yield _of_statement(kind, statement, payloads.of_statement(statement, credit.amount_minor), at)
    yield _of_statement("credit.approved", statement, payloads.of_credit(statement, credit), at)


def _approved(statement: Statement, entry: Entry) -> Iterator[Happened]:
    """A credit that was granted after its statement was issued: the decision names the digest of what was issued."""
    credit = _credit(statement)
    if credit is not None and entry.data["digest"] == statement.digest:
        yield _of_statement("credit.approved", statement, payloads.of_credit(statement, credit), entry.at)


def _of_statement(kind: str, statement: Statement, data: dict[str, Any], at: datetime) -> Happened:
    """All that is told of one period of a contract comes in order."""
    return Happened(
        customer=statement.contract.customer_id,
        type=kind,
        name=statement.public_id,
        subject=f"period of {statement.contract.public_id} {statement.period_start:%Y-%m-%d}",
        data=data,
        at=at,
    )


def _windows(entries: Sequence[Entry]) -> dict[str, OutageWindow]:
    """The windows that the entries speak of and that were confirmed once, by id."""
    named = [int(entry.object_id) for entry in entries if entry.action in _OUTAGES]
    rows = OutageWindow.objects.filter(pk__in=named, confirmed_at__isnull=False)
    found = rows.select_related("component").prefetch_related("tiers", "superseded_by__tiers")
    return {str(window.pk): window for window in found}


def _recorded(window: OutageWindow, entry: Entry, customers: Collection[int]) -> Iterator[Happened]:
    """A correction is told by its new revision; whom that does not touch any more is told that the old one is superseded."""
    state = _OUTAGES[entry.action]
    concerned = _touched(window, customers)
    if state == "superseded":
        for newer in _confirmed_after(window):
            concerned -= _touched(newer, customers)
    for customer in sorted(concerned):
        yield Happened(
            customer=customer,
            type="outage.recorded",
            name=f"{window.reference} {state}",
            subject=f"outage {window.public_id}",
            data=payloads.of_outage(window, state),
            at=entry.at,
        )


def _confirmed_after(window: OutageWindow) -> Iterator[OutageWindow]:
    """The revisions that took the window's place, past those that were never confirmed."""
    for newer in window.superseded_by.all():
        if newer.confirmed_at is None:
            yield from _confirmed_after(newer)
        else:
            yield newer


def _touched(window: OutageWindow, customers: Collection[int]) -> set[int]:
    """Those of the customers who were promised the component in a tier of the window while it lasted. One query."""
    versions = ContractVersion.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=window.start),
        contract__customer__in=customers,
        starts_at__lt=window.end or LAST_INSTANT,
        tier__in=[tier.pk for tier in window.tiers.all()],
        commitments__components=window.component_id,
    )
    return set(versions.order_by().values_list("contract__customer", flat=True))

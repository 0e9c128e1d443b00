"""The monthly close: every period that ends in a month, in each contract's zone, gathered, assessed and drafted.

Chunk by chunk, each chunk one transaction. Running it again changes nothing while facts and terms stay as they are; where they
changed, a draft is computed anew, and an issued statement gets a new revision beside it. What blocks a contract is listed by
name and keeps that contract alone from being drafted.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Contract, ContractVersion
from reports import guards
from reports.document import Computed, compute, line_values
from reports.inputs import Block, Gathered, gather
from reports.models import ClosingBlock, ServiceCredit, Statement, StatementLine
from reports.periods import Plan, parse_month, plans
from slaservice.history import operations as history
from slaservice.rules.intervals import moment
from slaservice.rules.refusal import Refusal

CHUNK = 50
"""Contracts in one transaction."""

LONGEST_PERIOD = timedelta(days=366 + 2)


@dataclass(slots=True)
class CloseResult:
    """What a close did, by contract number; `blocked` and `warnings` are (contract number, sentence)."""

    month: str
    drafted: list[str] = field(default_factory=list)
    redrafted: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    not_ended: list[str] = field(default_factory=list)
    blocked: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: "CloseResult") -> None:
        for name in ("drafted", "redrafted", "unchanged", "not_ended", "blocked", "warnings"):
            getattr(self, name).extend(getattr(other, name))


def close(
    *,
    month: str,
    now: datetime,
    by: AbstractBaseUser | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> CloseResult:
    """Close every contract's period that ends in a month ('2026-04'). Refusal for a month that has not begun to end."""
    history.require(by, "periods.close")
    result = CloseResult(month)
    chunks = list(due_chunks(month, contracts_with_periods(month)))
    for done, chunk in enumerate(chunks, start=1):
        result.add(close_chunk(month=month, contracts=chunk, now=now))
        if progress:
            progress(done, len(chunks))
    return result


def due_chunks(month: str, contracts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The contracts in chunks, in a steady order."""
    return (tuple(contracts[start : start + CHUNK]) for start in range(0, len(contracts), CHUNK))


def contracts_with_periods(month: str) -> list[int]:
    """Ids of the contracts with a period that ends in the month, in order."""
    return sorted(plan.contract.pk for plan in plans(month, _versions(month)))


def due(*, now: datetime, month: str) -> list[int]:
    """Ids of the contracts whose period of that month has ended and has no statement yet: what a close still owes."""
    ended = {
        (plan.contract.pk, moment(plan.period.start))
        for plan in plans(month, _versions(month))
        if moment(plan.period.end) <= now
    }
    closed = set(Statement.objects.filter(month=month).values_list("contract_id", "period_start"))
    return sorted(contract for contract, _ in ended - closed)


def _versions(month: str, contracts: Collection[int] | None = None) -> QuerySet[ContractVersion]:
    """Versions that may take part in a period that ends in the month, by contract and number."""
    year, number = parse_month(month)
    month_start = datetime(year, number, 1, tzinfo=moment(0).tzinfo)
    earliest, latest = month_start - LONGEST_PERIOD, month_start + timedelta(days=33)
    versions = ContractVersion.objects.filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=earliest), starts_at__lt=latest
    )
    if contracts is not None:
        versions = versions.filter(contract__in=contracts)
    return versions.select_related("contract__customer", "tier").order_by("contract_id", "number")


@transaction.atomic
def close_chunk(*, month: str, contracts: Collection[int], now: datetime) -> CloseResult:
    """Draft the statements of some contracts. The contracts' rows are locked, so that two closes cannot meet in one."""
    list(Contract.objects.select_for_update().filter(pk__in=contracts).order_by("pk").values_list("pk"))
    result = CloseResult(month)
    ended, not_ended = _planned(month, contracts, now)
    result.not_ended = [plan.contract.number for plan in not_ended]
    chunk = gather(ended)
    for gathered, found in zip(chunk, guards.blocks_of(chunk, now=now), strict=True):
        gathered.blocks += found
        number = gathered.plan.contract.number
        computed = _computed(gathered)
        standing = _standing_blocks(gathered, now)
        if standing or computed is None:
            result.blocked += [(number, block.sentence) for block in standing]
            continue
        result.warnings += [(number, f"outage {open_one} is still open") for open_one in gathered.still_open]
        getattr(result, _draft(gathered, computed, now)).append(number)
    return result


def _planned(month: str, contracts: Collection[int], now: datetime) -> tuple[list[Plan], list[Plan]]:
    """The periods of some contracts that have ended, and those that have not."""
    planned = plans(month, _versions(month, contracts))
    ended = [plan for plan in planned if moment(plan.period.end) <= now]
    return ended, [plan for plan in planned if moment(plan.period.end) > now]


def gather_for(*, month: str, contracts: Collection[int], now: datetime) -> list[Gathered]:
    """What a close of these contracts would judge by; nothing is written."""
    return gather(_planned(month, contracts, now)[0])


def _computed(gathered: Gathered) -> Computed | None:
    """The document; None, with a block, where something keeps it from being worked out."""
    if any(not block.waivable for block in gathered.blocks):
        return None
    try:
        return compute(gathered, gathered.issued[-1] if gathered.issued else None)
    except Refusal as refusal:
        gathered.blocks.append(Block(refusal.code, "agreement", refusal.sentence))
        return None


def _standing_blocks(gathered: Gathered, now: datetime) -> list[Block]:
    """Keep the blocks of a period up to date; the ones that stand, without those waived."""
    plan = gathered.plan
    rows = {
        (row.code, row.subject): row
        for row in ClosingBlock.objects.filter(contract=plan.contract, month=plan.month)
    }
    found = {(block.code, block.subject): block for block in gathered.blocks}
    for key, row in rows.items():
        if key not in found and row.resolved_at is None:
            ClosingBlock.objects.filter(pk=row.pk).update(resolved_at=now)
        elif key in found and row.resolved_at is not None:
            ClosingBlock.objects.filter(pk=row.pk).update(resolved_at=None)
    ClosingBlock.objects.bulk_create(
        ClosingBlock(
            contract=plan.contract,
            month=plan.month,
            code=block.code,
            subject=block.subject,
            sentence=block.sentence,
            raised_at=now,
        )
        for key, block in found.items()
        if key not in rows
    )
    return [block for key, block in found.items() if key not in rows or rows[key].waived_at is None]


def _draft(gathered: Gathered, computed: Computed, now: datetime) -> str:
    """Write the draft if anything is new: 'drafted', 'redrafted' or 'unchanged'."""
    plan = gathered.plan
    latest = gathered.issued[-1] if gathered.issued else None
    draft = Statement.objects.filter(
        contract=plan.contract, period_start=moment(plan.period.start), state=Statement.DRAFT
    ).first()
    if latest is not None and draft is None and latest.content_digest == computed.content_digest:
        return "unchanged"
    if draft is not None and draft.digest == computed.digest:
        return "unchanged"
    values = _values(gathered, computed, now)
    if draft is None:
        draft = Statement.objects.create(
            contract=plan.contract, revision=len(gathered.issued) + 1, supersedes=latest, **values
        )
        outcome = "drafted"
    else:
        StatementLine.objects.filter(statement=draft).delete()
        Statement.objects.filter(pk=draft.pk, state=Statement.DRAFT).update(**values)
        outcome = "redrafted"
    StatementLine.objects.bulk_create(
        StatementLine(
            statement=draft,
            position=position,
            **line_values(one, computed.assessments[one.id], case["expected"]),
        )
        for position, (one, case) in enumerate(zip(gathered.cases, computed.document["cases"], strict=True))
    )
    _propose_credit(draft, gathered, computed, now)
    history.record(
        by=None,
        action=f"statements.{outcome}",
        obj=draft,
        at=now,
        data={"digest": computed.digest, "credit_minor": computed.credit_minor},
    )
    return outcome


def _values(gathered: Gathered, computed: Computed, now: datetime) -> dict[str, object]:
    plan: Plan = gathered.plan
    return {
        "month": plan.month,
        "period_label": plan.label,
        "period_start": moment(plan.period.start),
        "period_end": moment(plan.period.end),
        "body": computed.body,
        "digest": computed.digest,
        "content_digest": computed.content_digest,
        "currency": computed.settlement.currency,
        "credit_minor": computed.credit_minor,
        "met": computed.met,
        "drafted_at": now,
    }


def _propose_credit(draft: Statement, gathered: Gathered, computed: Computed, now: datetime) -> None:
    """Put what is owed, beyond what earlier revisions granted, before finance; a decision on another figure is void."""
    owed = max(0, computed.credit_minor - gathered.granted_minor)
    ServiceCredit.objects.filter(statement=draft).delete()
    if owed:
        ServiceCredit.objects.create(
            statement=draft,
            currency=computed.settlement.currency,
            computed_minor=owed,
            amount_minor=owed,
            proposed_at=now,
        )

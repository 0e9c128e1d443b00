"""The monthly close: every period that ends in a month, in each contract's zone, gathered, assessed and drafted.

Chunk by chunk, each chunk one transaction. Running it again changes nothing while facts and terms stay as they are; where they
changed, a draft is computed anew, and an issued statement gets a new revision beside it. What blocks a contract is listed by
name and keeps that contract alone from being drafted.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db import OperationalError, transaction
from django.db.models import Q, QuerySet

from accounts.models import Contract, ContractVersion
from reports import guards
from reports.document import Computed, compute
from reports.drafting import Found, keep_blocks, write_drafts
from reports.inputs import Block, Gathered, gather
from reports.models import ClosingBlock, Outdated, Statement
from reports.outside import let_go
from reports.periods import LONGEST_PERIOD, InForce, Plan, parse_month, periods, plans
from slaservice.history import operations as history
from slaservice.rules.intervals import moment
from slaservice.rules.periods import Period
from slaservice.rules.refusal import Refusal

logger = logging.getLogger(__name__)

Exceptions = tuple[type[Exception], ...]

_NO_CONTRACTS_FAULT: Exceptions = (Refusal, OperationalError)

OUR_OWN_ERROR = "An error of our own keeps it from being closed: it is in the log."

CHUNK = 200
"""Contracts in one transaction: enough to share what a chunk looks up, few enough to hold their locks for a second or so.

Who decides on a credit or issues a statement waits for them, and gives up after five seconds (`lock_timeout`).
"""


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
        result.add(close_each(month=month, contracts=chunk, now=now))
        if progress:
            progress(done, len(chunks))
    return result


def due_chunks(month: str, contracts: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """The contracts in chunks, in a steady order."""
    return (tuple(contracts[start : start + CHUNK]) for start in range(0, len(contracts), CHUNK))


def contracts_with_periods(month: str) -> list[int]:
    """Ids of the contracts with a period that ends in the month, in order."""
    return [contract for contract, _ in _periods(month)]


def due(
    *, now: datetime, month: str, contracts: Collection[int] | None = None, blocked: bool = False
) -> list[int]:
    """Ids of the contracts (of these, or of all) whose period of that month has ended and has no statement yet.

    What a close still owes. Without those that something blocks, unless `blocked`: what changes about them makes them outdated,
    and most of what blocks waits for a person.
    """
    ended = {
        (contract, moment(period.start))
        for contract, period in _periods(month, contracts)
        if moment(period.end) <= now
    }
    of_month = Q(month=month) if contracts is None else Q(month=month, contract__in=contracts)
    closed = set(Statement.objects.filter(of_month).values_list("contract_id", "period_start"))
    left_out: set[int] = set()
    if not blocked:
        standing = ClosingBlock.objects.filter(of_month, resolved_at__isnull=True, waived_at__isnull=True)
        left_out = set(standing.values_list("contract_id", flat=True))
    return sorted(contract for contract, _ in ended - closed if contract not in left_out)


def _periods(month: str, contracts: Collection[int] | None = None) -> Iterator[tuple[int, Period]]:
    """The periods that end in the month by the id of their contract, in order; of every version a few columns only."""
    rows = _versions(month, contracts).select_related(None).values_list("contract_id", *InForce._fields)
    return periods(
        month, ((contract, InForce(*version)) for contract, *version in rows.iterator(chunk_size=5000))
    )


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


def close_each(
    *, month: str, contracts: Collection[int], now: datetime, stopped_by: Exceptions = ()
) -> CloseResult:
    """As `close_chunk`; where an error of our own ends it, one contract after the other, so that it keeps no other away.

    The one that fails is in the log by its number. What another connection caused is no contract's fault, nor is what stops
    whoever runs this (`stopped_by`): it ends the whole chunk, which is asked for again.
    """
    no_contracts_fault = _NO_CONTRACTS_FAULT + stopped_by
    try:
        return close_chunk(month=month, contracts=contracts, now=now)
    except no_contracts_fault:
        raise
    except Exception:
        logger.exception(
            "%s of %d contracts is closed one by one: together they fail.", month, len(contracts)
        )
    result = CloseResult(month)
    for contract, number in (
        Contract.objects.filter(pk__in=contracts).order_by("pk").values_list("pk", "number")
    ):
        try:
            result.add(close_chunk(month=month, contracts=[contract], now=now))
        except no_contracts_fault:
            raise
        except Exception:
            logger.exception("%s of contract %s cannot be closed.", month, number)
            result.blocked.append((number, OUR_OWN_ERROR))
    return result


@transaction.atomic
def close_chunk(*, month: str, contracts: Collection[int], now: datetime) -> CloseResult:
    """Draft the statements of some contracts. The contracts' rows are locked, so that two closes cannot meet in one."""
    locked = Contract.objects.select_for_update().filter(pk__in=contracts).order_by("pk")
    numbers = dict(locked.values_list("pk", "number"))
    # Before any fact is looked at: what changes from here on makes them outdated again.
    Outdated.objects.filter(month=month, contract__in=contracts).delete()
    result = CloseResult(month)
    ended, not_ended = _planned(month, contracts, now)
    result.not_ended = [plan.contract.number for plan in not_ended]
    outside = let_go(month=month, contracts=contracts, plans=[*ended, *not_ended], now=now)
    chunk = gather(ended)
    for gathered, guarded in zip(chunk, guards.blocks_of(chunk, now=now), strict=True):
        gathered.blocks += guarded
    worked_out = [_computed(gathered) for gathered in chunk]
    blocks = {contract: list(outside.get(contract, ())) for contract in numbers}
    for gathered in chunk:
        blocks[gathered.plan.contract.pk] += gathered.blocks
    standing = keep_blocks(blocks, month=month, now=now)
    result.blocked = [(numbers[one], block.sentence) for one in sorted(standing) for block in standing[one]]
    found = []
    for gathered, computed in zip(chunk, worked_out, strict=True):
        number = gathered.plan.contract.number
        if computed is None or gathered.plan.contract.pk in standing:
            continue
        result.warnings += [(number, f"outage {open_one} is still open") for open_one in gathered.still_open]
        found.append(Found(gathered, computed))
    for one, outcome in zip(found, write_drafts(found, now=now), strict=True):
        getattr(result, outcome).append(one.plan.contract.number)
    return result


def _planned(month: str, contracts: Collection[int], now: datetime) -> tuple[list[Plan], list[Plan]]:
    """The periods of some contracts that have ended, and those that have not."""
    planned = plans(month, _versions(month, contracts))
    ended = [plan for plan in planned if moment(plan.period.end) <= now]
    return ended, [plan for plan in planned if moment(plan.period.end) > now]


def _computed(gathered: Gathered) -> Computed | None:
    """The document; None, with a block, where something keeps it from being worked out."""
    if any(not block.waivable for block in gathered.blocks):
        return None
    try:
        return compute(gathered)
    except Refusal as refusal:
        gathered.blocks.append(Block(refusal.code, "agreement", refusal.sentence))
        return None

"""Drafts follow facts: what history took in since is read, and the months that it touches are closed again.

History is read by its seals, in their order, so that no entry is missed that was committed late. What is found goes into a table
of its own, one row for a contract's month however many facts came in, and is closed from there: an issued statement that comes
out otherwise gets its restatement drafted, and where nothing is otherwise nothing is written.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction

from reports import closing
from reports.models import Followed, Outdated
from reports.touched import Months, months_touched
from slaservice.history.models import Seal

BATCH = 5000
"""Entries of history read in one transaction."""

AT_ONCE = 5000
"""Contracts' months that are closed again at one beat."""


def follow() -> int:
    """Read what was sealed since, and mark what it touches. How many entries were read.

    Under the lock of the one row that says how far: a second sweep waits, and then finds nothing to do.
    """
    read = batch = _follow_batch()
    while batch == BATCH:
        batch = _follow_batch()
        read += batch
    return read


@transaction.atomic
def _follow_batch() -> int:
    Followed.objects.get_or_create(pk=1)
    place = Followed.objects.select_for_update().get(pk=1)
    seals = list(Seal.objects.filter(seq__gt=place.upto).select_related("entry").order_by("seq")[:BATCH])
    if seals:
        mark(months_touched(seal.entry for seal in seals))
        Followed.objects.filter(pk=place.pk).update(upto=seals[-1].seq)
    return len(seals)


def mark(months: Months) -> None:
    """Put contracts' months down to be closed again."""
    # By contract: that is the order in which a close locks them.
    Outdated.objects.bulk_create(
        (Outdated(contract_id=contract, month=month) for contract, month in sorted(months)),
        batch_size=1000,
        ignore_conflicts=True,
    )


def outdated_chunks() -> Iterator[tuple[str, tuple[int, ...]]]:
    """What is to be closed again, oldest month first, in the chunks of a close."""
    contracts: dict[str, list[int]] = defaultdict(list)
    oldest = Outdated.objects.order_by("month", "contract")[:AT_ONCE]
    for month, contract in oldest.values_list("month", "contract"):
        contracts[month].append(contract)
    for month, of_month in contracts.items():
        for chunk in closing.due_chunks(month, of_month):
            yield month, chunk


def close_again(
    *, month: str, contracts: Collection[int], now: datetime, stopped_by: closing.Exceptions = ()
) -> None:
    """Close those of these contracts whose month is still outdated; `stopped_by` as for `closing.close_each`."""
    still = Outdated.objects.filter(month=month, contract__in=contracts).values_list("contract", flat=True)
    if outdated := list(still):
        closing.close_each(month=month, contracts=outdated, now=now, stopped_by=stopped_by)


def catch_up(*, now: datetime) -> int:
    """Follow, and close again in this process, until nothing is left but what cannot be closed. How many contracts' months."""
    follow()
    closed, before = 0, list[tuple[str, tuple[int, ...]]]()
    while (chunks := list(outdated_chunks())) and chunks != before:
        for month, contracts in chunks:
            close_again(month=month, contracts=contracts, now=now)
            closed += len(contracts)
        before = chunks
    return closed

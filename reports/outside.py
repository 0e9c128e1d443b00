"""Statements of periods that a contract has no more: it ended earlier than agreed, or its calendar changed for months gone by.

A draft of such a period is let go: it grants nothing and nobody reviews or issues it, until the contract has the period again.
What is issued stays as it is; a block names it, for a person to see, and for the month to wait for.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from reports.drafting import undecided
from reports.inputs import Block
from reports.models import Claim, ServiceCredit, Statement
from reports.periods import Plan
from reports.postings import Change, day_of, post_many
from slaservice.history import operations as history
from slaservice.history.operations import Deed
from slaservice.rules.intervals import Interval, instant, moment


def let_go(
    *, month: str, contracts: Collection[int], plans: Sequence[Plan], now: datetime
) -> dict[int, list[Block]]:
    """Let go of the contracts' drafts for the month that no plan speaks of; the blocks that name what is issued, by contract.

    The contracts are locked, and `plans` are all that they have for the month. One query where there is nothing of the kind.
    """
    planned = {plan.contract.pk: plan.period.interval for plan in plans}
    rows = _of_the_month_or_within(plans, month).filter(contract__in=contracts).select_related("contract")
    blocks: dict[int, list[Block]] = defaultdict(list)
    drafts = []
    for row in rows.defer("body").order_by("contract", "period_start", "revision"):
        if not _is_outside(row, planned.get(row.contract_id), month):
            continue
        if row.state == Statement.ISSUED:
            blocks[row.contract_id].append(_block(row))
        elif row.month == month and row.digest != Statement.SAYS_NOTHING:
            drafts.append(row)
    _let_go(drafts, now=now)
    return blocks


def _of_the_month_or_within(plans: Sequence[Plan], month: str) -> QuerySet[Statement]:
    """Statements that stand: of the month, and those that may have been issued for a part of a plan's period."""
    sought = Q(month=month)
    if plans:
        start, end = min(plan.period.start for plan in plans), max(plan.period.end for plan in plans)
        sought |= Q(state=Statement.ISSUED, period_start__lt=moment(end), period_end__gt=moment(start))
    return Statement.objects.filter(sought, ~Q(superseded_by__state=Statement.ISSUED))


def _is_outside(row: Statement, planned: Interval | None, month: str) -> bool:
    """Whether it speaks of the month, or of a part of the planned period, without being that period's statement."""
    if planned is None:
        return row.month == month
    start, end = instant(row.period_start), instant(row.period_end)
    return start != planned.start and (row.month == month or (start < planned.end and planned.start < end))


def _block(issued: Statement) -> Block:
    sentence = (
        f"{issued} is issued for {issued.period_label}, which is no period of the contract any more: "
        "settle it with the customer, then waive this."
    )
    return Block("not_in_term", str(issued), sentence, waivable=True)


def _let_go(drafts: Sequence[Statement], *, now: datetime) -> None:
    if not drafts:
        return
    credits = ServiceCredit.objects.filter(statement__in=drafts)
    claimed = list(Claim.objects.filter(credit__in=credits).values_list("credit", flat=True))
    # Only a credit that was claimed is kept, for the claim's sake.
    credits.exclude(pk__in=claimed).delete()
    credits.update(**undecided("superseded", 0, now))
    Statement.objects.filter(pk__in=[draft.pk for draft in drafts]).update(
        digest=Statement.SAYS_NOTHING, content_digest=Statement.SAYS_NOTHING, credit_minor=0
    )
    changes = [Change(draft, None, 0, day_of(now)) for draft in drafts]
    post_many(changes, deed="draft", by=None, now=now)
    deeds = [Deed(draft, data={"period": draft.period_label}) for draft in drafts]
    history.record_many(by=None, action="statements.let_go", deeds=deeds, at=now)

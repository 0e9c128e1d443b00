"""Writing what a close found: blocks, drafts with their lines, credits and postings, for a whole chunk at once.

A fixed number of queries, however many contracts are in the chunk. Where nothing is new nothing is written. A decision on a
credit was on a draft's digest: a draft that is computed anew puts its credit back to where it began.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from reports.document import Computed, line_values
from reports.inputs import Block, Gathered
from reports.models import Claim, ClosingBlock, ServiceCredit, Statement, StatementLine
from reports.models.claims import ACCEPTED, PARTLY_ACCEPTED
from reports.periods import Plan
from reports.postings import Change, day_of, post_many
from slaservice import bulk
from slaservice.history import operations as history
from slaservice.history.operations import Deed
from slaservice.rules.intervals import moment
from slaservice.rules.periods import local_date
from slaservice.rules.postings import accrues_on

DRAFTED, REDRAFTED, UNCHANGED = "drafted", "redrafted", "unchanged"


class Found(NamedTuple):
    """A period that nothing blocks, worked out."""

    gathered: Gathered
    computed: Computed

    @property
    def plan(self) -> Plan:
        return self.gathered.plan


# Blocks


def keep_blocks(
    blocks: Mapping[int, Sequence[Block]], *, month: str, now: datetime
) -> dict[int, list[Block]]:
    """Bring the blocks of contracts (ids) for a month up to date; for each those that stand, without the waived."""
    rows = {
        (row.contract_id, row.code, row.subject): row
        for row in ClosingBlock.objects.filter(contract__in=blocks, month=month)
    }
    found = {
        (contract, block.code, block.subject): block
        for contract, of_contract in blocks.items()
        for block in of_contract
    }
    gone = [row.pk for key, row in rows.items() if key not in found and row.resolved_at is None]
    back = [row.pk for key, row in rows.items() if key in found and row.resolved_at is not None]
    ClosingBlock.objects.filter(pk__in=gone).update(resolved_at=now)
    ClosingBlock.objects.filter(pk__in=back).update(resolved_at=None)
    ClosingBlock.objects.bulk_create(
        ClosingBlock(
            contract_id=contract,
            month=month,
            code=code,
            subject=subject,
            sentence=block.sentence,
            raised_at=now,
        )
        for (contract, code, subject), block in found.items()
        if (contract, code, subject) not in rows
    )
    standing: dict[int, list[Block]] = defaultdict(list)
    for key, block in found.items():
        if key not in rows or rows[key].waived_at is None:
            standing[key[0]].append(block)
    return standing


# Drafts


@dataclass(slots=True)
class _Draft:
    """A period worked out, the statement that says it, and what became of that."""

    found: Found
    statement: Statement
    outcome: str


def write_drafts(found: Sequence[Found], *, now: datetime) -> list[str]:
    """Write what is new of periods worked out: for each 'drafted', 'redrafted' or 'unchanged'.

    The contracts are locked, so that nobody issues or drafts for one of them meanwhile.
    """
    drafts = _drafts(found, now)
    written = [one for one in drafts if one.outcome != UNCHANGED]
    _write_statements(drafts, now)
    _write_lines(written)
    _write_credits(written, now)
    for outcome in (DRAFTED, REDRAFTED):
        deeds = [_deed(one) for one in written if one.outcome == outcome]
        history.record_many(by=None, action=f"statements.{outcome}", deeds=deeds, at=now)
    return [one.outcome for one in drafts]


def _drafts(found: Sequence[Found], now: datetime) -> list[_Draft]:
    standing = {
        (draft.contract_id, draft.period_start): draft
        for draft in Statement.objects.filter(
            state=Statement.DRAFT,
            contract__in={one.plan.contract.pk for one in found},
            period_start__in={moment(one.plan.period.start) for one in found},
        )
        .select_related("credit")
        .defer("body")
    }
    return [
        _draft(one, standing.get((one.plan.contract.pk, moment(one.plan.period.start))), now) for one in found
    ]


def _draft(found: Found, standing: Statement | None, now: datetime) -> _Draft:
    gathered, computed = found
    latest = gathered.issued[-1] if gathered.issued else None
    if standing is not None:
        standing.contract = found.plan.contract
        same = standing.digest == computed.digest and not _asks_in_vain(standing, computed)
        return _Draft(found, standing, UNCHANGED if same else REDRAFTED)
    if latest is not None and latest.content_digest == computed.content_digest:
        return _Draft(found, latest, UNCHANGED)
    statement = Statement(
        contract=found.plan.contract,
        revision=len(gathered.issued) + 1,
        supersedes=latest,
        **_values(found, now),
    )
    return _Draft(found, statement, DRAFTED)


def _asks_in_vain(standing: Statement, computed: Computed) -> bool:
    """Whether its credit is to be claimed, and a claim on an earlier revision was accepted since it was drafted."""
    credit = getattr(standing, "credit", None)
    return credit is not None and credit.state == "claimable" and computed.claim is None


def _values(found: Found, now: datetime) -> dict[str, Any]:
    plan, computed = found.plan, found.computed
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
        "due_at": _due_at(plan),
    }


def _due_at(plan: Plan) -> datetime:
    """When the contract's settling time is over."""
    return moment(plan.period.settled(plan.contract.settling_days))


def _write_statements(drafts: Sequence[_Draft], now: datetime) -> None:
    bulk.insert(one.statement for one in drafts if one.outcome == DRAFTED)
    anew = [one for one in drafts if one.outcome == REDRAFTED]
    for one in anew:
        values = _values(one.found, now)
        for name, value in values.items():
            setattr(one.statement, name, value)
    if anew:
        Statement.objects.bulk_update([one.statement for one in anew], list(values))
    _write_due_dates([one for one in drafts if one.outcome == UNCHANGED])


def _write_due_dates(drafts: Sequence[_Draft]) -> None:
    """The result stays, and with it every decision, where only the contract's settling time is another."""
    moved = []
    for one in drafts:
        due_at = _due_at(one.found.plan)
        if one.statement.state == Statement.DRAFT and one.statement.due_at != due_at:
            one.statement.due_at = due_at
            moved.append(one.statement)
    Statement.objects.bulk_update(moved, ["due_at"])


def _write_lines(drafts: Sequence[_Draft]) -> None:
    anew = [one.statement.pk for one in drafts if one.outcome == REDRAFTED]
    if anew:
        StatementLine.objects.filter(statement__in=anew).delete()
    bulk.insert(line for one in drafts for line in _lines(one))


def _lines(one: _Draft) -> Iterator[StatementLine]:
    computed = one.found.computed
    pairs = zip(one.found.gathered.cases, computed.document["cases"], strict=True)
    for position, (gathered, case) in enumerate(pairs):
        values = line_values(
            gathered, computed.assessments[gathered.id], computed.settlement, case["expected"]
        )
        yield StatementLine(statement=one.statement, position=position, **values)


def _write_credits(drafts: Sequence[_Draft], now: datetime) -> None:
    """Put what is to be granted where it begins, and take it to the books: accrued as of the period's last day."""
    anew = [one.statement.pk for one in drafts if one.outcome == REDRAFTED]
    standing = {
        credit.statement_id: credit
        for credit in (ServiceCredit.objects.filter(statement__in=anew) if anew else ())
    }
    claims = _claims_on(standing.values())
    new, changed, gone = [], [], []
    for one in drafts:
        credit = standing.get(one.statement.pk)
        if credit is None and one.found.computed.to_grant.minor:
            new.append(ServiceCredit(statement=one.statement, **_beginning(one, set(), now)))
        elif credit and (one.found.computed.to_grant.minor or claims[credit.pk]):
            changed.append(_put_back(credit, _beginning(one, claims[credit.pk], now)))
        elif credit:
            gone.append(credit.pk)
    if gone:
        ServiceCredit.objects.filter(pk__in=gone).delete()
    if changed:
        ServiceCredit.objects.bulk_update(changed, ["currency", *undecided("", 0, now)])
    bulk.insert(new)
    begun = {credit.statement_id: credit for credit in [*new, *changed]}
    changes = [
        _change(one, begun.get(one.statement.pk), now)
        for one in drafts
        if one.statement.pk in begun or one.statement.pk in standing
    ]
    if changes:
        post_many(changes, deed="draft", by=None, now=now)


def _claims_on(credits: Collection[ServiceCredit]) -> dict[int, set[str]]:
    """The states of the claims on each credit."""
    states: dict[int, set[str]] = defaultdict(set)
    for credit, state in Claim.objects.filter(credit__in=credits).values_list("credit", "state"):
        states[credit].add(state)
    return states


def undecided(state: str, minor: int, now: datetime) -> dict[str, Any]:
    """The columns of a credit that is computed as so much, and that nobody has decided on."""
    return {
        "state": state,
        "computed_minor": minor,
        "amount_minor": minor,
        "reason": "",
        "proposed_at": now,
        "claim_until": None,
        "adjusted_by": None,
        "decided_by": None,
        "decided_at": None,
    }


def _beginning(one: _Draft, claims: Collection[str], now: datetime) -> dict[str, Any]:
    """A credit as it is computed, which nobody has decided on: to be claimed where the terms want that, else proposed.

    A claim that was accepted once is not asked for again. Where nothing is to be granted any more only a credit that was
    claimed is kept, for the claim's sake.
    """
    to_grant = one.found.computed.to_grant
    claim = None if {ACCEPTED, PARTLY_ACCEPTED} & set(claims) else one.found.computed.claim
    state = "proposed" if claim is None else "claimable"
    return {
        **undecided(state if to_grant.minor else "superseded", to_grant.minor, now),
        "currency": to_grant.currency,
        "claim_until": None if claim is None or claim.until is None else moment(claim.until),
    }


def _put_back(credit: ServiceCredit, beginning: Mapping[str, Any]) -> ServiceCredit:
    for name, value in beginning.items():
        setattr(credit, name, value)
    return credit


def _change(one: _Draft, credit: ServiceCredit | None, now: datetime) -> Change:
    period = one.found.plan.period
    last_day = local_date(period.end - 1, period.zone)
    since = accrues_on(one.statement.revision, last_day, day_of(now))
    if credit is None:
        return Change(one.statement, None, 0, since)
    return Change(one.statement, credit.state, credit.amount_minor, since)


def _deed(one: _Draft) -> Deed:
    computed = one.found.computed
    return Deed(one.statement, data={"digest": computed.digest, "credit_minor": computed.credit_minor})

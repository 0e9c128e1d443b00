"""What waits on a statement, and for whom: one sentence each, the most urgent first."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from reports.models import Claim, ClosingBlock, Delivery, Dispute, ServiceCredit, Statement
from reports.review.words import money
from slaservice.history.people import name_of
from slaservice.rules import workflow

MOST_NAMES = 4

People = Mapping[str, Sequence[User]]
"""Active people by role."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that waits: a sentence, and who may do it ('' where nobody has to)."""

    what: str
    who: str
    tone: str = "wait"


def people_by_role() -> dict[str, list[User]]:
    """Everybody who is active and has a role. Two queries."""
    found: dict[str, list[User]] = {role: [] for role in workflow.ROLES}
    people = User.objects.filter(is_active=True, groups__name__in=workflow.ROLES).distinct()
    for person in people.prefetch_related("groups").order_by("last_name", "username"):
        for group in person.groups.all():
            if group.name in found:
                found[group.name].append(person)
    return found


def who_may(action: str, people: People, *, but: Collection[int] = ()) -> str:
    """'finance approver: Agnes Prüfer' for an action of the table of roles, without those who may not here."""
    return "; ".join(
        _role(role, people, but) for role in workflow.ROLES if role in workflow.PERMISSIONS[action]
    )


def _role(role: str, people: People, but: Collection[int]) -> str:
    names = [name_of(person) for person in people.get(role, ()) if person.pk not in but]
    if not names:
        return f"{role} (nobody{' else' if but else ''} has this role)"
    rest = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return f"{role}: {', '.join(names[:MOST_NAMES])}{rest}"


def waits_of(
    statement: Statement,
    *,
    credit: ServiceCredit | None,
    claims: Sequence[Claim],
    disputes: Sequence[Dispute],
    blocks: Sequence[ClosingBlock],
    deliveries: Sequence[Delivery],
    people: People,
    now: datetime,
) -> list[Wait]:
    """What waits, and for whom."""
    found = [*_blocks(blocks, people), *_claims(claims, people), *_disputes(disputes, people)]
    if credit is not None:
        found += _credit(credit, statement, people)
    if statement.state == Statement.DRAFT:
        found.append(_draft(statement, credit, people, now))
    found += [
        Wait(
            f"The mail to {one.recipient} was given up: {one.problem}",
            "",
            "alarm",
        )
        for one in deliveries
        if one.given_up
    ]
    return found


def nothing_to_issue(statement: Statement) -> str:
    """Why a draft that says nothing new waits for nobody."""
    if statement.content_digest == Statement.SAYS_NOTHING:
        return "it is of no period of the contract any more"
    return f"it says what {statement.supersedes} says"


def _blocks(blocks: Sequence[ClosingBlock], people: People) -> Iterator[Wait]:
    for block in blocks:
        if block.resolved_at is None and block.waived_at is None:
            yield Wait(f"The month is blocked: {block.sentence}", who_may("periods.waive", people), "alarm")


def _claims(claims: Sequence[Claim], people: People) -> Iterator[Wait]:
    for claim in claims:
        if claim.state == "filed":
            filed = {claim.filed_by_id} if claim.filed_by_id is not None else set()
            yield Wait(
                f"The claim of {claim.claimant} waits for an answer.",
                who_may("claims.decide", people, but=filed),
            )


def _disputes(disputes: Sequence[Dispute], people: People) -> Iterator[Wait]:
    for dispute in disputes:
        if dispute.state == "open":
            filed = {dispute.filed_by_id} if dispute.filed_by_id is not None else set()
            yield Wait(
                f"The dispute of {dispute.claimant} waits for an answer.",
                who_may("disputes.decide", people, but=filed),
            )


def _credit(credit: ServiceCredit, statement: Statement, people: People) -> Iterator[Wait]:
    if credit.state in workflow.WAITS_FOR_FINANCE:
        changed = {credit.adjusted_by_id} if credit.adjusted_by_id is not None else set()
        by = (
            f", changed by {name_of(credit.adjusted_by)}, who does not decide on it"
            if credit.adjusted_by
            else ""
        )
        yield Wait(
            f"The credit of {money(credit.currency, credit.amount_minor)} waits for a decision{by}.",
            who_may("credits.approve", people, but=changed),
        )
    elif credit.state == "claimable":
        until = f" until {credit.claim_until:%Y-%m-%d %H:%M} UTC" if credit.claim_until else ""
        yield Wait(
            f"The credit of {money(credit.currency, credit.amount_minor)} is given only to whoever claims it{until}.",
            "the customer",
            "",
        )
    elif credit.state == "approved" and statement.state == Statement.ISSUED and credit.amount_minor:
        yield Wait(
            f"The credit of {money(credit.currency, credit.amount_minor)} is approved and not on a bill yet.",
            who_may("credits.apply", people),
            "",
        )


def _draft(statement: Statement, credit: ServiceCredit | None, people: People, now: datetime) -> Wait:
    if not statement.says_something_new:
        return Wait(f"There is nothing to issue: {nothing_to_issue(statement)}.", "", "")
    if statement.due_at > now:
        return Wait(
            f"Facts may still arrive: the draft is due for review on {statement.due_at:%Y-%m-%d %H:%M} UTC.",
            "",
            "",
        )
    if credit is not None and credit.state in workflow.WAITS_FOR_FINANCE:
        return Wait(
            "The statement can be issued when its credit is decided.", who_may("statements.issue", people), ""
        )
    return Wait("The statement is ready to be issued.", who_may("statements.issue", people))

"""The daily digest: what waits, told to each person of finance by their roles, in one mail a day.

A digest is a row with its text; a sweep sends it (reports/digest_mail.py). Where nothing waits for a person there is none.
"""

from collections.abc import Iterator
from datetime import date, datetime

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Count, Min, QuerySet, Sum
from django.urls import reverse

from reports.models import Claim, ClosingBlock, Digest, ServiceCredit, Statement
from reports.models.claims import FILED
from reports.postings import day_of
from reports.queries import due_for_review
from slaservice.rules.money import Money
from slaservice.rules.periods import zone_named
from slaservice.rules.words import counted
from slaservice.rules.workflow import FINANCE_APPROVER, FINANCE_CLERK, WAITS_FOR_FINANCE

FIRST_HOUR = 7
"""No digest before this hour of the vendor's day."""


def make_digests(*, now: datetime) -> int:
    """Make today's digests that are not made yet, once the day has begun in the vendor's zone; how many there were to make."""
    if now.astimezone(zone_named(settings.VENDOR_TIME_ZONE)).hour < FIRST_HOUR:
        return 0
    day = day_of(now)
    waiting = {FINANCE_CLERK: list(_for_clerks(now)), FINANCE_APPROVER: list(_for_approvers(now))}
    due = []
    for person in _not_told(day):
        roles = {group.name for group in person.groups.all()}
        lines = [line for role, found in waiting.items() if role in roles for line in found]
        if lines:
            due.append(Digest(day=day, to=person, text="\n".join(lines), made_at=now))
    # Of two sweeps at once the second's rows are already there.
    Digest.objects.bulk_create(due, ignore_conflicts=True)
    return len(due)


def _not_told(day: date) -> QuerySet[User]:
    """Finance with an e-mail address and without a digest of that day."""
    told = Digest.objects.filter(day=day).values("to")
    return (
        User.objects.filter(is_active=True, groups__name__in=[FINANCE_CLERK, FINANCE_APPROVER])
        .exclude(email="")
        .exclude(pk__in=told)
        .distinct()
        .prefetch_related("groups")
        .order_by("pk")
    )


def _for_clerks(now: datetime) -> Iterator[str]:
    """What a clerk can do something about, each with where to do it."""
    drafts = due_for_review(now).count()
    if drafts:
        yield _line(f"{counted(drafts, 'draft')} due for review", "statement", "status=due")
    claims = Claim.objects.filter(state=FILED).aggregate(count=Count("pk"), oldest=Min("received_at"))
    if claims["count"]:
        words = f"{counted(claims['count'], 'claim')} to decide on, the oldest {_age(claims['oldest'], now)}"
        yield _line(words, "claim", "state__exact=filed")
    blocks = ClosingBlock.objects.filter(resolved_at__isnull=True, waived_at__isnull=True)
    contracts = blocks.values("contract").distinct().count()
    if contracts:
        words = f"{counted(contracts, 'contract')} blocked from being closed"
        yield _line(words, "closingblock", "standing=blocks")
    approved = ServiceCredit.objects.filter(state="approved", statement__state=Statement.ISSUED)
    yield from _by_currency(approved, "to apply to a bill", "decided_at", "state=approved", now)


def _for_approvers(now: datetime) -> Iterator[str]:
    waiting = ServiceCredit.objects.filter(state__in=WAITS_FOR_FINANCE)
    yield from _by_currency(waiting, "to approve", "proposed_at", "state=waits", now)


def _by_currency(
    credits: QuerySet[ServiceCredit], what: str, since: str, query: str, now: datetime
) -> Iterator[str]:
    """A line for each currency: amounts of two are never added."""
    sums = credits.order_by("currency").values("currency")
    for one in sums.annotate(count=Count("pk"), minor=Sum("amount_minor"), oldest=Min(since)):
        amount = Money(int(one["minor"]), one["currency"])
        words = f"{counted(one['count'], 'credit')} {what}, {amount.shown}"
        yield _line(
            f"{words}, the oldest {_age(one['oldest'], now)}",
            "servicecredit",
            f"{query}&currency={amount.currency}",
        )


def _line(words: str, model: str, query: str) -> str:
    return f"{words}:\n{settings.SITE_URL}{reverse(f'admin:reports_{model}_changelist')}?{query}\n"


def _age(since: datetime, now: datetime) -> str:
    days = (now - since).days
    return f"for {counted(days, 'day')}" if days else "from today"

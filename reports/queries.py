"""Reading statements: who sees which, and where each stands. What a customer is answered starts here, from the customer."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import ContractVersion, Customer
from accounts.queries import customers_visible_to
from reports.models import ClosingBlock, ServiceCredit, Statement
from reports.periods import parse_month
from slaservice.prepared import Slot
from slaservice.rules import workflow
from slaservice.rules.intervals import Interval
from slaservice.rules.periods import calendar_period, period_ending_in
from slaservice.rules.workflow import GRANTED

WAS_GRANTED = Q(state__in=GRANTED) | Q(state="expired", decided_at__isnull=False)
"""Credits that finance granted (`ServiceCredit.was_granted`): what was granted and then expired among them, not what lapsed."""

SUMMARY = (
    "id",
    "public_id",
    "number",
    "contract__number",
    "period_label",
    "period_start",
    "period_end",
    "revision",
    "supersedes__number",
    "superseded_by__number",
    "met",
    "currency",
    "credit_minor",
    "granted_minor",
    "issued_at",
    "digest",
)
"""What is said of an issued statement wherever it is listed. A revision that is no more than drafted has no number."""


LET_GO = Q(state="rejected") | Q(state="expired", decided_at__isnull=True)
"""Credits that were owed and are not given: what finance rejected, and what nobody claimed in time."""


def statements_of(customer: Customer | Slot) -> QuerySet[Statement]:
    """What a customer sees: its own issued statements, all revisions. A slot stands for the customer's id."""
    return Statement.objects.filter(contract__customer=customer, state=Statement.ISSUED)


def summaries_of(statements: QuerySet[Statement], *more: str) -> QuerySet[Statement, dict[str, Any]]:
    """SUMMARY of these statements, and more of their columns: plain values, because whole rows with their documents are heavy."""
    granted = ServiceCredit.objects.filter(WAS_GRANTED, statement=OuterRef("pk")).order_by()
    amount = Coalesce(Subquery(granted.values("amount_minor")), 0)
    return statements.annotate(granted_minor=amount).values(*SUMMARY, *more)


def revisions_of(customer: Customer, one: QuerySet[Statement]) -> QuerySet[Statement]:
    """The customer's issued statements of the period of this one, the first revision first."""
    same = one.filter(contract=OuterRef("contract"), period_start=OuterRef("period_start"))
    return statements_of(customer).filter(Exists(same)).order_by("revision")


def statements_with(customer: Customer, sha256: str) -> QuerySet[Statement]:
    """The customer's issued statement whose document has this digest, or whose file this hash; or nothing."""
    return statements_of(customer).filter(Q(digest=sha256) | Q(files__sha256=sha256))


def is_current(sha256: str) -> bool | None:
    """Whether the issued statement, whosever, whose document has this digest or whose file this hash is superseded by none.

    None: there is no such statement. One query, by an index, that takes as long for what there is as for what there is not.
    """
    issued = Statement.objects.filter(state=Statement.ISSUED).order_by()
    by_document = issued.filter(digest=sha256).values_list("superseded_by__number")
    by_file = issued.filter(files__sha256=sha256).values_list("superseded_by__number")
    for (superseded_by,) in by_document.union(by_file, all=True)[:1]:
        return superseded_by is None
    return None


def blocks_visible_to(user: AbstractBaseUser) -> QuerySet[ClosingBlock]:
    """What blocks the close for the customers in a person's care, and is neither resolved nor waived."""
    return ClosingBlock.objects.filter(
        contract__customer__in=customers_visible_to(user), resolved_at__isnull=True, waived_at__isnull=True
    )


def calendars(month: str) -> Iterator[tuple[dict[str, Any], Interval]]:
    """The calendars of contracts with a period that ends in the month, each as columns of versions, and that period."""
    year, number = parse_month(month)
    names = ("timezone", "period_months", "first_month")
    for timezone, months, first_month in ContractVersion.objects.order_by().values_list(*names).distinct():
        first = period_ending_in(year, number, months=months, first_month=first_month)
        if first is not None:
            columns = dict(zip(names, (timezone, months, first_month), strict=True))
            yield columns, calendar_period(first, months, timezone).interval


SAYS_NOTHING = Q(content_digest=Statement.SAYS_NOTHING)

_SAYS_SOMETHING_NEW = ~SAYS_NOTHING & (
    Q(supersedes__isnull=True) | ~Q(content_digest=F("supersedes__content_digest"))
)

SUPERSEDED = Q(superseded_by__state=Statement.ISSUED)

LATEST = ~SAYS_NOTHING & (
    Q(superseded_by__isnull=True) | Q(superseded_by__content_digest=Statement.SAYS_NOTHING)
)
"""The last revision of a period that says anything: one for each period."""


def with_status(now: datetime) -> dict[str, Q]:
    """Where statements stand (`Statement.status`), as a condition for each status: every statement meets one of them."""
    draft, issued = Q(state=Statement.DRAFT), Q(state=Statement.ISSUED)
    return {
        workflow.DRAFT: draft & _SAYS_SOMETHING_NEW & Q(due_at__gt=now),
        workflow.DUE: draft & _SAYS_SOMETHING_NEW & Q(due_at__lte=now),
        workflow.NOTHING_TO_ISSUE: draft & ~_SAYS_SOMETHING_NEW,
        workflow.ISSUED: issued & ~SUPERSEDED,
        workflow.SUPERSEDED: issued & SUPERSEDED,
    }


def due_for_review(now: datetime) -> QuerySet[Statement]:
    """Drafts whose settling time is over, without those of no period any more and restatements that came to what is issued."""
    return Statement.objects.filter(with_status(now)[workflow.DUE])


def issuable_by_themselves(now: datetime) -> QuerySet[Statement]:
    """Drafts that need nobody: due, allowed by the contract, first revision, every commitment met, no credit, nothing waived.

    And nothing of an earlier period still waits, whose issue would change their history.
    """
    blocks = ClosingBlock.objects.filter(contract=OuterRef("contract"))
    waived = Q(month=OuterRef("month"), waived_at__isnull=False)
    standing = Q(month__lte=OuterRef("month"), waived_at__isnull=True, resolved_at__isnull=True)
    earlier = Statement.objects.filter(
        _SAYS_SOMETHING_NEW,
        contract=OuterRef("contract"),
        period_start__lt=OuterRef("period_start"),
        state=Statement.DRAFT,
    )
    return due_for_review(now).filter(
        ~Exists(blocks.filter(waived | standing)),
        ~Exists(earlier),
        contract__issues_by_itself=True,
        revision=1,
        met=True,
        credit_minor=0,
        credit__isnull=True,
    )

"""A month at a glance: how far its close is, what it came to, and what runs up meanwhile. Read in a fixed number of queries.

Which contracts have a period that ends in the month is asked of the database, one condition for each calendar that contracts
have, and comes out as the planning of periods (reports/periods.py) does contract by contract. What the running periods owe is not
worked out here: the last reckoning is read (reports/exposure.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from accounts.models import Contract, ContractVersion
from accounts.queries import contracts_visible_to, sees_every_customer
from reports.models import ClosingBlock, Exposure, ExposureLine, ServiceCredit, Statement
from reports.periods import parse_month
from reports.queries import LATEST, SAYS_NOTHING, calendars, with_status
from slaservice.outages.models import OutageWindow
from slaservice.rules.intervals import Interval, moment
from slaservice.rules.money import Money
from slaservice.rules.workflow import CREDIT_STATES, DRAFT, DUE, ISSUED, SUPERSEDED

MOST_NAMED = 20
"""Contracts named of those that are not closed; reasons named of what blocks."""

TOP_CONTRACTS = 5


@dataclass(frozen=True, slots=True)
class Blocked:
    """One reason that keeps so many contracts from being closed; `contract` is one of them."""

    code: str
    subject: str
    sentence: str
    contracts: int
    contract: int


@dataclass(frozen=True, slots=True)
class CreditSum:
    """The month's credits in one state and currency."""

    state: str
    count: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Costs:
    """A contract and what it adds."""

    contract: Contract
    amount: Money


@dataclass(frozen=True, slots=True)
class AtRisk:
    """An open outage, how many contracts it hits, what one more hour of it costs, and the contracts that it costs most for."""

    outage: OutageWindow
    contracts: int
    amounts: Sequence[Money]
    top: Sequence[Costs]


@dataclass(frozen=True, slots=True)
class Running:
    """What the running periods owe, as of an instant: sums by currency, the contracts that owe most, open outages.

    `worked_out` is how many contracts may owe anything at all; `obstacles` those of which nothing could be worked out.
    """

    at: datetime
    worked_out: int
    owed: Sequence[tuple[int, Money]]
    top: Sequence[Costs]
    outages: Sequence[AtRisk]
    at_risk: Sequence[Money]
    obstacles: int
    an_obstacle: str


@dataclass(slots=True)
class Glance:
    """Everything that the page shows of a month. Contracts are counted, but for `credits`, which counts credits."""

    month: str
    ended: int = 0
    not_ended: int = 0
    closed: int = 0
    blocked: int = 0
    not_closed: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    missed: int = 0
    blocks: Sequence[Blocked] = ()
    named: Sequence[Contract] = ()
    credits: Sequence[CreditSum] = ()
    running: Running | None = None


def last_month(today: date) -> str:
    """The last month that has ended."""
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def glance(month: str, *, user: User, now: datetime) -> Glance:
    """The month as the user sees it: of the customers in their care. Refusal for no month."""
    parse_month(month)
    contracts = None if sees_every_customer(user) else contracts_visible_to(user).values("pk")
    found = Glance(month)
    ended = _count_contracts(found, contracts, now)
    _count_statements(found, contracts, now)
    _name_what_blocks(found, contracts)
    _name_what_is_not_closed(found, contracts, ended)
    found.credits = _credits(month, contracts)
    found.running = _running(contracts)
    return found


# the close


def _count_contracts(found: Glance, contracts: QuerySet[Any] | None, now: datetime) -> Q:
    """Counts the contracts whose period has ended and whose has not; the condition on versions of the former."""
    periods = _periods(found.month)
    ended = _any(versions for period, versions in periods if moment(period.end) <= now)
    not_ended = _any(versions for period, versions in periods if moment(period.end) > now)
    counts = _of(contracts, ContractVersion.objects.order_by()).aggregate(
        ended=Count("contract", distinct=True, filter=ended),
        not_ended=Count("contract", distinct=True, filter=not_ended),
    )
    found.ended, found.not_ended = counts["ended"], counts["not_ended"]
    return ended


def _periods(month: str) -> list[tuple[Interval, Q]]:
    """For each calendar with a period that ends in the month, the period and the versions that it is made of."""
    found = []
    for calendar, period in calendars(month):
        in_force = Q(ends_at__isnull=True) | Q(ends_at__gt=moment(period.start))
        found.append((period, in_force & Q(starts_at__lt=moment(period.end), **calendar)))
    return found


def _any(conditions: Any) -> Q:
    found = Q(pk__in=())
    for condition in conditions:
        found |= condition
    return found


def _of(contracts: QuerySet[Any] | None, rows: QuerySet[Any], lookup: str = "contract") -> QuerySet[Any]:
    return rows if contracts is None else rows.filter(**{f"{lookup}__in": contracts})


def _count_statements(found: Glance, contracts: QuerySet[Any] | None, now: datetime) -> None:
    status = with_status(now)
    of_month = _of(contracts, Statement.objects.filter(month=found.month).order_by())
    counts = of_month.aggregate(
        closed=Count("contract", distinct=True, filter=LATEST),
        missed=Count("pk", filter=LATEST & Q(met=False)),
        settling=Count("pk", filter=status[DRAFT]),
        due=Count("pk", filter=status[DUE]),
        issued=Count("pk", filter=status[ISSUED]),
        superseded=Count("pk", filter=status[SUPERSEDED]),
    )
    found.closed, found.missed = counts.pop("closed"), counts.pop("missed")
    found.statuses = counts


def _standing(month: str, contracts: QuerySet[Any] | None) -> QuerySet[ClosingBlock]:
    rows = ClosingBlock.objects.filter(month=month, resolved_at__isnull=True, waived_at__isnull=True)
    return _of(contracts, rows.order_by())


def _name_what_blocks(found: Glance, contracts: QuerySet[Any] | None) -> None:
    """The reasons that keep most contracts from being closed come first."""
    standing = _standing(found.month, contracts)
    found.blocked = standing.aggregate(count=Count("contract", distinct=True))["count"]
    reasons = standing.values("code", "subject").annotate(
        contracts=Count("contract", distinct=True), sentence=Min("sentence"), contract=Min("contract")
    )
    found.blocks = [Blocked(**row) for row in reasons.order_by("-contracts", "code", "subject")[:MOST_NAMED]]


def _name_what_is_not_closed(found: Glance, contracts: QuerySet[Any] | None, ended: Q) -> None:
    """Contracts whose period has ended, that have no statement and that nothing blocks: the close has not been there."""
    mine = ContractVersion.objects.filter(ended, contract=OuterRef("pk"))
    # Where any says something, one that does is the latest; without LATEST's join the planner sees how many there are.
    closed = Statement.objects.filter(~SAYS_NOTHING, month=found.month, contract=OuterRef("pk"))
    blocked = _standing(found.month, None).filter(contract=OuterRef("pk"))
    rows = Contract.objects.filter(Exists(mine), ~Exists(closed), ~Exists(blocked))
    rows = _of(contracts, rows, "pk")
    found.not_closed = rows.count()
    found.named = list(rows.select_related("customer").order_by("number")[:MOST_NAMED])


# money


def _credits(month: str, contracts: QuerySet[Any] | None) -> list[CreditSum]:
    rows = _of(
        contracts, ServiceCredit.objects.filter(statement__month=month).order_by(), "statement__contract"
    )
    sums = rows.values("state", "currency").annotate(count=Count("pk"), minor=Sum("amount_minor"))
    found = [CreditSum(row["state"], row["count"], Money(row["minor"], row["currency"])) for row in sums]
    return sorted(found, key=lambda one: (CREDIT_STATES.index(one.state), one.amount.currency))


def _running(contracts: QuerySet[Any] | None) -> Running | None:
    """The last reckoning that is whole; None before the first."""
    exposure = Exposure.objects.whole().order_by("pk").last()
    if exposure is None:
        return None
    lines = _of(contracts, ExposureLine.objects.filter(exposure=exposure).order_by())
    so_far = lines.filter(outage__isnull=True)
    obstacles = so_far.exclude(obstacle="").aggregate(count=Count("pk"), one=Min("obstacle"))
    owed = so_far.filter(obstacle="").values("currency")
    sums = owed.annotate(count=Count("pk"), minor=Sum("amount_minor")).order_by("currency")
    by_hour = lines.filter(outage__isnull=False)
    return Running(
        at=exposure.at,
        worked_out=exposure.contracts,
        owed=[(row["count"], Money(row["minor"], row["currency"])) for row in sums],
        top=_top(so_far.filter(amount_minor__gt=0), "currency").get(None, []),
        outages=(outages := _at_risk(by_hour)),
        at_risk=_added(amount for one in outages for amount in one.amounts),
        obstacles=obstacles["count"],
        an_obstacle=obstacles["one"] or "",
    )


def _at_risk(lines: QuerySet[ExposureLine]) -> list[AtRisk]:
    """The open outages, the oldest first."""
    sums = list(lines.values("outage", "currency").annotate(count=Count("pk"), minor=Sum("amount_minor")))
    top = _top(lines.filter(amount_minor__gt=0), "outage")
    outages = OutageWindow.objects.filter(pk__in={row["outage"] for row in sums})
    return [
        AtRisk(
            outage=outage,
            contracts=sum(row["count"] for row in sums if row["outage"] == outage.pk),
            amounts=_added(
                Money(row["minor"], row["currency"]) for row in sums if row["outage"] == outage.pk
            ),
            top=top.get(outage.pk, []),
        )
        for outage in outages.select_related("component").order_by("start", "pk")
    ]


def _top(lines: QuerySet[ExposureLine], of: str) -> dict[int | None, list[Costs]]:
    """The contracts with the highest amounts, of each outage or of each currency."""
    rank = Window(RowNumber(), partition_by=[F(of)], order_by=[F("amount_minor").desc(), F("pk").asc()])
    rows = lines.annotate(rank=rank).filter(rank__lte=TOP_CONTRACTS)
    found: dict[int | None, list[Costs]] = {}
    for line in rows.select_related("contract__customer").order_by("currency", "-amount_minor", "pk"):
        found.setdefault(line.outage_id, []).append(
            Costs(line.contract, Money(line.amount_minor, line.currency))
        )
    return found


def _added(amounts: Any) -> list[Money]:
    """One sum for each currency in which there is any."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, Money(0, amount.currency)) + amount
    return [sums[currency] for currency in sorted(sums) if sums[currency].minor]

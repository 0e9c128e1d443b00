"""Filters of the desk's lists: what finance asks for, answered from small tables and indexes however long the lists are.

A list of statements and a list of credits take the same ones; `statement` says by which way a row reaches its statement.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Max, Min, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import smart_split, unescape_string_literal

from accounts.models import Contract, ContractVersion, Customer
from reports import queries
from reports.models import Claim, Dispute, ServiceCredit, Statement, StatementLine
from slaservice.history.people import name_of
from slaservice.outages.models import CustomerTier
from slaservice.rules import workflow
from slaservice.rules.money import minor_units

MOST_MONTHS = 24
Choices = list[tuple[str, str]]


def statement_of(page: Any) -> str:
    """The lookup from a row of the list to its statement, as a prefix; none where the row says itself what a statement says."""
    ways = {ServiceCredit: "statement__", Dispute: "statement__", Claim: "credit__statement__"}
    return ways.get(page.model, "")


class Filter(admin.SimpleListFilter):
    """One of a few values. `apply` narrows the rows by the value that was chosen."""

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.statement = statement_of(model_admin)
        super().__init__(request, params, model, model_admin)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return self.apply(queryset, value) if value else queryset

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        raise NotImplementedError


class TypedFilter(Filter):
    """A value that is typed, where there are too many to choose from."""

    template = "admin/reports/filters/typed.html"
    placeholder: ClassVar[str] = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return []

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        ours = {self.parameter_name, "p"}
        yield {
            "value": self.value() or "",
            "others": [(name, value) for name, value in changelist.params.items() if name not in ours],
            "without": changelist.get_query_string(remove=[self.parameter_name]),
        }


class MonthFilter(Filter):
    """The month in which the period ends: the last two years of them, from the ends of an index."""

    title, parameter_name = "month", "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        reach = Statement.objects.order_by().aggregate(Min("month"), Max("month"))
        months = months_between(reach["month__min"], reach["month__max"])
        return [(month, month) for month in months[:MOST_MONTHS]]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(**{f"{self.statement}month": value})


def months_between(first: str | None, last: str | None) -> list[str]:
    """Every month from the last back to the first; none where there is none."""
    if not first or not last:
        return []
    begin, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{month // 12}-{month % 12 + 1:02}" for month in range(end, begin - 1, -1)]


class CurrencyFilter(Filter):
    """The currencies that contracts have."""

    title, parameter_name = "currency", "currency"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        found = ContractVersion.objects.order_by("currency").values_list("currency", flat=True).distinct()
        return [(currency, currency) for currency in found]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(currency=value)


class StatusFilter(Filter):
    """Where a statement stands today: the stored state, what time has made due, and what a restatement superseded."""

    title, parameter_name = "status", "status"
    STATUSES = {
        "settling": workflow.DRAFT,
        "due": workflow.DUE,
        "nothing": workflow.NOTHING_TO_ISSUE,
        "issued": workflow.ISSUED,
        "superseded": workflow.SUPERSEDED,
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [
            (name, "draft, still settling" if status == workflow.DRAFT else status)
            for name, status in self.STATUSES.items()
        ]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        status = self.STATUSES.get(value)
        return rows.none() if status is None else rows.filter(queries.with_status(timezone.now())[status])


class MetFilter(Filter):
    """Whether every commitment was met."""

    title, parameter_name = "commitments", "met"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("yes", "all met"), ("no", "one missed")]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(met=value == "yes")


class RevisionFilter(Filter):
    """All revisions of a period, or the last of them that says anything."""

    title, parameter_name = "revisions", "revision"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("latest", "the latest")]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(queries.LATEST) if value == "latest" else rows.none()


class CreditStateFilter(Filter):
    """The state of a credit. Without a choice: what waits for finance, for that is what the list is opened for."""

    title, parameter_name = "state", "state"
    WAITS, ALL = "waits", "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        states = [(state, state) for state in workflow.CREDIT_STATES]
        return [(self.WAITS, "waits for finance"), *states, (self.ALL, "all")]

    def value(self) -> str:
        return super().value() or self.WAITS

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, title in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == self.ALL:
            return rows
        states = workflow.WAITS_FOR_FINANCE if value == self.WAITS else {value}
        return rows.filter(state__in=sorted(states))


class StandingFilter(Filter):
    """Whether a block still keeps its contract from being closed."""

    title, parameter_name = "state", "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [("blocks", "blocks"), ("waived", "waived"), ("resolved", "resolved")]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == "resolved":
            return rows.filter(resolved_at__isnull=False)
        return rows.filter(resolved_at__isnull=True, waived_at__isnull=value == "blocks")


class AgeFilter(Filter):
    """How long ago a credit was proposed."""

    title, parameter_name = "age", "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(days, f"over {days} days") for days in ("7", "30")]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value.isdigit() or len(value) > 4:
            return rows.none()
        return rows.filter(proposed_at__lt=timezone.now() - timedelta(days=int(value)))


class OverFilter(TypedFilter):
    """Credits over an amount, in whole units of whatever currency each of them has."""

    title, parameter_name, placeholder = "amount over", "over", "1000"

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not value.isascii() or not value.isdigit() or len(value) > 12:
            return rows.none()
        over = Q()
        for currency in ContractVersion.objects.order_by().values_list("currency", flat=True).distinct():
            over |= Q(currency=currency, amount_minor__gt=int(value) * 10 ** minor_units(currency))
        return rows.filter(over)


class CustomerFilter(TypedFilter):
    """Customers by a part of their name: there are too many to choose from."""

    title, parameter_name, placeholder = "customer", "customer", "part of the name"

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        named = Contract.objects.filter(
            Q(customer__name__icontains=value) | Q(customer__legal_name__icontains=value)
        )
        return rows.filter(**{f"{self.statement}contract__in": named.order_by().values("pk")})


class ManagerFilter(Filter):
    """In whose care the customer is."""

    title, parameter_name = "account manager", "manager"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        managing = Customer.objects.order_by().exclude(account_manager=None).values("account_manager")
        people: Iterable[User] = User.objects.filter(pk__in=managing).order_by("username")
        return [(str(one.pk), name_of(one)) for one in people]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not _is_a_key(value):
            return rows.none()
        managed = Contract.objects.filter(customer__account_manager=int(value)).order_by()
        return rows.filter(**{f"{self.statement}contract__in": managed.values("pk")})


class TierFilter(Filter):
    """The customer tier of a version that the statement was judged by."""

    title, parameter_name = "tier", "tier"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        return [(str(tier.pk), tier.name) for tier in CustomerTier.objects.order_by("position", "code")]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if not _is_a_key(value):
            return rows.none()
        lines = StatementLine.objects.filter(commitment__version__tier=int(value)).order_by()
        return rows.filter(**{f"{self.statement}pk__in": lines.values("statement")})


def _is_a_key(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) < 19


# search

MOST_CONTRACTS_NAMED = 1000


def searched(rows: QuerySet[Any], text: str, statement: str = "") -> QuerySet[Any]:
    """Rows whose statement's number begins with the text, or whose contract, customer or legal name has every word of it.

    Contracts are found first: there are few of them beside their statements, and both ways then have an index.
    """
    if not text.strip():
        return rows
    contracts = Contract.objects.order_by()
    for word in smart_split(text):
        if word.startswith(('"', "'")) and word[0] == word[-1]:
            word = unescape_string_literal(word)
        contracts = contracts.filter(
            Q(number__icontains=word)
            | Q(customer__name__icontains=word)
            | Q(customer__legal_name__icontains=word)
        )
    keys = list(contracts.values_list("pk", flat=True)[: MOST_CONTRACTS_NAMED + 1])
    named = keys if len(keys) <= MOST_CONTRACTS_NAMED else contracts.values("pk")
    found = Q(**{f"{statement}contract__in": named})
    if Statement.objects.filter(number__startswith=text.upper()).exists():
        found |= Q(**{f"{statement}number__startswith": text.upper()})
    return rows.filter(found)

"""The review queue: one row a credit, with what a decision rests on at a glance, and the sums of what is listed."""

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin.base import AccountsAdmin
from reports.admin import filters
from reports.models import ServiceCredit, Statement, StatementLine
from reports.pdf import figures
from slaservice.history.admin.exports import Amount, Several
from slaservice.history.admin.people import by_name
from slaservice.history.people import name_of
from slaservice.rules.exact import fixed, rounded
from slaservice.rules.money import Money, minor_units
from slaservice.rules.words import counted, number

ELSEWHERE = {"claimable": "to be claimed by the customer", "approved": "approved, to be put onto a bill"}


class ReviewQueue(AccountsAdmin):
    """The list of credits. Without a choice of state it shows what waits for finance, the oldest first."""

    list_display = (
        "shown",
        "customer",
        "contract",
        "period",
        "uptime",
        "downtime",
        "computed",
        "amount",
        "state",
        "age",
        "cap",
        "adjusted",
        "bill",
    )
    list_filter = (
        filters.CreditStateFilter,
        filters.CustomerFilter,
        filters.MonthFilter,
        filters.CurrencyFilter,
        filters.AgeFilter,
        filters.OverFilter,
        filters.ManagerFilter,
        filters.TierFilter,
    )
    search_fields = ("statement__number",)
    search_help_text = "Statement number (as it begins), contract, customer."
    list_select_related = ("statement__contract__customer", "adjusted_by")
    list_display_links = None
    list_per_page = 50
    show_full_result_count = False
    ordering = ("proposed_at", "pk")
    change_list_template = "admin/reports/servicecredit/change_list.html"
    plain: ClassVar[Any] = {
        "computed": Amount(lambda credit: Money(credit.computed_minor, credit.currency)),
        "amount": Amount(lambda credit: Money(credit.amount_minor, credit.currency)),
        "uptime": Several(
            {
                "Uptimes": lambda credit: "\n".join(uptime for uptime, _ in _uptimes(credit)),
                "Worst uptime, %": lambda credit: _of_worst(credit, _uptime),
                "Its target, %": lambda credit: _of_worst(credit, _target),
                "Its downtime, seconds": lambda credit: _of_worst(credit, _seconds),
            }
        ),
        "downtime": lambda credit: "\n".join(
            f"{line.name}: {line.downtime_seconds} s" for line in _missed(credit)
        ),
        "cap": lambda credit: "\n".join(f"{name}: {words}" for name, words in _caps(credit.statement)),
        "age": lambda credit: (timezone.now() - credit.proposed_at).days,
        "adjusted": lambda credit: name_of(credit.adjusted_by) if credit.adjusted_by else None,
        "bill": lambda credit: credit.billing_reference or None,
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        credits = super().get_queryset(request).select_related(*self.list_select_related)
        return credits.prefetch_related("statement__lines")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return filters.searched(queryset, search_term, "statement__"), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list, with the sums by currency of all that it lists; where nothing waits, with what goes on elsewhere."""
        wide = {"is_nav_sidebar_enabled": False}
        response = super().changelist_view(request, {**wide, **(extra_context or {})})
        context = getattr(response, "context_data", None) or {}
        if isinstance(listed := context.get("cl"), ChangeList):
            context["totals"] = list(_totals(listed.queryset))
            if not context["totals"]:
                context["elsewhere"] = _elsewhere(self.get_queryset(request))
        return response

    @admin.display(description="Statement", ordering="statement__number")
    def shown(self, credit: ServiceCredit) -> SafeString:
        address = reverse("admin:reports_statement_change", args=[credit.statement_id])
        return format_html('<a href="{}">{}</a>', address, credit.statement.number or "draft")

    @admin.display(ordering="statement__contract__customer__name")
    def customer(self, credit: ServiceCredit) -> str:
        return credit.statement.contract.customer.name

    @admin.display(ordering="statement__contract__number")
    def contract(self, credit: ServiceCredit) -> SafeString:
        contract = credit.statement.contract
        address = reverse("admin:accounts_contract_change", args=[contract.pk])
        return format_html('<a href="{}">{}</a>', address, contract.number)

    @admin.display(ordering="statement__period_end")
    def period(self, credit: ServiceCredit) -> str:
        return credit.statement.period_label

    @admin.display(description="Uptime of target")
    def uptime(self, credit: ServiceCredit) -> SafeString:
        return _stacked(_uptimes(credit))

    @admin.display(description="Downtime")
    def downtime(self, credit: ServiceCredit) -> SafeString:
        lost = ((line.name, Fraction(line.downtime_seconds)) for line in _missed(credit))
        return _stacked(
            (f"{name}: {figures.seconds(seconds)}", figures.words(seconds)) for name, seconds in lost
        )

    @admin.display(ordering="computed_minor")
    def computed(self, credit: ServiceCredit) -> str:
        return _shown(credit.computed_minor, credit.currency)

    @admin.display(ordering="amount_minor")
    def amount(self, credit: ServiceCredit) -> str:
        return _shown(credit.amount_minor, credit.currency)

    @admin.display(description="Cap")
    def cap(self, credit: ServiceCredit) -> SafeString:
        return _stacked(_caps(credit.statement)) or SafeString("none")

    @admin.display(description="Age", ordering="proposed_at")
    def age(self, credit: ServiceCredit) -> SafeString:
        days = (timezone.now() - credit.proposed_at).days
        return format_html(
            '<span title="proposed {}">{}</span>',
            f"{credit.proposed_at:%Y-%m-%d %H:%M} UTC",
            counted(days, "day"),
        )

    adjusted = by_name("adjusted_by", "Adjusted by")

    @admin.display(description="Bill", ordering="billing_reference")
    def bill(self, credit: ServiceCredit) -> str:
        return credit.billing_reference or "–"


def _missed(credit: ServiceCredit) -> list[StatementLine]:
    """The lines that were missed; where a credit is owed without a miss, those that owe it."""
    lines = list(credit.statement.lines.all())
    return [line for line in lines if not line.met] or [line for line in lines if line.credit_minor]


def _uptimes(credit: ServiceCredit) -> Iterator[tuple[str, str]]:
    for line in _missed(credit):
        target = _target(line)
        judged = figures.percent(Fraction(line.judged_percent), figures.places_of(target))
        yield f"{line.name}: {line.uptime_percent} %", f"{judged} of {number(target)} %"


def _of_worst(credit: ServiceCredit, figure: Callable[[StatementLine], Fraction]) -> Fraction | None:
    """A figure of the line that is farthest below its target; None where none was judged."""
    judged = [line for line in _missed(credit) if line.applicable]
    worst = min(judged, key=lambda line: Fraction(line.judged_percent) - _target(line), default=None)
    return None if worst is None else figure(worst)


def _target(line: StatementLine) -> Fraction:
    return Fraction(line.commitment_percent)


def _uptime(line: StatementLine) -> Fraction:
    """Rounded down, so that a missed target never reads as met."""
    return rounded(Fraction(line.judged_percent), figures.places_of(_target(line), least=6), "floor")


def _seconds(line: StatementLine) -> Fraction:
    """To the millisecond, rounded up: a third of a second is no number that a file can hold."""
    return rounded(Fraction(line.downtime_seconds), 3, "ceil")


def _stacked(lines: Iterable[tuple[str, str]]) -> SafeString:
    """A line for each commitment; the whole of it, with the commitment's name, where one points."""
    return format_html_join(SafeString("<br>"), '<span title="{}">{}</span>', lines)


def _caps(statement: Statement) -> Iterator[tuple[str, str]]:
    """What the caps say: of each commitment that owes something, and of all of them together."""
    document = statement.document
    for case in document["cases"]:
        reasons = case["expected"]["reasons"]
        if reasons["cap"] is not None and Fraction(reasons["before_cap"]):
            limit = _money(reasons["cap"]["limit"], statement.currency)
            yield case["id"], f"cut to {limit}" if reasons["cap"]["reduced"] else f"within {limit}"
    total = document["total"]
    if total["capped"]:
        yield (
            f"all: {_grouped(total['before_cap'], statement.currency)}",
            f"all: cut to {_grouped(total['credit_amount'], statement.currency)}",
        )


def _shown(minor: int, currency: str) -> str:
    return Money(minor, currency).shown


def _grouped(amount: str, currency: str) -> str:
    return f"{currency} {figures.grouped(amount)}"


def _money(exact: str, currency: str) -> str:
    """An exact amount cut to the currency's decimals, as a limit holds it."""
    places = minor_units(currency)
    return _grouped(fixed(rounded(Fraction(exact), places, "floor"), places), currency)


def _elsewhere(credits: QuerySet[Any]) -> list[tuple[str, str, int]]:
    """(address, state, how many) of what waits for others than who decides: for the customer's claim, for a bill."""
    counts = dict(
        credits.order_by().filter(state__in=ELSEWHERE).values_list("state").annotate(count=Count("pk"))
    )
    queue = reverse("admin:reports_servicecredit_changelist")
    return [(f"{queue}?state={state}", words, counts.get(state, 0)) for state, words in ELSEWHERE.items()]


def _totals(listed: QuerySet[ServiceCredit]) -> Iterator[dict[str, Any]]:
    """How many credits and how much, by currency, which are never added up."""
    sums = (
        listed.order_by()
        .values("currency")
        .annotate(count=Count("pk"), computed=Sum("computed_minor"), amount=Sum("amount_minor"))
    )
    for row in sums.order_by("currency"):
        currency = row["currency"]
        yield {
            "currency": currency,
            "count": row["count"],
            "computed": Money(row["computed"], currency).grouped,
            "amount": Money(row["amount"], currency).grouped,
        }

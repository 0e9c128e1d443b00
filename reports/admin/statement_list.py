"""The list of statements: found by status, month, customer and number, however many there are."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import AccountsAdmin
from reports.admin import filters
from reports.models import ServiceCredit, Statement
from slaservice.history.admin.exports import Amount
from slaservice.rules.money import Money


def _owed(statement: Statement) -> Money:
    return Money(statement.credit_minor, statement.currency)


def _credit(statement: Statement) -> ServiceCredit | None:
    return getattr(statement, "credit", None)


class StatementList(AccountsAdmin):
    """What is listed of statements, newest periods first."""

    list_display = (
        "name",
        "customer",
        "contract",
        "period",
        "result",
        "owed",
        "decision",
        "status",
        "since",
    )
    list_filter = (
        filters.StatusFilter,
        filters.CustomerFilter,
        filters.MonthFilter,
        filters.MetFilter,
        filters.RevisionFilter,
        filters.CurrencyFilter,
        filters.ManagerFilter,
    )
    search_fields = ("number",)
    search_help_text = "Statement number (as it begins), contract, customer."
    show_full_result_count = False
    ordering = ("-period_end", "pk")
    change_list_template = "admin/reports/statement/change_list.html"
    plain: ClassVar[Any] = {
        "name": lambda statement: statement.number or "draft",
        "result": lambda statement: statement.met,
        "owed": Amount(_owed),
        "decision": lambda statement: credit.state if (credit := _credit(statement)) else None,
        "since": lambda statement: statement.issued_at or statement.due_at,
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        statements = (
            super()
            .get_queryset(request)
            .select_related("contract__customer", "credit", "supersedes", "superseded_by", "issued_by")
        )
        return statements.defer("body", "supersedes__body", "superseded_by__body")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return filters.searched(queryset, search_term), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """The list in the width of the window."""
        shown = {"is_nav_sidebar_enabled": False, "may_close": self.may(request, "periods.close")}
        return super().changelist_view(request, {**shown, **(extra_context or {})})

    @admin.display(description="Statement", ordering="number")
    def name(self, statement: Statement) -> str:
        return statement.number or "draft"

    @admin.display(description="Period", ordering="period_end")
    def period(self, statement: Statement) -> str:
        return statement.period_label

    @admin.display(ordering="contract__customer__name")
    def customer(self, statement: Statement) -> str:
        return statement.contract.customer.name

    @admin.display(description="Commitments", ordering="met")
    def result(self, statement: Statement) -> SafeString:
        kind, word = ("ok", "met") if statement.met else ("missed", "missed")
        return format_html('<span class="verdict-{}">{}</span>', kind, word)

    @admin.display(description="Credit owed", ordering="credit_minor")
    def owed(self, statement: Statement) -> str:
        return _owed(statement).shown if statement.credit_minor else "–"

    @admin.display(description="Credit is", ordering="credit__state")
    def decision(self, statement: Statement) -> str:
        credit = _credit(statement)
        return f"{credit.state}: {credit.shown_amount}" if credit else "–"

    @admin.display(ordering="state")
    def status(self, statement: Statement) -> str:
        return statement.status(timezone.now())

    @admin.display(description="Issued or due", ordering="due_at")
    def since(self, statement: Statement) -> SafeString | str:
        if statement.issued_at:
            return _day("issued", statement.issued_at)
        return _day("due", statement.due_at)


def _day(word: str, at: datetime) -> SafeString:
    return format_html('<span title="{}">{} {}</span>', f"{at:%Y-%m-%d %H:%M:%S} UTC", word, f"{at:%Y-%m-%d}")

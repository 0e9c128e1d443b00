"""The ledger of postings: read, filtered, with what the accounts hold by currency and by customer; never written."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import AccountsAdmin
from reports.admin import filters
from reports.models import Posting
from reports.models.credits import DECISIONS
from reports.postings import Balance, balances
from slaservice.history.admin.people import by_name
from slaservice.rules.money import Money
from slaservice.rules.postings import ACCOUNTS


class DeedFilter(filters.Filter):
    """What it came from."""

    title, parameter_name = "deed", "deed"

    def lookups(self, request: HttpRequest, model_admin: Any) -> filters.Choices:
        return [(deed, deed) for deed in ("draft", *DECISIONS)]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(deed=value)


class AccountFilter(filters.Filter):
    """An account that it debits or credits."""

    title, parameter_name = "account", "account"

    def lookups(self, request: HttpRequest, model_admin: Any) -> filters.Choices:
        return [(name, _word(name)) for name in ACCOUNTS]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(Q(debit_account=value) | Q(credit_account=value))


class ExportedFilter(filters.Filter):
    """Whether the ERP has it."""

    title, parameter_name = "journal", "exported"

    def lookups(self, request: HttpRequest, model_admin: Any) -> filters.Choices:
        return [("yes", "in a journal"), ("no", "in none yet")]

    def apply(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(exported__isnull=value == "no")


@admin.register(Posting)
class PostingAdmin(AccountsAdmin):
    """Every movement of credit money. Above it the balances of what the filters leave; by customer for those on the page."""

    view_action = "postings.view"
    list_display = (
        "number", "effective_on", "period", "deed", "debit", "credit", "amount", "customer", "contract", "shown", "by_or_system",
        "at", "journal",
    )  # fmt: skip
    list_filter = (
        filters.CurrencyFilter, DeedFilter, AccountFilter, filters.CustomerFilter, ExportedFilter, "effective_on",
    )  # fmt: skip
    search_fields = ("statement__number",)
    search_help_text = "A statement's or contract's number, or a customer's name."
    list_select_related = ("customer", "contract", "statement", "by", "exported__journal")
    fields = (
        "deed", "debit", "credit", "amount", "effective_on", "period", "at", "by_or_system", "customer", "contract", "shown",
        "journal",
    )  # fmt: skip
    readonly_fields = fields
    show_full_result_count = False
    list_per_page = 50
    ordering = ("-id",)
    change_list_template = "admin/reports/posting/change_list.html"

    class Media:
        css = {"all": ["reports/money.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        postings = super().get_queryset(request).select_related(*self.list_select_related)
        return postings.defer("statement__body")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return filters.searched(queryset, search_term, "statement__"), False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with the balances above it."""
        response = super().changelist_view(request, extra_context)
        context = getattr(response, "context_data", None) or {}
        if isinstance(listed := context.get("cl"), ChangeList):
            context["accounts"] = [_word(name) for name in ACCOUNTS]
            context["balances"] = _balances(listed)
        return response

    @admin.display(ordering="pk")
    def number(self, posting: Posting) -> int:
        return posting.pk

    @admin.display(ordering="statement__period_end")
    def period(self, posting: Posting) -> str:
        return posting.statement.period_label

    @admin.display(description="Debit", ordering="debit_account")
    def debit(self, posting: Posting) -> str:
        return _word(posting.debit_account)

    @admin.display(description="Credit", ordering="credit_account")
    def credit(self, posting: Posting) -> str:
        return _word(posting.credit_account)

    @admin.display(ordering="amount_minor")
    def amount(self, posting: Posting) -> str:
        return _money(posting.currency, posting.amount_minor)

    @admin.display(description="Statement", ordering="statement__number")
    def shown(self, posting: Posting) -> SafeString:
        address = reverse("admin:reports_statement_change", args=[posting.statement_id])
        name = posting.statement.number or f"draft of {posting.statement.period_label}"
        return format_html('<a href="{}">{}</a>', address, name)

    by_or_system = by_name("by", nobody="the system")

    @admin.display(ordering="exported__journal__number")
    def journal(self, posting: Posting) -> str:
        return posting.exported.journal.number if hasattr(posting, "exported") else "–"


def _balances(listed: ChangeList) -> list[dict[str, Any]]:
    """A row for each currency, and one for each customer on the page and currency; amounts of two currencies are never added."""
    filtered: QuerySet[Posting] = listed.queryset
    names = {posting.customer_id: posting.customer.name for posting in listed.result_list}
    of_page = balances(filtered.filter(customer__in=names), by="customer")
    return [
        *(_balance_row("All", one) for one in balances(filtered)),
        *(_balance_row(names[one.of], one) for one in sorted(of_page, key=lambda one: names[one.of])),
    ]


def _balance_row(whose: str, balance: Balance) -> dict[str, Any]:
    held = [str(Money(balance.accounts[name], balance.currency)) for name in ACCOUNTS]
    return {"whose": whose, "currency": balance.currency, "held": held}


def _word(account: str) -> str:
    return account.replace("_", " ")


def _money(currency: str, minor: int) -> str:
    return Money(minor, currency).shown

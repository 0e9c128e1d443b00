"""The review queue: what waits for finance, and the verbs with which it is decided."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import AccountsAdmin
from reports import operations
from reports.models import ServiceCredit
from slaservice.history.admin import ReasonForm, Verb, person
from slaservice.history.admin.verbs import OptionalReasonForm
from slaservice.rules.exact import parse_exact
from slaservice.rules.money import Money
from slaservice.rules.words import number


class AdjustForm(ReasonForm):
    """Another amount, and why."""

    amount = forms.CharField(max_length=40, help_text="In the credit's currency, like 120.00.")
    field_order = ("amount", "reason")


def waits(credit: ServiceCredit) -> bool:
    return credit.state in ("proposed", "adjusted")


def _approve(*, row: ServiceCredit, reason: str, by: User, now: datetime) -> ServiceCredit:
    return operations.approve(credit=row, reason=reason, by=by, now=now)


def _reject(*, row: ServiceCredit, reason: str, by: User, now: datetime) -> ServiceCredit:
    return operations.reject(credit=row, reason=reason, by=by, now=now)


def _adjust(*, row: ServiceCredit, amount: str, reason: str, by: User, now: datetime) -> ServiceCredit:
    return operations.adjust(credit=row, amount=amount, reason=reason, by=by, now=now)


@admin.register(ServiceCredit)
class ServiceCreditAdmin(AccountsAdmin):
    """One row a credit; its page is the statement's, where everything stands that it comes from."""

    view_action = "credits.view"
    to_customer = "statement__contract__customer"
    list_display = (
        "shown",
        "customer",
        "contract",
        "period",
        "missed",
        "computed",
        "amount",
        "state",
        "decide",
        "age",
    )
    list_filter = (
        "state", "currency", "statement__month", ("statement__contract__customer", admin.RelatedOnlyFieldListFilter),
    )  # fmt: skip
    search_fields = (
        "statement__number",
        "statement__contract__number",
        "statement__contract__customer__name",
    )
    list_select_related = ("statement__contract__customer",)
    list_display_links = None
    show_full_result_count = False
    actions = ("approve_selected",)
    ordering = ("proposed_at", "pk")
    verbs = (
        Verb("approve", "Approve", "credits.approve", _approve, form=OptionalReasonForm, applies=waits, done="Approved."),
        Verb("reject", "Reject", "credits.reject", _reject, applies=waits, done="Rejected."),
        Verb(
            "adjust", "Adjust", "credits.adjust", _adjust, form=AdjustForm, applies=waits,
            explains="Another amount is put before the approvers; whoever changes it does not approve it.",
            done="Adjusted; another person must approve it.",
        ),
    )  # fmt: skip

    class Media:
        css = {"all": ["reports/desk.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        credits = super().get_queryset(request).select_related("statement__contract__customer")
        return credits.defer("statement__body").prefetch_related("statement__lines")

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """The statement's page: figures, clauses and windows stand there."""
        credit = self.get_object(request, object_id)
        if not isinstance(credit, ServiceCredit):
            raise Http404
        return redirect("admin:reports_statement_change", credit.statement_id)

    @admin.display(description="Statement", ordering="statement__number")
    def shown(self, credit: ServiceCredit) -> SafeString:
        address = reverse("admin:reports_statement_change", args=[credit.statement_id])
        return format_html('<a href="{}">{}</a>', address, credit.statement.number or "draft")

    @admin.display(ordering="statement__contract__customer__name")
    def customer(self, credit: ServiceCredit) -> str:
        return credit.statement.contract.customer.name

    @admin.display(ordering="statement__contract__number")
    def contract(self, credit: ServiceCredit) -> str:
        return credit.statement.contract.number

    @admin.display(ordering="statement__period_end")
    def period(self, credit: ServiceCredit) -> str:
        return credit.statement.period_label

    @admin.display(description="Missed: uptime, target, downtime")
    def missed(self, credit: ServiceCredit) -> SafeString:
        lines = [
            format_html(
                "{}: {} % of {} %, {} s",
                line.name,
                line.uptime_percent,
                number(parse_exact(line.commitment_percent)),
                number(parse_exact(line.downtime_seconds)),
            )
            for line in credit.statement.lines.all()
            if not line.met
        ]
        return SafeString("<br>".join(lines))

    @admin.display(ordering="computed_minor")
    def computed(self, credit: ServiceCredit) -> str:
        return f"{credit.currency} {Money(credit.computed_minor, credit.currency)}"

    @admin.display(ordering="amount_minor")
    def amount(self, credit: ServiceCredit) -> str:
        return f"{credit.currency} {Money(credit.amount_minor, credit.currency)}"

    @admin.display(description="Decide")
    def decide(self, credit: ServiceCredit) -> SafeString:
        if not waits(credit):
            return SafeString("–")
        links = [
            format_html(
                '<a href="{}">{}</a>',
                reverse(f"admin:reports_servicecredit_{verb.name}", args=[credit.pk]),
                verb.label,
            )
            for verb in self.verbs
        ]
        return SafeString(" · ".join(links))

    @admin.display(description="Waits", ordering="proposed_at")
    def age(self, credit: ServiceCredit) -> str:
        return f"{(timezone.now() - credit.proposed_at).days} days" if waits(credit) else "decided"

    @admin.action(description="Approve the selected credits")
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[ServiceCredit]) -> None:
        now, by = timezone.now(), person(request)
        self.each(
            request,
            queryset,
            lambda row: operations.approve(credit=row, by=by, now=now),
            done="{count} approved.",
        )

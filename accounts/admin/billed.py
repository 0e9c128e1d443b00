"""Billed amounts in the admin: recorded through the operation, which keeps what was there before."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from accounts.admin.base import AccountsAdmin
from accounts.admin.forms import BilledAmountForm
from accounts.admin.shown import local_day, money
from accounts.models import BilledAmount, Commitment
from accounts.operations import record_billed_amount
from slaservice.history.admin import person
from slaservice.history.admin.exports import Amount
from slaservice.history.admin.verbs import show_refusal
from slaservice.rules.intervals import moment
from slaservice.rules.money import Money
from slaservice.rules.periods import local_midnight, zone_named
from slaservice.rules.refusal import Refusal


@admin.register(BilledAmount)
class BilledAmountAdmin(AccountsAdmin):
    add_action = "fees.record"
    to_customer = "commitment__version__contract__customer"
    list_display = ("contract", "commitment", "period_starts_on", "amount")
    list_select_related = ("commitment__version__contract",)
    search_fields = ("commitment__version__contract__number", "commitment__name")
    fields = ("contract", "commitment", "period_starts_on", "amount")
    readonly_fields = fields
    plain: ClassVar[Any] = {
        "amount": Amount(lambda billed: Money(billed.amount_minor, billed.commitment.version.currency)),
    }

    @admin.display(ordering="commitment__version__contract__number")
    def contract(self, billed: BilledAmount) -> str:
        return str(billed.commitment.version)

    @admin.display(ordering="period_start")
    def period_starts_on(self, billed: BilledAmount) -> str:
        return str(local_day(billed.period_start, billed.commitment.version.timezone))

    def amount(self, billed: BilledAmount) -> str:
        return money(billed.amount_minor, billed.commitment.version.currency)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        self.require_add(request)
        commitments = Commitment.objects.filter(
            version__contract__customer__in=self.customers(request), fee_minor__isnull=True
        )
        choices = commitments.select_related("version__contract").order_by("version__contract__number")
        form = BilledAmountForm(request.POST or None, commitments=choices)
        if request.method == "POST" and form.is_valid():
            try:
                billed = self._record(form.cleaned_data, by=person(request), now=timezone.now())
                self.message_user(request, f"{self.amount(billed)} was recorded for {billed}.")
                return redirect("admin:accounts_billedamount_changelist")
            except Refusal as refusal:
                show_refusal(refusal, form)
        return self.form_page(request, form, title="Record a billed amount", submit="Record")

    def _record(self, typed: dict[str, Any], *, by: User, now: datetime) -> BilledAmount:
        """The day that was typed is one of the contract's zone."""
        zone = zone_named(typed["commitment"].version.timezone)
        start = moment(local_midnight(typed["period_start"], zone))
        return record_billed_amount(**{**typed, "period_start": start}, by=by, now=now)

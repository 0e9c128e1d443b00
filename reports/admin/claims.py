"""Claims: who asked for which credit, whether in time, and what was decided."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import AccountsAdmin
from reports import operations
from reports.admin import filters
from reports.models import Claim
from reports.models.claims import FILED
from slaservice.history.admin import ReasonForm, Verb
from slaservice.history.admin.exports import Amount
from slaservice.history.admin.people import by_name
from slaservice.history.admin.verbs import OptionalReasonForm
from slaservice.rules.money import Money


class PartForm(ReasonForm):
    """What of the credit is granted, and why not all of it."""

    amount = forms.CharField(max_length=40, help_text="In the credit's currency, less than the whole credit.")
    field_order = ("amount", "reason")


def _is_filed(claim: Claim) -> bool:
    return claim.state == FILED


def _the_whole(claim: Claim) -> Mapping[str, Any]:
    return {"amount": str(Money(claim.credit.amount_minor, claim.credit.currency))}


@admin.register(Claim)
class ClaimAdmin(AccountsAdmin):
    """Read-only; a claim is recorded from the page of its credit."""

    view_action = "claims.view"
    to_customer = "credit__statement__contract__customer"
    list_display = (
        "claimant", "customer", "contract", "statement", "credit_amount", "received_at", "claim_before", "state", "accepted",
        "filer", "decider",
    )  # fmt: skip
    list_filter = ("state", filters.CustomerFilter, filters.MonthFilter, "credit__currency", "received_at")
    search_fields = (
        "claimant", "public_id", "text", "credit__statement__number", "credit__statement__contract__number",
        "credit__statement__contract__customer__name",
    )  # fmt: skip
    list_select_related = ("credit__statement__contract__customer", "filed_by", "decided_by", "key")
    show_full_result_count = False
    fields = (
        "public_id", "customer", "contract", "statement", "credit_amount", "claim_before", "claimant", "text", "received_at",
        "filed_at", "filer", "key", "state", "accepted", "decider", "decided_at", "reason",
    )  # fmt: skip
    readonly_fields = fields
    verbs = (
        Verb(
            "accept", "Accept", "claims.decide", operations.accept_claim, takes="claim",
            form=OptionalReasonForm, applies=_is_filed,
            explains="The whole credit goes before the approvers.",
            done="Accepted; the credit waits for its approval.",
        ),
        Verb(
            "accept_part", "Accept in part", "claims.decide", operations.accept_claim, takes="claim",
            form=PartForm, applies=_is_filed,
            initial=_the_whole,
            explains="A part of the credit goes before the approvers; whoever accepts in part does not approve it.",
            done="Accepted in part; another person must approve the credit.",
        ),
        Verb(
            "reject", "Reject", "claims.decide", operations.reject_claim, takes="claim", applies=_is_filed,
            explains="The credit stays claimable until its time is over.",
            done="Rejected.",
        ),
    )  # fmt: skip

    plain: ClassVar[Any] = {
        "credit_amount": Amount(lambda claim: Money(claim.credit.amount_minor, claim.credit.currency)),
        "accepted": Amount(
            lambda claim: (
                None if claim.accepted_minor is None else Money(claim.accepted_minor, claim.credit.currency)
            )
        ),
    }

    filer, decider = by_name("filed_by"), by_name("decided_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        claims = super().get_queryset(request).select_related(*self.list_select_related)
        return claims.defer("credit__statement__body")

    @admin.display(ordering="credit__statement__contract__customer__name")
    def customer(self, claim: Claim) -> str:
        return claim.credit.statement.contract.customer.name

    @admin.display(ordering="credit__statement__contract__number")
    def contract(self, claim: Claim) -> str:
        return claim.credit.statement.contract.number

    @admin.display(ordering="credit__statement__number")
    def statement(self, claim: Claim) -> SafeString:
        statement = claim.credit.statement
        address = reverse("admin:reports_statement_change", args=[statement.pk])
        return format_html(
            '<a href="{}">{} {}</a>', address, statement.number or "draft of", statement.period_label
        )

    @admin.display(description="Credit", ordering="credit__amount_minor")
    def credit_amount(self, claim: Claim) -> str:
        return f"{claim.credit.shown_amount}, {claim.credit.state}"

    @admin.display(ordering="credit__claim_until")
    def claim_before(self, claim: Claim) -> datetime | None:
        return claim.credit.claim_until

    @admin.display(ordering="accepted_minor")
    def accepted(self, claim: Claim) -> str:
        if claim.accepted_minor is None:
            return "–"
        return Money(claim.accepted_minor, claim.credit.currency).shown

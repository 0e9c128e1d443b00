"""Exclusions in the admin: proposed by operators, approved by finance; rejected or ended for a reason, and never edited."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts import operations
from accounts.models import Contract, Exclusion
from accounts.models.exclusions import APPROVED, CATEGORIES, PROPOSED
from accounts.queries import exclusions_visible_to
from slaservice.history.admin import RoleAdmin, Verb, person
from slaservice.history.admin.verbs import OptionalReasonForm
from slaservice.history.people import name_of
from slaservice.outages.admin.fields import REASON, InstantField, TiersField, exact, link
from slaservice.outages.models import Component


class ExclusionForm(forms.Form):
    """A new exclusion. The contract is typed: an operator sees no list of contracts."""

    category = forms.ChoiceField(choices=list(CATEGORIES.items()))
    contract = forms.CharField(
        required=False, max_length=60, help_text="Its number, if the exclusion is for that contract alone."
    )
    tiers = TiersField(
        required=False, help_text="For everybody in these tiers; none where a contract is named."
    )
    component = forms.ModelChoiceField(Component.objects.all(), required=False, empty_label="every component")
    starts_at = InstantField(label="From")
    ends_at = InstantField(
        required=False, label="Until", help_text="Empty: until further notice. UTC, or with an offset."
    )
    clause = forms.CharField(max_length=60, help_text="Of the contract, such as 7.2(b). Printed.")
    justification = forms.CharField(
        max_length=2000, widget=REASON, help_text="Why, in words that the customer reads. Printed."
    )
    evidence_url = forms.CharField(
        required=False, max_length=500, label="Evidence", help_text="A link to what shows it. Internal."
    )

    def clean_contract(self) -> Contract | None:
        number = self.cleaned_data["contract"]
        contract = Contract.objects.filter(number=number).first()
        if number and contract is None:
            raise forms.ValidationError(f"No contract has the number {number}.")
        return contract


class EndForm(forms.Form):
    """From when it excludes nothing, and why."""

    stops_at = InstantField(
        label="From", help_text="From then on it excludes nothing: its start, if it never should have."
    )
    reason = forms.CharField(max_length=3900, widget=REASON)


def _approve(*, row: Exclusion, by: User, now: datetime, reason: str) -> Exclusion:
    return operations.approve_exclusion(exclusion=row, by=by, now=now, reason=reason)


def _reject(*, row: Exclusion, by: User, now: datetime, reason: str) -> Exclusion:
    return operations.reject_exclusion(exclusion=row, by=by, now=now, reason=reason)


def _end(*, row: Exclusion, by: User, now: datetime, stops_at: datetime, reason: str) -> Exclusion:
    return operations.end_exclusion(exclusion=row, by=by, now=now, stops_at=stops_at, reason=reason)


def _is_proposed(row: Exclusion) -> bool:
    return row.state == PROPOSED


@admin.register(Exclusion)
class ExclusionAdmin(RoleAdmin):
    view_action = "exclusions.view"
    add_action = "exclusions.propose"
    add_form = ExclusionForm
    add_label = "Propose"
    verbs = (
        Verb(
            "approve", "Approve", "exclusions.approve", _approve, form=OptionalReasonForm, applies=_is_proposed,
            explains="This time is no downtime from now on wherever the terms exclude its category. "
            "Clause and justification are printed on every statement that it touches.",
            done="{row} is approved.",
        ),
        Verb(
            "reject", "Reject", "exclusions.reject", _reject, applies=_is_proposed,
            explains="It excludes nothing. It stays, with your reason.", done="{row} is rejected.",
        ),
        Verb(
            "end", "End", "exclusions.end", _end, form=EndForm, applies=lambda row: row.state == APPROVED,
            explains="It stays, with your reason. Statements that it touched are drafted anew by the next close.",
            done="{row} is ended.",
        ),
    )  # fmt: skip
    list_per_page = 50
    show_full_result_count = False
    list_display = (
        "reference",
        "state",
        "category",
        "for_whom",
        "component_or_every",
        "from_",
        "until",
        "clause",
    )
    list_filter = ("state", "category", "component")
    search_fields = ("reference", "contract__number", "clause", "justification")
    date_hierarchy = "starts_at"
    fieldsets = (
        (None, {"fields": ("reference", "category", "for_whom", "component_or_every", "from_", "until")}),
        ("Why", {"fields": ("clause", "justification", "evidence")}),
        (
            "What became of it",
            {"fields": ("state", "proposed", "approved", "closed", "stops", "close_reason")},
        ),
    )
    readonly_fields = (
        "reference", "category", "for_whom", "component_or_every", "from_", "until", "clause", "justification", "evidence",
        "state", "proposed", "approved", "closed", "stops", "close_reason",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Exclusion]:
        visible = exclusions_visible_to(person(request)).values("pk")
        related = ("contract", "component", "proposed_by", "approved_by", "closed_by")
        rows = super().get_queryset(request).filter(pk__in=visible)
        return rows.select_related(*related).prefetch_related("tiers")

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> Exclusion:
        return operations.propose_exclusion(by=by, now=now, **values)

    @admin.display(description="for")
    def for_whom(self, row: Exclusion) -> str:
        return (
            f"contract {row.contract}" if row.contract else ", ".join(tier.name for tier in row.tiers.all())
        )

    @admin.display(description="component", ordering="component")
    def component_or_every(self, row: Exclusion) -> str:
        return str(row.component or "every component")

    @admin.display(description="from (UTC)", ordering="starts_at")
    def from_(self, row: Exclusion) -> str:
        return exact(row.starts_at)

    @admin.display(description="until (UTC)", ordering="ends_at")
    def until(self, row: Exclusion) -> str:
        return exact(row.ends_at) or "further notice"

    def evidence(self, row: Exclusion) -> SafeString | str:
        return link(row.evidence_url)

    def proposed(self, row: Exclusion) -> str:
        return f"{exact(row.proposed_at)} UTC by {name_of(row.proposed_by)}"

    def approved(self, row: Exclusion) -> str:
        return f"{exact(row.approved_at)} UTC by {name_of(row.approved_by)}" if row.approved_at else "not"

    @admin.display(description="rejected or ended")
    def closed(self, row: Exclusion) -> str:
        return f"{exact(row.closed_at)} UTC by {name_of(row.closed_by)}" if row.closed_at else "not"

    @admin.display(description="excludes nothing from")
    def stops(self, row: Exclusion) -> str:
        return f"{exact(row.stops_at)} UTC" if row.stops_at else ""

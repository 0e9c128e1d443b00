"""Maintenance on the operators' desk: recorded with its announcement, confirmed, corrected and withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from slaservice.history.admin import Verb, person
from slaservice.history.admin.verbs import OptionalReasonForm
from slaservice.outages import operations
from slaservice.outages.admin.fields import REASON, InstantField, TiersField, exact
from slaservice.outages.admin.life import LIFE, FactAdmin, is_alive, is_proposed
from slaservice.outages.models import CATEGORIES, Component, CustomerTier, Maintenance


class MaintenanceForm(forms.Form):
    """What a maintenance says, as an operator enters it."""

    title = forms.CharField(max_length=500)
    component = forms.ModelChoiceField(Component.objects.all(), required=False, empty_label="every component")
    tiers = TiersField()
    category = forms.ChoiceField(choices=list(CATEGORIES.items()))
    start = InstantField()
    end = InstantField()
    announced_at = InstantField(
        required=False,
        label="Announced",
        help_text="When customers were told; empty: never. UTC, or with an offset.",
    )
    planned_start = InstantField(
        required=False, label="Planned from", help_text="As it was announced, if it was."
    )
    planned_end = InstantField(required=False, label="Planned until")
    note = forms.CharField(required=False, max_length=4000, widget=REASON, help_text="Internal.")


class RecordForm(MaintenanceForm):
    """A new maintenance."""

    confirm = forms.BooleanField(
        required=False, help_text="It counts at once; otherwise it waits for confirmation."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tiers"].initial = CustomerTier.objects.all()


class CorrectionForm(MaintenanceForm):
    """A new revision of a maintenance."""

    reason = forms.CharField(max_length=3900, widget=REASON)


def _initial(maintenance: Maintenance) -> Mapping[str, Any]:
    values = {
        name: getattr(maintenance, name) for name in CorrectionForm.base_fields if hasattr(maintenance, name)
    }
    return {**values, "tiers": maintenance.tiers.all()}


def _confirm(*, row: Maintenance, by: User, now: datetime, reason: str) -> Maintenance:
    return operations.confirm_maintenance(maintenance=row, by=by, now=now, reason=reason)


def _correct(*, row: Maintenance, by: User, now: datetime, reason: str, **facts: Any) -> Maintenance:
    return operations.correct_maintenance(maintenance=row, by=by, now=now, reason=reason, **facts)


def _withdraw(*, row: Maintenance, by: User, now: datetime, reason: str) -> Maintenance:
    return operations.withdraw_maintenance(maintenance=row, by=by, now=now, reason=reason)


@admin.register(Maintenance)
class MaintenanceAdmin(FactAdmin):
    add_action = "maintenance.record"
    add_form = RecordForm
    verbs = (
        Verb(
            "confirm", "Confirm", "maintenance.record", _confirm, form=OptionalReasonForm, applies=is_proposed,
            explains="It may excuse downtime from now on, where a contract says so.", done="{row} is confirmed.",
        ),
        Verb(
            "correct", "Correct", "maintenance.record", _correct, form=CorrectionForm, applies=is_alive, initial=_initial,
            explains="A new revision is confirmed; the one you correct stays beside it as it was.",
            done="{row} is confirmed and supersedes the earlier revision.",
        ),
        Verb(
            "withdraw", "Withdraw", "maintenance.record", _withdraw, applies=is_alive,
            explains="It excuses nothing. It stays, with your reason.", done="{row} is withdrawn.",
        ),
    )  # fmt: skip
    actions = ("confirm_selected",)
    list_display = (
        "reference",
        "state",
        "title",
        "component_or_every",
        "tier_names",
        "category",
        "from_",
        "until",
    )
    list_filter = ("state", "category", "component", "tiers", "source")
    search_fields = ("reference", "title", "note")
    date_hierarchy = "start"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "reference",
                    "title",
                    "component_or_every",
                    "tier_names",
                    "category",
                    "from_",
                    "until",
                    "length",
                )
            },
        ),
        ("How we know", {"fields": ("announced", "planned", "note")}),
        ("What became of it", {"fields": LIFE}),
    )
    readonly_fields = (
        "reference", "title", "component_or_every", "tier_names", "category", "from_", "until", "length", "announced",
        "planned", "note", *LIFE,
    )  # fmt: skip

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> Maintenance:
        confirm = values.pop("confirm")
        maintenance = operations.record_maintenance(by=by, now=now, **values)
        if confirm:
            return operations.confirm_maintenance(maintenance=maintenance, by=by, now=now)
        return maintenance

    @admin.display(description="component", ordering="component")
    def component_or_every(self, maintenance: Maintenance) -> str:
        return str(maintenance.component or "every component")

    def announced(self, maintenance: Maintenance) -> str:
        return f"{exact(maintenance.announced_at)} UTC" if maintenance.announced_at else "never"

    def planned(self, maintenance: Maintenance) -> str:
        start, end = maintenance.planned_start, maintenance.planned_end
        return f"{exact(start)} to {exact(end)} UTC" if start and end else "not known"

    def has_confirm_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "maintenance.record")

    @admin.action(description="Confirm the selected maintenance", permissions=["confirm"])
    def confirm_selected(self, request: HttpRequest, rows: QuerySet[Maintenance]) -> None:
        by, now = person(request), timezone.now()
        self.each(
            request, rows, lambda row: operations.confirm_maintenance(maintenance=row, by=by, now=now),
            done="Confirmed: {count}.",
        )  # fmt: skip

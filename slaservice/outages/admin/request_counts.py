"""Request counts on the operators' desk: read, added one by one, corrected, withdrawn. Files and programs bring the many."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.utils.safestring import SafeString

from slaservice.history.admin import RoleAdmin, Verb
from slaservice.outages import operations
from slaservice.outages.admin.fields import REASON, InstantField, exact, links
from slaservice.outages.models import Component, CustomerTier, RequestCount
from slaservice.outages.operations.faults import BY_HAND


class CountForm(forms.Form):
    """What was counted in one interval."""

    component = forms.ModelChoiceField(Component.objects.all())
    tier = forms.ModelChoiceField(CustomerTier.objects.all())
    start = InstantField()
    seconds = forms.IntegerField(min_value=1, initial=300)
    total = forms.IntegerField(min_value=0, help_text="Requests.")
    failed = forms.IntegerField(min_value=0, help_text="How many of them failed.")
    reason = forms.CharField(
        max_length=3900,
        required=False,
        widget=REASON,
        help_text="Needed where this interval is recorded otherwise, or was withdrawn.",
    )


class CorrectionForm(forms.Form):
    """What should have been counted in an interval."""

    seconds = forms.IntegerField(min_value=1)
    total = forms.IntegerField(min_value=0)
    failed = forms.IntegerField(min_value=0)
    reason = forms.CharField(max_length=3900, widget=REASON)


def _initial(row: RequestCount) -> Mapping[str, Any]:
    return {name: getattr(row, name) for name in ("seconds", "total", "failed")}


def _record(values: Mapping[str, Any], *, by: User, now: datetime, reason: str) -> RequestCount:
    """One row, and the revision of it that counts."""
    row = operations.RequestCountRow(**values)
    operations.record_request_counts(rows=[row], source=BY_HAND, by=by, now=now, reason=reason)
    return RequestCount.objects.get(
        component=row.component, tier=row.tier, start=row.start, replaced_at__isnull=True
    )


def _correct(*, row: RequestCount, by: User, now: datetime, reason: str, **values: Any) -> RequestCount:
    stays = {"component": row.component, "tier": row.tier, "start": row.start}
    return _record({**stays, **values}, by=by, now=now, reason=reason)


def _withdraw(*, row: RequestCount, by: User, now: datetime, reason: str) -> RequestCount:
    return operations.withdraw_request_counts(rows=[row], reason=reason, by=by, now=now)[0]


def _counts(row: RequestCount) -> bool:
    return row.replaced_at is None


@admin.register(RequestCount)
class RequestCountAdmin(RoleAdmin):
    view_action = "outages.view"
    add_action = "measurement.record"
    add_form = CountForm
    verbs = (
        Verb(
            "correct", "Correct", "measurement.record", _correct, form=CorrectionForm,
            applies=_counts, initial=_initial,
            explains="A new revision counts from now on; the one you correct stays beside it as it was.",
            done="{row} is corrected.",
        ),
        Verb(
            "withdraw", "Withdraw", "measurement.record", _withdraw, applies=_counts,
            explains="It no longer counts, and nothing takes its place: for what should never have been recorded, "
            "such as an interval that begins at another time. It stays in the list as it was.",
            done="{row} is withdrawn.",
        ),
    )  # fmt: skip
    list_per_page = 50
    show_full_result_count = False
    ordering = ("-start", "-id")
    list_display = ("from_", "seconds", "component", "tier", "total", "failed", "state", "source")
    list_select_related = ("component", "tier")
    list_filter = ("component", "tier", ("replaced_at", admin.EmptyFieldListFilter), "source")
    fields = (
        "component", "tier", "from_", "seconds", "total", "failed", "state", "source", "recorded", "reason", "revision",
        "revisions",
    )  # fmt: skip
    readonly_fields = fields

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> RequestCount:
        reason = values.pop("reason")
        return _record(values, by=by, now=now, reason=reason)

    @admin.display(description="from (UTC)", ordering="start")
    def from_(self, row: RequestCount) -> str:
        return exact(row.start)

    def recorded(self, row: RequestCount) -> str:
        return f"{exact(row.recorded_at)} UTC by {row.recorded_by or 'the system'}"

    @admin.display(description="all revisions")
    def revisions(self, row: RequestCount) -> SafeString | str:
        rows = RequestCount.objects.filter(component=row.component_id, tier=row.tier_id, start=row.start)
        return links(rows.select_related("component", "tier"), "admin:outages_requestcount_change")

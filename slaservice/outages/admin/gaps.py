"""Gaps of the measurement on the operators' desk: recorded, confirmed, corrected and withdrawn."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User

from slaservice.history.admin import Verb
from slaservice.history.admin.verbs import OptionalReasonForm
from slaservice.outages import operations
from slaservice.outages.admin.fields import REASON, InstantField
from slaservice.outages.admin.life import LIFE, FactAdmin, is_alive, is_proposed
from slaservice.outages.models import Component, MeasurementGap


class GapForm(forms.Form):
    """What a gap says, as an operator enters it."""

    component = forms.ModelChoiceField(Component.objects.all())
    start = InstantField()
    end = InstantField(
        required=False, help_text="Empty: it still is not measured. UTC, or with an offset such as +02:00."
    )
    cause = forms.CharField(max_length=4000, widget=REASON, help_text="Why nothing was measured.")
    note = forms.CharField(required=False, max_length=4000, widget=REASON, help_text="Internal.")


class RecordForm(GapForm):
    """A new gap."""

    confirm = forms.BooleanField(
        required=False, help_text="It counts at once; otherwise it waits for confirmation."
    )


class CorrectionForm(GapForm):
    """A new revision of a gap."""

    reason = forms.CharField(max_length=3900, widget=REASON)


def _initial(gap: MeasurementGap) -> Mapping[str, Any]:
    return {name: getattr(gap, name) for name in GapForm.base_fields}


def _confirm(*, row: MeasurementGap, by: User, now: datetime, reason: str) -> MeasurementGap:
    return operations.confirm_gap(gap=row, by=by, now=now, reason=reason)


def _correct(*, row: MeasurementGap, by: User, now: datetime, reason: str, **facts: Any) -> MeasurementGap:
    return operations.correct_gap(gap=row, by=by, now=now, reason=reason, **facts)


def _withdraw(*, row: MeasurementGap, by: User, now: datetime, reason: str) -> MeasurementGap:
    return operations.withdraw_gap(gap=row, by=by, now=now, reason=reason)


@admin.register(MeasurementGap)
class MeasurementGapAdmin(FactAdmin):
    add_action = "measurement.record"
    add_form = RecordForm
    prefetched = ()
    verbs = (
        Verb(
            "confirm", "Confirm", "measurement.record", _confirm, form=OptionalReasonForm, applies=is_proposed,
            explains="From now on nothing is known of this time; each contract says what that counts as.",
            done="{row} is confirmed.",
        ),
        Verb(
            "correct", "Correct", "measurement.record", _correct, form=CorrectionForm, applies=is_alive, initial=_initial,
            explains="A new revision is confirmed; the one you correct stays beside it as it was.",
            done="{row} is confirmed and supersedes the earlier revision.",
        ),
        Verb(
            "withdraw", "Withdraw", "measurement.record", _withdraw, applies=is_alive,
            explains="There was a measurement after all. The gap stays, with your reason.", done="{row} is withdrawn.",
        ),
    )  # fmt: skip
    list_display = ("reference", "state", "component", "from_", "until", "cause")
    list_filter = ("state", "component", "source")
    search_fields = ("reference", "cause", "note")
    date_hierarchy = "start"
    fieldsets = (
        (None, {"fields": ("reference", "component", "from_", "until", "length", "cause", "note")}),
        ("What became of it", {"fields": LIFE}),
    )
    readonly_fields = ("reference", "component", "from_", "until", "length", "cause", "note", *LIFE)

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> MeasurementGap:
        confirm = values.pop("confirm")
        gap = operations.record_gap(by=by, now=now, **values)
        return operations.confirm_gap(gap=gap, by=by, now=now) if confirm else gap

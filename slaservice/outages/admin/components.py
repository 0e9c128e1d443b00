"""What we run, for whom, and what the ids of feeds mean: entered and changed through operations; codes are for good."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from slaservice.history.admin import RoleAdmin, Verb
from slaservice.outages import operations
from slaservice.outages.admin.fields import REASON
from slaservice.outages.models import Component, CustomerTier, FeedComponent
from slaservice.outages.queries import spans_of
from slaservice.rules.intervals import SECOND, Interval, IntervalSet, moment
from slaservice.rules.periods import add_months, calendar_period
from slaservice.rules.response import Reliability, reliability
from slaservice.rules.words import counted

_MONTHS = 3
"""Of which the page of a component shows the figures."""


def _day(help_text: str = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"class": "vDateField", "placeholder": "2026-04-01"})
    return forms.DateField(required=False, widget=widget, help_text=help_text)


class TierForm(forms.Form):
    """A new customer tier."""

    code = forms.SlugField(max_length=60, help_text="For good: contracts and documents name the tier by it.")
    name = forms.CharField(max_length=120)
    position = forms.IntegerField(initial=0, min_value=0)


class TierChangeForm(forms.Form):
    """What may change of a tier."""

    name = forms.CharField(max_length=120)
    position = forms.IntegerField(min_value=0)
    reason = forms.CharField(required=False, max_length=3900, widget=REASON)


class ComponentForm(TierForm):
    """A new component."""

    starts_on = _day()
    ends_on = _day("The first day on which we no longer run it.")


class ComponentChangeForm(TierChangeForm):
    """What may change of a component."""

    starts_on = _day()
    ends_on = _day("The first day on which we no longer run it.")


class MeaningForm(forms.Form):
    """What an id of a feed means here."""

    component = forms.ModelChoiceField(Component.objects.all(), required=False, empty_label="not known")
    reason = forms.CharField(required=False, max_length=3900, widget=REASON)


def _last_months(now: datetime) -> list[Interval]:
    """The months before this one in UTC, oldest first."""
    this = date(now.year, now.month, 1)
    return [calendar_period(add_months(this, -back), 1, "UTC").interval for back in range(_MONTHS, 0, -1)]


def _often(found: Reliability) -> str:
    if found.mtbf is None:
        return "no failure"
    mttr = "none over yet" if found.mttr is None else f"MTTR {_length(found.mttr)}"
    return f"{counted(found.failures, 'failure')}, {mttr}, MTBF {_length(found.mtbf)}"


def _length(microseconds: Fraction) -> timedelta:
    """To the second."""
    return timedelta(seconds=microseconds // SECOND)


def _change_component(*, row: Component, by: User, now: datetime, **changes: Any) -> Component:
    return operations.change_component(component=row, by=by, now=now, **changes)


def _change_tier(*, row: CustomerTier, by: User, now: datetime, **changes: Any) -> CustomerTier:
    return operations.change_tier(tier=row, by=by, now=now, **changes)


def _map(
    *, row: FeedComponent, by: User, now: datetime, component: Component | None, reason: str
) -> FeedComponent:
    return operations.map_feed_component(
        source=row.source, external_id=row.external_id, component=component, reason=reason, by=by, now=now
    )


def _initial_component(component: Component) -> Mapping[str, Any]:
    return {name: getattr(component, name) for name in ("name", "position", "starts_on", "ends_on")}


def _initial_tier(tier: CustomerTier) -> Mapping[str, Any]:
    return {"name": tier.name, "position": tier.position}


@admin.register(Component)
class ComponentAdmin(RoleAdmin):
    view_action = "outages.view"
    add_action = "components.edit"
    add_form = ComponentForm
    verbs = (
        Verb(
            "edit", "Change", "components.edit", _change_component, form=ComponentChangeForm, initial=_initial_component,
            done="{row} was changed.",
        ),
    )  # fmt: skip
    list_display = ("name", "code", "starts_on", "ends_on", "position")
    search_fields = ("name", "code")
    fields = ("code", "name", "starts_on", "ends_on", "position", "reliability")
    readonly_fields = fields

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> Component:
        return operations.create_component(by=by, now=now, **values)

    @admin.display(description="failures, for any tier and of any severity")
    def reliability(self, component: Component) -> SafeString:
        """The last full months in UTC. A statement has the figures of its own period, tier and terms."""
        months = _last_months(timezone.now())
        spans = spans_of(component, start=moment(months[0].start), end=moment(months[-1].end))
        rows = (
            (f"{moment(month.start):%Y-%m}", _often(reliability(spans, IntervalSet.of([month]))))
            for month in months
        )
        return format_html_join("", "<div>{}: {}</div>", rows)


@admin.register(CustomerTier)
class CustomerTierAdmin(RoleAdmin):
    view_action = "outages.view"
    add_action = "components.edit"
    add_form = TierForm
    verbs = (
        Verb(
            "edit", "Change", "components.edit", _change_tier, form=TierChangeForm, initial=_initial_tier,
            done="{row} was changed.",
        ),
    )  # fmt: skip
    list_display = ("name", "code", "position")
    search_fields = ("name", "code")
    fields = ("code", "name", "position")
    readonly_fields = fields

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> CustomerTier:
        return operations.create_tier(by=by, now=now, **values)


@admin.register(FeedComponent)
class FeedComponentAdmin(RoleAdmin):
    """Which of our components a status page means; one without is a question."""

    view_action = "outages.view"
    verbs = (
        Verb(
            "map", "Say what it means", "components.edit", _map, form=MeaningForm,
            initial=lambda row: {"component": row.component},
            explains="It holds for what is imported from now on. Import the feed again to have proposed what waited for it.",
            done="{row}: its meaning is recorded.",
        ),
    )  # fmt: skip
    list_display = ("external_id", "name", "source", "meaning")
    list_filter = ("source", ("component", admin.EmptyFieldListFilter))
    list_select_related = ("component",)
    search_fields = ("external_id", "name", "component__name")
    fields = ("source", "external_id", "name", "meaning")
    readonly_fields = fields

    @admin.display(ordering="component", description="means here")
    def meaning(self, row: FeedComponent) -> str:
        return str(row.component or "? nobody has said yet")

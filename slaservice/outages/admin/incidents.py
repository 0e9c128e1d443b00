"""Incidents on the operators' desk: what was published, update by update, beside the windows that were made of it.

One opened by hand is told about here; of any, operators say what the public felt, what caused it, and what was learnt.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from slaservice.history.admin import RoleAdmin, Verb
from slaservice.outages import operations
from slaservice.outages.admin.fields import REASON, InstantField, exact, link, links
from slaservice.outages.models import FeedComponent, Incident
from slaservice.outages.models.incidents import LONGEST_STORY, STORY
from slaservice.outages.operations.faults import BY_HAND
from slaservice.outages.operations.incidents import UPDATES
from slaservice.outages.queries import response_of
from slaservice.rules.intervals import moment
from slaservice.rules.response import MILESTONES, Response

_UPDATES = [(status, status) for status in UPDATES]
_STORY = forms.Textarea(attrs={"rows": 6, "class": "vLargeTextField"})


class OpenForm(forms.Form):
    """A new incident with its first update."""

    title = forms.CharField(max_length=500)
    started_at = InstantField(label="Since")
    status = forms.ChoiceField(choices=_UPDATES)
    body = forms.CharField(widget=_STORY, label="Update")
    impact = forms.CharField(
        required=False, max_length=60, help_text="none, minor, major or critical, or your own word."
    )
    public_url = forms.CharField(
        required=False, max_length=500, help_text="Where it is published, https://..."
    )


class UpdateForm(forms.Form):
    """What is to be said of an incident; it stays as it was posted."""

    status = forms.ChoiceField(choices=_UPDATES)
    at = InstantField(
        required=False, help_text="The time for which it speaks; empty: now. UTC, or with an offset."
    )
    body = forms.CharField(widget=_STORY, label="Update")


class DescriptionForm(forms.Form):
    """What an operator says of an incident as a whole."""

    public_impact = forms.CharField(required=False, max_length=LONGEST_STORY, widget=_STORY)
    root_cause = forms.CharField(required=False, max_length=LONGEST_STORY, widget=_STORY)
    postmortem = forms.CharField(required=False, max_length=LONGEST_STORY, widget=_STORY)
    postmortem_url = forms.CharField(required=False, max_length=500, help_text="A link, https://...")
    reason = forms.CharField(required=False, max_length=3900, widget=REASON)


def _describe(*, row: Incident, by: User, now: datetime, reason: str, **said: str) -> Incident:
    return operations.describe_incident(incident=row, by=by, now=now, reason=reason, **said)


def _update(
    *, row: Incident, by: User, now: datetime, status: str, body: str, at: datetime | None
) -> Incident:
    operations.add_update(incident=row, status=status, body=body, at=at, by=by, now=now)
    return row


def _is_by_hand(incident: Incident) -> bool:
    return incident.source == BY_HAND


def _described(incident: Incident) -> dict[str, str]:
    return {name: getattr(incident, name) for name in (*STORY, "postmortem_url")}


@admin.register(Incident)
class IncidentAdmin(RoleAdmin):
    """The feed writes its own; an operator those opened here."""

    view_action = "outages.view"
    add_action = "incidents.record"
    add_form = OpenForm
    add_label = "Open"
    verbs = (
        Verb(
            "update", "Post an update", "incidents.record", _update, form=UpdateForm, applies=_is_by_hand,
            explains="An update stays as it was posted; another one says it better. What counts are confirmed windows.",
            done="{row} was updated.",
        ),
        Verb(
            "describe", "Describe", "incidents.record", _describe, form=DescriptionForm, initial=_described,
            explains="What was said before stays in the history.", done="{row} is described.",
        ),
    )  # fmt: skip
    list_display = ("external_id", "title", "impact", "status", "started_at", "resolved_at", "source")
    list_filter = ("source", "impact", "status")
    search_fields = ("external_id", "title")
    date_hierarchy = "started_at"
    show_full_result_count = False
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "source",
                    "external_id",
                    "title",
                    "impact",
                    "status",
                    "started",
                    "identified",
                    "monitoring",
                    "resolved",
                    "address",
                )
            },
        ),
        ("What we say of it", {"fields": ("public_impact", "root_cause", "postmortem", "postmortem_link")}),
        ("Updates", {"fields": ("updates_as_posted",)}),
        ("How fast it was answered, by its confirmed windows", {"fields": ("response_times",)}),
        ("Outage windows", {"fields": ("windows_made_of_it",)}),
        ("As received", {"fields": ("payload_sha256", "payload_as_text"), "classes": ("collapse",)}),
    )
    readonly_fields = (
        "source", "external_id", "title", "impact", "status", "started", "identified", "monitoring", "resolved", "address",
        "public_impact", "root_cause", "postmortem", "postmortem_link", "response_times",
        "updates_as_posted", "windows_made_of_it", "payload_sha256", "payload_as_text",
    )  # fmt: skip

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> Incident:
        return operations.open_incident(by=by, now=now, **values)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("payload")

    def started(self, incident: Incident) -> str:
        return exact(incident.started_at)

    def identified(self, incident: Incident) -> str:
        return exact(incident.identified_at)

    def monitoring(self, incident: Incident) -> str:
        return exact(incident.monitoring_at)

    def resolved(self, incident: Incident) -> str:
        return exact(incident.resolved_at)

    @admin.display(description="post-mortem at")
    def postmortem_link(self, incident: Incident) -> SafeString | str:
        return link(incident.postmortem_url)

    @admin.display(description="from its beginning")
    def response_times(self, incident: Incident) -> SafeString | str:
        times = response_of(incident)
        if times is None:
            return "no confirmed window"
        rows = ((name, _took(times, name)) for name in MILESTONES)
        return format_html_join(
            "", "<div>{}: {}</div>", [("began", f"{exact(moment(times.began))} UTC"), *rows]
        )

    def address(self, incident: Incident) -> SafeString | str:
        return link(incident.public_url)

    @admin.display(description="oldest first, in UTC")
    def updates_as_posted(self, incident: Incident) -> SafeString | str:
        named = FeedComponent.objects.filter(source=incident.source)
        names = {one.external_id: one.name or one.external_id for one in named}
        rows = (
            (exact(update.displayed_at), update.status, update.body, _changes(update.transitions, names))
            for update in incident.updates.all()
        )
        return format_html_join("", "<p><strong>{} {}</strong><br>{}<br><em>{}</em></p>", rows) or "none"

    @admin.display(description="windows")
    def windows_made_of_it(self, incident: Incident) -> SafeString | str:
        return links(incident.windows.order_by("start", "reference"), "admin:outages_outagewindow_change")

    @admin.display(description="payload")
    def payload_as_text(self, incident: Incident) -> SafeString:
        return format_html("<pre>{}</pre>", json.dumps(incident.payload, indent=2, ensure_ascii=False))


def _took(times: Response, milestone: str) -> str:
    took, at = times.took(milestone), getattr(times, milestone)
    return (
        "not known" if took is None else f"after {timedelta(microseconds=took)}, at {exact(moment(at))} UTC"
    )


def _changes(transitions: list[list[str]], names: dict[str, str]) -> str:
    moved = [f"{names.get(key, key)}: {old} → {new}" for key, old, new in transitions if old != new]
    kept = [f"{names.get(key, key)}: {new}" for key, old, new in transitions if old == new]
    return "; ".join(moved + kept)

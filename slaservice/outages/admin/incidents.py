"""Incidents on the operators' desk: what was published, update by update, beside the windows that were made of it."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from slaservice.history.admin import RoleAdmin
from slaservice.outages.admin.fields import exact, link, links
from slaservice.outages.models import FeedComponent, Incident


@admin.register(Incident)
class IncidentAdmin(RoleAdmin):
    """Read only: the feed writes it."""

    view_action = "outages.view"
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
        ("Updates", {"fields": ("updates_as_posted",)}),
        ("Outage windows", {"fields": ("windows_made_of_it",)}),
        ("As received", {"fields": ("payload_sha256", "payload_as_text"), "classes": ("collapse",)}),
    )
    readonly_fields = (
        "source", "external_id", "title", "impact", "status", "started", "identified", "monitoring", "resolved", "address",
        "updates_as_posted", "windows_made_of_it", "payload_sha256", "payload_as_text",
    )  # fmt: skip

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


def _changes(transitions: list[list[str]], names: dict[str, str]) -> str:
    moved = [f"{names.get(key, key)}: {old} → {new}" for key, old, new in transitions if old != new]
    kept = [f"{names.get(key, key)}: {new}" for key, old, new in transitions if old == new]
    return "; ".join(moved + kept)

"""The history of everything, for auditors: read, filtered, never written."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from slaservice.history.admin.roles import RoleAdmin
from slaservice.history.models import Entry, Seal


@admin.register(Entry)
class EntryAdmin(RoleAdmin):
    """Who did what, when and why; each entry leads to its object."""

    view_action = "history.view"
    list_display = ("at", "actor_or_system", "action", "object", "reason")
    list_filter = ("action", "object_type", "at")
    list_select_related = ("actor",)
    search_fields = ("object_id", "reason", "actor__username", "on_behalf_of")
    fields = ("at", "actor_or_system", "action", "object", "reason", "data_as_text", "sealed")
    readonly_fields = fields
    show_full_result_count = False

    @admin.display(description="actor", ordering="actor__username")
    def actor_or_system(self, entry: Entry) -> str:
        return entry.who

    @admin.display(description="seal")
    def sealed(self, entry: Entry) -> str:
        """Its place in the chain; an entry has it some seconds after it was written."""
        seal = Seal.objects.filter(entry=entry).first()
        return "not sealed yet" if seal is None else f"{seal.seq}: {seal.hash}"

    @admin.display(description="object", ordering="object_type")
    def object(self, entry: Entry) -> SafeString | str:
        name = f"{entry.object_type} {entry.object_id}"
        try:
            url = reverse(f"admin:{entry.object_type.replace('.', '_')}_change", args=[entry.object_id])
        except NoReverseMatch:
            return name
        return format_html('<a href="{}">{}</a>', url, name)

    @admin.display(description="data")
    def data_as_text(self, entry: Entry) -> SafeString:
        return format_html(
            "<pre>{}</pre>", json.dumps(entry.data, indent=2, ensure_ascii=False, sort_keys=True)
        )

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """An entry has no history of its own: its page is all there is."""
        return self.changeform_view(request, object_id, "", extra_context)

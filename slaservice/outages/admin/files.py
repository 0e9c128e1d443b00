"""Files of facts on the operators' desk: sent, looked at, and then imported as the same bytes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from slaservice.outages.admin.sent import RESULTS, SentFileAdmin, SentFileForm, import_verb, kind_field
from slaservice.outages.importers.files import KINDS, import_sent, send_file
from slaservice.outages.models import FileImport


class FileForm(SentFileForm):
    kind = kind_field(KINDS)
    source = forms.SlugField(
        max_length=60,
        initial="file",
        help_text="Whose rows these are: the same name with every edition of the file.",
    )
    confirm = forms.BooleanField(
        required=False,
        help_text="What the file proposes counts at once; otherwise it waits for confirmation.",
    )
    reason = forms.CharField(
        required=False,
        max_length=3900,
        help_text="Why request counts that are recorded otherwise are corrected.",
    )
    field_order = ("kind", "source", "file")


@admin.register(FileImport)
class FileImportAdmin(SentFileAdmin):
    kinds = KINDS
    columns_template = "admin/outages/fileimport/columns.html"
    view_action = "outages.import"
    add_action = "outages.import"
    add_form = FileForm
    send = staticmethod(send_file)
    verbs = (import_verb("outages.import", import_sent),)
    list_display = ("name", "kind", "source", "sent", "imported")
    list_filter = ("kind", "source")
    fieldsets = (
        (None, {"fields": ("name", "kind", "source", "size", "sha256", "confirm", "reason", "sent")}),
        *RESULTS,
    )
    readonly_fields = (
        "name", "kind", "source", "size", "sha256", "confirm", "reason", "sent", "would_do", "imported", "did_do",
    )  # fmt: skip

    def told(self, result: dict[str, Any]) -> SafeString:
        """How many of what, and the changes one by one."""
        counts = ", ".join(f"{name}: {count}" for name, count in result["counts"].items()) or "no rows"
        return format_html(
            "<p>{}</p>{}",
            counts,
            format_html_join("", "<div>{}</div>", ((one,) for one in result["changes"])),
        )

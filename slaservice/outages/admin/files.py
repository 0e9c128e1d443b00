"""Files of facts on the operators' desk: sent, looked at, and then imported as the same bytes."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from slaservice.history.admin import RoleAdmin, Verb
from slaservice.history.admin.verbs import OptionalReasonForm
from slaservice.outages.admin.fields import exact
from slaservice.outages.importers.files import KINDS, MAX_SENT, import_sent, send_file
from slaservice.outages.models import KINDS_OF_FILE, FileImport


class FileForm(forms.Form):
    """A file to be looked at."""

    kind = forms.ChoiceField(
        choices=[(kind, kind.replace("_", " ")) for kind in KINDS_OF_FILE],
        label="What it holds",
        help_text="Which columns it has, and templates: see “Columns” in the list of files.",
    )
    source = forms.SlugField(
        max_length=60,
        initial="file",
        help_text="Whose rows these are: the same name with every edition of the file.",
    )
    file = forms.FileField(
        help_text=f"CSV (UTF-8) or XLSX, at most {MAX_SENT:,} bytes. Nothing is imported yet.",
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


def _import(*, row: FileImport, by: User, now: datetime, reason: str) -> FileImport:
    return import_sent(file=row, by=by, now=now, reason=reason)


def _waits(row: FileImport) -> bool:
    return row.imported_at is None


@admin.register(FileImport)
class FileImportAdmin(RoleAdmin):
    view_action = "outages.import"
    add_action = "outages.import"
    add_form = FileForm
    add_label = "Check"
    change_list_template = "admin/outages/fileimport/list.html"
    verbs = (
        Verb(
            "import", "Import", "outages.import", _import, form=OptionalReasonForm, applies=_waits,
            explains="The bytes that you looked at are imported, all rows or none. What was recorded since is compared with "
            "them anew.",
            done="{row} was imported.",
        ),
    )  # fmt: skip
    list_display = ("name", "kind", "source", "sent", "imported")
    list_filter = ("kind", "source")
    list_select_related = ("sent_by", "imported_by")
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("name", "kind", "source", "size", "sha256", "confirm", "reason", "sent")}),
        ("What it would change", {"fields": ("would_do",)}),
        ("What it changed", {"fields": ("imported", "did_do")}),
    )
    readonly_fields = (
        "name", "kind", "source", "size", "sha256", "confirm", "reason", "sent", "would_do", "imported", "did_do",
    )  # fmt: skip

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> FileImport:
        file = values.pop("file")
        return send_file(content=file.read(MAX_SENT + 1), name=file.name, by=by, now=now, **values)

    def sent(self, row: FileImport) -> str:
        return f"{exact(row.sent_at)} UTC by {row.sent_by or 'the system'}"

    def imported(self, row: FileImport) -> str:
        return f"{exact(row.imported_at)} UTC by {row.imported_by}" if row.imported_at else "not yet"

    @admin.display(description="as it was then")
    def would_do(self, row: FileImport) -> SafeString:
        return _told(row.would)

    @admin.display(description="in the end")
    def did_do(self, row: FileImport) -> SafeString | str:
        return _told(row.did) if row.did else "nothing yet"

    def get_urls(self) -> list[URLPattern]:
        wrap: Any = self.admin_site.admin_view
        return [
            path("columns/", wrap(self.columns_view), name="outages_fileimport_columns"),
            path("columns/<slug:kind>.csv", wrap(self.template_view), name="outages_fileimport_template"),
            *super().get_urls(),
        ]

    def columns_view(self, request: HttpRequest) -> HttpResponse:
        """Which columns each kind of file has."""
        self._require_view(request)
        context = {"title": "Columns of files", "opts": self.opts, "kinds": KINDS.values()}
        return TemplateResponse(
            request,
            "admin/outages/fileimport/columns.html",
            {**self.admin_site.each_context(request), **context},
        )

    def template_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """A file with the columns of a kind and no rows."""
        self._require_view(request)
        if kind not in KINDS:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"'}
        return HttpResponse(KINDS[kind].template, content_type="text/csv; charset=utf-8", headers=headers)

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _told(result: dict[str, Any]) -> SafeString:
    """A result as stored: how many of what, and the changes one by one."""
    counts = ", ".join(f"{name}: {count}" for name, count in result["counts"].items()) or "no rows"
    return format_html(
        "<p>{}</p>{}", counts, format_html_join("", "<div>{}</div>", ((one,) for one in result["changes"]))
    )

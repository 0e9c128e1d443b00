"""A file that is sent, looked at, and then imported as the same bytes: what the pages of every such file have in common."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from slaservice.history.admin import RoleAdmin, Verb
from slaservice.history.admin.verbs import OptionalReasonForm
from slaservice.outages.admin.fields import exact
from slaservice.outages.importers.files import MAX_SENT
from slaservice.outages.models.imports import SentFile

RESULTS: Any = (
    ("What it would change", {"fields": ("would_do",)}),
    ("What it changed", {"fields": ("imported", "did_do")}),
)
"""The last fieldsets of every file."""


def kind_field(kinds: Mapping[str, Any]) -> forms.ChoiceField:
    """What the file holds, of these kinds."""
    return forms.ChoiceField(
        choices=[(kind.name, kind.title.lower()) for kind in kinds.values()],
        label="What it holds",
        help_text="Which columns it has, and templates: see “Columns” in the list of files.",
    )


class SentFileForm(forms.Form):
    """A file to be looked at."""

    file = forms.FileField(
        help_text=f"CSV (UTF-8) or XLSX, at most {MAX_SENT:,} bytes. Nothing is imported yet.",
    )


def import_verb(action: str, import_sent: Callable[..., SentFile]) -> Verb:
    """The verb that imports what was sent, once, for the roles that have `action`."""

    def run(*, row: SentFile, by: User, now: datetime, reason: str) -> SentFile:
        return import_sent(file=row, by=by, now=now, reason=reason)

    return Verb(
        "import", "Import", action, run, form=OptionalReasonForm, applies=_waits,
        explains="The bytes that you looked at are imported, all rows or none. What was recorded since is compared with "
        "them anew.",
        done="{row} was imported.",
    )  # fmt: skip


def _waits(row: SentFile) -> bool:
    return row.imported_at is None


class SentFileAdmin(RoleAdmin):
    """`kinds` have a title, columns, a `template` to fill in and perhaps an `example`; `told` shows a result as it is stored.

    `send` is the operation that keeps a file with what importing it would change.
    """

    kinds: ClassVar[Mapping[str, Any]]
    send: ClassVar[Callable[..., SentFile]]
    add_label = "Check"
    change_list_template = "admin/outages/files/list.html"
    columns_template: ClassVar[str]
    list_select_related = ("sent_by", "imported_by")
    show_full_result_count = False

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> SentFile:
        file = values.pop("file")
        send = type(self).send
        return send(content=file.read(MAX_SENT + 1), name=file.name, by=by, now=now, **values)

    def told(self, result: dict[str, Any]) -> SafeString:
        raise NotImplementedError

    def sent(self, row: SentFile) -> str:
        return f"{exact(row.sent_at)} UTC by {row.sent_by or 'the system'}"

    def imported(self, row: SentFile) -> str:
        if row.imported_at is None:
            return "not yet"
        return f"{exact(row.imported_at)} UTC by {row.imported_by or 'the system'}"

    @admin.display(description="as it was then")
    def would_do(self, row: SentFile) -> SafeString:
        return self.told(row.would)

    @admin.display(description="in the end")
    def did_do(self, row: SentFile) -> SafeString | str:
        return self.told(row.did) if row.did else "nothing yet"

    def get_urls(self) -> list[URLPattern]:
        wrap: Any = self.admin_site.admin_view
        label = f"{self.opts.app_label}_{self.opts.model_name}"
        view = wrap(self.table_view)
        return [
            path("columns/", wrap(self.columns_view), name=f"{label}_columns"),
            path("columns/<slug:kind>.csv", view, {"table": "template"}, name=f"{label}_template"),
            path("columns/example/<slug:kind>.csv", view, {"table": "example"}, name=f"{label}_example"),
            *super().get_urls(),
        ]

    def columns_view(self, request: HttpRequest) -> HttpResponse:
        """Which columns each kind of file has."""
        self._require_view(request)
        context = {"title": "Columns of files", "opts": self.opts, "kinds": self.kinds.values()}
        return TemplateResponse(
            request, self.columns_template, {**self.admin_site.each_context(request), **context}
        )

    def table_view(self, request: HttpRequest, kind: str, table: str) -> HttpResponse:
        """A file to start from: the columns of a kind, with or without rows."""
        self._require_view(request)
        content = getattr(self.kinds.get(kind), table, None)
        if content is None:
            raise Http404
        headers = {"Content-Disposition": f'attachment; filename="{kind}.csv"'}
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)

    def _require_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

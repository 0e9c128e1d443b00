"""Journals for the ERP: made once of what is not exported yet, and downloaded as often as one likes."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from reports import operations
from reports.models import Journal
from reports.operations.journals import file_of, unexported
from slaservice.history.admin import RoleAdmin, person
from slaservice.history.admin.people import by_name
from slaservice.history.admin.verbs import show_refusal
from slaservice.rules.refusal import Refusal
from slaservice.rules.words import counted


@admin.register(Journal)
class JournalAdmin(RoleAdmin):
    """Each posting of an issued statement stands in exactly one."""

    view_action = "postings.view"
    list_display = ("number", "made_at", "maker", "postings", "file", "sha256")
    list_filter = ("made_at",)
    search_fields = ("number", "sha256")
    list_select_related = ("made_by",)
    fields = ("number", "made_at", "maker", "postings", "sha256", "file")
    readonly_fields = fields
    show_full_result_count = False
    maker = by_name("made_by")
    change_list_template = "admin/reports/journal/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("make/", wrap(self.make_view), name="reports_journal_make"),
            path("<int:pk>/file/", wrap(self.file_view), name="reports_journal_file"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_make = self.may(request, "journals.make")
        return super().changelist_view(request, {**(extra_context or {}), "may_make": may_make})

    @admin.display(description="File")
    def file(self, journal: Journal) -> SafeString:
        address = reverse("admin:reports_journal_file", args=[journal.pk])
        return format_html('<a href="{}">{}.csv</a>', address, journal.number)

    def make_view(self, request: HttpRequest) -> HttpResponse:
        """Say how many postings there are to export, and export them."""
        if not self.may(request, "journals.make"):
            raise PermissionDenied
        form = forms.Form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                journal = operations.make_journal(by=person(request), now=timezone.now())
                words = f"{journal} has {counted(journal.postings, 'posting')}."
                self.message_user(request, words, messages.SUCCESS)
                return redirect("admin:reports_journal_change", journal.pk)
            except Refusal as refusal:
                show_refusal(refusal, form)
        waiting = counted(unexported().count(), "posting")
        explains = (
            f"{waiting} of issued statements to export. Each goes out once; the file can be downloaded again."
        )
        return self.form_page(
            request, form, title="Make a journal", submit="Make a journal", explains=explains
        )

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The file as it was made, byte for byte; what is lost or damaged is said on the journal's page."""
        journal = self.get_object(request, str(pk)) if self.has_view_permission(request) else None
        if not isinstance(journal, Journal):
            raise Http404
        try:
            content = file_of(journal)
        except Refusal as refusal:
            self.message_user(request, refusal.sentence, messages.ERROR)
            return redirect("admin:reports_journal_change", pk)
        headers = {
            "Content-Disposition": f'attachment; filename="{journal.number}.csv"',
            "Cache-Control": "private, no-store",
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
        }
        return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)

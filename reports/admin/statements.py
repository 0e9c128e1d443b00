"""Statements in the admin: found, read with the whole way to their figures, downloaded, issued; a month closed."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin.base import AccountsAdmin
from reports import closing, making, operations
from reports.api.statements import pdf_response
from reports.models import Statement
from reports.pdf.paper import paper
from slaservice.history.admin import Verb, person
from slaservice.history.admin.verbs import show_refusal
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal


class MonthForm(forms.Form):
    """A month to close."""

    month = forms.CharField(max_length=7, help_text="The month in which the periods end, like 2026-04.")


class IssueForm(forms.Form):
    """The digest of the draft that the person looked at: one that was computed anew since is refused."""

    digest = forms.CharField(widget=forms.HiddenInput)


def _issue(*, row: Statement, digest: str, by: User, now: datetime) -> Statement:
    row.digest = digest
    return operations.issue(statement=row, by=by, now=now)


@admin.register(Statement)
class StatementAdmin(AccountsAdmin):
    """Read-only; what may be done to a statement are verbs."""

    view_action = "statements.view"
    to_customer = "contract__customer"
    list_display = (
        "name",
        "customer",
        "contract",
        "period_label",
        "result",
        "owed",
        "decision",
        "state",
        "issued_at",
    )
    list_filter = (
        "state",
        "month",
        "met",
        "currency",
        ("contract__customer", admin.RelatedOnlyFieldListFilter),
    )
    search_fields = (
        "number",
        "contract__number",
        "contract__customer__name",
        "contract__customer__legal_name",
        "digest",
    )
    list_select_related = ("contract__customer", "credit")
    date_hierarchy = "period_end"
    show_full_result_count = False
    actions = ("issue_selected",)
    change_list_template = "admin/reports/statement/change_list.html"
    verbs = (
        Verb(
            "issue",
            "Issue",
            "statements.issue",
            _issue,
            form=IssueForm,
            applies=lambda statement: statement.state == Statement.DRAFT,
            initial=lambda statement: {"digest": statement.digest},
            explains="The statement gets its number and never changes again; a correction is its next revision.",
            done="Issued as {row}.",
        ),
    )

    class Media:
        css = {"all": ["reports/desk.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .select_related("contract__customer", "credit", "supersedes", "issued_by")
        )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("close/", wrap(self.close_view), name="reports_statement_close"),
            path("<int:pk>/pdf/", wrap(self.pdf_view), name="reports_statement_pdf"),
            *super().get_urls(),
        ]

    @admin.display(description="Statement", ordering="number")
    def name(self, statement: Statement) -> str:
        return statement.number or "draft"

    @admin.display(ordering="contract__customer__name")
    def customer(self, statement: Statement) -> str:
        return statement.contract.customer.name

    @admin.display(description="Commitments", ordering="met")
    def result(self, statement: Statement) -> SafeString:
        kind, word = ("ok", "met") if statement.met else ("missed", "missed")
        return format_html('<span class="verdict-{}">{}</span>', kind, word)

    @admin.display(description="Credit owed", ordering="credit_minor")
    def owed(self, statement: Statement) -> str:
        if not statement.credit_minor:
            return "–"
        return f"{statement.currency} {Money(statement.credit_minor, statement.currency)}"

    @admin.display(description="Credit is", ordering="credit__state")
    def decision(self, statement: Statement) -> str:
        credit = getattr(statement, "credit", None)
        return credit.state if credit else "–"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The statement as its paper says it, with the decisions on its credit."""
        statement = self._statement(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(statement),
            "original": statement,
            "verbs": self._verbs_of(request, object_id),
            "credit": getattr(statement, "credit", None),
            "owed": Money(statement.credit_minor, statement.currency),
            "paper": paper(
                statement.document,
                number=statement.number,
                digest=statement.digest,
                issued_on=statement.issued_at,
            ),
            "decisions": statement.decisions.select_related("by"),
            "media": self.media,
        }
        return TemplateResponse(request, "admin/reports/statement/change_form.html", context)

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The kept file of an issued statement; a draft is rendered with its mark and not kept."""
        statement = self._statement(request, str(pk))
        if statement.state == Statement.ISSUED:
            return pdf_response(statement, making.pdf(statement=statement, now=timezone.now()))
        return pdf_response(statement, making.render(statement))

    def close_view(self, request: HttpRequest) -> HttpResponse:
        """Close a month here and now; what is blocked is listed by name."""
        if not self.may(request, "periods.close"):
            raise PermissionDenied
        form = MonthForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                result = closing.close(
                    month=form.cleaned_data["month"], now=timezone.now(), by=person(request)
                )
                self._tell(request, result)
                return redirect("admin:reports_statement_changelist")
            except Refusal as refusal:
                show_refusal(refusal, form)
        return self.form_page(request, form, title="Close a month", submit="Close")

    def _tell(self, request: HttpRequest, result: closing.CloseResult) -> None:
        for contract, sentence in result.blocked:
            self.message_user(request, f"{contract} is blocked: {sentence}", messages.WARNING)
        for contract, sentence in result.warnings:
            self.message_user(request, f"{contract}: {sentence}", messages.WARNING)
        done = f"{len(result.drafted)} drafted, {len(result.redrafted)} computed anew, {len(result.unchanged)} unchanged"
        self.message_user(
            request, f"{result.month}: {done}, {len(result.not_ended)} not ended yet.", messages.SUCCESS
        )

    def _statement(self, request: HttpRequest, object_id: str) -> Statement:
        statement = self.get_object(request, object_id) if self.has_view_permission(request) else None
        if not isinstance(statement, Statement):
            raise Http404
        return statement

    @admin.action(description="Issue the selected drafts")
    def issue_selected(self, request: HttpRequest, queryset: QuerySet[Statement]) -> None:
        rows = queryset.order_by("period_end", "contract__number")
        now, by = timezone.now(), person(request)
        self.each(
            request, rows, lambda row: operations.issue(statement=row, by=by, now=now), done="{count} issued."
        )

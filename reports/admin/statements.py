"""Statements in the admin: found, read with the whole way to their figures, downloaded, issued; a month closed."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from reports import closing, making, operations
from reports.admin import deliveries, disputes
from reports.admin.rehearsal import RehearsalPage
from reports.admin.review import offers
from reports.admin.seen import ListForm, draft_as_listed, shown_at
from reports.admin.statement_list import StatementList
from reports.api.downloads import pdf_response
from reports.models import Statement
from reports.review.page import review_of
from slaservice.history.admin import Verb, person
from slaservice.history.admin.verbs import show_refusal
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
class StatementAdmin(RehearsalPage, StatementList):
    """Read-only; what may be done to a statement are verbs."""

    view_action = "statements.view"
    to_customer = "contract__customer"
    actions = ("issue_selected",)
    action_form = ListForm
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
        *deliveries.VERBS,
        *disputes.VERBS,
    )

    class Media:
        css = {"all": ["reports/desk.css"]}

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("close/", wrap(self.close_view), name="reports_statement_close"),
            path("<int:pk>/pdf/", wrap(self.pdf_view), name="reports_statement_pdf"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page on which finance decides: everything that the statement rests on, and the verbs."""
        statement = self._statement(request, object_id)
        now = timezone.now()
        review = review_of(statement, now=now)
        open_claims = [claim for claim in review.claims if claim.state == "filed"]
        disputed = [dispute for dispute in review.disputes if dispute.state == "open"]
        rows = [row for row in (review.credit, *open_claims, *disputed, statement) if row is not None]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{statement.contract.customer.name}, {statement.period_label}",
            "original": statement,
            "newer": getattr(statement, "superseded_by", None),
            "review": review,
            "offers": offers(request, self.admin_site, rows, review.people, now),
            "may": {"postings": self.may(request, "postings.view")},
            "media": self.media + Media(css={"all": ["reports/review.css"]}),
        }
        return TemplateResponse(request, "admin/reports/statement/change_form.html", context)

    def pdf_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The kept file of an issued statement; a draft is rendered with its mark and not kept."""
        statement = self._statement(request, str(pk))
        issued = statement.state == Statement.ISSUED
        try:
            content = (
                making.pdf(statement=statement, now=timezone.now()) if issued else making.render(statement)
            )
        except Refusal as refusal:
            self.message_user(request, refusal.sentence, messages.ERROR)
            return redirect("admin:reports_statement_change", pk)
        if issued:
            operations.record_download(statement=statement, by=person(request), now=timezone.now())
        return pdf_response(statement, content)

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

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "statements.issue")

    @admin.action(description="Issue the selected drafts", permissions=["issue"])
    def issue_selected(self, request: HttpRequest, queryset: QuerySet[Statement]) -> None:
        rows = queryset.order_by("period_end", "contract__number")
        now, by, listed = timezone.now(), person(request), shown_at(request)
        self.each(
            request,
            rows,
            lambda row: operations.issue(statement=draft_as_listed(row, listed), by=by, now=now),
            done="{count} issued.",
            atomic=False,  # a refusal keeps the close that found what blocks
        )

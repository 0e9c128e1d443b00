"""The review queue: what waits for finance, and the verbs with which it is decided."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from reports import operations
from reports.admin.credit_verbs import VERBS
from reports.admin.queue import ReviewQueue
from reports.admin.review import left_out
from reports.admin.seen import ListForm, credit_as_listed, shown_at
from reports.models import ServiceCredit
from slaservice.history.admin import person


@admin.register(ServiceCredit)
class ServiceCreditAdmin(ReviewQueue):
    """One row a credit; its page is the statement's, where everything stands that it comes from."""

    view_action = "credits.view"
    to_customer = "statement__contract__customer"
    actions = ("approve_selected",)
    action_form = ListForm
    verbs = VERBS

    class Media:
        css = {"all": ["reports/desk.css"]}

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        """The statement's page: figures, clauses and windows stand there."""
        credit = self.get_object(request, object_id)
        if not isinstance(credit, ServiceCredit):
            raise Http404
        if not self.has_view_permission(request, credit):
            raise PermissionDenied
        return redirect("admin:reports_statement_change", credit.statement_id)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """With what the person who looks may do to each credit."""

        @admin.display(description="Decide")
        def decide(credit: ServiceCredit) -> SafeString:
            return self._links(request, credit)

        shown: list[Any] = list(super().get_list_display(request))
        shown.insert(shown.index("age"), decide)
        return shown

    def _links(self, request: HttpRequest, credit: ServiceCredit) -> SafeString:
        by = person(request).pk
        links = [
            (reverse(f"admin:reports_servicecredit_{verb.name}", args=[credit.pk]), verb.label)
            for verb in self.allowed(request, credit)
            if left_out(verb, credit) != by
        ]
        return format_html_join(SafeString(" · "), '<a href="{}">{}</a>', links) or SafeString("–")

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "credits.approve")

    @admin.action(description="Approve the selected credits", permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[ServiceCredit]) -> None:
        now, by, listed = timezone.now(), person(request), shown_at(request)
        self.each(
            request,
            queryset,
            lambda row: operations.approve(credit=credit_as_listed(row, listed), by=by, now=now),
            done="{count} approved.",
        )

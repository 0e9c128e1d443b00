"""Disputes: what a customer says is wrong with a statement, with its own windows, and our answer, which it reads."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.admin.base import AccountsAdmin
from reports import operations
from reports.admin import filters
from reports.models import Dispute, Statement
from reports.models.disputes import OPEN
from reports.operations.claims import LONGEST_CLAIMANT, LONGEST_TEXT
from reports.operations.disputes import Seen
from slaservice.history.admin import Verb
from slaservice.history.admin.people import by_name
from slaservice.rules.evidence import parse_instant
from slaservice.rules.intervals import moment

_LINE = "api 2026-04-10T12:00:00Z 2026-04-10T14:00:00Z nothing answered"


class WindowsField(forms.CharField):
    """Windows, one a line: component, start, end, and what was seen."""

    widget = forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"})

    def clean(self, value: Any) -> Any:
        lines = str(super().clean(value)).splitlines()
        return [_window(number, line) for number, line in enumerate(lines, start=1) if line.strip()]


def _window(number: int, line: str) -> Seen:
    try:
        component, start, end, *text = line.split(maxsplit=3)
        return Seen(
            component=component,
            start=moment(parse_instant(start)),
            end=moment(parse_instant(end)),
            text=" ".join(text),
        )
    except (ValueError, OverflowError):
        raise forms.ValidationError(f"Line {number} must be like: {_LINE}") from None


class DisputeForm(forms.Form):
    """A dispute that reached one of our people."""

    claimant = forms.CharField(max_length=LONGEST_CLAIMANT, help_text="Who of the customer disputes it.")
    text = forms.CharField(
        max_length=LONGEST_TEXT,
        label="What is wrong",
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
    )
    windows = WindowsField(
        required=False,
        help_text=f"When the customer saw what down, one a line, like: {_LINE}",
    )


class AnswerForm(forms.Form):
    """The answer, which is public."""

    answer = forms.CharField(
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="The customer reads this answer, word for word.",
    )


def _file(*, row: Statement, **values: Any) -> Statement:
    operations.file_dispute(statement=row, **values)
    return row


def _may_be_disputed(statement: Statement) -> bool:
    return statement.state == Statement.ISSUED


def _is_open(dispute: Dispute) -> bool:
    return dispute.state == OPEN


VERBS = (
    Verb(
        "dispute", "Record a dispute", "disputes.file", _file, form=DisputeForm, applies=_may_be_disputed,
        explains="You record for the customer what it says is wrong: history keeps both names. Another person answers.",
        done="The dispute of {row} was recorded; another person answers it.",
    ),
)  # fmt: skip
"""What one of our people may record of an issued statement."""


def _accept(*, row: Dispute, answer: str, by: User, now: datetime) -> Dispute:
    return operations.accept_dispute(dispute=row, answer=answer, by=by, now=now)


def _reject(*, row: Dispute, answer: str, by: User, now: datetime) -> Dispute:
    return operations.reject_dispute(dispute=row, answer=answer, by=by, now=now)


@admin.register(Dispute)
class DisputeAdmin(AccountsAdmin):
    """Read-only; a dispute is recorded from the page of its statement."""

    view_action = "disputes.view"
    to_customer = "statement__contract__customer"
    list_display = (
        "claimant", "customer", "contract", "of", "filed_at", "state", "filer", "decider", "decided_at",
    )  # fmt: skip
    list_filter = ("state", filters.CustomerFilter, filters.MonthFilter, "filed_at")
    search_fields = (
        "claimant", "public_id", "text", "statement__number", "statement__contract__number",
        "statement__contract__customer__name",
    )  # fmt: skip
    list_select_related = ("statement__contract__customer", "filed_by", "decided_by", "key")
    show_full_result_count = False
    fields = (
        "public_id", "customer", "contract", "of", "claimant", "text", "windows", "filed_at", "filer", "key", "state",
        "answer", "decider", "decided_at",
    )  # fmt: skip
    readonly_fields = fields
    verbs = (
        Verb(
            "accept", "Accept", "disputes.decide", _accept, form=AnswerForm, applies=_is_open,
            explains="The customer is right. That changes no fact and no figure: operators record what happened, and a "
            "restatement follows.",
            done="Accepted. Now operators must record what happened.",
        ),
        Verb(
            "reject", "Reject", "disputes.decide", _reject, form=AnswerForm, applies=_is_open,
            explains="The statement stands.",
            done="Rejected.",
        ),
    )  # fmt: skip

    filer, decider = by_name("filed_by"), by_name("decided_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        disputes = super().get_queryset(request).select_related(*self.list_select_related)
        return disputes.defer("statement__body")

    @admin.display(ordering="statement__contract__customer__name")
    def customer(self, dispute: Dispute) -> str:
        return dispute.statement.contract.customer.name

    @admin.display(ordering="statement__contract__number")
    def contract(self, dispute: Dispute) -> str:
        return dispute.statement.contract.number

    @admin.display(description="Statement", ordering="statement__number")
    def of(self, dispute: Dispute) -> SafeString:
        statement = dispute.statement
        address = reverse("admin:reports_statement_change", args=[statement.pk])
        return format_html('<a href="{}">{} {}</a>', address, statement.number, statement.period_label)

    @admin.display(description="Windows")
    def windows(self, dispute: Dispute) -> SafeString | str:
        rows = dispute.windows.select_related("component")
        shown = format_html_join("", "<li>{} {}</li>", ((str(row), row.text) for row in rows))
        return format_html("<ul>{}</ul>", shown) if shown else "–"

"""Deliveries in the admin: where statements went, read-only; and the verbs with which a statement is mailed or handed over."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.base import AccountsAdmin
from reports import operations
from reports.models import Delivery, Statement
from slaservice.history.admin import Verb
from slaservice.history.admin.people import by_name

ON_BEHALF = "Who of the customer asked for it, if somebody did."


class MailForm(forms.Form):
    """To whom a statement is mailed."""

    recipients = forms.CharField(
        max_length=4000,
        label="Addresses",
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text="One a line, or with commas between them.",
    )
    on_behalf_of = forms.CharField(max_length=200, required=False, label="Asked by", help_text=ON_BEHALF)


class HandOverForm(forms.Form):
    """Who has a statement from our hands."""

    recipient = forms.CharField(max_length=254, help_text="Who of the customer has it.")
    note = forms.CharField(
        max_length=1000, required=False, help_text="How: by letter, in a meeting, on their portal."
    )
    on_behalf_of = forms.CharField(max_length=200, required=False, label="Asked by", help_text=ON_BEHALF)


def _mail(*, row: Statement, recipients: str, on_behalf_of: str, by: User, now: datetime) -> Statement:
    addresses = recipients.replace(",", "\n").replace(";", "\n").split("\n")
    operations.mail(
        statement=row,
        recipients=[one.strip("\r\t ") for one in addresses],
        on_behalf_of=on_behalf_of,
        by=by,
        now=now,
    )
    return row


def _hand_over(
    *, row: Statement, recipient: str, note: str, on_behalf_of: str, by: User, now: datetime
) -> Statement:
    operations.hand_over(
        statement=row, recipient=recipient, note=note, on_behalf_of=on_behalf_of, by=by, now=now
    )
    return row


def _is_issued(statement: Statement) -> bool:
    return statement.state == Statement.ISSUED


VERBS = (
    Verb(
        "mail", "Mail", "deliveries.record", _mail, form=MailForm, applies=_is_issued,
        explains="The PDF goes out within a minute, one mail to each address; the page says when it did.",
        done="{row} will be mailed.",
    ),
    Verb(
        "hand_over", "Record a hand-over", "deliveries.record", _hand_over, form=HandOverForm, applies=_is_issued,
        explains="Somebody of the customer has the statement by another way than this site's.",
        done="It is recorded who has {row}.",
    ),
)  # fmt: skip
"""What may be done with an issued statement."""


@admin.register(Delivery)
class DeliveryAdmin(AccountsAdmin):
    """Read-only: what went out went out, and what is owed is sent by itself."""

    view_action = "deliveries.view"
    to_customer = "statement__contract__customer"
    list_display = ("asked_at", "statement_number", "customer", "channel", "recipient", "sender", "standing")
    list_filter = ("channel", "asked_at")
    search_fields = ("recipient", "statement__number", "statement__contract__customer__name", "public_id")
    list_select_related = ("statement__contract__customer", "by")
    show_full_result_count = False
    fields = (
        "statement", "channel", "recipient", "note", "asked_at", "sender", "key", "standing", "attempts", "problem", "public_id",
    )  # fmt: skip
    readonly_fields = fields

    sender = by_name("by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request).select_related("statement__contract__customer", "by", "key")
        return found.defer("statement__body")

    @admin.display(description="statement", ordering="statement__number")
    def statement_number(self, delivery: Delivery) -> str:
        return delivery.statement.number or "draft"

    @admin.display(ordering="statement__contract__customer__name")
    def customer(self, delivery: Delivery) -> str:
        return delivery.statement.contract.customer.name

    @admin.display(description="went out (UTC)", ordering="sent_at")
    def standing(self, delivery: Delivery) -> str:
        if delivery.sent_at is not None:
            return f"{delivery.sent_at:%Y-%m-%d %H:%M}"
        return f"given up: {delivery.problem}" if delivery.given_up else "on its way"

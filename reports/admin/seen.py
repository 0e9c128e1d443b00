"""What a person saw is what is decided: rows that came or changed after their list was shown are refused by name."""

from datetime import datetime

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.http import HttpRequest
from django.utils import timezone

from reports.models import CreditDecision, ServiceCredit, Statement
from slaservice.rules.refusal import Refusal


class ListForm(ActionForm):
    """The choice of what is done to the selected rows, with the instant at which they were listed."""

    shown_at = forms.DateTimeField(label="", widget=forms.HiddenInput, initial=timezone.now)


def shown_at(request: HttpRequest) -> datetime:
    """When the list was shown that the rows were selected on. The action's form has refused what is no instant."""
    at = forms.DateTimeField().clean(request.POST["shown_at"])
    assert isinstance(at, datetime)
    return at


def credit_as_listed(credit: ServiceCredit, at: datetime) -> ServiceCredit:
    """Refuse a credit that was proposed or changed after the list was shown."""
    changed = CreditDecision.objects.filter(statement=credit.statement_id, at__gt=at)
    if credit.proposed_at > at or changed.exists():
        raise Refusal("credit_changed", "The credit has changed since the list was shown: look at it again.")
    return credit


def draft_as_listed(statement: Statement, at: datetime) -> Statement:
    """Refuse a draft that was computed after the list was shown."""
    if statement.drafted_at > at:
        raise Refusal("draft_changed", "The draft was computed after the list was shown: look at it again.")
    return statement

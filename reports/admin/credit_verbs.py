"""What is done to a credit: decided, claimed for a customer, put onto a bill or let expire; each verb on a page of its own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User

from reports import operations
from reports.models import ServiceCredit, Statement
from reports.operations.claims import LONGEST_CLAIMANT, LONGEST_TEXT
from reports.operations.settling import LONGEST_REFERENCE
from slaservice.history.admin import ReasonForm, Verb
from slaservice.history.admin.verbs import OptionalReasonForm
from slaservice.rules.evidence import instant_text
from slaservice.rules.intervals import instant
from slaservice.rules.money import Money
from slaservice.rules.refusal import Refusal


class SeenForm(forms.Form):
    """Which amount on which document the person saw: where it has changed since, the decision is refused."""

    seen = forms.CharField(widget=forms.HiddenInput)


class ApproveForm(OptionalReasonForm, SeenForm):
    """The approval of what was seen."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "The customer reads it on the statement if the amount was changed."


class RejectForm(ReasonForm, SeenForm):
    """The refusal of what was seen, and why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = "The customer reads it on the statement."


class AdjustForm(ReasonForm, SeenForm):
    """Another amount, and why."""

    amount = forms.CharField(max_length=40, help_text="In the credit's currency, like 120.00.")
    field_order = ("amount", "reason")


class ClaimForm(forms.Form):
    """A claim that reached one of our people."""

    claimant = forms.CharField(max_length=LONGEST_CLAIMANT, help_text="Who of the customer asks.")
    received_at = forms.SplitDateTimeField(
        label="Received at",
        help_text="In UTC. It decides whether the claim is in time.",
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date"}, time_attrs={"type": "time", "step": "1"}
        ),
    )
    text = forms.CharField(
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
    )


class ApplyForm(forms.Form):
    """The bill or credit note on which the customer got the credit."""

    billing_reference = forms.CharField(
        max_length=LONGEST_REFERENCE,
        help_text="The bill or credit note that it stands on, like INV-2026-118.",
    )


def waits(credit: ServiceCredit) -> bool:
    return credit.state in ("proposed", "adjusted")


def is_claimable(credit: ServiceCredit) -> bool:
    """Or was: a claim that came in time may be recorded once the credit has lapsed."""
    return credit.state == "claimable" or credit.lapsed


def may_settle(credit: ServiceCredit) -> bool:
    return credit.state == "approved" and credit.statement.state == Statement.ISSUED


def seen_of(credit: ServiceCredit) -> Mapping[str, Any]:
    at = instant_text(instant(credit.proposed_at))
    return {"seen": f"{credit.statement.digest}:{at}:{credit.state}:{credit.amount_minor}"}


def about(credit: ServiceCredit) -> Mapping[str, str]:
    """What is decided on, on the page of the decision itself."""
    statement = credit.statement
    said = {
        "Amount": credit.shown_amount,
        "Computed": Money(credit.computed_minor, credit.currency).shown,
        "Customer": statement.contract.customer.name,
        "Contract": statement.contract.number,
        "Period": statement.period_label,
        "Statement": statement.number or "draft",
    }
    return {label: value for label, value in said.items() if label != "Computed" or value != said["Amount"]}


def _as_seen(credit: ServiceCredit, seen: str) -> ServiceCredit:
    if seen != seen_of(credit)["seen"]:
        raise Refusal("credit_changed", "The credit has changed since you looked at it: look at it again.")
    return credit


def _approve(*, row: ServiceCredit, reason: str, seen: str, by: User, now: datetime) -> ServiceCredit:
    return operations.approve(credit=_as_seen(row, seen), reason=reason, by=by, now=now)


def _reject(*, row: ServiceCredit, reason: str, seen: str, by: User, now: datetime) -> ServiceCredit:
    return operations.reject(credit=_as_seen(row, seen), reason=reason, by=by, now=now)


def _adjust(
    *, row: ServiceCredit, amount: str, reason: str, seen: str, by: User, now: datetime
) -> ServiceCredit:
    return operations.adjust(credit=_as_seen(row, seen), amount=amount, reason=reason, by=by, now=now)


VERBS = (
    Verb(
        "approve", "Approve", "credits.approve", _approve, form=ApproveForm, applies=waits, initial=seen_of, about=about,
        done="Approved.",
    ),
    Verb(
        "reject", "Reject", "credits.reject", _reject, form=RejectForm, applies=waits, initial=seen_of, about=about,
        done="Rejected.",
    ),
    Verb(
        "adjust", "Adjust", "credits.adjust", _adjust, form=AdjustForm, applies=waits, initial=seen_of, about=about,
        explains="Another amount is put before the approvers; whoever changes it does not approve it.",
        done="Adjusted; another person must approve it.",
    ),
    Verb(
        "claim", "Record a claim", "claims.file", operations.file_claim, takes="credit",
        form=ClaimForm, applies=is_claimable, about=about,
        explains="You record for the customer that it asks for the credit: history keeps both names. Another person decides.",
        done="The {row} was recorded; another person decides on it.",
    ),
    Verb(
        "apply", "Apply", "credits.apply", operations.apply, takes="credit", form=ApplyForm, applies=may_settle, about=about,
        explains="The credit stands on a bill or credit note; nothing of it changes afterwards.",
        done="Applied.",
    ),
    Verb(
        "expire", "Let expire", "credits.apply", operations.expire, takes="credit", applies=may_settle, about=about,
        explains="The credit was granted, but is not given any more. Nothing of it changes afterwards.",
        done="Expired.",
    ),
)  # fmt: skip

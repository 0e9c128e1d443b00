"""Small forms over the operations: they turn what is typed into plain values.

What is right or wrong is decided in `accounts.operations`; nothing is judged twice here. The form in which contracts are signed
stands in `contract_form`.
"""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet

from accounts.models import SCOPES, Commitment, Customer
from accounts.models.contracts import MOST_SETTLING_DAYS
from accounts.operations.contracts import FIRST_DAY, LAST_DAY

LAST_DAY_IS_BEFORE = "The first day that is no longer covered; empty: no end agreed."


class DayField(forms.DateField):
    """A calendar day, picked with the browser's own calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]


class EndForm(forms.Form):
    """The end of a contract."""

    ends_before = DayField(help_text="The first day that is no longer covered.")
    reason = forms.CharField(max_length=500, required=False, help_text="For the history.")


class ClosingForm(forms.Form):
    """When a contract's statements are due, and whether one without a miss needs a person."""

    settling_days = forms.IntegerField(
        min_value=0,
        max_value=MOST_SETTLING_DAYS,
        help_text="Local days after a period's end in which facts may still come in.",
    )
    issues_by_itself = forms.BooleanField(
        required=False,
        help_text="A statement without a miss, a credit or anything waived is issued then without a person.",
    )
    reason = forms.CharField(max_length=500, required=False, help_text="For the history.")


class BilledAmountForm(forms.Form):
    """What was billed for one period."""

    commitment = forms.ModelChoiceField(Commitment.objects.none())
    period_start = DayField(help_text="The first day of the period, by the contract's zone.")
    amount = forms.CharField(max_length=40, help_text="In the contract's currency, like 812.50.")
    reason = forms.CharField(max_length=500, required=False, help_text="For the history.")

    def __init__(self, *args: Any, commitments: QuerySet[Commitment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "commitment", commitments)


class ApiKeyForm(forms.Form):
    """A key to be issued."""

    customer = forms.ModelChoiceField(Customer.objects.none())
    label = forms.CharField(
        max_length=120, help_text="What the key is for, so that it can be told from others."
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=[scope for scope in SCOPES if scope.endswith(":read")],
        help_text="; ".join(f"{scope}: {words}" for scope, words in SCOPES.items()),
    )
    expires_at = DayField(
        required=False,
        help_text="It ends with the beginning of this day (UTC); empty: never.",
    )

    def __init__(self, *args: Any, customers: QuerySet[Customer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "customer", customers)


def choose_from(form: forms.Form, field: str, rows: QuerySet[Any]) -> None:
    """Which rows may be chosen in a field of a form."""
    chooser = form.fields[field]
    assert isinstance(chooser, forms.ModelChoiceField)
    chooser.queryset = rows

"""Forms over the operations: they turn what is typed into plain values and put each fault back under its field.

What is right or wrong is decided in `accounts.operations`; nothing is judged twice here.
"""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet

from accounts.admin.shown import MONTHS, OVERLAP_WORDS, PERIODS
from accounts.models import SCOPES, Commitment, Customer
from accounts.operations import Agreement, Promise
from accounts.operations.contracts import FIRST_DAY, LAST_DAY
from slaservice.outages.models import Component, CustomerTier
from slaservice.rules.documents import load
from slaservice.rules.money import CURRENCIES
from slaservice.rules.refusal import Invalid, Refusal

LAST_DAY_IS_BEFORE = "The first day that is no longer covered; empty: no end agreed."


class JsonText(forms.CharField):
    """JSON as text; the value is what it says, read strictly. Empty: None."""

    widget = forms.Textarea(attrs={"rows": 18, "class": "vLargeTextField", "spellcheck": "false"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return load(text)
        except Invalid as invalid:
            raise forms.ValidationError([str(error) for error in invalid.errors]) from None


class DayField(forms.DateField):
    """A calendar day, picked with the browser's own calendar."""

    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    default_validators = [MinValueValidator(FIRST_DAY), MaxValueValidator(LAST_DAY)]


class AgreementForm(forms.Form):
    """What a version says beside its commitments, and from when."""

    starts_on = DayField(label="In force from")
    tier = forms.ModelChoiceField(CustomerTier.objects.all(), label="Customer tier")
    currency = forms.ChoiceField(choices=[(code, code) for code in sorted(CURRENCIES)], initial="EUR")
    timezone = forms.CharField(
        max_length=64, label="Time zone", help_text="An IANA name, such as Europe/Berlin."
    )
    period_months = forms.TypedChoiceField(
        choices=PERIODS.items(),
        coerce=int,
        initial=1,
        label="Period",
    )
    first_month = forms.TypedChoiceField(
        choices=MONTHS.items(),
        coerce=int,
        initial=1,
        help_text="A month in which a period begins; for quarters, half-years, years.",
    )
    overlap = forms.ChoiceField(
        choices=OVERLAP_WORDS.items(),
        initial="stack",
        label="Where two commitments cover one component",
    )
    cap = JsonText(
        required=False,
        label="Cap over all commitments",
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text='Empty, or like {"kind": "percent_of_base", "value": "100"}.',
    )
    reason = forms.CharField(max_length=500, required=False, help_text="For the history.")

    def agreement(self, promises: list[Promise]) -> Agreement:
        """The agreement as typed; after `is_valid()`."""
        typed = self.cleaned_data
        plain = {
            name: typed[name]
            for name in ("currency", "timezone", "period_months", "first_month", "overlap", "cap")
        }
        return Agreement(tier=typed["tier"].code, promises=promises, **plain)


class ContractForm(AgreementForm):
    """A contract to be signed."""

    customer = forms.ModelChoiceField(Customer.objects.none())
    number = forms.CharField(max_length=60)
    title = forms.CharField(max_length=200)
    ends_before = DayField(required=False, help_text=LAST_DAY_IS_BEFORE)

    field_order = ("customer", "number", "title", "starts_on", "ends_before")

    def __init__(self, *args: Any, customers: QuerySet[Customer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_from(self, "customer", customers)


class CommitmentForm(forms.Form):
    """One commitment. Its names and its currency are said by the components chosen and the version."""

    name = forms.CharField(max_length=120)
    components = forms.ModelMultipleChoiceField(Component.objects.all(), widget=forms.CheckboxSelectMultiple)
    fee = forms.CharField(
        max_length=40,
        required=False,
        help_text="For one period, like 1250.00; empty: the amount billed for each decides.",
    )
    terms = JsonText(help_text="A terms document; components.names and money.currency may be left out.")

    def promise(self) -> Promise:
        typed = self.cleaned_data
        return Promise(
            name=typed["name"],
            components=[component.code for component in typed["components"]],
            terms=typed["terms"],
            fee=typed["fee"].strip() or None,
        )


CommitmentFormSet = forms.formset_factory(CommitmentForm, extra=0, min_num=1, validate_min=True, max_num=20)


class EndForm(forms.Form):
    """The end of a contract."""

    ends_before = DayField(help_text="The first day that is no longer covered.")
    reason = forms.CharField(max_length=500, required=False, help_text="For the history.")


class BilledAmountForm(forms.Form):
    """What was billed for one period."""

    commitment = forms.ModelChoiceField(Commitment.objects.none())
    period_start = DayField(help_text="The first day of the period, by the contract's zone.")
    amount = forms.CharField(max_length=40, help_text="In the contract's currency, like 812.50.")
    reason = forms.CharField(max_length=500, required=False, help_text="For the history.")

    def __init__(self, *args: Any, commitments: QuerySet[Commitment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_from(self, "commitment", commitments)


class ApiKeyForm(forms.Form):
    """A key to be issued."""

    customer = forms.ModelChoiceField(Customer.objects.none())
    label = forms.CharField(
        max_length=120, help_text="What the key is for, so that it can be told from others."
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, scope) for scope in SCOPES],
        widget=forms.CheckboxSelectMultiple,
        initial=list(SCOPES),
        help_text="; ".join(f"{scope}: {words}" for scope, words in SCOPES.items()),
    )
    expires_at = DayField(
        required=False,
        help_text="It ends with the beginning of this day (UTC); empty: never.",
    )

    def __init__(self, *args: Any, customers: QuerySet[Customer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose_from(self, "customer", customers)


def _choose_from(form: forms.Form, field: str, rows: QuerySet[Any]) -> None:
    chooser = form.fields[field]
    assert isinstance(chooser, forms.ModelChoiceField)
    chooser.queryset = rows


_OF_COMMITMENT = re.compile(r"commitments\[(\d+)]\.(\w+)(.*)")
_OF_AGREEMENT = re.compile(r"(\w+)\.?(.*)")


def show_faults(refusal: Refusal, form: forms.Form, commitments: Sequence[forms.Form]) -> None:
    """Each fault under the field that its path names; what has no field, and a refusal that is no list, above them."""
    for error in refusal.errors if isinstance(refusal, Invalid) else ():
        of_commitment = _OF_COMMITMENT.fullmatch(error.path)
        if of_commitment:
            _add(
                commitments[int(of_commitment[1])],
                of_commitment[2],
                of_commitment[3].lstrip("."),
                error.reason,
            )
        elif of_agreement := _OF_AGREEMENT.fullmatch(error.path):
            _add(form, of_agreement[1], of_agreement[2], error.reason)
    if not isinstance(refusal, Invalid):
        form.add_error(None, refusal.sentence)


def _add(form: forms.Form, field: str, rest: str, reason: str) -> None:
    sentence = f"{rest}: {reason}" if rest else reason
    if field in form.fields:
        form.add_error(field, sentence)
    else:
        form.add_error(None, f"{field}.{sentence}" if rest else f"{field}: {sentence}")

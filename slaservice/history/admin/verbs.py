"""Verbs: what a person does to one row in the admin, on a page with a form of its own, through an operation.

A stored fact has no editable fields; it has verbs (confirm, correct, withdraw, ...), each for the roles that have its action.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.db.models import Model

from slaservice.rules.refusal import Invalid, Refusal


class ReasonForm(forms.Form):
    """A verb that needs nothing but its reason."""

    reason = forms.CharField(
        max_length=3900, widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
    )


class OptionalReasonForm(forms.Form):
    """A verb whose reason may be left out."""

    reason = forms.CharField(
        max_length=3900, required=False, widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
    )


def _always(row: Model) -> bool:
    return True


def _nothing(row: Model) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Verb:
    """`run(row=..., by=..., now=..., **what the form says)` calls the operation and returns the row to show next.

    `takes` is the operation's own word for the row, where `run` is the operation itself.
    `name` is its part of the address, `action` the row of the table of roles, `applies` whether the row's state allows it,
    `initial` what the form starts from, `explains` a sentence above the form, `about` what of the row is said there by label,
    `done` what is said afterwards ({row}).
    """

    name: str
    label: str
    action: str
    run: Callable[..., Model]
    form: type[forms.Form] = ReasonForm
    applies: Callable[[Any], bool] = _always
    initial: Callable[[Any], Mapping[str, Any]] = _nothing
    explains: str = ""
    takes: str = "row"
    about: Callable[[Any], Mapping[str, str]] = _nothing
    done: str = "{row}: done."

    def carry_out(self, row: Model, form: forms.Form, *, by: User, now: datetime) -> Model | None:
        """The row to show next; None where the operation refused, and then the form says why."""
        try:
            return self.run(**{self.takes: row}, by=by, now=now, **form.cleaned_data)
        except Refusal as refusal:
            show_refusal(refusal, form)
            return None


def show_refusal(refusal: Refusal, form: forms.BaseForm) -> None:
    """Puts a refusal on the form: at the fields it names, else above them all."""
    if not isinstance(refusal, Invalid):
        form.add_error(None, refusal.sentence)
        return
    for error in refusal.errors:
        field = error.path.partition(".")[0].partition("[")[0]
        form.add_error(
            field if field in form.fields else None, error.reason if field in form.fields else str(error)
        )

"""What can be asked of the desk: filters, and the decisions on outage windows and on maintenance."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms

from reports import desk
from reports.periods import parse_month
from slaservice.outages import operations
from slaservice.outages.admin.fields import REASON, InstantField, TiersField, exact
from slaservice.outages.models import (
    BASES,
    CATEGORIES,
    PROPOSED,
    SEVERITIES,
    Component,
    Maintenance,
    OutageWindow,
)
from slaservice.rules.refusal import Refusal


class CorrectWindowForm(forms.Form):
    """What an outage really was, and how it is known."""

    start = InstantField(label="From")
    end = InstantField(required=False, label="Until", help_text="Left out while the outage goes on.")
    severity = forms.SlugField(max_length=60, help_text=f"{', '.join(SEVERITIES)}, or another name.")
    tiers = TiersField()
    basis = forms.ChoiceField(
        choices=[("", "an operator's own finding where times or severity change"), *BASES.items()],
        required=False,
    )
    reason = forms.CharField(max_length=3900, widget=REASON)


class CorrectMaintenanceForm(forms.Form):
    """When a maintenance really was, and when it was announced."""

    start = InstantField(label="From")
    end = InstantField(label="Until")
    announced_at = InstantField(required=False, label="Announced", help_text="Empty: never.")
    category = forms.ChoiceField(choices=list(CATEGORIES.items()))
    tiers = TiersField()
    reason = forms.CharField(max_length=3900, widget=REASON)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is open on the page: a correction's form, or a decision that was refused, with what was typed."""

    fact: int
    form: forms.Form | None = None
    reason: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact on the desk: `actions` are the rows of the table of roles that its verbs take."""

    name: str
    label: str
    model: Any
    form: type[forms.Form]
    argument: str
    actions: Mapping[str, str]
    verbs: Mapping[str, Callable[..., Any]]

    def find(self, pk: str) -> Any:
        """The proposed fact, or None."""
        return next(iter(self.find_all([pk])), None)

    def find_all(self, pks: Sequence[str]) -> list[Any]:
        """Those of these facts that are still proposed, in time order."""
        known = [int(pk) for pk in pks if pk.isascii() and pk.isdigit() and len(pk) < 19]
        found = self.model.objects.filter(pk__in=known, state=PROPOSED)
        related = ("component", "incident") if self.model is OutageWindow else ("component",)
        return list(found.select_related(*related).prefetch_related("tiers").order_by("start", "pk"))

    def run(self, verb: str, row: Any, **values: Any) -> Any:
        """Calls the operation."""
        return self.verbs[verb](**{self.argument: row}, **values)

    def initial(self, row: Any, *, quote: str = "") -> dict[str, Any]:
        """What a correction starts from: the fact, or the times that a text states, with the quote as the reason."""
        names = [name for name in self.form.base_fields if name not in ("tiers", "basis", "reason")]
        values = {name: getattr(row, name) for name in names} | {"tiers": row.tiers.all()}
        return values | _stated(row, quote)


def _stated(row: Any, quote: str) -> dict[str, Any]:
    if not isinstance(row, OutageWindow) or row.incident is None or not re.fullmatch(r"\d{1,9}", quote):
        return {}
    quotes = desk.quotes_of(row.incident.updates.all())
    chosen = quotes[int(quote)] if int(quote) < len(quotes) else None
    if chosen is None or chosen.stated.start is None:
        return {}
    return {
        "start": chosen.stated.start,
        "end": chosen.stated.end,
        "basis": "stated_window",
        "reason": f"The update of {exact(chosen.said_at)} UTC states: “{chosen.stated.quote}”",
    }


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "outages",
            "Outages",
            OutageWindow,
            CorrectWindowForm,
            "window",
            {
                "confirm": "outages.confirm",
                "bulk": "outages.confirm",
                "correct": "outages.correct",
                "withdraw": "outages.withdraw",
            },
            {
                "confirm": operations.confirm,
                "correct": operations.correct,
                "withdraw": operations.withdraw,
            },
        ),
        Kind(
            "maintenance",
            "Maintenance",
            Maintenance,
            CorrectMaintenanceForm,
            "maintenance",
            dict.fromkeys(("confirm", "bulk", "correct", "withdraw"), "maintenance.record"),
            {
                "confirm": operations.confirm_maintenance,
                "correct": operations.correct_maintenance,
                "withdraw": operations.withdraw_maintenance,
            },
        ),
    )
}


class FilterForm(forms.Form):
    """What part of what waits is shown. What cannot be read filters nothing, and says so."""

    component = forms.ModelChoiceField(Component.objects.all(), required=False, empty_label="every component")
    source = forms.CharField(max_length=60, required=False, widget=forms.Select())
    month = forms.CharField(
        max_length=7, required=False, widget=forms.TextInput(attrs={"placeholder": "2026-04", "size": 8})
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        chosen = self.kind.model.objects.filter(state=PROPOSED).order_by("source")
        sources = chosen.values_list("source", flat=True).distinct()
        choices = [("", "every source"), *((source, source) for source in sources)]
        self.fields["source"].widget.choices = choices

    @property
    def kind(self) -> Kind:
        return KINDS.get(self.data.get("kind", ""), KINDS["outages"])

    def clean_month(self) -> str:
        month = str(self.cleaned_data["month"])
        try:
            if month:
                parse_month(month)
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence) from refusal
        return month

    def chosen(self) -> dict[str, Any]:
        """The filters that can be read, for desk.waiting."""
        self.is_valid()
        component = self.cleaned_data.get("component")
        return {
            "component": component.pk if component else None,
            "source": self.cleaned_data.get("source", ""),
            "month": self.cleaned_data.get("month", ""),
        }

    def address(self, *, page: bool = True) -> str:
        """The same filters and page again, as an address's query."""
        kept = ("kind", "component", "source", "month", *(["page"] if page else []))
        return urlencode({name: self.data[name] for name in kept if self.data.get(name)})

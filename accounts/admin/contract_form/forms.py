"""What a contract says beside its terms, as Django forms: plain values, whose faults the operations name."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from accounts.admin.forms import LAST_DAY_IS_BEFORE, DayField, choose_from
from accounts.admin.shown import CAP_WINDOWS, CLAWBACK_WORDS, MONTHS, OVERLAP_WORDS, PERIODS
from accounts.models import Customer
from accounts.models.contracts import MOST_SETTLING_DAYS
from accounts.operations import Agreement, Promise
from slaservice.outages.models import Component, CustomerTier
from slaservice.rules.money import CURRENCIES


class ToldInvalid(forms.BoundField):
    """A field that is called invalid only by who shows it: a page is not, while somebody types."""

    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> Any:
        built = super().build_widget_attrs(attrs, widget)
        return {**built, "aria-invalid": attrs.get("aria-invalid", "false")}


class AgreementForm(forms.Form):
    """What a version says beside its commitments, and from when."""

    bound_field_class = ToldInvalid

    starts_on = DayField(label="In force from")
    tier = forms.ModelChoiceField(CustomerTier.objects.all(), label="Customer tier")
    currency = forms.ChoiceField(choices=[(code, code) for code in sorted(CURRENCIES)], initial="EUR")
    timezone = forms.CharField(
        max_length=64, label="Time zone", help_text="An IANA name, such as Europe/Berlin."
    )
    period_months = forms.TypedChoiceField(choices=PERIODS.items(), coerce=int, initial=1, label="Period")
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
    cap_kind = forms.ChoiceField(
        choices=(("", "no cap"), ("percent_of_base", "a percentage of all bases"), ("amount", "an amount")),
        required=False,
        label="Cap over all commitments",
        help_text="“in aggregate shall not exceed …”; each commitment may have a cap of its own as well.",
    )
    cap_value = forms.CharField(max_length=90, required=False, label="that is")
    cap_per = forms.ChoiceField(
        choices=CAP_WINDOWS.items(),
        required=False,
        initial="period",
        label="for which time",
    )
    clawback = forms.ChoiceField(
        choices=CLAWBACK_WORDS.items(),
        initial="never",
        label="A granted credit may shrink",
        help_text="When a later correction finds less downtime.",
    )
    reason = forms.CharField(max_length=500, required=False, help_text="For the history.")

    def agreement(self, promises: list[Promise]) -> Agreement:
        """The agreement as typed; after `is_valid()`."""
        typed = self.cleaned_data
        plain = {
            name: typed[name]
            for name in ("currency", "timezone", "period_months", "first_month", "overlap", "clawback")
        }
        return Agreement(tier=typed["tier"].code, promises=promises, cap=self.cap(), **plain)

    def cap(self) -> dict[str, str] | None:
        """The cap over all commitments: there as soon as anything is said of it."""
        parts = {name: self.cleaned_data.get(f"cap_{name}", "").strip() for name in ("kind", "value", "per")}
        said = {name: text for name, text in parts.items() if text}
        return said if said.keys() - {"per"} or said.get("per", "period") != "period" else None


class ContractForm(AgreementForm):
    """A contract to be signed."""

    customer = forms.ModelChoiceField(Customer.objects.none())
    number = forms.CharField(max_length=60)
    title = forms.CharField(max_length=200)
    ends_before = DayField(required=False, help_text=LAST_DAY_IS_BEFORE)
    settling_days = forms.IntegerField(
        min_value=0,
        max_value=MOST_SETTLING_DAYS,
        initial=5,
        help_text="Days after a period’s end in which facts may still come in, before its statement is due.",
    )
    issues_by_itself = forms.BooleanField(
        required=False,
        initial=True,
        label="A statement without a miss is issued by itself",
    )

    field_order = (
        "customer",
        "number",
        "title",
        "starts_on",
        "ends_before",
        "settling_days",
        "issues_by_itself",
    )

    def __init__(self, *args: Any, customers: QuerySet[Customer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose_from(self, "customer", customers)

    def signed(self) -> dict[str, Any]:
        """What the operation takes beside the agreement; after `is_valid()`."""
        names = ("customer", "number", "title", "ends_before", "settling_days", "issues_by_itself")
        return {name: self.cleaned_data[name] for name in names}


class CommitmentForm(forms.Form):
    """One commitment beside its terms. Its names are paths, like all others on the page."""

    bound_field_class = ToldInvalid

    name = forms.CharField(max_length=120, help_text="As the paper calls it; it stands on statements.")
    components = forms.ModelMultipleChoiceField(Component.objects.all(), widget=forms.CheckboxSelectMultiple)
    fee = forms.CharField(
        max_length=40,
        required=False,
        label="Fee for a period",
        help_text="Like 1250.00; empty: the amount billed for each period decides.",
    )

    def add_prefix(self, field_name: str) -> str:
        return f"{self.prefix}.{field_name}"

    def promise(self, terms: Any) -> Promise:
        """The promise as typed; after `is_valid()`."""
        typed = self.cleaned_data
        codes = [component.code for component in typed["components"]]
        return Promise(name=typed["name"], components=codes, terms=terms, fee=typed["fee"].strip() or None)

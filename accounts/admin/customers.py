"""Customers and their people in the admin. What is typed goes through the operations, so every change has its history."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.admin.base import AccountsAdmin
from accounts.models import Customer, Membership
from accounts.operations import add_member, change_customer, create_customer, remove_member
from slaservice.history.admin import person
from slaservice.history.admin.people import by_name
from slaservice.history.people import name_of
from slaservice.rules.workflow import ACCOUNT_MANAGER


class PersonField(forms.ModelChoiceField):
    """A person, chosen by name."""

    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj)


class CustomerForm(forms.ModelForm):
    """A customer as it is entered; its account manager is one."""

    account_manager = PersonField(User.objects.none(), required=False)
    reason = forms.CharField(max_length=500, required=False, help_text="Of a change, for the history.")

    class Meta:
        model = Customer
        fields: ClassVar = ["name", "legal_name", "address", "account_manager", "language", "ended_on"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields.get("account_manager")  # not there where the page may only be read
        if isinstance(chooser, forms.ModelChoiceField):
            chooser.queryset = User.objects.filter(groups__name=ACCOUNT_MANAGER, is_active=True).order_by(
                "username"
            )


@admin.register(Customer)
class CustomerAdmin(AccountsAdmin):
    add_action = "customers.edit"
    change_action = "customers.edit"
    to_customer = "pk"
    form = CustomerForm
    list_display = ("name", "legal_name", "manager", "language", "ended_on")
    manager = by_name("account_manager")
    list_select_related = ("account_manager",)
    search_fields = ("name", "legal_name", "public_id")
    fields = (
        "name", "legal_name", "address", "account_manager", "language", "ended_on", "reason", "public_id",
    )  # fmt: skip
    readonly_fields = ("public_id",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return [name for name in self.fields if name not in ("ended_on", "reason", "public_id")]
        editable = self.has_change_permission(request, obj)
        return [name for name in self.fields if editable or name != "reason"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        typed = {name: value for name, value in form.cleaned_data.items() if name != "reason"}
        if change:
            customer = Customer.objects.get(pk=obj.pk)
            reason = form.cleaned_data["reason"]
            change_customer(customer=customer, by=person(request), now=timezone.now(), reason=reason, **typed)
        else:
            made = create_customer(by=person(request), now=timezone.now(), **typed)
            obj.pk, obj.public_id = made.pk, made.public_id


@admin.register(Membership)
class MembershipAdmin(AccountsAdmin):
    """Which people are a customer's own. Added and removed; there is nothing to change."""

    view_action = "people.manage"
    add_action = "people.manage"
    delete_action = "people.manage"
    list_display = ("user", "customer")
    list_select_related = ("user", "customer")
    search_fields = ("user__username", "user__email", "customer__name")
    fields = ("user", "customer")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        typed = form.cleaned_data
        made = add_member(
            customer=typed["customer"], user=typed["user"], by=person(request), now=timezone.now()
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        remove_member(membership=obj, by=person(request), now=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for membership in queryset:
            self.delete_model(request, membership)

"""Contracts in the admin: read with their versions, terms and clauses; signed, amended and ended through the operations.

No field of a contract, version or commitment can be edited in place: what changes is a new version.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.admin.base import AccountsAdmin
from accounts.admin.forms import AgreementForm, CommitmentFormSet, ContractForm, EndForm, show_faults
from accounts.admin.reading import readings
from accounts.admin.shown import agreement_initial, commitments_initial, local_day, versions_shown
from accounts.catalogue import catalogue
from accounts.models import Contract
from accounts.operations import amend_contract, end_contract, sign_contract
from slaservice.history.admin import Verb, person
from slaservice.rules.refusal import Refusal

ADD_ANOTHER = "_more"
READ = "_read"


def _end(*, row: Contract, ends_before: date, reason: str, by: User, now: datetime) -> Contract:
    return end_contract(contract=row, ends_before=ends_before, reason=reason, by=by, now=now)


@admin.register(Contract)
class ContractAdmin(AccountsAdmin):
    """A contract's page shows every version in words; its buttons lead to amendment and end."""

    add_action = "contracts.edit"
    verbs = (
        Verb(
            name="end",
            label="End",
            action="contracts.edit",
            run=_end,
            form=EndForm,
            done="{row} has its end.",
            explains="The contract ends sooner or later than agreed. What was in force until then stays as it is.",
        ),
    )
    change_form_template = "admin/accounts/contract/change_form.html"
    list_display = ("number", "customer", "title", "starts", "ends")
    list_select_related = ("customer",)
    search_fields = ("number", "title", "customer__name", "customer__legal_name")
    fields = ("customer", "number", "title", "public_id", "starts", "ends", "versions_in_words")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("versions")

    @admin.display(ordering="starts_at")
    def starts(self, contract: Contract) -> str:
        return str(local_day(contract.starts_at, self._zone(contract)))

    @admin.display(ordering="ends_at", description="ends before")
    def ends(self, contract: Contract) -> str:
        return str(local_day(contract.ends_at, self._zone(contract)) or "")

    def _zone(self, contract: Contract) -> str:
        versions = list(contract.versions.all())
        return versions[-1].timezone if versions else "UTC"

    @admin.display(description="versions")
    def versions_in_words(self, contract: Contract) -> SafeString:
        versions = contract.versions.select_related("tier").prefetch_related("commitments__components")
        page = render_to_string(
            "admin/accounts/contract/versions.html", {"versions": versions_shown(versions)}
        )
        return mark_safe(page)  # a template's own output, escaped there

    def get_urls(self) -> list[URLPattern]:
        amend = self.admin_site.admin_view(self.amend_view)
        return [path("<path:object_id>/amend/", amend, name="accounts_contract_amend"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        context = {**(extra_context or {}), "may_amend": self.has_add_permission(request)}
        return super().change_view(request, object_id, form_url, context)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Sign a contract; `?catalogue=key` starts the first commitment from ready terms."""
        self.require_add(request)
        chosen = catalogue().get(request.GET.get("catalogue", ""))
        first = {"terms": json.dumps(chosen.terms, indent=2, ensure_ascii=False)} if chosen else {}
        form = ContractForm(request.POST or None, customers=self.customers(request))
        formset = CommitmentFormSet(_with_room(request) or None, initial=[first])

        def sign(**agreed: Any) -> Contract:
            names = ("customer", "number", "title", "ends_before")
            return sign_contract(**{name: form.cleaned_data[name] for name in names}, **agreed)

        return self._agreement_page(
            request,
            form,
            formset,
            sign,
            title="Sign a contract",
            submit="Sign",
            entries=catalogue().values(),
            chosen=chosen,
        )

    def amend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new version, which starts from what was agreed last."""
        self.require_add(request)
        contract = self.get_object(request, unquote(object_id))
        if contract is None:
            raise Http404
        last = contract.versions.latest("number")
        form = AgreementForm(request.POST or None, initial=agreement_initial(last))
        formset = CommitmentFormSet(_with_room(request) or None, initial=commitments_initial(last))

        def amend(**agreed: Any) -> Contract:
            return amend_contract(contract=contract, **agreed).contract

        return self._agreement_page(
            request, form, formset, amend, title=f"Amend: {contract}", submit="Amend", original=contract
        )

    def _agreement_page(
        self,
        request: HttpRequest,
        form: AgreementForm,
        formset: forms.BaseFormSet,
        carry_out: Callable[..., Contract],
        *,
        title: str,
        submit: str,
        original: Contract | None = None,
        **context: Any,
    ) -> HttpResponse:
        """Carries out what was typed and leads to the contract; else the page, with what was refused under its fields."""
        sent = request.method == "POST" and not {ADD_ANOTHER, READ} & set(request.POST)
        if sent and all([form.is_valid(), formset.is_valid()]):
            entered = _entered(formset)
            try:
                contract = carry_out(
                    agreement=form.agreement([commitment.promise() for commitment in entered]),
                    starts_on=form.cleaned_data["starts_on"],
                    reason=form.cleaned_data["reason"],
                    by=person(request),
                    now=timezone.now(),
                )
                self.message_user(request, f"{contract} is recorded.")
                return redirect("admin:accounts_contract_change", contract.pk)
            except Refusal as refusal:
                show_faults(refusal, form, entered)
        page = self.form_page(request, form, title=title, submit=submit, original=original)
        page.template_name = "admin/accounts/contract/agreement.html"
        page.context_data = {
            **(page.context_data or {}),
            **context,
            "formset": formset,
            "commitments": list(zip(formset, readings(form, formset), strict=True)),
            "complain": sent,
            "add_another": ADD_ANOTHER,
            "read": READ,
        }
        return page


def _with_room(request: HttpRequest) -> Any:
    """What was typed, with room for one more commitment where that button was pressed."""
    if ADD_ANOTHER not in request.POST:
        return request.POST
    typed = request.POST.copy()
    with suppress(ValueError):  # no number: the formset refuses it by itself
        typed["form-TOTAL_FORMS"] = str(int(typed.get("form-TOTAL_FORMS", "")) + 1)
    return typed


def _entered(formset: forms.BaseFormSet) -> list[Any]:
    """The commitments' forms but for those that were left empty: their order is that of the commitments."""
    return [form for form in formset.forms if form.has_changed() or form.initial]

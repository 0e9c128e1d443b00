"""Contracts in the admin: read with their versions, terms and clauses; signed, amended and ended through the operations.

No field of a contract, version or commitment can be edited in place: what changes is a new version.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.forms import Media
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from accounts.admin.base import AccountsAdmin
from accounts.admin.contract_form.actions import Step, act
from accounts.admin.contract_form.changes import changes
from accounts.admin.contract_form.entry import Entry
from accounts.admin.contract_form.forms import AgreementForm, ContractForm
from accounts.admin.contract_form.paying import CLAUSE_PATHS
from accounts.admin.contract_form.starting import new_contract, of_version
from accounts.admin.forms import ClosingForm, EndForm
from accounts.admin.shown import done_shown, local_day, versions_shown
from accounts.catalogue import catalogue
from accounts.models import Contract, ContractVersion
from accounts.operations import amend_contract, arrange_closing, end_contract, sign_contract
from slaservice.history.admin import Verb, person
from slaservice.history.queries import history_of
from slaservice.rules.refusal import Refusal

BUTTON = "_do"
READ = "read"
DRY_RUN = "admin:reports_amendment_dry_run"
"""What an amendment would have changed in the last twelve months: a page that takes what the form posts."""

_PAGES = "admin/accounts/contract"


def _end(*, row: Contract, ends_before: date, reason: str, by: User, now: datetime) -> Contract:
    return end_contract(contract=row, ends_before=ends_before, reason=reason, by=by, now=now)


def _arrange(*, row: Contract, **arranged: Any) -> Contract:
    return arrange_closing(contract=row, **arranged)


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
        Verb(
            name="closing",
            label="Arrange closing",
            action="contracts.edit",
            run=_arrange,
            form=ClosingForm,
            initial=lambda contract: {
                "settling_days": contract.settling_days,
                "issues_by_itself": contract.issues_by_itself,
            },
            done="{row}: its statements are closed as arranged.",
            explains="Holds for every statement that is not issued yet.",
        ),
    )
    change_form_template = f"{_PAGES}/change_form.html"
    list_display = ("number", "customer", "title", "starts", "ends")
    list_select_related = ("customer",)
    search_fields = ("number", "title", "customer__name", "customer__legal_name")
    fields = (
        "customer",
        "number",
        "title",
        "public_id",
        "starts",
        "ends",
        "settling_days",
        "issues_by_itself",
        "versions_in_words",
        "what_was_done",
    )
    readonly_fields = fields

    @property
    def media(self) -> Media:
        return super().media + Media(css={"all": ["accounts/contract.css"]}, js=["accounts/contract.js"])

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
        return _page("versions", versions=versions_shown(versions))

    @admin.display(description="history")
    def what_was_done(self, contract: Contract) -> SafeString:
        return _page("done", done=done_shown(history_of(contract)))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        ours = [
            path("add/reading/", wrap(self.reading_view), name="accounts_contract_reading"),
            path("<path:object_id>/amend/", wrap(self.amend_view), name="accounts_contract_amend"),
            path(
                "<path:object_id>/amend/reading/",
                wrap(self.reading_view),
                name="accounts_contract_amend_reading",
            ),
        ]
        return [*ours, *super().get_urls()]

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
        ready = catalogue().get(request.GET.get("catalogue", ""))
        entry = self._entry(request, None, lambda: new_contract(ContractForm, ready))

        def sign(form: ContractForm, **agreed: Any) -> Contract:
            return sign_contract(**form.signed(), **agreed)

        return self._agreement_page(request, entry, sign, title="Sign a contract", submit="Sign")

    def amend_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new version, which starts from what was agreed last."""
        self.require_add(request)
        last = self._last_version(request, object_id)
        contract = last.contract
        entry = self._entry(request, last, lambda: of_version(last))

        def amend(form: AgreementForm, **agreed: Any) -> Contract:
            return amend_contract(contract=contract, **agreed).contract

        return self._agreement_page(
            request, entry, amend, title=f"Amend: {contract}", submit="Amend", last=last
        )

    def reading_view(self, request: HttpRequest, object_id: str = "") -> HttpResponse:
        """What was typed so far, read back for the script of the page: by field what is wrong, and each part in words."""
        self.require_add(request)
        last = self._last_version(request, object_id) if object_id else None
        entry = self._entry(request, last, lambda: ({}, ""))
        entry.read_back()
        return JsonResponse(
            {
                "faults": entry.by_name(),
                "readings": {
                    f"reading-{one.root}": _page("reading", entry=entry, commitment=one)
                    for one in entry.commitments
                },
                "changes": _page("changes", changes=changes(last, entry)) if last else "",
                "status": entry.in_one_sentence(),
            }
        )

    def _entry(self, request: HttpRequest, last: ContractVersion | None, first: Callable[[], Step]) -> Entry:
        """What is on the page: as posted, after a button what that button made of it, else what it starts with."""
        if request.method == "POST":
            sent = {name: texts for name, texts in request.POST.lists() if name != BUTTON}
            posted, note = act(sent, request.POST.get(BUTTON, ""))
        else:
            posted, note = first()
        entry = (
            Entry(posted, AgreementForm)
            if last
            else Entry(posted, ContractForm, customers=self.customers(request))
        )
        entry.notes += [note] if note else []
        return entry

    def _last_version(self, request: HttpRequest, object_id: str) -> ContractVersion:
        contract = self.get_object(request, unquote(object_id))
        if contract is None:
            raise Http404
        last: ContractVersion = contract.versions.select_related("tier").latest("number")
        last.contract = contract
        return last

    def _agreement_page(
        self,
        request: HttpRequest,
        entry: Entry,
        carry_out: Callable[..., Contract],
        *,
        title: str,
        submit: str,
        last: ContractVersion | None = None,
    ) -> HttpResponse:
        """Carries out what was typed and leads to the contract; else the page, with what was refused beside its fields."""
        entry.read_back()
        signing = request.method == "POST" and BUTTON not in request.POST
        contract = self._carried_out(request, entry, carry_out) if signing else None
        if contract:
            self.message_user(request, f"{contract} is recorded.")
            return redirect("admin:accounts_contract_change", contract.pk)
        original = last.contract if last else None
        page = self.form_page(request, entry.form, title=title, submit=submit, original=original)
        page.template_name = f"{_PAGES}/agreement.html"
        page.context_data = {
            **(page.context_data or {}),
            "entry": entry,
            "complain": signing,
            "entries": catalogue().values(),
            "clause_paths": CLAUSE_PATHS,
            "button": BUTTON,
            "reading_url": _reading_url(original),
            "dry_run_url": _dry_run_url(original),
            "changes": changes(last, entry) if last else [],
        }
        return page

    def _carried_out(
        self, request: HttpRequest, entry: Entry, carry_out: Callable[..., Contract]
    ) -> Contract | None:
        """The contract; None where anything was refused, and then it stands on the page."""
        agreement = entry.agreement()
        entry.complain_of_what_is_missing()
        if agreement is None:
            return None
        try:
            return carry_out(
                entry.form,
                agreement=agreement,
                starts_on=entry.form.cleaned_data["starts_on"],
                reason=entry.form.cleaned_data["reason"],
                by=person(request),
                now=timezone.now(),
            )
        except Refusal as refusal:
            entry.refused(refusal)
            return None


def _page(name: str, **context: Any) -> SafeString:
    return mark_safe(
        render_to_string(f"{_PAGES}/{name}.html", context)
    )  # a template's own output, escaped there


def _reading_url(contract: Contract | None) -> str:
    if contract is None:
        return reverse("admin:accounts_contract_reading")
    return reverse("admin:accounts_contract_amend_reading", args=[contract.pk])


def _dry_run_url(contract: Contract | None) -> str:
    """The address of the rehearsal, where there is one."""
    try:
        return reverse(DRY_RUN, args=[contract.pk]) if contract else ""
    except NoReverseMatch:
        return ""

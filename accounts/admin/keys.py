"""API keys in the admin: issued and shown once, revoked at once."""

from datetime import UTC, datetime, time
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.admin.base import AccountsAdmin
from accounts.admin.forms import ApiKeyForm
from accounts.models import ApiKey
from accounts.operations import issue_api_key, revoke_api_key
from slaservice.history.admin import Verb, person
from slaservice.history.admin.keys import shown_once
from slaservice.history.admin.verbs import show_refusal
from slaservice.rules.refusal import Refusal


def _revoke(*, row: ApiKey, reason: str, by: User, now: datetime) -> ApiKey:
    return revoke_api_key(key=row, reason=reason, by=by, now=now)


def _is_not_revoked(key: ApiKey) -> bool:
    return key.revoked_at is None


@admin.register(ApiKey)
class ApiKeyAdmin(AccountsAdmin):
    view_action = "keys.manage"
    add_action = "keys.manage"
    verbs = (
        Verb(
            name="revoke",
            label="Revoke",
            action="keys.manage",
            run=_revoke,
            applies=_is_not_revoked,
            explains="The key opens nothing from the next request on, and cannot be made good again.",
            done="{row} was revoked.",
        ),
    )
    actions = ("revoke_selected",)
    list_display = ("key", "label", "customer", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("customer",)
    search_fields = ("prefix", "label", "customer__name")
    fields = (
        "key", "label", "customer", "scopes", "created_at", "created_by", "expires_at", "last_used_at", "revoked_at",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(ordering="prefix")
    def key(self, key: ApiKey) -> str:
        return str(key)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "keys.manage")

    @admin.action(description="Revoke the selected keys, for good", permissions=["revoke"])
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        by, now = person(request), timezone.now()
        keys = queryset.select_related("customer")
        self.each(request, keys, lambda key: revoke_api_key(key=key, by=by, now=now), done="{count} revoked.")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Issue a key. Its text is in this one answer and nowhere else: no message, no session, no redirect."""
        self.require_add(request)
        form = ApiKeyForm(request.POST or None, customers=self.customers(request))
        if request.method == "POST" and form.is_valid():
            typed = form.cleaned_data
            day = typed["expires_at"]
            try:
                key, text = issue_api_key(
                    customer=typed["customer"],
                    label=typed["label"],
                    scopes=typed["scopes"],
                    expires_at=datetime.combine(day, time.min, UTC) if day else None,
                    by=person(request),
                    now=timezone.now(),
                )
                return shown_once(self, request, key, text, owner=str(key.customer))
            except Refusal as refusal:
                show_refusal(refusal, form)
        return self.form_page(request, form, title="Issue an API key", submit="Issue")

"""Hooks: who may post to us and what their words mean; and every message with what came of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from slaservice.history.admin import RoleAdmin, Verb, person
from slaservice.history.admin.verbs import OptionalReasonForm, ReasonForm, show_refusal
from slaservice.outages.admin.fields import REASON, TiersField, exact
from slaservice.outages.models import HOOK_KINDS, Hook, HookMessage, PolledFeed
from slaservice.outages.models.hooks import ALERTMANAGER, PAGERDUTY, STATUSPAGE
from slaservice.outages.operations.hooks import change_hook, create_hook, process_again, renew_token
from slaservice.rules.refusal import Refusal


class HookChangeForm(forms.Form):
    """What a sender's words mean."""

    enabled = forms.BooleanField(initial=True, required=False)
    component_label = forms.CharField(
        initial="component", max_length=100, help_text="Alertmanager: the label that names the component."
    )
    severity = forms.SlugField(
        initial="major_outage", max_length=60, help_text="Of everything for which nothing else is said."
    )
    severities = forms.JSONField(
        initial=dict, required=False, help_text='Alertmanager: {"warning": "degraded_performance"}'
    )
    tiers = TiersField(required=False, help_text="Without any it speaks of every tier.")
    feed = forms.ModelChoiceField(
        PolledFeed.objects.all(), required=False, help_text="Statuspage: whose messages these are."
    )
    reason = forms.CharField(required=False, max_length=3900, widget=REASON)


class HookForm(HookChangeForm):
    """A new one."""

    name = forms.SlugField(max_length=60, help_text="Stands in its address and is its source, for good.")
    kind = forms.ChoiceField(choices=list(HOOK_KINDS.items()))
    field_order = ("name", "kind")
    reason = None  # type: ignore[assignment]


def _typed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {**values, "severities": values["severities"] or {}}


def _change(*, row: Hook, by: User, now: datetime, **changes: Any) -> Hook:
    return change_hook(hook=row, by=by, now=now, **_typed(changes))


def _initial(row: Hook) -> Mapping[str, Any]:
    columns = ("enabled", "component_label", "severity", "severities", "feed")
    return {**{name: getattr(row, name) for name in columns}, "tiers": row.tiers.all()}


def _renew(**values: Any) -> Hook:
    raise NotImplementedError  # HookAdmin.verb_view shows the token itself


def _has_token(row: Hook) -> bool:
    return row.kind != PAGERDUTY


def _process(*, row: HookMessage, by: User, now: datetime, reason: str) -> HookMessage:
    return process_again(message=row, by=by, now=now, reason=reason)


@admin.register(Hook)
class HookAdmin(RoleAdmin):
    view_action = "outages.view"
    add_action = "hooks.edit"
    add_form = HookForm
    verbs = (
        Verb(
            "edit", "Change", "hooks.edit", _change, form=HookChangeForm, initial=_initial, done="{row} was changed.",
            explains="It holds for what is read from now on.",
        ),
        Verb(
            "renew", "Another token", "hooks.edit", _renew, applies=_has_token,
            explains="The old token opens nothing from the next message on.",
        ),
    )  # fmt: skip
    list_display = ("name", "kind", "enabled", "address", "feed")
    list_filter = ("kind", "enabled")
    list_select_related = ("feed",)
    fields = (
        "name", "kind", "enabled", "address", "proof", "component_label", "severity", "severities", "tier_names", "feed",
    )  # fmt: skip
    readonly_fields = fields

    def address(self, row: Hook) -> str:
        token = "/<token>" if row.kind == STATUSPAGE else ""
        return f"{settings.SITE_URL}/hooks/{row.kind}/{row.name}{token}"

    def proof(self, row: Hook) -> str:
        if row.kind != PAGERDUTY:
            return "a token"
        there = "is there" if settings.HOOK_SECRETS.get(row.name) else "is NOT there: nothing is taken"
        return f"a signature; its secret in HOOK_SECRETS {there}"

    @admin.display(description="tiers")
    def tier_names(self, row: Hook) -> str:
        return ", ".join(tier.name for tier in row.tiers.all()) or "every tier"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """A new hook. Its token is in this one answer and nowhere else: no message, no session, no redirect."""
        if request.method != "POST" or not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        form = HookForm(request.POST)
        if form.is_valid():
            try:
                hook, token = create_hook(by=person(request), now=timezone.now(), **_typed(form.cleaned_data))
                return self._shown_once(request, hook, token) if token else self._show(hook)
            except Refusal as refusal:
                show_refusal(refusal, form)
        return self.form_page(request, form, title="Record hook", submit=self.add_label)

    def verb_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """As every verb, but that another token is shown in the answer and nowhere else."""
        form = ReasonForm(request.POST)
        row = self.get_object(request, object_id)
        allowed = row is not None and _has_token(row) and self.may(request, "hooks.edit")
        if name != "renew" or request.method != "POST" or not allowed or not form.is_valid():
            return super().verb_view(request, object_id, name)
        assert row is not None
        token = renew_token(hook=row, by=person(request), now=timezone.now(), **form.cleaned_data)
        return self._shown_once(request, row, token)

    def _shown_once(self, request: HttpRequest, hook: Hook, token: str) -> TemplateResponse:
        context = {"title": "A token", "opts": self.opts, "hook": hook, "token": token}
        shown = {"address": self.address(hook), "in_header": hook.kind == ALERTMANAGER}
        return TemplateResponse(
            request,
            "admin/outages/hook/token.html",
            {**self.admin_site.each_context(request), **context, **shown},
            headers={"Cache-Control": "private, no-store"},
        )


@admin.register(HookMessage)
class HookMessageAdmin(RoleAdmin):
    """Read only, but that a message may be read again."""

    view_action = "outages.view"
    verbs = (
        Verb(
            "process", "Read again", "hooks.edit", _process, form=OptionalReasonForm, done="{row} is read within seconds.",
            explains="To read a message twice changes nothing that is there.",
        ),
    )  # fmt: skip
    list_display = ("received", "hook", "processed", "attempts", "short_outcome")
    list_filter = ("hook", ("processed_at", admin.EmptyFieldListFilter))
    list_select_related = ("hook",)
    show_full_result_count = False
    fields = (
        "hook",
        "key",
        "subject",
        "received",
        "processed",
        "attempts",
        "outcome",
        "sha256",
        "body_as_text",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("body")

    @admin.display(ordering="received_at")
    def received(self, row: HookMessage) -> str:
        return exact(row.received_at)

    def processed(self, row: HookMessage) -> str:
        return exact(row.processed_at) or "not yet"

    @admin.display(description="outcome")
    def short_outcome(self, row: HookMessage) -> str:
        return row.outcome[:200]

    @admin.display(description="as received")
    def body_as_text(self, row: HookMessage) -> SafeString:
        return format_html("<pre>{}</pre>", bytes(row.body).decode("utf-8", "replace"))

"""Keys that act as a person, in the admin: everybody issues their own, shown once; a key is revoked at once."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from slaservice.history.admin.roles import RoleAdmin, person
from slaservice.history.admin.verbs import Verb, show_refusal
from slaservice.history.models import Key, PersonKey
from slaservice.history.person_keys import LONGEST, issue_person_key, revoke_person_key
from slaservice.rules import workflow
from slaservice.rules.refusal import Refusal


class PersonKeyForm(forms.Form):
    """A key to be issued to whoever is logged in."""

    label = forms.CharField(
        max_length=120, help_text="What the key is for, so that it can be told from others."
    )
    scopes = forms.MultipleChoiceField(
        widget=forms.CheckboxSelectMultiple, help_text="What it may do. Your own roles are the limit of it."
    )
    days = forms.IntegerField(min_value=1, max_value=LONGEST.days, initial=90, label="Good for (days)")

    def __init__(self, *args: Any, scopes: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chooser = self.fields["scopes"]
        assert isinstance(chooser, forms.MultipleChoiceField)
        chooser.choices = [(scope, scope) for scope in scopes]


def _revoke(*, row: PersonKey, reason: str, by: User, now: datetime) -> PersonKey:
    return revoke_person_key(key=row, reason=reason, by=by, now=now)


def _is_not_revoked(key: PersonKey) -> bool:
    return key.revoked_at is None


@admin.register(PersonKey)
class PersonKeyAdmin(RoleAdmin):
    """One's own keys; for an administrator everybody's."""

    view_action = "keys.own"
    add_action = "keys.own"
    add_label = "Issue a"
    verbs = (
        Verb(
            "revoke", "Revoke", "keys.own", _revoke, applies=_is_not_revoked,
            explains="The key opens nothing from the next request on, and cannot be made good again.",
            done="{row} was revoked.",
        ),
    )  # fmt: skip
    list_display = ("key", "label", "person", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("person",)
    search_fields = ("prefix", "label", "person__username")
    fields = ("key", "label", "person", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PersonKey]:
        keys = PersonKey.objects.select_related("person")
        return keys if self.may(request, "people.manage") else keys.filter(person=person(request))

    @admin.display(ordering="prefix")
    def key(self, key: PersonKey) -> str:
        return str(key)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Issue a key. Its text is in this one answer and nowhere else: no message, no session, no redirect."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        scopes = [scope for scope in workflow.KEY_SCOPES if self.may(request, scope)]
        form = PersonKeyForm(request.POST or None, scopes=scopes)
        if request.method == "POST" and form.is_valid():
            typed, by, now = form.cleaned_data, person(request), timezone.now()
            end = now + timedelta(days=typed["days"])
            try:
                key, text = issue_person_key(
                    person=by, label=typed["label"], scopes=typed["scopes"], expires_at=end, by=by, now=now
                )
                return shown_once(self, request, key, text, owner=str(by))
            except Refusal as refusal:
                show_refusal(refusal, form)
        return self.form_page(request, form, title="Issue a key of your own", submit="Issue")


def shown_once(
    page: admin.ModelAdmin, request: HttpRequest, key: Key, text: str, *, owner: str
) -> TemplateResponse:
    """The page that shows a new key's text: this once."""
    context = {"title": "A new key", "opts": page.opts, "key": key, "text": text, "owner": owner}
    return TemplateResponse(
        request,
        "admin/history/key_issued.html",
        {**page.admin_site.each_context(request), **context},
        headers={"Cache-Control": "private, no-store"},
    )

"""Status pages that are polled: entered, paused, asked for at once; and what their components were at, whenever it changed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from slaservice.history.admin import RoleAdmin, Verb
from slaservice.outages.admin.fields import REASON, exact, link
from slaservice.outages.models import ComponentStatus, PolledFeed
from slaservice.outages.operations.feeds import LATEST, SOONEST, change_feed, create_feed, poll_soon


class FeedForm(forms.Form):
    """A page to be polled."""

    source = forms.SlugField(max_length=60, help_text="What its facts are recorded under, for good.")
    url = forms.CharField(
        max_length=500, help_text="The page's own address, such as https://status.example.com"
    )
    seconds = forms.IntegerField(initial=300, min_value=SOONEST, max_value=LATEST)
    enabled = forms.BooleanField(initial=True, required=False)


class FeedChangeForm(forms.Form):
    """What may change of it."""

    url = forms.CharField(max_length=500)
    seconds = forms.IntegerField(min_value=SOONEST, max_value=LATEST)
    enabled = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=3900, widget=REASON)


def _change(*, row: PolledFeed, by: User, now: datetime, **changes: Any) -> PolledFeed:
    return change_feed(feed=row, by=by, now=now, **changes)


def _poll_soon(*, row: PolledFeed, by: User, now: datetime) -> PolledFeed:
    poll_soon(feed=row, now=now)
    return row


def _initial(row: PolledFeed) -> Mapping[str, Any]:
    return {"url": row.url, "seconds": row.seconds, "enabled": row.enabled}


@admin.register(PolledFeed)
class PolledFeedAdmin(RoleAdmin):
    view_action = "outages.view"
    add_action = "feeds.edit"
    add_form = FeedForm
    verbs = (
        Verb(
            "edit", "Change", "feeds.edit", _change, form=FeedChangeForm, initial=_initial, done="{row} was changed.",
            explains="A page at another address is read from its beginning; nothing that was recorded goes.",
        ),
        Verb(
            "poll", "Poll soon", "feeds.edit", _poll_soon, form=forms.Form, done="{row} is read within seconds.",
            explains="The next sweep reads the page.",
        ),
    )  # fmt: skip
    list_display = ("source", "address", "enabled", "seconds", "succeeded", "fails", "asks")
    list_filter = ("enabled",)
    fields = (
        "source", "address", "enabled", "seconds", "due", "polled", "succeeded", "failed", "failures", "failure", "asked",
    )  # fmt: skip
    readonly_fields = fields

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> PolledFeed:
        return create_feed(by=by, now=now, **values)

    def address(self, row: PolledFeed) -> SafeString | str:
        return link(row.url)

    def due(self, row: PolledFeed) -> str:
        return exact(row.due_at)

    def polled(self, row: PolledFeed) -> str:
        return exact(row.polled_at)

    def succeeded(self, row: PolledFeed) -> str:
        return exact(row.succeeded_at)

    def failed(self, row: PolledFeed) -> str:
        return exact(row.failed_at)

    @admin.display(boolean=True, description="reads")
    def fails(self, row: PolledFeed) -> bool:
        return not row.failures

    @admin.display(description="questions")
    def asks(self, row: PolledFeed) -> int:
        return sum(map(len, row.questions.values()))

    @admin.display(description="questions")
    def asked(self, row: PolledFeed) -> SafeString | str:
        rows = ((name, question) for name, asked in sorted(row.questions.items()) for question in asked)
        return format_html_join("", "<p><strong>{}</strong><br>{}</p>", rows) or "none"


@admin.register(ComponentStatus)
class ComponentStatusAdmin(RoleAdmin):
    """Read only: pages write it."""

    view_action = "outages.view"
    list_display = ("name", "external_id", "status", "said_at", "seen_in", "source")
    list_filter = ("source", "status", "seen_in")
    search_fields = ("name", "external_id")
    show_full_result_count = False
    fields = ("source", "external_id", "name", "status", "said_at", "first_seen", "seen_in", "event_id")
    readonly_fields = fields

    @admin.display(description="at (UTC)", ordering="at")
    def said_at(self, row: ComponentStatus) -> str:
        return exact(row.at)

    def first_seen(self, row: ComponentStatus) -> str:
        return exact(row.seen_at)

"""Form fields of the operators' desk: instants in UTC to the microsecond, tiers as check boxes, names for what is stored."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from slaservice.outages.models import CustomerTier

REASON = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})


class InstantInput(forms.DateTimeInput):
    """Shows an instant with its microseconds: cutting them off would be a correction that nobody meant."""

    supports_microseconds = True

    def __init__(self) -> None:
        super().__init__(
            attrs={"class": "vTextField", "placeholder": "2026-04-28 17:34:00"}, format="%Y-%m-%d %H:%M:%S.%f"
        )


class InstantField(forms.DateTimeField):
    """A time in UTC, or with an offset of its own."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            widget=InstantInput(), **{"help_text": "UTC, or with an offset such as +02:00.", **kwargs}
        )


class TiersField(forms.ModelMultipleChoiceField):
    """Which customer tiers: all of them unless somebody says otherwise."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(CustomerTier.objects.all(), widget=forms.CheckboxSelectMultiple(), **kwargs)


def exact(at: datetime | None) -> str:
    """An instant as the desk shows it: UTC, with what it has of microseconds."""
    if at is None:
        return ""
    return f"{at:%Y-%m-%d %H:%M:%S}" + (f".{at.microsecond:06}".rstrip("0") if at.microsecond else "")


def link(url: str, text: str = "") -> SafeString | str:
    """A link to elsewhere, only where it is a web address."""
    if not url.startswith(("https://", "http://")):
        return url
    return format_html('<a href="{}" rel="noreferrer noopener">{}</a>', url, text or url)


def links(rows: Any, url_name: str) -> SafeString | str:
    """A list of rows, each with a link to its page and its state."""
    items = ((reverse(url_name, args=[row.pk]), row, row.state) for row in rows)
    return format_html_join("", '<div><a href="{}">{}</a> ({})</div>', items) or "none"


class TierNames:
    """For the list and the page of a fact: its tiers, in order of position."""

    @admin.display(description="tiers")
    def tier_names(self, row: Any) -> str:
        return ", ".join(tier.name for tier in row.tiers.all())

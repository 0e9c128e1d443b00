"""Outage windows on the operators' desk: recorded, confirmed (in bulk too), corrected and withdrawn, never edited."""

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from slaservice.history.admin import Verb, person
from slaservice.history.admin.verbs import OptionalReasonForm
from slaservice.outages import operations, queries
from slaservice.outages.admin import series
from slaservice.outages.admin.fields import REASON, InstantField, TiersField, exact, link
from slaservice.outages.admin.life import LIFE, FactAdmin, is_alive, is_proposed
from slaservice.outages.models import (
    BASES,
    SEVERITIES,
    Component,
    CustomerTier,
    Evidence,
    Incident,
    OutageWindow,
)
from slaservice.outages.models.evidence import MOST_BYTES
from slaservice.rules.refusal import Refusal


class WindowForm(forms.Form):
    """What an outage window says, as an operator enters it."""

    component = forms.ModelChoiceField(Component.objects.all())
    tiers = TiersField()
    start = InstantField()
    end = InstantField(required=False, help_text="Left out while the outage goes on. UTC, or with an offset.")
    severity = forms.SlugField(
        max_length=60,
        initial=SEVERITIES[0],
        help_text=f"{', '.join(SEVERITIES)}, or another name that contracts weigh.",
    )
    affected_count = forms.IntegerField(
        required=False, min_value=0, label="Affected", help_text="How many, if known."
    )
    affected_of = forms.IntegerField(required=False, min_value=1, label="of", help_text="Of how many.")
    basis = forms.ChoiceField(choices=list(BASES.items()), initial="operator")
    incident = forms.ModelChoiceField(
        Incident.objects.all(),
        required=False,
        to_field_name="external_id",
        widget=forms.TextInput(),
        help_text="The incident's id on the status page.",
    )
    cause = forms.CharField(required=False, max_length=4000, widget=REASON)
    note = forms.CharField(required=False, max_length=4000, widget=REASON, help_text="Internal.")
    evidence_url = forms.CharField(
        required=False, max_length=500, label="Evidence", help_text="A link, https://..."
    )


class RecordForm(WindowForm):
    """A new window."""

    confirm = forms.BooleanField(
        required=False, help_text="It counts at once; otherwise it waits for confirmation."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tiers"].initial = CustomerTier.objects.all()


class CorrectionForm(WindowForm):
    """A new revision of a window."""

    basis = forms.ChoiceField(
        choices=[("", "as before; for another time or severity, an operator's own finding"), *BASES.items()],
        required=False,
    )
    reason = forms.CharField(max_length=3900, widget=REASON)


class EvidenceForm(forms.Form):
    """A file that shows what a window claims."""

    file = forms.FileField(
        max_length=200, help_text=f"At most {MOST_BYTES // 1_000_000} MB; it can never be removed."
    )
    note = forms.CharField(required=False, max_length=3900, widget=REASON, help_text="What it shows.")

    def clean_file(self) -> UploadedFile:
        """Not read into memory unless it may be kept."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(f"The file has {file.size:,} bytes; at most {MOST_BYTES:,} are kept.")
        return file


def _initial(window: OutageWindow) -> Mapping[str, Any]:
    taken_over = [name for name in WindowForm.base_fields if name != "basis"]
    values = {name: getattr(window, name) for name in taken_over}
    incident = window.incident.external_id if window.incident else None
    return {**values, "tiers": window.tiers.all(), "incident": incident}


def _confirm(*, row: OutageWindow, by: User, now: datetime, reason: str) -> OutageWindow:
    return operations.confirm(window=row, by=by, now=now, reason=reason)


def _correct(*, row: OutageWindow, by: User, now: datetime, reason: str, **facts: Any) -> OutageWindow:
    said = {name: value for name, value in facts.items() if name != "basis" or value}
    if said["note"] == row.note:
        del said["note"]
    return operations.correct(window=row, by=by, now=now, reason=reason, **said)


def _withdraw(*, row: OutageWindow, by: User, now: datetime, reason: str) -> OutageWindow:
    return operations.withdraw(window=row, by=by, now=now, reason=reason)


def _show(*, row: OutageWindow, by: User, now: datetime, file: UploadedFile, note: str) -> OutageWindow:
    operations.add_evidence(
        window=row,
        content=file.read(),
        name=file.name or "",
        media_type=(file.content_type or "")[:100],
        note=note,
        by=by,
        now=now,
    )
    return row


def _told(evidence: Evidence) -> str:
    by = evidence.added_by or "the system"
    return (
        f"{evidence.size:,} bytes, SHA-256 {evidence.sha256}, "
        f"added to {evidence.window} at {exact(evidence.added_at)} UTC by {by}"
    )


@admin.register(OutageWindow)
class OutageWindowAdmin(FactAdmin):
    add_action = "outages.propose"
    add_form = RecordForm
    verbs = (
        Verb(
            "confirm", "Confirm", "outages.confirm", _confirm, form=OptionalReasonForm, applies=is_proposed,
            explains="The window counts from now on. A confirmed window that it corrects no longer does.",
            done="{row} is confirmed.",
        ),
        Verb(
            "correct", "Correct", "outages.correct", _correct, form=CorrectionForm, applies=is_alive, initial=_initial,
            explains="A new revision is confirmed; the one you correct stays beside it as it was. This is also how an "
            "open window is closed.",
            done="{row} is confirmed and supersedes the earlier revision.",
        ),
        Verb(
            "withdraw", "Withdraw", "outages.withdraw", _withdraw, applies=is_alive,
            explains="The window does not count. It stays, with your reason.", done="{row} is withdrawn.",
        ),
        Verb(
            "show", "Add evidence", "evidence.add", _show, form=EvidenceForm,
            explains="The file is kept as it is, under its SHA-256, beside every revision of the window.",
            done="The file is kept with {row}.",
        ),
    )  # fmt: skip
    actions = ("confirm_selected",)
    list_display = ("reference", "state", "component", "from_", "until", "length", "severity", "tier_names")
    list_filter = ("state", "component", "severity", "tiers", "basis", "source")
    search_fields = ("reference", "incident__external_id", "incident__title", "note", "cause")
    date_hierarchy = "start"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "reference",
                    "component",
                    "tier_names",
                    "from_",
                    "until",
                    "length",
                    "severity",
                    "share",
                )
            },
        ),
        ("How we know", {"fields": ("basis", "incident_link", "evidence", "files", "cause", "note")}),
        ("What users reported, never downtime by itself", {"fields": ("reports",)}),
        ("What became of it", {"fields": LIFE}),
    )
    readonly_fields = (
        "reference", "component", "tier_names", "from_", "until", "length", "severity", "share", "basis",
        "incident_link", "evidence", "files", "cause", "note", "reports", *LIFE,
    )  # fmt: skip

    def add(self, values: dict[str, Any], *, by: User, now: datetime) -> OutageWindow:
        confirm = values.pop("confirm")
        window = operations.propose_outage(by=by, now=now, **values)
        return operations.confirm(window=window, by=by, now=now) if confirm else window

    @admin.display(description="affected share")
    def share(self, window: OutageWindow) -> str:
        return (
            "not known" if window.affected_of is None else f"{window.affected_count} of {window.affected_of}"
        )

    @admin.display(description="incident")
    def incident_link(self, window: OutageWindow) -> SafeString | str:
        if window.incident is None:
            return "none"
        url = reverse("admin:outages_incident_change", args=[window.incident_id])
        return format_html('<a href="{}">{}</a>', url, window.incident)

    def evidence(self, window: OutageWindow) -> SafeString | str:
        return link(window.evidence_url) or "none"

    @admin.display(description="files")
    def files(self, window: OutageWindow) -> SafeString | str:
        rows = (
            (reverse("admin:outages_outagewindow_evidence", args=[one.pk]), one.name, _told(one), one.note)
            for one in queries.evidence_of(window)
        )
        return format_html_join("", '<div><a href="{}">{}</a> ({}) {}</div>', rows) or "none"

    @admin.display(description="counts by channel")
    def reports(self, window: OutageWindow) -> SafeString | str:
        return series.beside(window)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.evidence_view)
        return [path("evidence/<int:pk>/", view, name="outages_outagewindow_evidence"), *super().get_urls()]

    def evidence_view(self, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
        """A file as it was shown: always a download of unnamed bytes, never a page of this site."""
        if not self.may(request, "evidence.view"):
            raise PermissionDenied
        evidence = get_object_or_404(Evidence, pk=pk)
        try:
            content = operations.read_evidence(evidence=evidence, by=person(request))
        except Refusal as refusal:
            self.message_user(request, refusal.sentence, messages.ERROR)
            return redirect("admin:outages_outagewindow_change", evidence.window_id)
        return FileResponse(
            BytesIO(content),
            as_attachment=True,
            filename=evidence.name,
            content_type="application/octet-stream",
            headers={
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "sandbox; default-src 'none'",
            },
        )

    def has_confirm_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "outages.confirm")

    @admin.action(description="Confirm the selected windows", permissions=["confirm"])
    def confirm_selected(self, request: HttpRequest, windows: QuerySet[OutageWindow]) -> None:
        by, now = person(request), timezone.now()
        self.each(
            request, windows, lambda window: operations.confirm(window=window, by=by, now=now),
            done="Confirmed: {count}.",
        )  # fmt: skip

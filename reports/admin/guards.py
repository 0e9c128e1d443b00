"""The guards' page: what looks wrong about a month, what it would do to which statements, and the waiver with its reason."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from reports import guards, operations
from reports.admin.weighed import Weighed, weighed
from reports.effects import Change, Effects, confirming, contracts_covering, effects_of
from reports.glance import last_month
from reports.guards import Guard
from reports.models import ClosingBlock
from reports.queries import blocks_visible_to
from slaservice.history.admin import RoleAdmin, person
from slaservice.outages.models import PROPOSED
from slaservice.rules.refusal import Refusal

GUARDS_A_PAGE = 20

TITLES = {
    "open_too_long": "Open for too long",
    "in_the_future": "In the future",
    "looks_like_a_duplicate": "Looks like a duplicate",
    "no_data": "No data",
    "proposed_exclusion": "Exclusion to be decided",
    "proposed_gap": "Gap of the measurement to be decided",
    "proposed_maintenance": "Maintenance to be decided",
    "proposed_window": "Outage to be decided",
}


KIND_ON_DESK = {"proposed_window": "outages", "proposed_maintenance": "maintenance"}


class WaiverForm(forms.Form):
    """Which guard of which month is waived, and why."""

    month = forms.CharField(max_length=7)
    code = forms.CharField(max_length=60, strip=False)
    subject = forms.CharField(max_length=200, strip=False)
    reason = forms.CharField(
        max_length=3900, error_messages={"required": "Say why: the reason stands in the history."}
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One guard as the page shows it; `blocks` keep contracts from being closed, `waived` no longer do."""

    guard: Guard
    title: str
    would: str
    effects: Weighed | None
    links: Sequence[tuple[str, str]]
    blocks: Sequence[ClosingBlock]
    waived: Sequence[ClosingBlock]


class GuardsPage(RoleAdmin):
    """Adds the page of the guards to an admin class."""

    def get_urls(self) -> list[URLPattern]:
        return [
            path("guards/", self.admin_site.admin_view(self.guards_view), name="reports_guards"),
            *super().get_urls(),
        ]

    def guards_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        month = request.GET.get("month") or last_month(timezone.now().date())
        if request.method == "POST":
            self._waive(request, month)
            return redirect(f"{request.path}?{request.GET.urlencode()}")
        try:
            found = guards.guards_of(month, now=timezone.now())
        except Refusal as refusal:
            self.message_user(request, refusal.sentence, messages.ERROR)
            return redirect(request.path)
        page = Paginator(cast("Sequence[Guard]", found), GUARDS_A_PAGE).get_page(request.GET.get("page"))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Guards",
            "media": self.media,
            "month": month,
            "page": page,
            "rows": self._rows(request, list(page.object_list), month),
            "unwatched": found.unwatched,
            "may_waive": self.may(request, "periods.waive"),
            "may_close": self.may(request, "periods.close"),
            "others": self._other_blocks(request, month),
        }
        return TemplateResponse(request, "admin/reports/desk/guards.html", context)

    def _rows(self, request: HttpRequest, found: Sequence[Guard], month: str) -> list[Row]:
        now = timezone.now()
        with_facts = [guard for guard in found if guard.facts]
        weighed_of = dict(
            zip(
                [id(guard) for guard in with_facts],
                effects_of([_change(guard) for guard in with_facts], now=now),
                strict=True,
            )
        )
        covering = contracts_covering([guard.component.pk for guard in found if guard.component], now=now)
        blocks = self._blocks(request, found, month)
        return [
            _row(
                guard,
                weighed_of.get(id(guard)),
                covering.get(guard.component.pk, 0) if guard.component else 0,
                blocks[guard.code, guard.subject],
            )
            for guard in found
        ]

    def _blocks(
        self, request: HttpRequest, found: Sequence[Guard], month: str
    ) -> dict[tuple[str, str], list[ClosingBlock]]:
        rows = ClosingBlock.objects.filter(
            month=month, resolved_at__isnull=True, subject__in={guard.subject for guard in found}
        )
        blocks: dict[tuple[str, str], list[ClosingBlock]] = defaultdict(list)
        for row in rows.select_related("contract", "waived_by").order_by("contract__number"):
            blocks[row.code, row.subject].append(row)
        return blocks

    def _other_blocks(self, request: HttpRequest, month: str) -> list[ClosingBlock]:
        """What keeps contracts from being closed and is no matter of facts: a missing fee, terms."""
        rows = ClosingBlock.objects.filter(month=month, resolved_at__isnull=True, waived_at__isnull=True)
        return list(
            rows.exclude(code__in=TITLES).select_related("contract").order_by("contract__number")[:50]
        )

    def _waive(self, request: HttpRequest, month: str) -> None:
        """Waives for every contract that a guard blocks, each by itself, with one reason."""
        by, now = person(request), timezone.now()
        if not self.may(request, "periods.waive"):
            raise PermissionDenied
        form = WaiverForm({**request.POST.dict(), "month": month})
        if not form.is_valid():
            wrong = " ".join(
                f"{name.capitalize()}: {sentence}"
                for name, sentences in form.errors.items()
                for sentence in sentences
            )
            self.message_user(request, f"{wrong} Nothing was waived.", messages.ERROR)
            return
        asked = dict(form.cleaned_data)
        reason = asked.pop("reason")
        rows = blocks_visible_to(by).filter(**asked)
        self.each(
            request,
            rows.select_related("contract"),
            lambda block: operations.waive(block=block, reason=reason, by=by, now=now),
            done="Waived for {count} contracts. Close the month again.",
        )


def _change(guard: Guard) -> Change:
    """What the remedy does: a proposal that counts, or a recorded window that no longer does."""
    fact = guard.facts[-1]
    return confirming([fact]) if fact.state == PROPOSED else Change(removed=[fact])


def _row(guard: Guard, effects: Effects | None, covering: int, blocks: Sequence[ClosingBlock]) -> Row:
    fact = guard.facts[-1] if guard.facts else None
    if guard.waits is not None:
        would = "Its effect is not weighed here."
    elif fact is None:
        would = f"{covering} contract{'' if covering == 1 else 's'} promise it: without anything recorded, they show 100 %."
    else:
        would = "If it is confirmed:" if fact.state == PROPOSED else f"If {fact.reference} is withdrawn:"
    return Row(
        guard,
        TITLES[guard.code],
        would,
        weighed(effects) if effects else None,
        _links(guard),
        [block for block in blocks if block.waived_at is None],
        [block for block in blocks if block.waived_at is not None],
    )


def _links(guard: Guard) -> list[tuple[str, str]]:
    """Where each fact is put right; what is proposed, on the desk besides."""
    if guard.code in KIND_ON_DESK:
        month = f"{guard.facts[0].start:%Y-%m}"
        kind = KIND_ON_DESK[guard.code]
        address = reverse("admin:reports_proposedwindow_changelist")
        return [(f"{address}?kind={kind}&month={month}", "Decide on the desk")]
    return [
        (reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]), row.reference)
        for row in (*guard.facts, *([guard.waits] if guard.waits else ()))
    ]

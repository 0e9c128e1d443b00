"""What the pages of outage windows, maintenance and gaps share: when, who and why, and every revision."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from slaservice.history.admin import RoleAdmin
from slaservice.outages.admin.fields import TierNames, exact, links
from slaservice.outages.models import CONFIRMED, PROPOSED

LIFE = (
    "state", "proposed", "confirmed", "closed", "close_reason", "revision", "revisions", "source", "external_id",
)  # fmt: skip


def is_proposed(row: Any) -> bool:
    return row.state == PROPOSED


def is_alive(row: Any) -> bool:
    return row.state in (PROPOSED, CONFIRMED)


class FactAdmin(TierNames, RoleAdmin):
    """A recorded fact: read on its page, changed by its verbs."""

    prefetched: ClassVar[Sequence[str]] = ("tiers",)
    view_action = "outages.view"
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        people = ("proposed_by", "confirmed_by", "closed_by")
        rows = super().get_queryset(request).select_related("component", *people)
        return rows.prefetch_related(*self.prefetched)

    @admin.display(description="from (UTC)", ordering="start")
    def from_(self, row: Any) -> str:
        return exact(row.start)

    @admin.display(description="until (UTC)", ordering="end")
    def until(self, row: Any) -> str:
        return exact(row.end) if row.end else "still open"

    @admin.display(description="length")
    def length(self, row: Any) -> str:
        return str(row.end - row.start) if row.end else "still open"

    def proposed(self, row: Any) -> str:
        return _done(row.proposed_at, row.proposed_by)

    def confirmed(self, row: Any) -> str:
        return _done(row.confirmed_at, row.confirmed_by)

    @admin.display(description="withdrawn or superseded")
    def closed(self, row: Any) -> str:
        return _done(row.closed_at, row.closed_by)

    @admin.display(description="all revisions")
    def revisions(self, row: Any) -> SafeString | str:
        rows = type(row).objects.filter(source=row.source, external_id=row.external_id).order_by("revision")
        return links(rows, f"admin:{row._meta.app_label}_{row._meta.model_name}_change")


def _done(at: Any, by: Any) -> str:
    return f"{exact(at)} UTC by {by or 'the system'}" if at else "not"

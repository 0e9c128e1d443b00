"""What blocks the close, by name, and the waiver with its reason."""

from datetime import datetime

from django.contrib import admin
from django.contrib.auth.models import User

from accounts.admin.base import AccountsAdmin
from reports import operations
from reports.admin import filters
from reports.models import ClosingBlock
from slaservice.history.admin import Verb
from slaservice.history.admin.people import by_name


def _waive(*, row: ClosingBlock, reason: str, by: User, now: datetime) -> ClosingBlock:
    return operations.waive(block=row, reason=reason, by=by, now=now)


@admin.register(ClosingBlock)
class ClosingBlockAdmin(AccountsAdmin):
    """Blocks that stand, are resolved or were waived."""

    view_action = "statements.view"
    to_customer = "contract__customer"
    list_display = ("contract", "month", "sentence", "standing", "raised_at", "waiver", "waiver_of")
    list_display_links = ("sentence",)
    list_filter = (filters.StandingFilter, filters.MonthFilter, "code")
    search_fields = ("contract__number", "subject", "sentence")
    list_select_related = ("contract", "waived_by")
    show_full_result_count = False
    fields = (
        "contract",
        "month",
        "sentence",
        "subject",
        "raised_at",
        "resolved_at",
        "waived_at",
        "waiver_of",
        "waiver",
    )
    readonly_fields = fields
    verbs = (
        Verb(
            "waive", "Waive", "periods.waive", _waive,
            applies=lambda block: block.code in operations.WAIVABLE and block.waived_at is None and block.resolved_at is None,
            explains="The contract's month may be closed although this is unresolved.",
            done="Waived; close the month again.",
        ),
    )  # fmt: skip

    waiver_of = by_name("waived_by")

    @admin.display(description="State")
    def standing(self, block: ClosingBlock) -> str:
        if block.resolved_at:
            return "resolved"
        return "waived" if block.waived_at else "blocks"

"""User reports as they were recorded: read only, and drawn beside a window on the window's page."""

from django.contrib import admin

from slaservice.history.admin import RoleAdmin
from slaservice.outages.models import UserReports


@admin.register(UserReports)
class UserReportsAdmin(RoleAdmin):
    """A series is recorded in bulk and never changed."""

    view_action = "outages.view"
    list_display = ("start", "component", "channel", "seconds", "count", "source")
    list_filter = ("component", "channel", "source")
    list_select_related = ("component",)
    date_hierarchy = "start"
    show_full_result_count = False
    fields = ("component", "channel", "start", "seconds", "count", "source", "recorded_at", "recorded_by")
    readonly_fields = fields

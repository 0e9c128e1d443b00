"""The operators' desk: what we run, what was published about it, what is confirmed."""

from slaservice.outages.admin.components import ComponentAdmin, CustomerTierAdmin, FeedComponentAdmin
from slaservice.outages.admin.feeds import ComponentStatusAdmin, PolledFeedAdmin
from slaservice.outages.admin.files import FileImportAdmin
from slaservice.outages.admin.gaps import MeasurementGapAdmin
from slaservice.outages.admin.hooks import HookAdmin, HookMessageAdmin
from slaservice.outages.admin.incidents import IncidentAdmin
from slaservice.outages.admin.maintenance import MaintenanceAdmin
from slaservice.outages.admin.request_counts import RequestCountAdmin
from slaservice.outages.admin.user_reports import UserReportsAdmin
from slaservice.outages.admin.windows import OutageWindowAdmin

__all__ = [
    "ComponentAdmin",
    "ComponentStatusAdmin",
    "CustomerTierAdmin",
    "FeedComponentAdmin",
    "FileImportAdmin",
    "HookAdmin",
    "HookMessageAdmin",
    "IncidentAdmin",
    "MaintenanceAdmin",
    "MeasurementGapAdmin",
    "OutageWindowAdmin",
    "PolledFeedAdmin",
    "RequestCountAdmin",
    "UserReportsAdmin",
]

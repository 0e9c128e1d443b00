"""The operators' desk: what we run, what was published about it, what is confirmed."""

from slaservice.outages.admin.components import ComponentAdmin, CustomerTierAdmin, FeedComponentAdmin
from slaservice.outages.admin.incidents import IncidentAdmin
from slaservice.outages.admin.maintenance import MaintenanceAdmin
from slaservice.outages.admin.windows import OutageWindowAdmin

__all__ = [
    "ComponentAdmin",
    "CustomerTierAdmin",
    "FeedComponentAdmin",
    "IncidentAdmin",
    "MaintenanceAdmin",
    "OutageWindowAdmin",
]

"""What we run and what happened to it: components, tiers, incidents, outage windows, maintenance."""

from slaservice.outages.models.components import Component, CustomerTier, FeedComponent
from slaservice.outages.models.constraints import CONFIRMED, PROPOSED, SUPERSEDED, WITHDRAWN
from slaservice.outages.models.incidents import Incident, IncidentUpdate
from slaservice.outages.models.maintenance import CATEGORIES, Maintenance, MaintenanceTier
from slaservice.outages.models.windows import BASES, SEVERITIES, OutageWindow, OutageWindowTier

__all__ = [
    "BASES",
    "CATEGORIES",
    "CONFIRMED",
    "PROPOSED",
    "SEVERITIES",
    "SUPERSEDED",
    "WITHDRAWN",
    "Component",
    "CustomerTier",
    "FeedComponent",
    "Incident",
    "IncidentUpdate",
    "Maintenance",
    "MaintenanceTier",
    "OutageWindow",
    "OutageWindowTier",
]

"""What we run and what happened to it: components, tiers, incidents, outage windows, maintenance, gaps,
request counts, evidence, user reports."""

from slaservice.outages.models.components import Component, CustomerTier, FeedComponent
from slaservice.outages.models.constraints import CONFIRMED, PROPOSED, SUPERSEDED, WITHDRAWN
from slaservice.outages.models.evidence import Evidence
from slaservice.outages.models.feeds import ComponentStatus, PolledFeed
from slaservice.outages.models.gaps import MeasurementGap
from slaservice.outages.models.hooks import HOOK_KINDS, Hook, HookMessage, HookTier
from slaservice.outages.models.imports import KINDS_OF_FILE, FileImport
from slaservice.outages.models.incidents import Incident, IncidentUpdate
from slaservice.outages.models.maintenance import CATEGORIES, Maintenance, MaintenanceTier
from slaservice.outages.models.request_counts import RequestCount
from slaservice.outages.models.user_reports import CHANNELS, UserReports
from slaservice.outages.models.windows import BASES, SEVERITIES, OutageWindow, OutageWindowTier

__all__ = [
    "BASES",
    "CATEGORIES",
    "CHANNELS",
    "CONFIRMED",
    "HOOK_KINDS",
    "KINDS_OF_FILE",
    "PROPOSED",
    "SEVERITIES",
    "SUPERSEDED",
    "WITHDRAWN",
    "Component",
    "ComponentStatus",
    "CustomerTier",
    "Evidence",
    "FeedComponent",
    "FileImport",
    "Hook",
    "HookMessage",
    "HookTier",
    "Incident",
    "IncidentUpdate",
    "Maintenance",
    "MaintenanceTier",
    "MeasurementGap",
    "OutageWindow",
    "OutageWindowTier",
    "PolledFeed",
    "RequestCount",
    "UserReports",
]

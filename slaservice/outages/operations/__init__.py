"""The verbs of facts: keyword-only, signed by whoever does it, each in one transaction with its entry in the history."""

from slaservice.outages.operations.components import (
    change_component,
    change_tier,
    create_component,
    create_tier,
    map_feed_component,
)
from slaservice.outages.operations.evidence import add_evidence, read_evidence
from slaservice.outages.operations.gaps import (
    GapFacts,
    confirm_gap,
    correct_gap,
    record_gap,
    record_gaps,
    withdraw_gap,
)
from slaservice.outages.operations.incidents import add_update, describe_incident, open_incident
from slaservice.outages.operations.life import Draft
from slaservice.outages.operations.maintenance import (
    MaintenanceFacts,
    confirm_maintenance,
    correct_maintenance,
    record_maintenance,
    record_maintenances,
    withdraw_maintenance,
)
from slaservice.outages.operations.request_counts import (
    CountsRecorded,
    RequestCountRow,
    record_request_counts,
    withdraw_request_counts,
)
from slaservice.outages.operations.user_reports import (
    ReportsRecorded,
    UserReportsRow,
    record_user_reports,
)
from slaservice.outages.operations.windows import (
    OutageFacts,
    confirm,
    correct,
    propose_outage,
    propose_outages,
    withdraw,
)

__all__ = [
    "CountsRecorded",
    "Draft",
    "GapFacts",
    "MaintenanceFacts",
    "OutageFacts",
    "ReportsRecorded",
    "RequestCountRow",
    "UserReportsRow",
    "add_evidence",
    "add_update",
    "change_component",
    "change_tier",
    "confirm",
    "confirm_gap",
    "confirm_maintenance",
    "correct",
    "correct_gap",
    "correct_maintenance",
    "create_component",
    "create_tier",
    "describe_incident",
    "map_feed_component",
    "open_incident",
    "propose_outage",
    "propose_outages",
    "read_evidence",
    "record_gap",
    "record_gaps",
    "record_maintenance",
    "record_maintenances",
    "record_request_counts",
    "record_user_reports",
    "withdraw",
    "withdraw_gap",
    "withdraw_maintenance",
    "withdraw_request_counts",
]

"""The verbs of facts: keyword-only, signed by whoever does it, each in one transaction with its entry in the history."""

from slaservice.outages.operations.components import (
    change_component,
    change_tier,
    create_component,
    create_tier,
    map_feed_component,
)
from slaservice.outages.operations.life import Draft
from slaservice.outages.operations.maintenance import (
    MaintenanceFacts,
    confirm_maintenance,
    correct_maintenance,
    record_maintenance,
    record_maintenances,
    withdraw_maintenance,
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
    "Draft",
    "MaintenanceFacts",
    "OutageFacts",
    "change_component",
    "change_tier",
    "confirm",
    "confirm_maintenance",
    "correct",
    "correct_maintenance",
    "create_component",
    "create_tier",
    "map_feed_component",
    "propose_outage",
    "propose_outages",
    "record_maintenance",
    "record_maintenances",
    "withdraw",
    "withdraw_maintenance",
]

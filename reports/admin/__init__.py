"""The finance desk in the admin: statements, credits, what blocks the close. Nothing is edited; verbs are called."""

from reports.admin.blocks import ClosingBlockAdmin
from reports.admin.claims import ClaimAdmin
from reports.admin.credits import ServiceCreditAdmin
from reports.admin.deliveries import DeliveryAdmin
from reports.admin.desk import DeskAdmin
from reports.admin.disputes import DisputeAdmin
from reports.admin.glance import GlanceAdmin
from reports.admin.journals import JournalAdmin
from reports.admin.postings import PostingAdmin
from reports.admin.statements import StatementAdmin
from reports.admin.webhooks import WebhookDeliveryAdmin, WebhookEndpointAdmin

__all__ = [
    "ClaimAdmin",
    "ClosingBlockAdmin",
    "DeliveryAdmin",
    "DeskAdmin",
    "DisputeAdmin",
    "GlanceAdmin",
    "JournalAdmin",
    "PostingAdmin",
    "ServiceCreditAdmin",
    "StatementAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
]

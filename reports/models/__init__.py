"""What we concluded: statements and their lines, credits, claims, disputes and decisions, postings, blocks of the close, made
documents and where they went."""

from reports.models.blocks import ClosingBlock
from reports.models.claims import Claim
from reports.models.credits import CreditDecision, ServiceCredit
from reports.models.deliveries import Delivery, Digest
from reports.models.desk import MonthAtAGlance, ProposedWindow
from reports.models.disputes import Dispute, DisputedWindow
from reports.models.documents import MakingAttempt, SigningAttempt, StatementFile
from reports.models.exposure import Exposure, ExposureChunk, ExposureLine
from reports.models.outdated import Outdated
from reports.models.postings import ExportedPosting, Journal, Posting
from reports.models.standings import Standing
from reports.models.statements import Followed, NumberSeries, Statement, StatementLine
from reports.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent, WebhookPosition

__all__ = [
    "Claim",
    "ClosingBlock",
    "CreditDecision",
    "Delivery",
    "Digest",
    "Dispute",
    "DisputedWindow",
    "ExportedPosting",
    "Exposure",
    "ExposureChunk",
    "ExposureLine",
    "Followed",
    "Journal",
    "MakingAttempt",
    "MonthAtAGlance",
    "NumberSeries",
    "Outdated",
    "Posting",
    "ProposedWindow",
    "ServiceCredit",
    "SigningAttempt",
    "Standing",
    "Statement",
    "StatementFile",
    "StatementLine",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WebhookPosition",
]

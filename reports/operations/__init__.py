"""The verbs of finance: what people and the system do to statements, credits and what blocks a close.

Each is one transaction with its line of history, and each move is a conditional UPDATE: of two that meet, one is refused. None
of them sends or renders anything; what is owed afterwards (a document, a mail) is a row that a sweep finds.
"""

from reports.operations.blocks import WAIVABLE, waive
from reports.operations.claims import accept_claim, file_claim, reject_claim
from reports.operations.credits import adjust, approve, reject
from reports.operations.deliveries import hand_over, mail, record_download, record_fetch
from reports.operations.digests import make_digests
from reports.operations.disputes import accept_dispute, file_dispute, reject_dispute
from reports.operations.issuing import issue, issue_by_themselves
from reports.operations.journals import make_journal
from reports.operations.settling import apply, expire, lapse_due

__all__ = [
    "WAIVABLE",
    "accept_claim",
    "accept_dispute",
    "adjust",
    "apply",
    "approve",
    "expire",
    "file_claim",
    "file_dispute",
    "hand_over",
    "issue",
    "issue_by_themselves",
    "lapse_due",
    "mail",
    "make_digests",
    "make_journal",
    "record_download",
    "record_fetch",
    "reject",
    "reject_claim",
    "reject_dispute",
    "waive",
]

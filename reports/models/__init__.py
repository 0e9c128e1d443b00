"""What we concluded: statements and their lines, credits and decisions, blocks of the close, made documents."""

from reports.models.blocks import ClosingBlock
from reports.models.credits import CreditDecision, ServiceCredit
from reports.models.desk import ProposedWindow
from reports.models.documents import StatementFile
from reports.models.statements import NumberSeries, Statement, StatementLine

__all__ = [
    "ClosingBlock",
    "CreditDecision",
    "NumberSeries",
    "ProposedWindow",
    "ServiceCredit",
    "Statement",
    "StatementFile",
    "StatementLine",
]

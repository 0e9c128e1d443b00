"""The finance desk in the admin: statements, credits, what blocks the close. Nothing is edited; verbs are called."""

from reports.admin.blocks import ClosingBlockAdmin
from reports.admin.credits import ServiceCreditAdmin
from reports.admin.desk import DeskAdmin
from reports.admin.statements import StatementAdmin

__all__ = ["ClosingBlockAdmin", "DeskAdmin", "ServiceCreditAdmin", "StatementAdmin"]

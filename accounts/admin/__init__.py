"""The desk of contracts: customers, contracts, billed amounts, exclusions, people, API keys, files."""

from accounts.admin.billed import BilledAmountAdmin
from accounts.admin.contracts import ContractAdmin
from accounts.admin.customers import CustomerAdmin, MembershipAdmin
from accounts.admin.exclusions import ExclusionAdmin
from accounts.admin.imports import AccountsImportAdmin
from accounts.admin.keys import ApiKeyAdmin

__all__ = [
    "AccountsImportAdmin",
    "ApiKeyAdmin",
    "BilledAmountAdmin",
    "ContractAdmin",
    "CustomerAdmin",
    "ExclusionAdmin",
    "MembershipAdmin",
]

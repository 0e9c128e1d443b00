"""Who was promised what: customers, their people and keys; contracts, versions, commitments, billed
amounts; exclusions; files of them."""

from accounts.models.contracts import BilledAmount, Commitment, CommitmentComponent, Contract, ContractVersion
from accounts.models.customers import Customer, Membership
from accounts.models.exclusions import Exclusion, ExclusionTier
from accounts.models.imports import KINDS_OF_IMPORT, AccountsImport
from accounts.models.keys import SCOPES, ApiKey

__all__ = [
    "KINDS_OF_IMPORT",
    "SCOPES",
    "AccountsImport",
    "ApiKey",
    "BilledAmount",
    "Commitment",
    "CommitmentComponent",
    "Contract",
    "ContractVersion",
    "Customer",
    "Exclusion",
    "ExclusionTier",
    "Membership",
]

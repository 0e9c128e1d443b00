"""Who was promised what: customers, their people and keys; contracts, versions, commitments, billed
amounts; exclusions."""

from accounts.models.contracts import BilledAmount, Commitment, CommitmentComponent, Contract, ContractVersion
from accounts.models.customers import Customer, Membership
from accounts.models.exclusions import Exclusion, ExclusionTier
from accounts.models.keys import SCOPES, ApiKey

__all__ = [
    "SCOPES",
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

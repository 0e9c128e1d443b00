"""The verbs of this app. Each is one transaction with its line of history; `by` is the person, None the system.

A role lets a person make a move at all (slaservice/rules/workflow.py); an account manager makes it for their own
customers only.
"""

from accounts.operations.agreements import Agreement, Promise
from accounts.operations.contracts import (
    amend_contract,
    arrange_closing,
    end_contract,
    record_billed_amount,
    sign_contract,
)
from accounts.operations.customers import add_member, change_customer, create_customer, remove_member
from accounts.operations.exclusions import (
    approve_exclusion,
    end_exclusion,
    propose_exclusion,
    reject_exclusion,
)
from accounts.operations.keys import (
    authenticate_key,
    issue_api_key,
    issue_own_key,
    revoke_api_key,
    revoke_own_key,
)
from accounts.queries import terms_of

__all__ = [
    "Agreement",
    "Promise",
    "add_member",
    "amend_contract",
    "approve_exclusion",
    "arrange_closing",
    "authenticate_key",
    "change_customer",
    "create_customer",
    "end_contract",
    "end_exclusion",
    "issue_api_key",
    "issue_own_key",
    "propose_exclusion",
    "record_billed_amount",
    "reject_exclusion",
    "remove_member",
    "revoke_api_key",
    "revoke_own_key",
    "sign_contract",
    "terms_of",
]

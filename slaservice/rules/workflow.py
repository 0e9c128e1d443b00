"""Who may do what, and which moves a statement and a credit may make: tables that finance can review.

Roles are the names of auth groups. Nobody has a permission that stands in no row here; a superuser is an administrator
and nothing more, so a superuser approves no credit.
"""

from collections.abc import Collection
from dataclasses import dataclass

from slaservice.rules.refusal import Refusal

OPERATOR = "operator"
ACCOUNT_MANAGER = "account manager"
FINANCE_CLERK = "finance clerk"
FINANCE_APPROVER = "finance approver"
AUDITOR = "auditor"
ADMINISTRATOR = "administrator"

ROLES = (OPERATOR, ACCOUNT_MANAGER, FINANCE_CLERK, FINANCE_APPROVER, AUDITOR, ADMINISTRATOR)

_FINANCE = {FINANCE_CLERK, FINANCE_APPROVER}
_EVERYBODY = set(ROLES)

PERMISSIONS: dict[str, frozenset[str]] = {
    action: frozenset(roles)
    for action, roles in {
        # action                     who
        "outages.view": _EVERYBODY,
        "outages.propose": {OPERATOR},
        "outages.confirm": {OPERATOR},
        "outages.correct": {OPERATOR},
        "outages.withdraw": {OPERATOR},
        "outages.import": {OPERATOR},
        "maintenance.record": {OPERATOR},
        "incidents.record": {OPERATOR},
        "evidence.add": {OPERATOR},
        "evidence.view": {OPERATOR, ACCOUNT_MANAGER, AUDITOR} | _FINANCE,
        "measurement.record": {OPERATOR},
        "components.edit": {OPERATOR, ADMINISTRATOR},
        "feeds.edit": {OPERATOR, ADMINISTRATOR},
        "hooks.edit": {ADMINISTRATOR},
        # sees what every undecided fact would cost, contract by contract
        "desk.view": {OPERATOR, AUDITOR} | _FINANCE,
        "contracts.view": {ACCOUNT_MANAGER, AUDITOR, ADMINISTRATOR} | _FINANCE,
        "contracts.edit": {FINANCE_CLERK},
        "customers.edit": {ACCOUNT_MANAGER, FINANCE_CLERK},
        "fees.record": {FINANCE_CLERK},
        "exclusions.view": _EVERYBODY,
        "exclusions.propose": {OPERATOR},
        "exclusions.approve": {FINANCE_APPROVER},
        "exclusions.reject": {OPERATOR, FINANCE_APPROVER},
        "exclusions.end": {OPERATOR, FINANCE_APPROVER},
        "keys.manage": {ADMINISTRATOR, ACCOUNT_MANAGER},
        "keys.own": _EVERYBODY,
        "statements.view": {ACCOUNT_MANAGER, AUDITOR} | _FINANCE,
        "statements.issue": {FINANCE_CLERK},
        "periods.close": {FINANCE_CLERK, FINANCE_APPROVER, ADMINISTRATOR},
        "periods.waive": {FINANCE_CLERK},
        "credits.view": {ACCOUNT_MANAGER, AUDITOR} | _FINANCE,
        "credits.adjust": {FINANCE_CLERK},
        "credits.approve": {FINANCE_APPROVER},
        "credits.reject": {FINANCE_APPROVER},
        "credits.apply": {FINANCE_CLERK},
        "people.manage": {ADMINISTRATOR},
        "history.view": {AUDITOR, ADMINISTRATOR} | _FINANCE,
    }.items()
}

KEY_SCOPES = (
    "outages.view",
    "outages.propose",
    "outages.confirm",
    "outages.correct",
    "outages.withdraw",
    "maintenance.record",
    "measurement.record",
)
"""What a key that acts as a person may be allowed, of what its person may do. Money is decided by people who are there."""


def may(roles: Collection[str], action: str) -> bool:
    """Whether any of these roles has the action. An unknown action is a mistake in the code: KeyError."""
    return not PERMISSIONS[action].isdisjoint(roles)


def require(roles: Collection[str], action: str) -> None:
    """Refuse unless one of the roles has the action."""
    if not may(roles, action):
        allowed = ", ".join(sorted(PERMISSIONS[action]))
        raise Refusal("not_permitted", f"{action} is for: {allowed}.")


@dataclass(frozen=True, slots=True)
class Move:
    """One permitted change of status: `action` is the permission that it takes."""

    action: str
    origin: frozenset[str]
    target: str


STATEMENT_MOVES = {
    "issue": Move("statements.issue", frozenset({"draft"}), "issued"),
}

CREDIT_MOVES = {
    "adjust": Move("credits.adjust", frozenset({"proposed", "adjusted"}), "adjusted"),
    "approve": Move("credits.approve", frozenset({"proposed", "adjusted"}), "approved"),
    "reject": Move("credits.reject", frozenset({"proposed", "adjusted"}), "rejected"),
    "apply": Move("credits.apply", frozenset({"approved"}), "applied"),
}

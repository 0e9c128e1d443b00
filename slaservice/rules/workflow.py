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
        "claims.view": {ACCOUNT_MANAGER, AUDITOR} | _FINANCE,
        "claims.file": {ACCOUNT_MANAGER, FINANCE_CLERK},
        "claims.decide": {FINANCE_CLERK},
        "disputes.view": {ACCOUNT_MANAGER, AUDITOR} | _FINANCE,
        "disputes.file": {ACCOUNT_MANAGER, FINANCE_CLERK},
        "disputes.decide": {FINANCE_CLERK},
        "postings.view": {AUDITOR} | _FINANCE,
        "journals.make": {FINANCE_CLERK},
        "deliveries.view": {ACCOUNT_MANAGER, AUDITOR} | _FINANCE,
        "deliveries.record": {ACCOUNT_MANAGER, FINANCE_CLERK},
        "webhooks.view": {ACCOUNT_MANAGER, AUDITOR, ADMINISTRATOR},
        "webhooks.replay": {ACCOUNT_MANAGER, ADMINISTRATOR},
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


DRAFT, DUE, ISSUED, SUPERSEDED = "draft", "due for review", "issued", "superseded"
"""The life of a statement. Time alone makes a draft due, and the issue of its restatement makes a statement superseded."""

NOTHING_TO_ISSUE = "nothing to issue"
"""Where a draft stands that was let go, or that came to what is issued: it waits for nobody, until facts make it say more."""

CREDIT_STATES = (
    "claimable", "proposed", "adjusted", "approved", "rejected", "applied", "expired", "superseded",
)  # fmt: skip
UNDECIDED = frozenset({"claimable", "proposed", "adjusted"})
WAITS_FOR_FINANCE = frozenset({"proposed", "adjusted"})
GRANTED = frozenset({"approved", "applied"})
CLAIMED_FROM = frozenset({"claimable", "expired"})
FINAL = frozenset({"rejected", "applied", "superseded"})


@dataclass(frozen=True, slots=True)
class Move:
    """One permitted change of status. `action` is the permission that it takes; None: no person makes it, only the system.

    `on_condition` is what else must hold, in words; the operation of that name refuses where it does not.
    """

    action: str | None
    origin: frozenset[str]
    target: str
    on_condition: str = ""


STATEMENT_MOVES = {
    # move                  who                 from                      to          on what condition
    "settle": Move(None, frozenset({DRAFT}), DUE, "the contract's settling time is over"),
    "issue": Move(
        "statements.issue", frozenset({DUE}), ISSUED,
        "nothing blocks the month, it comes out as it was seen, and no credit waits for finance",
    ),
    "issue by itself": Move(
        None, frozenset({DUE}), ISSUED,
        "the contract allows it, the first revision, every commitment met, no credit, nothing waived, nothing earlier waits",
    ),
    "supersede": Move(None, frozenset({ISSUED}), SUPERSEDED, "its restatement is issued"),
}  # fmt: skip

CREDIT_MOVES = {
    # move                  who                 from                      to          on what condition
    "claim": Move(
        "claims.decide", CLAIMED_FROM, "proposed",
        "a claim in time is accepted, in full; an expired credit lapsed, nobody ever decided on it",
    ),
    "claim in part": Move("claims.decide", CLAIMED_FROM, "adjusted", "the same, and it is accepted in part"),
    "adjust": Move("credits.adjust", WAITS_FOR_FINANCE, "adjusted", "the amount is within the caps"),
    "approve": Move(
        "credits.approve", WAITS_FOR_FINANCE, "approved",
        "somebody else changed it, if anybody did; with what else was granted it is within the caps",
    ),
    "reject": Move("credits.reject", WAITS_FOR_FINANCE, "rejected", "somebody else changed it, if anybody did"),
    "apply": Move("credits.apply", frozenset({"approved"}), "applied", "the statement is issued"),
    "expire": Move("credits.apply", frozenset({"approved"}), "expired", "the statement is issued"),
    "lapse": Move(None, frozenset({"claimable"}), "expired", "nobody claimed in time, and no claim waits"),
    "supersede": Move(None, UNDECIDED, "superseded", "a restatement is issued in its place"),
}  # fmt: skip
"""What becomes of a credit. A claim that is rejected leaves the credit claimable until its time is over.

What expired stays so but for one case: a claim was received in time and recorded too late.
"""

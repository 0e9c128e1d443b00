"""The table of roles, read literally."""

import pytest

from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import (
    ADMINISTRATOR,
    CREDIT_MOVES,
    CREDIT_STATES,
    FINAL,
    KEY_SCOPES,
    PERMISSIONS,
    ROLES,
    STATEMENT_MOVES,
    UNDECIDED,
    WAITS_FOR_FINANCE,
    may,
    require,
)

EXPECTED = {
    # action: operator, account manager, finance clerk, finance approver, auditor, administrator
    "outages.view": "yyyyyy",
    "outages.propose": "y-----",
    "outages.confirm": "y-----",
    "outages.correct": "y-----",
    "outages.withdraw": "y-----",
    "outages.import": "y-----",
    "maintenance.record": "y-----",
    "measurement.record": "y-----",
    "incidents.record": "y-----",
    "evidence.add": "y-----",
    "evidence.view": "yyyyy-",
    "components.edit": "y----y",
    "feeds.edit": "y----y",
    "hooks.edit": "-----y",
    "desk.view": "y-yyy-",
    "contracts.view": "-yyyyy",
    "contracts.edit": "--y---",
    "customers.edit": "-yy---",
    "fees.record": "--y---",
    "exclusions.view": "yyyyyy",
    "exclusions.propose": "y-----",
    "exclusions.approve": "---y--",
    "exclusions.reject": "y--y--",
    "exclusions.end": "y--y--",
    "keys.manage": "-y---y",
    "keys.own": "yyyyyy",
    "statements.view": "-yyyy-",
    "statements.issue": "--y---",
    "periods.close": "--yy-y",
    "periods.waive": "--y---",
    "credits.view": "-yyyy-",
    "credits.adjust": "--y---",
    "credits.approve": "---y--",
    "credits.reject": "---y--",
    "credits.apply": "--y---",
    "claims.view": "-yyyy-",
    "claims.file": "-yy---",
    "claims.decide": "--y---",
    "disputes.view": "-yyyy-",
    "disputes.file": "-yy---",
    "disputes.decide": "--y---",
    "postings.view": "--yyy-",
    "journals.make": "--y---",
    "deliveries.view": "-yyyy-",
    "deliveries.record": "-yy---",
    "webhooks.view": "-y--yy",
    "webhooks.replay": "-y---y",
    "people.manage": "-----y",
    "history.view": "--yyyy",
}


@pytest.mark.parametrize("action", sorted(PERMISSIONS))
def test_who_may_do_what(action: str) -> None:
    assert "".join("y" if may({role}, action) else "-" for role in ROLES) == EXPECTED[action]


def test_no_role_changes_an_amount_and_approves_it() -> None:
    assert PERMISSIONS["credits.adjust"].isdisjoint(PERMISSIONS["credits.approve"])


def test_an_administrator_decides_nothing_about_money() -> None:
    moves = (*CREDIT_MOVES.values(), *STATEMENT_MOVES.values())
    assert not any(move.action and may({ADMINISTRATOR}, move.action) for move in moves)


MOVES = {
    # move: who, from, to
    "settle": "the system: draft -> due for review",
    "issue": "statements.issue: due for review -> issued",
    "issue by itself": "the system: due for review -> issued",
    "supersede a statement": "the system: issued -> superseded",
    "claim": "claims.decide: claimable expired -> proposed",
    "claim in part": "claims.decide: claimable expired -> adjusted",
    "adjust": "credits.adjust: adjusted proposed -> adjusted",
    "approve": "credits.approve: adjusted proposed -> approved",
    "reject": "credits.reject: adjusted proposed -> rejected",
    "apply": "credits.apply: approved -> applied",
    "expire": "credits.apply: approved -> expired",
    "lapse": "the system: claimable -> expired",
    "supersede": "the system: adjusted claimable proposed -> superseded",
}


def test_the_moves_are_these() -> None:
    of_statements = {
        "supersede a statement" if name == "supersede" else name: move
        for name, move in STATEMENT_MOVES.items()
    }
    said = {
        name: f"{move.action or 'the system'}: {' '.join(sorted(move.origin))} -> {move.target}"
        for name, move in (of_statements | CREDIT_MOVES).items()
    }
    assert said == MOVES


def test_what_is_final_stays_and_what_waits_for_finance_is_undecided() -> None:
    leaves = {origin for move in CREDIT_MOVES.values() for origin in move.origin}
    assert leaves.isdisjoint(FINAL)
    assert set(CREDIT_STATES) == leaves | FINAL
    assert WAITS_FOR_FINANCE < UNDECIDED


def test_whoever_decides_on_a_claim_does_not_approve_the_credit() -> None:
    assert PERMISSIONS["claims.decide"].isdisjoint(PERMISSIONS["credits.approve"])


def test_no_key_of_a_program_decides_about_money() -> None:
    about_money = (
        "credits.",
        "claims.",
        "disputes.",
        "statements.",
        "journals.",
        "periods.",
        "fees.",
        "contracts.",
    )
    assert not [scope for scope in KEY_SCOPES if scope.startswith(about_money)]


def test_who_may_not_is_told_who_may() -> None:
    with pytest.raises(Refusal) as refused:
        require({"operator"}, "history.view")
    assert refused.value.code == "not_permitted"
    assert (
        refused.value.sentence
        == "history.view is for: administrator, auditor, finance approver, finance clerk."
    )


def test_an_unknown_action_is_a_mistake_in_the_code() -> None:
    with pytest.raises(KeyError):
        may(ROLES, "statements.delete")

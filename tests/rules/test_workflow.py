"""The table of roles, read literally."""

import pytest

from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import (
    ADMINISTRATOR,
    CREDIT_MOVES,
    PERMISSIONS,
    ROLES,
    STATEMENT_MOVES,
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
    "people.manage": "-----y",
    "history.view": "--yyyy",
}


@pytest.mark.parametrize("action", sorted(PERMISSIONS))
def test_who_may_do_what(action: str) -> None:
    assert "".join("y" if may({role}, action) else "-" for role in ROLES) == EXPECTED[action]


def test_no_role_changes_an_amount_and_approves_it() -> None:
    assert PERMISSIONS["credits.adjust"].isdisjoint(PERMISSIONS["credits.approve"])


def test_an_administrator_decides_nothing_about_money() -> None:
    assert not any(
        may({ADMINISTRATOR}, move.action) for move in (*CREDIT_MOVES.values(), *STATEMENT_MOVES.values())
    )


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

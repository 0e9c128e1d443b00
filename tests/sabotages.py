"""What `make sabotage` takes away, one protection at a time, and which tests must fail then: every one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

RACE = "tests/proof/test_processes.py::test_"
FROZEN = "tests/reports/test_immutability.py::test_"
MONEY = "tests/reports/test_immutability_of_money.py::test_"
AGREED = "tests/accounts/test_immutability.py::test_"


@dataclass(frozen=True)
class Sabotage:
    """`replaced`: pieces of `module`'s source and what stands in their place; or `sql`, run on the migrated test database."""

    tests: Sequence[str]
    module: str = ""
    replaced: Sequence[tuple[str, str]] = ()
    sql: Sequence[str] = ()
    database: str = "postgresql"


def _without(*pieces: str) -> list[tuple[str, str]]:
    return [(piece, "") for piece in pieces]


def _no_trigger(name: str) -> list[str]:
    """On PostgreSQL each trigger has a function of its own name."""
    return [f"DROP FUNCTION {name}() CASCADE"]


SABOTAGES: dict[str, Sabotage] = {
    # locks
    "a decision does not hold the contract's row": Sabotage(
        [f"{RACE}approvals_against_one_cap_never_grant_more_than_it_leaves"],
        "reports.operations.moves",
        _without("    Contract.objects.select_for_update().get(pk=contract)\n"),
    ),
    "a close does not hold its contracts' rows": Sabotage(
        [f"{RACE}concurrent_closes_draft_every_contract_once"],
        "reports.closing",
        [("Contract.objects.select_for_update().filter(", "Contract.objects.filter(")],
    ),
    "an issue holds neither the contract's row nor the statement's": Sabotage(
        [f"{RACE}a_statement_that_many_issue_at_once_is_issued_once"],
        "reports.operations.issuing",
        [
            ("    Contract.objects.select_for_update().get(pk=statement.contract_id)\n", ""),
            ('Statement.objects.select_for_update(of=("self",))\n        .select_related("contract", "supersedes")',
             'Statement.objects.select_related("contract", "supersedes")'),
        ],
    ),
    "whoever seals does not hold the lock": Sabotage(
        [f"{RACE}history_is_sealed_without_gap_or_fork_while_everybody_writes_and_seals"],
        "slaservice.history.sealing",
        [("SealLock.objects.select_for_update().get()", "SealLock.objects.get()")],
    ),
    "a journal looks before it holds its series": Sabotage(
        [f"{RACE}journals_made_at_once_take_every_posting_once"],
        "reports.operations.journals",
        [
            (
                '    number = next_number("JNL", now)\n    rows = list(unexported())\n',
                '    rows = list(unexported())\n    number = next_number("JNL", now)\n',
            )
        ],
    ),
    "on SQLite a transaction does not begin with its lock": Sabotage(
        [f"{RACE}concurrent_closes_draft_every_contract_once"],
        "slaservice.settings",
        _without('        "transaction_mode": "IMMEDIATE",\n'),
        database="sqlite",
    ),
    # conditions of the UPDATEs
    "a credit moves whatever its state is": Sabotage(
        [f"{RACE}of_approvals_and_rejections_at_once_one_wins_for_each_credit"],
        "reports.operations.moves",
        _without("        state__in=step.origin,\n"),
    ),
    "a credit moves whatever the person saw": Sabotage(
        ["tests/reports/test_credits.py::test_a_decision_is_on_the_amount_that_the_person_saw"],
        "reports.operations.moves",
        _without("        amount_minor=credit.amount_minor,\n        adjusted_by=credit.adjusted_by_id,\n"),
    ),
    "a claim is decided whatever its state is": Sabotage(
        [f"{RACE}a_claim_that_many_decide_at_once_is_decided_once"],
        "reports.operations.claims",
        [("Claim.objects.filter(pk=claim.pk, state=FILED)", "Claim.objects.filter(pk=claim.pk)")],
    ),
    "a number is read, raised and written": Sabotage(
        [f"{RACE}numbers_follow_each_other_though_every_tenth_transaction_breaks_off_behind_its_number"],
        "reports.operations.numbers",
        [('update(last=F("last") + 1)', "update(last=NumberSeries.objects.get(series=series).last + 1)")],
    ),
    "a decision posts nothing": Sabotage(
        [f"{RACE}of_approvals_and_rejections_at_once_one_wins_for_each_credit"],
        "reports.operations.moves",
        [("    postings.post(\n", "    dict(\n")],
    ),
    # constraints
    "whoever changed an amount may decide on it": Sabotage(
        ["tests/reports/test_credits.py::test_the_database_itself_refuses_that_one_person_changes_and_decides"],
        sql=["ALTER TABLE reports_servicecredit DROP CONSTRAINT whoever_adjusts_does_not_decide"],
    ),
    "a period may have two drafts": Sabotage(
        [f"{FROZEN}a_period_has_one_draft_at_a_time"],
        sql=["DROP INDEX a_period_has_one_draft_at_a_time"],
    ),
    "two versions of a contract may be in force": Sabotage(
        ["tests/accounts/test_version_constraints.py::test_two_overlapping_versions_cannot_come_in_one_statement"],
        sql=["ALTER TABLE accounts_contractversion DROP CONSTRAINT contract_has_one_version_in_force_at_a_time"],
    ),
    # triggers
    "an issued statement may change": Sabotage(
        [f"{FROZEN}what_is_issued_never_changes[update]", f"{FROZEN}what_is_issued_never_changes[sql update]"],
        sql=_no_trigger("reports_statement_issued_update"),
    ),
    "a credit of an issued statement may make any move": Sabotage(
        [f"{MONEY}a_credit_of_an_issued_statement_makes_the_moves_of_the_table_and_no_other[approved]"],
        sql=_no_trigger("reports_servicecredit_moves_update"),
    ),
    "a decided claim may change": Sabotage(
        [f"{MONEY}a_decided_claim_never_changes_by_any_route"],
        sql=_no_trigger("reports_claim_decided_update"),
    ),
    "a posting may be deleted": Sabotage(
        [f"{MONEY}a_posting_never_changes_by_any_route"],
        sql=_no_trigger("reports_posting_append_only_delete"),
    ),
    "a series of numbers may jump": Sabotage(
        [f"{MONEY}a_series_counts_by_one_and_does_nothing_else"],
        sql=_no_trigger("reports_numberseries_counts_update"),
    ),
    "a version of a contract may be edited": Sabotage(
        [f"{AGREED}a_version_is_never_edited[currency]"],
        sql=_no_trigger("accounts_contractversion_agreed_update"),
    ),
    "decisions may be emptied": Sabotage(
        [f"{FROZEN}what_is_issued_never_changes[truncate decisions]"],
        sql=_no_trigger("reports_creditdecision_append_only_truncate"),
    ),
    "history may be rewritten": Sabotage(
        ["tests/history/test_entries.py::test_nobody_rewrites_history_by_any_route[raw update]"],
        sql=_no_trigger("history_entry_append_only_update"),
    ),
    "a seal may be rewritten": Sabotage(
        ["tests/history/test_seals.py::test_nobody_rewrites_or_forges_a_seal_by_any_route[update]"],
        sql=_no_trigger("history_seal_append_only_update"),
    ),
    "on SQLite REPLACE does not ask the triggers": Sabotage(
        [f"{FROZEN}what_is_issued_never_changes[replace]"],
        "slaservice.settings",
        [("PRAGMA recursive_triggers=ON", "PRAGMA recursive_triggers=OFF")],
        database="sqlite",
    ),
}  # fmt: skip

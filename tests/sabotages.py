"""What `make sabotage` takes away, one protection at a time, and which tests must fail then: every one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

RACE = "tests/proof/test_processes.py::test_"
FROZEN = "tests/reports/test_immutability.py::test_"
MONEY = "tests/reports/test_immutability_of_money.py::test_"
AGREED = "tests/accounts/test_immutability.py::test_"
WEBHOOKS = "tests/reports/webhooks/test_workers.py::test_"
REACH = "tests/api/outside/test_isolation.py::test_nothing_of_one_customer_is_reachable_with_another_s_key"


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


def _of_everybody(module: str, piece: str, instead: str) -> Sabotage:
    """A query of a customer's forgets the customer. On SQLite, where the test's database is made sooner."""
    return Sabotage([REACH], module, [(piece, instead)], database="sqlite")


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
    "an attempt at a webhook is anybody's": Sabotage(
        [f"{WEBHOOKS}workers_that_look_at_one_delivery_at_once_send_it_once"],
        "reports.webhooks.sending",
        [("due(now).filter(pk=row.pk, attempts=row.attempts)", "WebhookDelivery.objects.filter(pk=row.pk)")],
    ),
    "events are made without the lock of their place in history": Sabotage(
        [f"{WEBHOOKS}sweeps_at_once_make_each_event_once"],
        "reports.webhooks.events",
        [("WebhookPosition.objects.select_for_update().get(pk=1)", "WebhookPosition.objects.get(pk=1)")],
    ),
    "an event may be rewritten": Sabotage(
        ["tests/reports/webhooks/test_events.py::test_an_event_never_changes_and_is_told_once"],
        sql=_no_trigger("reports_webhookevent_append_only_update"),
    ),
    "on SQLite REPLACE does not ask the triggers": Sabotage(
        [f"{FROZEN}what_is_issued_never_changes[replace]"],
        "slaservice.settings",
        [("PRAGMA recursive_triggers=ON", "PRAGMA recursive_triggers=OFF")],
        database="sqlite",
    ),
    # what each customer's query starts from
    "statements are everybody's": _of_everybody(
        "reports.queries",
        "filter(contract__customer=customer, state=Statement.ISSUED)",
        "filter(state=Statement.ISSUED)",
    ),
    "contracts are everybody's": _of_everybody(
        "accounts.queries", "return Contract.objects.filter(customer=customer)", "return Contract.objects.all()"
    ),
    "API keys are everybody's": _of_everybody(
        "accounts.queries", "return ApiKey.objects.filter(customer=customer)", "return ApiKey.objects.all()"
    ),
    "availability is everybody's": _of_everybody(
        "accounts.queries",
        "versions = ContractVersion.objects.filter(contract__customer=customer)",
        "versions = ContractVersion.objects.all()",
    ),
    "outages, incidents and maintenance are everybody's": _of_everybody(
        "accounts.queries", "        contract__customer=customer,\n", ""
    ),
    "the tiers that an outage hit are everybody's": _of_everybody(
        "accounts.queries",
        'ContractVersion.objects.filter(contract__customer=customer).values("tier")',
        'ContractVersion.objects.values("tier")',
    ),
    "credits are everybody's": _of_everybody(
        "reports.public", "        statement__contract__customer=customer, statement__state=", "        statement__state="
    ),
    "claims are everybody's": _of_everybody(
        "reports.public", "credit__statement__contract__customer=customer, credit__statement__state=", "credit__statement__state="
    ),
    "disputes are everybody's": _of_everybody(
        "reports.public", "Dispute.objects.filter(statement__contract__customer=customer)", "Dispute.objects.all()"
    ),
    "webhooks are everybody's": _of_everybody(
        "reports.webhooks.queries", "WebhookEndpoint.objects.filter(customer=customer)", "WebhookEndpoint.objects.all()"
    ),
    "deliveries are everybody's": _of_everybody(
        "reports.webhooks.queries",
        'WebhookDelivery.objects.filter(endpoint__in=endpoints_of(customer).values("pk"))',
        "WebhookDelivery.objects.all()",
    ),
}  # fmt: skip

"""What is issued stays: statements with their lines, decisions, postings, journals, made files; credits and claims make only
the moves of their table; series count by one."""

from django.db import migrations

from slaservice.history.database import AppendOnly, Changes, FrozenWhen, FrozenWith

ISSUED = "parent.state = 'issued'"

OF_A_DRAFT = "NOT EXISTS (SELECT 1 FROM reports_statement parent WHERE parent.id = OLD.statement_id AND parent.state = 'issued')"

CREDIT_MOVES = ", ".join(
    f"'{move}'"
    for move in (
        "claimable>proposed",
        "claimable>adjusted",
        "claimable>expired",
        "claimable>superseded",
        "proposed>adjusted",
        "proposed>approved",
        "proposed>rejected",
        "proposed>superseded",
        "adjusted>adjusted",
        "adjusted>approved",
        "adjusted>rejected",
        "adjusted>superseded",
        "approved>applied",
        "approved>expired",
        "expired>proposed",
        "expired>adjusted",
    )
)

LAPSED_IF_EXPIRED = "(OLD.state <> 'expired' OR OLD.decided_at IS NULL)"

SAME_CREDIT = (
    "NEW.statement_id = OLD.statement_id AND NEW.currency = OLD.currency"
    " AND NEW.computed_minor = OLD.computed_minor AND NEW.proposed_at = OLD.proposed_at"
    f" AND (OLD.state || '>' || NEW.state) IN ({CREDIT_MOVES}) AND {LAPSED_IF_EXPIRED}"
    " AND (OLD.state <> 'approved' OR NEW.amount_minor = OLD.amount_minor AND NEW.decided_by_id = OLD.decided_by_id"
    " AND NEW.decided_at = OLD.decided_at AND coalesce(NEW.adjusted_by_id, 0) = coalesce(OLD.adjusted_by_id, 0))"
)


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_statements"), ("history", "0002_guards_and_roles")]

    operations = [
        FrozenWhen(
            "reports_statement",
            "OLD.state = 'issued'",
            name="issued",
            reason="an issued statement never changes; a correction is its next revision",
        ),
        FrozenWith(
            "reports_statementline",
            "reports_statement",
            "statement_id",
            ISSUED,
            name="issued",
            reason="a line of an issued statement never changes",
        ),
        FrozenWith(
            "reports_servicecredit",
            "reports_statement",
            "statement_id",
            ISSUED,
            name="issued",
            reason="a credit of an issued statement neither comes nor goes",
            events=("insert", "delete"),
        ),
        Changes(
            "reports_servicecredit",
            f"({OF_A_DRAFT} AND NEW.statement_id = OLD.statement_id) OR ({SAME_CREDIT})",
            name="moves",
            reason="a credit of an issued statement makes only the moves of its table",
        ),
        FrozenWhen(
            "reports_claim",
            "OLD.state <> 'filed'",
            name="decided",
            reason="a claim is decided once",
        ),
        AppendOnly("reports_creditdecision"),
        AppendOnly("reports_statementfile"),
        AppendOnly("reports_posting"),
        AppendOnly("reports_journal"),
        AppendOnly("reports_exportedposting"),
        FrozenWhen(
            "reports_numberseries",
            "1 = 1",
            except_columns=("last",),
            name="kept",
            reason="a series of numbers is neither renamed nor deleted",
        ),
        Changes(
            "reports_numberseries",
            "NEW.last = OLD.last + 1",
            name="counts",
            reason="numbers follow each other by one",
        ),
        FrozenWhen(
            "reports_delivery",
            "OLD.sent_at IS NOT NULL",
            name="sent",
            reason="what went out went out",
        ),
    ]

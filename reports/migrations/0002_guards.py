"""What is issued stays: statements with their lines and credit, decisions, made files, number series."""

from django.db import migrations

from slaservice.history.database import AppendOnly, FrozenWhen, FrozenWith

ISSUED = "parent.state = 'issued'"


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
            reason="the credit of an issued statement is decided",
        ),
        AppendOnly("reports_creditdecision"),
        AppendOnly("reports_statementfile"),
        FrozenWhen(
            "reports_numberseries",
            "1 = 1",
            except_columns=("last",),
            name="kept",
            reason="a series of numbers is neither renamed nor deleted",
        ),
    ]

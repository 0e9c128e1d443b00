"""What was agreed stays: versions with their commitments are never edited, contracts change only in what operations change."""

from django.db import migrations

from slaservice.history.database import AppendOnly, FrozenWhen


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_exclusions"), ("history", "0002_guards_and_roles")]

    operations = [
        FrozenWhen(
            "accounts_contract",
            "1 = 1",
            ("title", "ends_at", "settling_days", "issues_by_itself"),
            name="agreed",
            reason="a contract keeps its customer, its number and its start, and none is deleted: end it",
        ),
        FrozenWhen(
            "accounts_contractversion",
            "1 = 1",
            ("ends_at",),
            name="agreed",
            reason="a version is never edited: what is agreed anew begins with a new one",
        ),
        AppendOnly("accounts_commitment"),
        AppendOnly("accounts_commitmentcomponent"),
        FrozenWhen(
            "accounts_billedamount",
            "1 = 1",
            ("amount_minor",),
            name="kept",
            reason="an amount is corrected and never moved or deleted",
        ),
    ]

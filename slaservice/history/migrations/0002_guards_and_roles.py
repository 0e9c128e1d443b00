"""History becomes append-only, and the roles become groups that an administrator can give to people."""

from typing import Any

from django.db import migrations

from slaservice.history.database import AppendOnly

ROLES = ("operator", "account manager", "finance clerk", "finance approver", "auditor", "administrator")


def create_roles(apps: Any, schema_editor: Any) -> None:
    groups = apps.get_model("auth", "Group").objects.using(schema_editor.connection.alias)
    for role in ROLES:
        groups.get_or_create(name=role)


class Migration(migrations.Migration):
    dependencies = [("history", "0001_entries"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        AppendOnly("history_entry"),
        migrations.RunPython(create_roles, migrations.RunPython.noop, elidable=False),
    ]

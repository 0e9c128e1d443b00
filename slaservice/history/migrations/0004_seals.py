"""Seals on the entries of history, append-only like them, and the row that whoever seals holds."""

from typing import Any

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

from slaservice.history.database import AppendOnly


def create_the_lock(apps: Any, schema_editor: Any) -> None:
    apps.get_model("history", "SealLock").objects.using(schema_editor.connection.alias).create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("history", "0003_keys_of_people_and_answers")]

    operations = [
        migrations.CreateModel(
            name="SealLock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("hash", models.CharField(max_length=64)),
                ("sealed_at", models.DateTimeField()),
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seal", to="history.entry"
                    ),
                ),
            ],
            options={
                "ordering": ["seq"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("seq__gte", 1)), name="seals_are_numbered_from_1"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.Exact(
                                django.db.models.functions.text.Length("hash"),
                                models.Value(64, output_field=models.IntegerField()),
                            )
                        ),
                        name="seal_hash_has_64_characters",
                    ),
                ],
            },
        ),
        AppendOnly("history_seal"),
        migrations.RunPython(create_the_lock, migrations.RunPython.noop, elidable=False),
        AppendOnly("history_seallock"),
    ]

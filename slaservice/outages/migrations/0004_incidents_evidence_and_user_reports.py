"""What operators say of an incident, files shown for windows, user reports; what was shown, counted or posted by hand stays."""

import datetime

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import slaservice.history.database


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("outages", "0003_gaps_and_request_counts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Evidence",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("media_type", models.CharField(blank=True, max_length=100)),
                ("name", models.CharField(max_length=200)),
                ("note", models.TextField(blank=True)),
                ("added_at", models.DateTimeField()),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="evidence",
                        to="outages.outagewindow",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "evidence",
                "ordering": ["added_at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("window", "sha256"), name="evidence_is_shown_once_for_a_window"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.Exact(
                                django.db.models.functions.text.Length("sha256"),
                                models.Value(64, output_field=models.IntegerField()),
                            )
                        ),
                        name="evidence_is_named_by_its_sha256",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("size__gte", 1), ("size__lte", 10000000)),
                        name="evidence_has_a_size_within_the_cap",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="evidence_name_is_not_blank"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("name"),
                                models.Value(200, output_field=models.IntegerField()),
                            )
                        ),
                        name="evidence_name_has_at_most_200_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("media_type"),
                                models.Value(100, output_field=models.IntegerField()),
                            )
                        ),
                        name="evidence_media_type_has_at_most_100_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("note"),
                                models.Value(4000, output_field=models.IntegerField()),
                            )
                        ),
                        name="evidence_note_has_at_most_4000_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("added_at__isnull", True),
                            models.Q(
                                ("added_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                ("added_at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ),
                            _connector="OR",
                        ),
                        name="evidence_lies_between_2000_and_2100",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="UserReports",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=60)),
                (
                    "channel",
                    models.CharField(
                        choices=[("website", "website"), ("app", "app"), ("api", "api")], max_length=20
                    ),
                ),
                ("start", models.DateTimeField()),
                ("seconds", models.PositiveIntegerField()),
                ("count", models.BigIntegerField()),
                ("recorded_at", models.DateTimeField()),
                (
                    "component",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="user_reports",
                        to="outages.component",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "user reports",
                "ordering": ["-start", "-id"],
                "indexes": [models.Index(fields=["-start", "-id"], name="user_reports_newest_first")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("component", "source", "channel", "start"),
                        name="user_reports_are_recorded_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ("website", "app", "api"))),
                        name="user_reports_channel_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seconds__gte", 1), ("seconds__lte", 86400)),
                        name="user_reports_last_a_second_to_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("count__gte", 0), ("count__lte", 1000000000000)),
                        name="user_reports_are_a_count",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True),
                        name="user_reports_source_is_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("source"),
                                models.Value(60, output_field=models.IntegerField()),
                            )
                        ),
                        name="user_reports_source_has_at_most_60_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("start__isnull", True),
                                models.Q(
                                    ("start__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                    ("start__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("recorded_at__isnull", True),
                                models.Q(
                                    (
                                        "recorded_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "recorded_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="user_reports_lies_between_2000_and_2100",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="incident",
            name="postmortem",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="incident",
            name="postmortem_url",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="incident",
            name="public_impact",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="incident",
            name="root_cause",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="incidentupdate",
            name="by_hand",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="incidentupdate",
            name="posted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("postmortem_url"),
                        models.Value(500, output_field=models.IntegerField()),
                    )
                ),
                name="incident_postmortem_link_has_at_most_500_characters",
            ),
        ),
        migrations.AddConstraint(
            model_name="incident",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("public_impact"),
                        models.Value(20000, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("root_cause"),
                        models.Value(20000, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("postmortem"),
                        models.Value(20000, output_field=models.IntegerField()),
                    ),
                ),
                name="incident_story_has_at_most_20000_characters",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentupdate",
            constraint=models.CheckConstraint(
                condition=models.Q(("by_hand", True), ("posted_by__isnull", True), _connector="OR"),
                name="incident_update_of_a_feed_is_posted_by_nobody_here",
            ),
        ),
        slaservice.history.database.AppendOnly(
            table="outages_evidence",
        ),
        slaservice.history.database.AppendOnly(
            table="outages_userreports",
        ),
        slaservice.history.database.FrozenWhen(
            table="outages_incidentupdate",
            condition="OLD.by_hand",
            name="by_hand",
            reason="what a person posted stays as it was posted; another update says it better",
        ),
    ]

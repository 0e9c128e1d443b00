"""Feeds that are polled, what their components were at, hooks and their messages: the last two never change once written."""

import datetime

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models

from slaservice.history.database import AppendOnly, FrozenWhen

_PROCESSING = ("due_at", "processed_at", "attempts", "outcome")


class Migration(migrations.Migration):
    dependencies = [
        ("outages", "0004_incidents_evidence_and_user_reports"),
    ]

    operations = [
        migrations.CreateModel(
            name="Hook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.SlugField(max_length=60, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("alertmanager", "Prometheus Alertmanager"),
                            ("pagerduty", "PagerDuty"),
                            ("statuspage", "Statuspage's subscriber messages"),
                        ],
                        max_length=20,
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("token_hmac", models.CharField(blank=True, max_length=64)),
                ("component_label", models.CharField(default="component", max_length=100)),
                ("severity", models.CharField(default="major_outage", max_length=60)),
                ("severities", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="ComponentStatus",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=60)),
                ("external_id", models.CharField(max_length=200)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("status", models.CharField(max_length=60)),
                ("at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                (
                    "seen_in",
                    models.CharField(
                        choices=[("summary", "the summary"), ("pushed", "a message")], max_length=10
                    ),
                ),
                ("event_id", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name_plural": "component statuses",
                "ordering": ["-at", "-id"],
                "indexes": [
                    models.Index(fields=["source", "external_id", "-at"], name="statuses_of_one_component")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("event_id", ""), _negated=True),
                        fields=("source", "event_id"),
                        name="component_status_is_recorded_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", ""), _negated=True),
                            models.Q(("external_id", ""), _negated=True),
                            models.Q(("status", ""), _negated=True),
                        ),
                        name="component_status_is_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("source"),
                                models.Value(60, output_field=models.IntegerField()),
                            ),
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("status"),
                                models.Value(60, output_field=models.IntegerField()),
                            ),
                        ),
                        name="component_status_word_has_at_most_60_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("external_id"),
                                models.Value(200, output_field=models.IntegerField()),
                            ),
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("name"),
                                models.Value(200, output_field=models.IntegerField()),
                            ),
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("event_id"),
                                models.Value(200, output_field=models.IntegerField()),
                            ),
                        ),
                        name="component_status_text_has_at_most_200_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("at__isnull", True),
                                models.Q(
                                    ("at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                    ("at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("seen_at__isnull", True),
                                models.Q(
                                    (
                                        "seen_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    ("seen_at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="component_status_lies_between_2000_and_2100",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="HookTier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "hook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="outages.hook"
                    ),
                ),
                (
                    "tier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outages.customertier",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="hook",
            name="tiers",
            field=models.ManyToManyField(
                blank=True, related_name="+", through="outages.HookTier", to="outages.customertier"
            ),
        ),
        migrations.CreateModel(
            name="PolledFeed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("source", models.CharField(max_length=60, unique=True)),
                ("url", models.CharField(max_length=500)),
                ("enabled", models.BooleanField(default=True)),
                ("seconds", models.PositiveIntegerField(default=300)),
                ("due_at", models.DateTimeField()),
                ("polled_at", models.DateTimeField(blank=True, null=True)),
                ("succeeded_at", models.DateTimeField(blank=True, null=True)),
                ("failed_at", models.DateTimeField(blank=True, null=True)),
                ("failure", models.TextField(blank=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("questions", models.JSONField(blank=True, default=dict)),
                ("validators", models.JSONField(blank=True, default=dict)),
                ("looked_back_to", models.BigIntegerField(default=0)),
            ],
            options={
                "ordering": ["source"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("source", ""), _negated=True), models.Q(("url", ""), _negated=True)
                        ),
                        name="polled_feed_is_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("source"),
                                models.Value(60, output_field=models.IntegerField()),
                            )
                        ),
                        name="polled_feed_source_has_at_most_60_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("url"),
                                models.Value(500, output_field=models.IntegerField()),
                            )
                        ),
                        name="polled_feed_url_has_at_most_500_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seconds__gte", 30), ("seconds__lte", 86400)),
                        name="polled_feed_is_polled_every_30_seconds_to_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("due_at__isnull", True),
                                models.Q(
                                    ("due_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                    ("due_at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("polled_at__isnull", True),
                                models.Q(
                                    (
                                        "polled_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "polled_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("succeeded_at__isnull", True),
                                models.Q(
                                    (
                                        "succeeded_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "succeeded_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("failed_at__isnull", True),
                                models.Q(
                                    (
                                        "failed_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "failed_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="polled_feed_lies_between_2000_and_2100",
                    ),
                ],
            },
        ),
        migrations.AddField(
            model_name="hook",
            name="feed",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="hooks",
                to="outages.polledfeed",
            ),
        ),
        migrations.CreateModel(
            name="HookMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=200)),
                ("subject", models.CharField(blank=True, max_length=200)),
                ("body", models.BinaryField()),
                ("sha256", models.CharField(max_length=64)),
                ("received_at", models.DateTimeField()),
                ("due_at", models.DateTimeField()),
                ("processed_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("outcome", models.TextField(blank=True)),
                (
                    "waits_for",
                    models.ManyToManyField(blank=True, related_name="+", to="outages.feedcomponent"),
                ),
                (
                    "hook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="outages.hook",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("processed_at__isnull", True)),
                        fields=["id"],
                        name="hook_messages_owed",
                    ),
                    models.Index(fields=["hook", "subject"], name="hook_messages_about_one_thing"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("hook", "key"), name="hook_message_is_received_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("key", ""), _negated=True), models.Q(("sha256", ""), _negated=True)
                        ),
                        name="hook_message_is_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("key"),
                                models.Value(200, output_field=models.IntegerField()),
                            ),
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("subject"),
                                models.Value(200, output_field=models.IntegerField()),
                            ),
                        ),
                        name="hook_message_text_has_at_most_200_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("received_at__isnull", True),
                                models.Q(
                                    (
                                        "received_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "received_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("due_at__isnull", True),
                                models.Q(
                                    ("due_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                    ("due_at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("processed_at__isnull", True),
                                models.Q(
                                    (
                                        "processed_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "processed_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="hook_message_lies_between_2000_and_2100",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="hooktier",
            constraint=models.UniqueConstraint(fields=("hook", "tier"), name="hook_names_a_tier_once"),
        ),
        migrations.AddConstraint(
            model_name="hook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("name", ""), _negated=True), models.Q(("severity", ""), _negated=True)
                ),
                name="hook_is_not_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="hook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("name"),
                        models.Value(60, output_field=models.IntegerField()),
                    ),
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("severity"),
                        models.Value(60, output_field=models.IntegerField()),
                    ),
                ),
                name="hook_name_has_at_most_60_characters",
            ),
        ),
        migrations.AddConstraint(
            model_name="hook",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["alertmanager", "pagerduty", "statuspage"])),
                name="hook_kind_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="hook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "statuspage"), _negated=True), ("feed__isnull", False), _connector="OR"
                ),
                name="hook_of_a_page_names_its_feed",
            ),
        ),
        AppendOnly("outages_componentstatus"),
        FrozenWhen(
            "outages_hookmessage",
            "1 = 1",
            _PROCESSING,
            reason="a message stays as it was received, and is never deleted",
        ),
    ]

"""Gaps of the measurement and request counts. What was decided or recorded stays; only its end may still be written, once."""

import datetime

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import slaservice.outages.models.identifiers
from slaservice.history.database import FrozenWhen

_END_OF_LIFE = ("state", "closed_at", "closed_by_id", "close_reason")


class Migration(migrations.Migration):
    dependencies = [
        ("outages", "0002_guards"),
        ("history", "0002_guards_and_roles"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MeasurementGap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=slaservice.outages.models.identifiers.gap_id, editable=False, max_length=40
                    ),
                ),
                ("reference", models.CharField(max_length=200, unique=True)),
                ("revision", models.PositiveIntegerField(default=1)),
                ("source", models.CharField(max_length=60)),
                ("external_id", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "proposed"),
                            ("confirmed", "confirmed"),
                            ("withdrawn", "withdrawn"),
                            ("superseded", "superseded"),
                        ],
                        default="proposed",
                        max_length=20,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("proposed_at", models.DateTimeField()),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("close_reason", models.TextField(blank=True)),
                ("start", models.DateTimeField()),
                ("end", models.DateTimeField(blank=True, null=True)),
                ("cause", models.TextField()),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "component",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="gaps",
                        to="outages.component",
                    ),
                ),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="outages.measurementgap",
                    ),
                ),
            ],
            options={
                "verbose_name": "gap of the measurement",
                "verbose_name_plural": "gaps of the measurement",
                "ordering": ["-start", "reference"],
                "indexes": [
                    models.Index(fields=["start"], name="measurement_gaps_by_start"),
                    models.Index(fields=["-start", "reference"], name="measurement_gaps_newest_first"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("end__isnull", True), ("end__gt", models.F("start")), _connector="OR"
                        ),
                        name="measurement_gap_ends_after_it_starts",
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
                                ("end__isnull", True),
                                models.Q(
                                    ("end__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                    ("end__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="measurement_gap_lies_between_2000_and_2100",
                    ),
                    models.UniqueConstraint(
                        fields=("public_id", "revision"),
                        name="measurement_gap_public_id_names_a_revision_once",
                    ),
                    models.UniqueConstraint(
                        fields=("source", "external_id", "revision"), name="measurement_gap_is_recorded_once"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("confirmed_at__isnull", False)),
                        fields=("supersedes",),
                        name="measurement_gap_is_superseded_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("state", "proposed")),
                        fields=("supersedes",),
                        name="measurement_gap_has_one_proposed_correction",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("revision__gte", 1)), name="measurement_gap_revisions_start_at_1"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("supersedes__isnull", True), ("revision__gte", 2), _connector="OR"
                        ),
                        name="measurement_gap_supersedes_an_earlier_revision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("proposed", "confirmed", "withdrawn", "superseded"))
                        ),
                        name="measurement_gap_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "proposed"), ("confirmed_at__isnull", True)),
                            models.Q(("state", "proposed"), _negated=True),
                            _connector="OR",
                        ),
                        name="measurement_gap_is_not_confirmed_while_proposed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "confirmed"), _negated=True),
                            ("confirmed_at__isnull", False),
                            _connector="OR",
                        ),
                        name="measurement_gap_was_confirmed_at_a_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("state__in", ("withdrawn", "superseded")),
                                ("closed_at__isnull", False),
                                models.Q(("close_reason", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("state__in", ("withdrawn", "superseded")), _negated=True),
                                ("closed_at__isnull", True),
                                ("close_reason", ""),
                            ),
                            _connector="OR",
                        ),
                        name="measurement_gap_is_closed_at_a_time_for_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_at__isnull", False),
                                ("confirmed_by__isnull", True),
                                _connector="OR",
                            ),
                            models.Q(
                                ("closed_at__isnull", False), ("closed_by__isnull", True), _connector="OR"
                            ),
                        ),
                        name="measurement_gap_names_nobody_for_what_was_not_done",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("confirmed_at__isnull", True),
                                ("confirmed_at__gte", models.F("proposed_at")),
                                _connector="OR",
                            ),
                            models.Q(
                                ("closed_at__isnull", True),
                                ("closed_at__gte", models.F("proposed_at")),
                                _connector="OR",
                            ),
                            models.Q(
                                ("closed_at__isnull", True),
                                ("confirmed_at__isnull", True),
                                ("closed_at__gte", models.F("confirmed_at")),
                                _connector="OR",
                            ),
                        ),
                        name="measurement_gap_goes_forward_in_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("proposed_at__isnull", True),
                                models.Q(
                                    (
                                        "proposed_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "proposed_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("confirmed_at__isnull", True),
                                models.Q(
                                    (
                                        "confirmed_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "confirmed_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                ("closed_at__isnull", True),
                                models.Q(
                                    (
                                        "closed_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "closed_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="measurement_gap_record_lies_between_2000_and_2100",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("reference", ""), _negated=True),
                            models.Q(("source", ""), _negated=True),
                            models.Q(("external_id", ""), _negated=True),
                        ),
                        name="measurement_gap_reference_is_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("reference"),
                                models.Value(200, output_field=models.IntegerField()),
                            ),
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("external_id"),
                                models.Value(200, output_field=models.IntegerField()),
                            ),
                        ),
                        name="measurement_gap_reference_has_at_most_200_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("source"),
                                models.Value(60, output_field=models.IntegerField()),
                            )
                        ),
                        name="measurement_gap_source_has_at_most_60_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("note"),
                                models.Value(4000, output_field=models.IntegerField()),
                            ),
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("close_reason"),
                                models.Value(4000, output_field=models.IntegerField()),
                            ),
                        ),
                        name="measurement_gap_text_has_at_most_4000_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("cause", ""), _negated=True),
                        name="measurement_gap_cause_is_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("cause"),
                                models.Value(4000, output_field=models.IntegerField()),
                            )
                        ),
                        name="measurement_gap_cause_has_at_most_4000_characters",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start", models.DateTimeField()),
                ("seconds", models.PositiveIntegerField()),
                ("total", models.BigIntegerField()),
                ("failed", models.BigIntegerField()),
                ("revision", models.PositiveIntegerField(default=1)),
                ("source", models.CharField(max_length=60)),
                ("recorded_at", models.DateTimeField()),
                ("reason", models.TextField(blank=True)),
                ("replaced_at", models.DateTimeField(blank=True, null=True)),
                (
                    "component",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request_counts",
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
                (
                    "tier",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="request_counts",
                        to="outages.customertier",
                    ),
                ),
            ],
            options={
                "ordering": ["component", "tier", "start", "revision"],
                "indexes": [models.Index(fields=["-start", "-id"], name="request_counts_newest_first")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("component", "tier", "start", "revision"),
                        name="request_count_is_recorded_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("replaced_at__isnull", True)),
                        fields=("component", "tier", "start"),
                        name="request_count_has_one_revision_that_counts",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seconds__gte", 1), ("seconds__lte", 2678400)),
                        name="request_count_lasts_a_second_to_31_days",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("failed__gte", 0),
                            ("failed__lte", models.F("total")),
                            ("total__lte", 1000000000000000),
                        ),
                        name="request_count_fails_at_most_all_of_its_requests",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("revision", 1),
                            models.Q(("revision__gte", 2), models.Q(("reason", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="request_count_is_corrected_for_a_reason",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("replaced_at__isnull", True),
                            ("replaced_at__gte", models.F("recorded_at")),
                            _connector="OR",
                        ),
                        name="request_count_goes_forward_in_time",
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
                            models.Q(
                                ("replaced_at__isnull", True),
                                models.Q(
                                    (
                                        "replaced_at__gte",
                                        datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                    (
                                        "replaced_at__lt",
                                        datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC),
                                    ),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="request_count_lies_between_2000_and_2100",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source", ""), _negated=True),
                        name="request_count_source_is_not_blank",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("source"),
                                models.Value(60, output_field=models.IntegerField()),
                            )
                        ),
                        name="request_count_source_has_at_most_60_characters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            django.db.models.lookups.LessThanOrEqual(
                                django.db.models.functions.text.Length("reason"),
                                models.Value(4000, output_field=models.IntegerField()),
                            )
                        ),
                        name="request_count_reason_has_at_most_4000_characters",
                    ),
                ],
            },
        ),
        FrozenWhen(
            "outages_measurementgap",
            "OLD.state <> 'proposed'",
            _END_OF_LIFE,
            reason="a fact that is no longer proposed is never changed or deleted; a correction is a new revision",
        ),
        FrozenWhen(
            "outages_measurementgap",
            "OLD.state IN ('withdrawn', 'superseded')",
            name="closed",
            reason="what was withdrawn or superseded stays so",
        ),
        FrozenWhen(
            "outages_requestcount",
            "1 = 1",
            ("replaced_at",),
            reason="a count is never changed or deleted; a correction is a new revision",
        ),
        FrozenWhen(
            "outages_requestcount",
            "OLD.replaced_at IS NOT NULL",
            name="closed",
            reason="what was replaced stays so",
        ),
    ]

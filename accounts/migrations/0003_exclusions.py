"""Exclusions. What one says never changes; what was decided stays, and only its end may still be written, once."""

import datetime

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

from slaservice.history.database import AppendOnly, FrozenWhen, FrozenWith

_END = ("state", "closed_at", "closed_by_id", "close_reason", "stops_at")
_DECISION = ("approved_at", "approved_by_id")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_versions"),
        ("outages", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Exclusion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("reference", models.CharField(max_length=40, unique=True)),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("customer_caused", "caused by the customer"),
                            ("third_party", "caused by a third party"),
                            ("force_majeure", "force majeure"),
                            ("beta", "beta feature"),
                            ("suspension", "suspension of the service"),
                        ],
                        max_length=40,
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(blank=True, null=True)),
                ("clause", models.CharField(max_length=60)),
                ("justification", models.TextField()),
                ("evidence_url", models.CharField(blank=True, max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "proposed"),
                            ("approved", "approved"),
                            ("rejected", "rejected"),
                            ("ended", "ended"),
                        ],
                        default="proposed",
                        max_length=20,
                    ),
                ),
                ("proposed_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("close_reason", models.TextField(blank=True)),
                ("stops_at", models.DateTimeField(blank=True, null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="outages.component",
                    ),
                ),
                (
                    "contract",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exclusions",
                        to="accounts.contract",
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-starts_at", "reference"],
            },
        ),
        migrations.CreateModel(
            name="ExclusionTier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "exclusion",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.exclusion"
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
            model_name="exclusion",
            name="tiers",
            field=models.ManyToManyField(
                related_name="+", through="accounts.ExclusionTier", to="outages.customertier"
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusiontier",
            constraint=models.UniqueConstraint(
                fields=("exclusion", "tier"), name="an_exclusion_names_a_tier_once"
            ),
        ),
        migrations.AddIndex(
            model_name="exclusion",
            index=models.Index(fields=["-starts_at", "reference"], name="exclusions_newest_first"),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                ),
                name="exclusion_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                    ("starts_at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                    models.Q(
                        ("ends_at__isnull", True),
                        models.Q(
                            ("ends_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("ends_at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                ),
                name="exclusion_lies_between_2000_and_2100",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("state", "proposed"),
                        ("approved_at__isnull", True),
                        ("approved_by__isnull", True),
                        ("close_reason", ""),
                        ("closed_at__isnull", True),
                        ("closed_by__isnull", True),
                        models.Q(("stops_at__isnull", False), _negated=True),
                    ),
                    models.Q(
                        ("state", "approved"),
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("close_reason", ""),
                        ("closed_at__isnull", True),
                        ("closed_by__isnull", True),
                        models.Q(("stops_at__isnull", False), _negated=True),
                    ),
                    models.Q(
                        ("state", "rejected"),
                        ("approved_at__isnull", True),
                        ("approved_by__isnull", True),
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        models.Q(("close_reason", ""), _negated=True),
                        models.Q(("stops_at__isnull", False), _negated=True),
                    ),
                    models.Q(
                        ("state", "ended"),
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        ("closed_at__isnull", False),
                        ("closed_by__isnull", False),
                        models.Q(("close_reason", ""), _negated=True),
                        ("stops_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="exclusion_state_says_what_was_done",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_by__isnull", True),
                    models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                    _connector="OR",
                ),
                name="exclusion_is_approved_by_another_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("approved_at__isnull", True),
                        ("approved_at__gte", models.F("proposed_at")),
                        _connector="OR",
                    ),
                    models.Q(
                        ("closed_at__isnull", True),
                        ("closed_at__gte", models.F("proposed_at")),
                        _connector="OR",
                    ),
                    models.Q(
                        ("closed_at__isnull", True),
                        ("approved_at__isnull", True),
                        ("closed_at__gte", models.F("approved_at")),
                        _connector="OR",
                    ),
                ),
                name="exclusion_goes_forward_in_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("stops_at__isnull", True),
                    models.Q(
                        ("stops_at__gte", models.F("starts_at")),
                        models.Q(
                            ("ends_at__isnull", True), ("stops_at__lte", models.F("ends_at")), _connector="OR"
                        ),
                    ),
                    _connector="OR",
                ),
                name="exclusion_stops_within_its_span",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("proposed_at__isnull", True),
                        models.Q(
                            ("proposed_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("proposed_at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("approved_at__isnull", True),
                        models.Q(
                            ("approved_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("approved_at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                    models.Q(
                        ("closed_at__isnull", True),
                        models.Q(
                            ("closed_at__gte", datetime.datetime(2000, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                            ("closed_at__lt", datetime.datetime(2100, 1, 1, 0, 0, tzinfo=datetime.UTC)),
                        ),
                        _connector="OR",
                    ),
                ),
                name="exclusion_record_lies_between_2000_and_2100",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "category__in",
                        ["customer_caused", "third_party", "force_majeure", "beta", "suspension"],
                    )
                ),
                name="exclusion_category_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ("proposed", "approved", "rejected", "ended"))),
                name="exclusion_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("reference", ""), _negated=True), name="exclusion_reference_is_not_blank"
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("clause", ""), _negated=True), name="exclusion_clause_is_not_blank"
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(("justification", ""), _negated=True),
                name="exclusion_justification_is_not_blank",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("reference"),
                        models.Value(40, output_field=models.IntegerField()),
                    )
                ),
                name="exclusion_reference_has_at_most_40_characters",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("clause"),
                        models.Value(60, output_field=models.IntegerField()),
                    )
                ),
                name="exclusion_clause_has_at_most_60_characters",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("justification"),
                        models.Value(2000, output_field=models.IntegerField()),
                    )
                ),
                name="exclusion_justification_has_at_most_2000_characters",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("evidence_url"),
                        models.Value(500, output_field=models.IntegerField()),
                    )
                ),
                name="exclusion_evidence_has_at_most_500_characters",
            ),
        ),
        migrations.AddConstraint(
            model_name="exclusion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    django.db.models.lookups.LessThanOrEqual(
                        django.db.models.functions.text.Length("close_reason"),
                        models.Value(4000, output_field=models.IntegerField()),
                    )
                ),
                name="exclusion_close_reason_has_at_most_4000_characters",
            ),
        ),
        FrozenWhen(
            "accounts_exclusion",
            "1 = 1",
            (*_DECISION, *_END),
            name="facts",
            reason="what an exclusion says is never changed, and none is deleted: end it and propose another",
        ),
        FrozenWhen(
            "accounts_exclusion",
            "OLD.state <> 'proposed'",
            _END,
            name="decided",
            reason="what was decided stays decided",
        ),
        FrozenWhen(
            "accounts_exclusion",
            "OLD.state IN ('rejected', 'ended')",
            name="closed",
            reason="what was rejected or ended stays so",
        ),
        AppendOnly("accounts_exclusiontier"),
        FrozenWith(
            "accounts_exclusiontier",
            "accounts_exclusion",
            "exclusion_id",
            "parent.state <> 'proposed'",
            reason="the tiers of an exclusion that was decided never change",
        ),
    ]

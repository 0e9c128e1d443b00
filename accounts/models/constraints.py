"""Checks that several tables share: a span ends after it starts, every instant lies in this century, text has a length.

SQLite enforces neither the length of a text nor a range of instants, so both are said to the database.
"""

from datetime import UTC, datetime

from django.db.models import CheckConstraint, F, IntegerField, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact, LessThanOrEqual

FIRST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2100, 1, 1, tzinfo=UTC)

MOST_MINOR_UNITS = 10**15
"""The largest amount of money, in minor units; with it no sum of a million rows leaves a BIGINT."""


def _in_the_century(field: str) -> Q:
    return Q(**{f"{field}__gte": FIRST_INSTANT, f"{field}__lt": LAST_INSTANT})


def ends_after_it_starts(name: str) -> CheckConstraint:
    """`name`_ends_after_it_starts, for `starts_at` and a nullable `ends_at`."""
    return CheckConstraint(
        condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")), name=f"{name}_ends_after_it_starts"
    )


def span_within_the_century(name: str) -> CheckConstraint:
    """`name`_lies_between_2000_and_2100, for `starts_at` and a nullable `ends_at`."""
    return CheckConstraint(
        condition=_in_the_century("starts_at") & (Q(ends_at__isnull=True) | _in_the_century("ends_at")),
        name=f"{name}_lies_between_2000_and_2100",
    )


def instant_within_the_century(field: str, *, name: str) -> CheckConstraint:
    """`name`_lies_between_2000_and_2100, for one instant."""
    return CheckConstraint(condition=_in_the_century(field), name=f"{name}_lies_between_2000_and_2100")


def not_blank(field: str, *, name: str) -> CheckConstraint:
    """`name`_is_not_blank."""
    return CheckConstraint(condition=~Q(**{field: ""}), name=f"{name}_is_not_blank")


def no_longer_than(length: int, field: str, *, name: str) -> CheckConstraint:
    """`name`_has_at_most_`length`_characters."""
    return CheckConstraint(
        condition=Q(LessThanOrEqual(Length(field), Value(length, output_field=IntegerField()))),
        name=f"{name}_has_at_most_{length}_characters",
    )


def exactly_as_long_as(length: int, field: str, *, name: str) -> CheckConstraint:
    """`name`_has_`length`_characters."""
    return CheckConstraint(
        condition=Q(Exact(Length(field), Value(length, output_field=IntegerField()))),
        name=f"{name}_has_{length}_characters",
    )


def amount_in_bounds(field: str, *, name: str) -> CheckConstraint:
    """`name`_is_between_0_and_10_to_the_15, or null."""
    return CheckConstraint(
        condition=Q(**{f"{field}__isnull": True})
        | Q(**{f"{field}__gte": 0, f"{field}__lte": MOST_MINOR_UNITS}),
        name=f"{name}_is_between_0_and_10_to_the_15",
    )

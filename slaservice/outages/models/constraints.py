"""Checks that several tables share: a span ends after it starts, every instant lies in this century, text has a length,
and the state of a recorded fact agrees with who did what to it when.

SQLite enforces neither the length of a text nor a range of instants, so both are said to the database.
"""

from datetime import UTC, datetime

from django.db.models import BaseConstraint, CheckConstraint, F, IntegerField, Q, UniqueConstraint, Value
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

FIRST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2100, 1, 1, tzinfo=UTC)

PROPOSED, CONFIRMED, WITHDRAWN, SUPERSEDED = STATES = ("proposed", "confirmed", "withdrawn", "superseded")


def within_the_century(*fields: str, name: str) -> CheckConstraint:
    """`name`_lies_between_2000_and_2100: each of these instants, or null."""
    condition = Q()
    for field in fields:
        inside = Q(**{f"{field}__gte": FIRST_INSTANT, f"{field}__lt": LAST_INSTANT})
        condition &= Q(**{f"{field}__isnull": True}) | inside
    return CheckConstraint(condition=condition, name=f"{name}_lies_between_2000_and_2100")


def span(name: str) -> list[BaseConstraint]:
    """`start` and `end` (null: still open) are half-open, in order and in this century."""
    return [
        CheckConstraint(
            condition=Q(end__isnull=True) | Q(end__gt=F("start")), name=f"{name}_ends_after_it_starts"
        ),
        within_the_century("start", "end", name=name),
    ]


def not_blank(*fields: str, name: str) -> CheckConstraint:
    """`name`_is_not_blank: none of these texts is empty."""
    condition = Q()
    for field in fields:
        condition &= ~Q(**{field: ""})
    return CheckConstraint(condition=condition, name=f"{name}_is_not_blank")


def no_longer_than(length: int, *fields: str, name: str) -> CheckConstraint:
    """`name`_has_at_most_`length`_characters: each of these texts."""
    condition = Q()
    for field in fields:
        condition &= Q(LessThanOrEqual(Length(field), Value(length, output_field=IntegerField())))
    return CheckConstraint(condition=condition, name=f"{name}_has_at_most_{length}_characters")


def life(name: str) -> list[BaseConstraint]:
    """A fact is proposed, then confirmed or not, then perhaps closed (withdrawn or superseded); time and order fit."""
    closed = Q(state__in=(WITHDRAWN, SUPERSEDED))
    return [
        UniqueConstraint(fields=["source", "external_id", "revision"], name=f"{name}_is_recorded_once"),
        UniqueConstraint(fields=["public_id", "revision"], name=f"{name}_public_id_names_a_revision_once"),
        UniqueConstraint(
            fields=["supersedes"], condition=Q(confirmed_at__isnull=False), name=f"{name}_is_superseded_once"
        ),
        UniqueConstraint(
            fields=["supersedes"], condition=Q(state=PROPOSED), name=f"{name}_has_one_proposed_correction"
        ),
        CheckConstraint(condition=Q(revision__gte=1), name=f"{name}_revisions_start_at_1"),
        CheckConstraint(
            condition=Q(supersedes__isnull=True) | Q(revision__gte=2),
            name=f"{name}_supersedes_an_earlier_revision",
        ),
        CheckConstraint(condition=Q(state__in=STATES), name=f"{name}_state_is_known"),
        CheckConstraint(
            condition=(Q(state=PROPOSED) & Q(confirmed_at__isnull=True)) | ~Q(state=PROPOSED),
            name=f"{name}_is_not_confirmed_while_proposed",
        ),
        CheckConstraint(
            condition=~Q(state=CONFIRMED) | Q(confirmed_at__isnull=False),
            name=f"{name}_was_confirmed_at_a_time",
        ),
        CheckConstraint(
            condition=(closed & Q(closed_at__isnull=False) & ~Q(close_reason=""))
            | (~closed & Q(closed_at__isnull=True) & Q(close_reason="")),
            name=f"{name}_is_closed_at_a_time_for_a_reason",
        ),
        CheckConstraint(
            condition=(Q(confirmed_at__isnull=False) | Q(confirmed_by__isnull=True))
            & (Q(closed_at__isnull=False) | Q(closed_by__isnull=True)),
            name=f"{name}_names_nobody_for_what_was_not_done",
        ),
        CheckConstraint(
            condition=(Q(confirmed_at__isnull=True) | Q(confirmed_at__gte=F("proposed_at")))
            & (Q(closed_at__isnull=True) | Q(closed_at__gte=F("proposed_at")))
            & (
                Q(closed_at__isnull=True) | Q(confirmed_at__isnull=True) | Q(closed_at__gte=F("confirmed_at"))
            ),
            name=f"{name}_goes_forward_in_time",
        ),
        within_the_century("proposed_at", "confirmed_at", "closed_at", name=f"{name}_record"),
        not_blank("reference", "source", "external_id", name=f"{name}_reference"),
        no_longer_than(200, "reference", "external_id", name=f"{name}_reference"),
        no_longer_than(60, "source", name=f"{name}_source"),
        no_longer_than(4000, "note", "close_reason", name=f"{name}_text"),
    ]

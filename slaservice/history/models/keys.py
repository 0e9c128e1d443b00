"""Keys that programs call with. Only a keyed hash of a key is kept, so a copy of the database opens nothing."""

from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import F, IntegerField, Q, Value
from django.db.models.functions import Length
from django.db.models.lookups import Exact, LessThanOrEqual


class Key(models.Model):
    """What every key has. Revoked and expired keys stay, so that history can name them."""

    prefix = models.CharField(max_length=8, unique=True)
    secret_hash = models.CharField(max_length=64)
    label = models.CharField(max_length=120)
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


def _length(field: str, of: int) -> Exact:
    return Exact(Length(field), Value(of, output_field=IntegerField()))


class PersonKey(Key):
    """A key that acts as a person: it does what its `scopes` name and the person's roles allow, never more than either.

    `scopes` are rows of the table of roles (`outages.propose`).
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="keys")
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["person", "-created_at", "-id"]
        verbose_name = "key of a person"
        verbose_name_plural = "keys of people"
        constraints = [
            models.CheckConstraint(
                condition=Q(_length("prefix", 8)), name="person_key_prefix_has_8_characters"
            ),
            models.CheckConstraint(
                condition=Q(_length("secret_hash", 64)), name="person_key_secret_hash_has_64_characters"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="person_key_expires_after_it_was_made"
            ),
            models.CheckConstraint(
                condition=Q(
                    created_at__gte=datetime(2000, 1, 1, tzinfo=UTC),
                    expires_at__lt=datetime(2100, 1, 1, tzinfo=UTC),
                ),
                name="person_key_lies_between_2000_and_2100",
            ),
            models.CheckConstraint(
                condition=~Q(label="")
                & Q(LessThanOrEqual(Length("label"), Value(120, output_field=IntegerField()))),
                name="person_key_label_has_1_to_120_characters",
            ),
        ]

    def __str__(self) -> str:
        return f"slp_{self.prefix}_…"

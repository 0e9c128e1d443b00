"""Seals: the chain that shows that nobody rewrote history, put on entries after they are there.

An entry is sealed by a sweep and not by its writer, so that writers never wait for each other, and so that the order is the
one in which entries became visible: whoever reads seals in their order misses no entry that was committed late.
"""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

from slaservice.history.models.entries import Entry


class Seal(models.Model):
    """Entry number `seq` of the chain: 1, 2, 3 and so on without a gap, never rewritten.

    `hash` is the SHA-256 of the entry, of this row and of the hash before it (slaservice/history/sealing.py).
    """

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="seal")
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.CheckConstraint(condition=Q(seq__gte=1), name="seals_are_numbered_from_1"),
            models.CheckConstraint(
                condition=Q(Exact(Length("hash"), models.Value(64, output_field=models.IntegerField()))),
                name="seal_hash_has_64_characters",
            ),
        ]

    def __str__(self) -> str:
        return f"seal {self.seq}"


class SealLock(models.Model):
    """One row, which whoever seals holds: two at once would want the same number."""

    def __str__(self) -> str:
        return "held by whoever seals"

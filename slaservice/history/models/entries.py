"""One entry for each thing that somebody, or the system, did. Written in the transaction of the change itself.

A table of our own, because a log that hooks into `save()` misses `update()` and `bulk_create()`, and because nobody may
rewrite it: the database refuses any UPDATE, DELETE and TRUNCATE (slaservice/history/database.py).
"""

from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from slaservice.history.people import name_of


class Entry(models.Model):
    """`actor` did `action` to the object `object_type` `object_id` at `at`, for `reason`; null actor: the system.

    `action` names a permission or a finer step of it (`outages.confirm`); `data` holds what changed, as JSON, usually
    `{"before": {...}, "after": {...}}`. Whoever acts for somebody outside stands beside their name: `on_behalf_of`.
    """

    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    on_behalf_of = models.CharField(max_length=200, blank=True)
    action = models.CharField(max_length=100)
    object_type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=64)
    reason = models.TextField(blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name_plural = "entries"
        indexes = [
            # queries.history_of: the page of one object
            models.Index(fields=["object_type", "object_id", "at"], name="history_of_one_object"),
            # the list in the admin, newest first
            models.Index(fields=["-at", "-id"], name="history_newest_first"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(action="") & ~Q(object_type="") & ~Q(object_id=""),
                name="history_entry_names_action_and_object",
            ),
            models.CheckConstraint(
                condition=Q(
                    at__gte=datetime(2000, 1, 1, tzinfo=UTC), at__lt=datetime(2100, 1, 1, tzinfo=UTC)
                ),
                name="history_entry_lies_between_2000_and_2100",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.object_type} {self.object_id}"

    @property
    def who(self) -> str:
        """'Jane Doe'; 'Jane Doe for John Roe, Koyo Ltd.', both names, where she acted for somebody outside; or 'the system'."""
        name = name_of(self.actor)
        return f"{name} for {self.on_behalf_of}" if self.on_behalf_of else name

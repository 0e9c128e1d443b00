"""API keys of customers. Only a keyed hash of a key is kept, so a copy of the database opens nothing.

A key is `sla_<8 letters and digits>_<43 characters>`; the first part names it, the second is 256 random bits.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models.constraints import exactly_as_long_as, no_longer_than, not_blank
from accounts.models.customers import Customer

SCOPES = {
    "statements:read": "list and fetch issued statements, as JSON and as PDF",
}
"""What a key may be allowed, in words."""


class ApiKey(models.Model):
    """One key of one customer. Revoked and expired keys stay, so that history can name them."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="api_keys")
    prefix = models.CharField(max_length=8, unique=True)
    secret_hash = models.CharField(max_length=64)
    label = models.CharField(max_length=120)
    scopes = models.JSONField()
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["customer", "-created_at", "-id"]
        verbose_name = "API key"
        constraints = [
            exactly_as_long_as(8, "prefix", name="api_key_prefix"),
            exactly_as_long_as(64, "secret_hash", name="api_key_secret_hash"),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")),
                name="api_key_expires_after_it_was_made",
            ),
            not_blank("label", name="api_key_label"),
            no_longer_than(120, "label", name="api_key_label"),
        ]

    def __str__(self) -> str:
        return f"sla_{self.prefix}_…"

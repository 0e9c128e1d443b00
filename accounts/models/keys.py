"""API keys of customers. Only a keyed hash of a key is kept, so a copy of the database opens nothing."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models.constraints import exactly_as_long_as, no_longer_than, not_blank
from accounts.models.customers import Customer
from slaservice.history.models import Key

SCOPES = {
    "statements:read": "list and fetch issued statements, as JSON and as PDF",
    "contracts:read": "list contracts with their versions, commitments and terms",
    "incidents:read": "list incidents, outages and maintenance that touched the customer",
    "availability:read": "measured and contractual uptime of the customer's commitments",
    "credits:read": "list granted and claimable credits, claims and disputes",
    "claims:file": "claim a credit and dispute a statement",
    "keys:manage": "list, make and revoke API keys",
    "webhooks:manage": "name the addresses that are told what happens, read their secrets, have events sent again",
    "documents:verify": "ask whether a digest or a PDF is a statement of ours, and a current one",
}
"""What a key may be allowed, in words."""


class ApiKey(Key):
    """One key of one customer."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="api_keys")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

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

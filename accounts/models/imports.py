"""Files of customers, contracts and billed amounts that somebody sent, and what importing them did."""

from django.db import models
from django.db.models import Q

from accounts.models.constraints import not_blank
from slaservice.outages.models.imports import SentFile, imported_at_a_time

CUSTOMERS, CONTRACTS, BILLED = KINDS_OF_IMPORT = ("customers", "contracts", "billed")


class AccountsImport(SentFile):
    """A file of `kind`; `would` and `did` are {"rows": 3, "outcomes": {"new": 2, ...}, "shown": [[line, outcome, what, how]]}."""

    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS_OF_IMPORT])

    class Meta:
        ordering = ["-sent_at", "-id"]
        verbose_name = "file of contracts"
        verbose_name_plural = "files of contracts"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=KINDS_OF_IMPORT), name="accounts_import_kind_is_known"
            ),
            *imported_at_a_time("accounts_import"),
            not_blank("sha256", name="accounts_import"),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.kind} ({self.sha256[:12]})"

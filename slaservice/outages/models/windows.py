"""Outage windows: which component was down for which tiers, from when to when, how badly, and how we know.

Windows may overlap: two monitors report one failure, and the rules count the union once. Another degree for another tier
is another window.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from slaservice.outages.models.components import Component, CustomerTier
from slaservice.outages.models.constraints import life, no_longer_than, not_blank, span
from slaservice.outages.models.facts import RecordedFact
from slaservice.outages.models.identifiers import outage_id
from slaservice.outages.models.incidents import Incident

BASES = {
    "posted_status": "posted status of a status page",
    "stated_window": "window stated in the text",
    "operator": "an operator's own finding",
    "monitor": "a monitor's measurement",
}
SEVERITIES = ("major_outage", "partial_outage", "degraded_performance")
"""The usual ones. Any other slug is allowed: a contract weighs severities by name."""

MOST_AFFECTED = 10**15


class OutageWindow(RecordedFact):
    """`component` was at `severity` for `tiers` in [start, end); null end: still open.

    The affected share is exactly `affected_count` / `affected_of`; both null: not known, which terms read as everybody.
    """

    public_id = models.CharField(max_length=40, default=outage_id, editable=False)
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="windows")
    tiers: "models.ManyToManyField[CustomerTier, OutageWindowTier]" = models.ManyToManyField(
        CustomerTier, through="OutageWindowTier", related_name="windows"
    )
    start = models.DateTimeField()
    end = models.DateTimeField(null=True, blank=True)
    severity = models.CharField(max_length=60)
    affected_count = models.BigIntegerField(null=True, blank=True)
    affected_of = models.BigIntegerField(null=True, blank=True)
    basis = models.CharField(max_length=20, choices=list(BASES.items()))
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, null=True, blank=True, related_name="windows"
    )
    cause = models.TextField(blank=True)
    evidence_url = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-start", "reference"]
        constraints: ClassVar = [
            *span("outage_window"),
            *life("outage_window"),
            not_blank("severity", name="outage_window_severity"),
            no_longer_than(60, "severity", name="outage_window_severity"),
            no_longer_than(4000, "cause", name="outage_window_cause"),
            no_longer_than(500, "evidence_url", name="outage_window_evidence"),
            models.CheckConstraint(condition=Q(basis__in=list(BASES)), name="outage_window_basis_is_known"),
            models.CheckConstraint(
                condition=Q(affected_count__isnull=True, affected_of__isnull=True)
                | Q(
                    affected_count__isnull=False,
                    affected_of__isnull=False,
                    affected_count__gte=0,
                    affected_count__lte=F("affected_of"),
                    affected_of__gte=1,
                    affected_of__lte=MOST_AFFECTED,
                ),
                name="outage_window_affects_a_share_of_at_most_one",
            ),
        ]
        indexes = [
            # queries.windows_known and windows_connected: by component and span, whatever the state is by now
            models.Index(
                fields=["component", "start"],
                condition=Q(confirmed_at__isnull=False),
                name="windows_known_of_component",
            ),
            # queries.proposed_touching: the guard before a close, and the operators' list of what waits
            models.Index(fields=["start"], condition=Q(state="proposed"), name="windows_proposed"),
            # queries.open_windows: the guard before a close
            models.Index(
                fields=["start"], condition=Q(state="confirmed", end__isnull=True), name="windows_open"
            ),
            # the list in the admin, newest first
            models.Index(fields=["-start", "reference"], name="windows_newest_first"),
        ]


class OutageWindowTier(models.Model):
    """A tier that a window hits. Fixed with the window's other facts once it is no longer proposed."""

    window = models.ForeignKey(OutageWindow, on_delete=models.CASCADE, related_name="+")
    tier = models.ForeignKey(CustomerTier, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["window", "tier"], name="outage_window_names_a_tier_once"),
        ]

    def __str__(self) -> str:
        return f"{self.window_id}: {self.tier_id}"

"""Gaps of the measurement: when nobody knows whether a component was up, because nothing was measuring it.

Whether such time counts as up, as down or not at all is for the contract to say.
"""

from typing import ClassVar

from django.db import models

from slaservice.outages.models.components import Component
from slaservice.outages.models.constraints import life, no_longer_than, not_blank, span
from slaservice.outages.models.facts import RecordedFact
from slaservice.outages.models.identifiers import gap_id


class MeasurementGap(RecordedFact):
    """`component` was not measured in [start, end), because of `cause`; null end: it still is not. Nobody's tier is spared."""

    public_id = models.CharField(max_length=40, default=gap_id, editable=False)
    component = models.ForeignKey(Component, on_delete=models.PROTECT, related_name="gaps")
    start = models.DateTimeField()
    end = models.DateTimeField(null=True, blank=True)
    cause = models.TextField()

    class Meta:
        ordering = ["-start", "reference"]
        verbose_name = "gap of the measurement"
        verbose_name_plural = "gaps of the measurement"
        constraints: ClassVar = [
            *span("measurement_gap"),
            *life("measurement_gap"),
            not_blank("cause", name="measurement_gap_cause"),
            no_longer_than(4000, "cause", name="measurement_gap_cause"),
        ]
        indexes = [
            # queries.gaps_known and gaps_proposed_touching: by span, whatever the state is by now
            models.Index(fields=["start"], name="measurement_gaps_by_start"),
            # the list in the admin, newest first
            models.Index(fields=["-start", "reference"], name="measurement_gaps_newest_first"),
        ]

"""Stretches of time in addresses: `from` (inclusive) and `until` (exclusive)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Q

from slaservice.api import asked
from slaservice.api.asked import Parameter
from slaservice.outages.models.constraints import FIRST_INSTANT, LAST_INSTANT
from slaservice.outages.queries import overlaps
from slaservice.rules.refusal import FieldError, Invalid

SPAN: Mapping[str, Parameter] = {
    "from": asked.instant("Only what ended after it, or is still open."),
    "until": asked.instant("Only what began before it."),
}


def read_span(given: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """[from, until) of an address, as wide as the calendar where one is not given. Invalid unless it ends after it starts."""
    start, end = given.get("from", FIRST_INSTANT), given.get("until", LAST_INSTANT)
    if end <= start:
        faults = [
            FieldError(name, "must leave a span: until is later than from") for name in ("from", "until")
        ]
        raise Invalid([fault for fault in faults if fault.path in given], "invalid_request")
    return start, end


def within_span(given: Mapping[str, Any]) -> Q:
    """What overlaps the span of an address; everything where it has none."""
    return overlaps(*read_span(given))
